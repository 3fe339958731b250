"""Train the class-conditional GAN of one set: python -m training.gan --set fashion

Regularised: non-saturating logistic loss, the R1 penalty on real pictures (every fourth step, four times
as strong), Adam without momentum at a low rate that falls, a moving average of the generator. Unregularised,
for the lesson on instability: the same networks and the same loss with none of these (--variant
unregularised; RECIPES says by how much). Weights are kept at the steps of SNAPSHOTS and at the end. Resumes by
itself; --go-on starts from the last moment that was kept. Then measure: python -m training.gan_quality
"""

import argparse
from dataclasses import asdict

import torch
from torch.nn import functional as F

from models import checkpoint
from models.gan import Discriminator, GANConfig, Generator, save_snapshot
from training import data
from training.run import EMA, Run, add_arguments, state_folder

SNAPSHOTS = (0, 100, 300, 1000, 2000, 3000, 4000, 6000, 10000)
R1_EVERY = 4
RECIPES = {
    "regularised": {"lr": 5e-4, "momentum": 0.0, "gamma": 0.1, "averaging": 0.999, "final_lr": 0.2},
    "unregularised": {"lr": 2e-3, "momentum": 0.5, "gamma": 0.0, "averaging": 0.0, "final_lr": 1.0},
}


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    x, y = data.images(args.set, args.data, train=True)

    torch.manual_seed(args.seed)
    config = GANConfig()
    generator, discriminator = Generator(config), Discriminator(config)
    for module in (generator, discriminator):
        module.to(args.device, memory_format=torch.channels_last)
    ema = EMA(generator, args.averaging)
    betas = (args.momentum, 0.99)
    adam = {
        "generator": torch.optim.Adam(generator.parameters(), args.lr, betas),
        "discriminator": torch.optim.Adam(discriminator.parameters(), args.lr, betas),
    }
    modules = {"generator": generator, "discriminator": discriminator, "ema": ema}
    moments = checkpoint.load_config(folder(args))["snapshots"] if args.go_on else SNAPSHOTS
    begin = moments[-1] if args.go_on else 0
    run = Run(state_folder(args, f"gan/{args.set}-{args.variant}", begin), modules, adam)
    if not run.resume(args.resume) and args.go_on:
        go_on(args, run, generator, discriminator, ema)
    run.begin(args.steps)
    if run.step == 0:
        keep(args, config, run, ema, discriminator, moments)

    per_epoch, losses, order = len(x) // args.batch, [], None
    while run.step < args.steps:
        epoch, row = divmod(run.step, per_epoch)
        if row == 0 or order is None:
            order = data.batches(len(x), args.batch, args.seed, epoch)
        real, labels = (x[order[row]] / 255).to(args.device), y[order[row]].to(args.device)
        real = real.contiguous(memory_format=torch.channels_last)
        for optimizer in adam.values():
            optimizer.param_groups[0]["lr"] = args.lr * (1 - (1 - args.final_lr) * run.step / args.steps)
        gamma = args.gamma if run.step % R1_EVERY == 0 else 0.0
        torch.manual_seed(args.seed * 1_000_003 + run.step)  # a resumed run sees the same noise
        d_loss = discriminator_step(generator, discriminator, adam["discriminator"], real, labels, gamma)
        g_loss = generator_step(generator, discriminator, adam["generator"], labels)
        losses.append((d_loss, g_loss))
        run.advance()
        ema.update(generator, run.step)
        if run.step % args.log_every == 0 or run.step in moments or run.step == args.steps:
            d_loss, g_loss = torch.tensor(losses).mean(0).tolist()
            run.log(d_loss=d_loss, g_loss=g_loss)
            losses = []
        if run.step in moments or run.step == args.steps:
            keep(args, config, run, ema, discriminator, moments)
        if run.step % args.save_every == 0 or run.step == args.steps:
            run.save()
    print(f"done, {run.elapsed():.0f} s")


def discriminator_step(generator, discriminator, optimizer, real, labels, gamma):
    """Real pictures up, made ones down; returns the loss without the penalty, nats."""
    with torch.no_grad():
        fake = generator(noise(generator, labels), labels)
    real.requires_grad_(gamma > 0)
    real_logits, fake_logits = discriminator(real, labels), discriminator(fake, labels)
    # -log D(x) - log(1 - D(G(z)))
    loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    penalty = 0.0
    if gamma > 0:
        # R1: gamma / 2 E |grad_x D(x)|^2, at every fourth step four times
        (gradient,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
        penalty = R1_EVERY * gamma / 2 * gradient.square().flatten(1).sum(1).mean()
    optimizer.zero_grad(set_to_none=True)
    (loss + penalty).backward()
    optimizer.step()
    return loss.item()


def generator_step(generator, discriminator, optimizer, labels):
    """Made pictures up; returns the non-saturating loss -log D(G(z)), nats."""
    loss = F.softplus(-discriminator(generator(noise(generator, labels), labels), labels)).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def noise(generator, labels):
    return torch.randn(
        len(labels), generator.stem.in_features - generator.embed.embedding_dim, device=labels.device
    )


def folder(args):
    return f"{args.out or f'pretrained/gan/{args.set}'}/{args.variant}"


def go_on(args, run, generator, discriminator, ema):
    """Start where the last kept moment ended: its averaged generator, its discriminator, optimisers anew."""
    info = checkpoint.load_config(folder(args))
    weights = checkpoint.full(
        checkpoint.load_tensors(folder(args), checkpoint.snapshot_file(info["snapshots"][-1]))
    )
    for name, modules in {"generator.": (generator, ema.average), "discriminator.": (discriminator,)}.items():
        part = {k.removeprefix(name): torch.from_numpy(v) for k, v in weights.items() if k.startswith(name)}
        for module in modules:
            module.load_state_dict(part, strict=True)
    history = info["history"]
    run.history = [dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=True)]
    run.step, run.seconds = info["snapshots"][-1], info["training"]["seconds"]


def keep(args, config, run, ema, discriminator, moments):
    info = {
        "model": asdict(config),
        "set": args.set,
        "classes": data.CLASSES[args.set],
        "snapshots": [s for s in moments if s < run.step] + [run.step],
        "history": {key: [row[key] for row in run.history] for key in ("step", "d_loss", "g_loss")},
        "training": {
            "variant": args.variant,
            "steps": run.step,
            "batch": args.batch,
            "lr": args.lr,
            "momentum": args.momentum,
            "gamma": args.gamma,
            "averaging": args.averaging,
            "final_lr": args.final_lr,
            "seed": args.seed,
            "seconds": round(run.elapsed()),
            "command": f"python -m training.gan --set {args.set} --variant {args.variant} --steps {args.steps}"
            + " --go-on" * args.go_on,
        },
    }
    save_snapshot(folder(args), run.step, ema.average, discriminator, info)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(data.SETS), default="fashion")
    parser.add_argument("--variant", choices=("regularised", "unregularised"), default="regularised")
    parser.add_argument(
        "--data", default="../shared/data", help="folder for torchvision; downloaded when empty"
    )
    parser.add_argument("--out", help="default: pretrained/gan/<set>")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--go-on", action="store_true", help="from the last moment kept in the output folder")
    parser.add_argument("--lr", type=float, help="Adam's rate at the start")
    parser.add_argument("--final-lr", type=float, help="share of it that is left at the end")
    parser.add_argument("--momentum", type=float, help="Adam's first beta")
    parser.add_argument("--gamma", type=float, help="weight of the R1 penalty")
    parser.add_argument("--averaging", type=float, help="decay of the generator's moving average; 0: none")
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-every", type=int, default=500, help="steps between two resumable states")
    add_arguments(parser)
    args = parser.parse_args(arguments)
    for name, value in RECIPES[args.variant].items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    return args


if __name__ == "__main__":
    main()
