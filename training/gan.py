"""Train the class-conditional GAN of one set: python -m training.gan --set fashion

Regularised: non-saturating logistic loss, the R1 penalty on real pictures (every fourth step, four times
as strong), Adam without momentum, a moving average of the generator. Unregularised, for the lesson on
instability: the same networks without penalty and without averaging, at a higher rate
(--variant unregularised). Weights are kept at the steps of SNAPSHOTS and at the end. Resumes by itself.
"""

import argparse
from dataclasses import asdict

import torch
from torch.nn import functional as F

from models.gan import Discriminator, GANConfig, Generator, save_snapshot
from training import data
from training.run import EMA, Run

SNAPSHOTS = (0, 100, 300, 1000, 3000, 10000)
R1_EVERY = 4


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    regularised = args.variant == "regularised"
    rate = args.lr or (5e-4 if regularised else 1e-3)
    x, y = data.images(args.set, args.data, train=True)

    torch.manual_seed(args.seed)
    config = GANConfig()
    generator, discriminator = Generator(config), Discriminator(config)
    for module in (generator, discriminator):
        module.to(args.device, memory_format=torch.channels_last)
    ema = EMA(generator, 0.999 if regularised else 0.0)
    adam = {
        "generator": torch.optim.Adam(generator.parameters(), rate, betas=(0.0, 0.99)),
        "discriminator": torch.optim.Adam(discriminator.parameters(), rate, betas=(0.0, 0.99)),
    }
    modules = {"generator": generator, "discriminator": discriminator, "ema": ema}
    run = Run(args.run or f"runs/gan/{args.set}-{args.variant}", modules, adam)
    if not run.resume():
        sizes = [sum(p.numel() for p in m.parameters()) for m in (generator, discriminator)]
        print("parameters", sizes, flush=True)
        keep(args, config, run, ema, discriminator)

    per_epoch, losses, order = len(x) // args.batch, [], None
    while run.step < args.steps:
        epoch, row = divmod(run.step, per_epoch)
        if row == 0 or order is None:
            order = data.batches(len(x), args.batch, args.seed, epoch)
        real, labels = (x[order[row]] / 255).to(args.device), y[order[row]].to(args.device)
        real = real.contiguous(memory_format=torch.channels_last)
        for optimizer in adam.values():
            optimizer.param_groups[0]["lr"] = rate * (1 - 0.8 * run.step / args.steps if regularised else 1)
        gamma = args.gamma if regularised and run.step % R1_EVERY == 0 else 0.0
        torch.manual_seed(args.seed * 1_000_003 + run.step)  # a resumed run sees the same noise
        d_loss = discriminator_step(generator, discriminator, adam["discriminator"], real, labels, gamma)
        g_loss = generator_step(generator, discriminator, adam["generator"], labels)
        losses.append((d_loss, g_loss))
        run.step += 1
        ema.update(generator, run.step)
        if run.step % args.log_every == 0 or run.step in SNAPSHOTS or run.step == args.steps:
            d_loss, g_loss = torch.tensor(losses).mean(0).tolist()
            run.log(d_loss=d_loss, g_loss=g_loss)
            losses = []
        if run.step in SNAPSHOTS or run.step == args.steps:
            keep(args, config, run, ema, discriminator)
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


def keep(args, config, run, ema, discriminator):
    folder = f"{args.out or f'pretrained/gan/{args.set}'}/{args.variant}"
    info = {
        "model": asdict(config),
        "set": args.set,
        "classes": data.CLASSES[args.set],
        "snapshots": [s for s in SNAPSHOTS if s < run.step] + [run.step],
        "history": {key: [row[key] for row in run.history] for key in ("step", "d_loss", "g_loss")},
        "training": {
            "variant": args.variant,
            "steps": run.step,
            "batch": args.batch,
            "gamma": args.gamma if args.variant == "regularised" else 0.0,
            "seed": args.seed,
            "seconds": round(run.elapsed()),
            "command": f"python -m training.gan --set {args.set} --variant {args.variant}",
        },
    }
    save_snapshot(folder, run.step, ema.average, discriminator, info)


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
    parser.add_argument("--run", help="folder of the resumable state; default: runs/gan/<set>-<variant>")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, help="default: 5e-4, unregularised 1e-3")
    parser.add_argument("--gamma", type=float, default=0.1, help="weight of the R1 penalty")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-every", type=int, default=500, help="steps between two resumable states")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
