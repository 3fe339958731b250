"""Train the class-conditional GAN of one set: python -m training.gan --set fashion

Regularised: the non-saturating logistic loss, the R1 penalty on real pictures (at every fourth step, four times as
strong), Adam without momentum at a low, falling learning rate, and a moving average of the generator. Unregularised,
to show instability: the same networks and the same loss without any of these (--variant unregularised; RECIPES holds
the numbers). Snapshots of the weights are kept at the steps of SNAPSHOTS and at the end. An interrupted run continues
from its saved state; --go-on continues from the last snapshot. Afterwards measure: python -m training.gan_quality
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import torch
from torch.nn import functional as F

from models import checkpoint
from models.gan import SCORES, Discriminator, GANConfig, Generator, save_snapshot
from training import command, data
from training.options import command_of, not_negative, share, whole
from training.run import Run, add_arguments, averaged, schedule

SETS = ["fashion", "digits"]
SNAPSHOTS = (0, 100, 300, 1000, 3000, 10000)
R1_EVERY = 4
# the options that change what is learned
SETTINGS = ("steps", "batch", "lr", "final_lr", "momentum", "gamma", "averaging", "seed")
RECIPES = {
    "regularised": {"lr": 5e-4, "momentum": 0.0, "gamma": 0.1, "averaging": 0.999, "final_lr": 0.2},
    "unregularised": {"lr": 2e-3, "momentum": 0.7, "gamma": 0.0, "averaging": 0.0, "final_lr": 1.0},
}


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    command.writable(folder(args))
    if args.go_on:
        command.existing(folder(args), "GAN", command.TRAIN_FIRST)
    pictures = data.images(args.set, args.data, train=True)
    per_epoch = data.batches_each(len(pictures[0]), args.batch)

    torch.manual_seed(args.seed)
    config = config_of(args)
    generator, discriminator = Generator(config), Discriminator(config)
    for module in (generator, discriminator):
        module.to(args.device, memory_format=torch.channels_last)
    snapshots = checkpoint.load_config(folder(args))["snapshots"] if args.go_on else SNAPSHOTS
    begin = snapshots[-1] if args.go_on else 0
    ema = averaged(generator, args.averaging, begin)
    modules = {"generator": generator, "discriminator": discriminator, "ema": ema}
    adam = {
        name: torch.optim.Adam(modules[name].parameters(), args.lr, (args.momentum, 0.99))
        for name in ("generator", "discriminator")
    }
    begun = [checkpoint.file_sha256(folder(args), checkpoint.snapshot_file(begin))] if args.go_on else []
    learned_from = [*pictures, *begun]
    run = Run.of(args, f"gan/{args.set}-{args.variant}", SETTINGS, modules, adam, begin, data=learned_from)
    if not run.resume(args.resume) and args.go_on:
        go_on(args, run)

    def factor(step):  # of the learning rate: a straight line from 1 to final_lr
        return 1 - (1 - args.final_lr) * step / max(1, args.steps)

    run.begin(args.steps, *(schedule(optimizer, factor, run.step) for optimizer in adam.values()))
    if run.step == 0:
        keep(args, run, snapshots)
    train(args, run, pictures, per_epoch, snapshots)
    print(f"done, {run.elapsed():.0f} s")


def train(args, run, pictures, per_epoch, snapshots):
    """All steps that are left. pictures: images and labels. per_epoch: the steps of an epoch."""
    order = None
    while run.step < args.steps:
        epoch, row = divmod(run.step, per_epoch)
        if row == 0 or order is None:
            order = data.batches(len(pictures[0]), args.batch, args.seed, epoch)
        run.recent.append(train_step(args, run, *(part[order[row]] for part in pictures)))
        run.advance()
        run.modules["ema"].update_parameters(run.modules["generator"])
        last = run.step == args.steps
        if run.step % args.log_every == 0 or run.step in snapshots or last:
            d_loss, g_loss = torch.tensor(run.recent).mean(0).tolist()
            run.log(d_loss=d_loss, g_loss=g_loss)
            run.recent = []
        if run.step in snapshots or last:
            keep(args, run, snapshots)
        if run.step % args.save_every == 0 or last:
            run.save()


def train_step(args, run, pixels, labels):
    """One step of both networks on uint8 images (B, 1, H, W). Returns both losses."""
    generator, discriminator = run.modules["generator"], run.modules["discriminator"]
    real, labels = (pixels / 255).to(args.device), labels.to(args.device)
    real = real.contiguous(memory_format=torch.channels_last)
    gamma = args.gamma if run.step % R1_EVERY == 0 else 0.0
    torch.manual_seed(args.seed * 1_000_003 + run.step)  # a resumed run draws the same noise
    optimizer = run.optimizers["discriminator"]
    d_loss = discriminator_step(generator, discriminator, optimizer, real, labels, gamma)
    g_loss = generator_step(generator, discriminator, run.optimizers["generator"], labels)
    return d_loss, g_loss


def discriminator_step(generator, discriminator, optimizer, real, labels, gamma):
    """Raise the logits of real pictures, lower those of generated ones. Returns the loss without penalty, in nats."""
    with torch.no_grad():
        fake = generator(noise(generator, labels), labels)
    real.requires_grad_(gamma > 0)
    real_logits, fake_logits = discriminator(real, labels), discriminator(fake, labels)
    # -log D(x) - log(1 - D(G(z)))
    loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    penalty = 0.0
    if gamma > 0:
        # R1: gamma / 2 E |grad_x D(x)|^2, at every fourth step and therefore four times as strong
        (gradient,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
        penalty = R1_EVERY * gamma / 2 * gradient.square().flatten(1).sum(1).mean()
    optimizer.zero_grad(set_to_none=True)
    (loss + penalty).backward()
    optimizer.step()
    return loss.item()


def generator_step(generator, discriminator, optimizer, labels):
    """Raise the logits of generated pictures. Returns the non-saturating loss -log D(G(z)), in nats."""
    loss = F.softplus(-discriminator(generator(noise(generator, labels), labels), labels)).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def noise(generator, labels):
    """One z for each label."""
    return torch.randn(
        len(labels), generator.stem.in_features - generator.embed.embedding_dim, device=labels.device
    )


def config_of(args):
    return GANConfig(classes=len(data.CLASSES[args.set]))


def folder(args):
    return f"{args.out or f'pretrained/gan/{args.set}'}/{args.variant}"


def go_on(args, run):
    """Start from the last snapshot: its averaged generator, its discriminator. The optimizers start fresh."""
    generators = run.modules["generator"], run.modules["ema"].module
    info = checkpoint.load_config(folder(args))
    weights = checkpoint.full(
        checkpoint.load_tensors(folder(args), checkpoint.snapshot_file(info["snapshots"][-1]))
    )
    parts = {"generator.": generators, "discriminator.": [run.modules["discriminator"]]}
    for name, modules in parts.items():
        part = {k.removeprefix(name): torch.from_numpy(v) for k, v in weights.items() if k.startswith(name)}
        for module in modules:
            module.load_state_dict(part, strict=True)
    history = info["history"]
    run.history = [dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=True)]
    run.go_on(info["snapshots"][-1], info["training"])


def keep(args, run, snapshots):
    """Write a snapshot of both networks, with the settings and the history so far."""
    before = [s for s in snapshots if s < run.step]
    remove_measures(folder(args), before)
    info = {
        "model": asdict(config_of(args)),
        "set": args.set,
        "classes": data.CLASSES[args.set],
        "snapshots": [*before, run.step],
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
            **run.times(),
            "command": made_by(args),
        },
    }
    save_snapshot(folder(args), run.step, run.modules["ema"].module, run.modules["discriminator"], info)


def remove_measures(out, steps):
    """Remove what training.gan_quality has measured of a GAN, but for the snapshots of `steps`, which stay."""
    if not Path(out, checkpoint.CONFIG).exists():
        return
    checkpoint.remove(out, SCORES)  # which has a row for each snapshot, or is of no use
    measured = checkpoint.load_config(out).get("quality", {})
    rows = [row for row, step in enumerate(measured.get("step", [])) if step in steps]
    if rows:
        lists = {name: values for name, values in measured.items() if isinstance(values, list)}
        kept = measured | {name: [values[row] for row in rows] for name, values in lists.items()}
        checkpoint.save_config(out, {"quality": kept})
    else:
        checkpoint.remove_entry(out, "quality")


def made_by(args):
    """The command that makes the same GAN."""
    usual = parse_args(["--set", args.set, "--variant", args.variant])
    settings, always = ("set", "variant", *SETTINGS, "go_on"), ("set", "variant", "steps")
    return command_of("gan", args, usual, settings, always)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=SETS, default="fashion")
    parser.add_argument("--variant", choices=("regularised", "unregularised"), default="regularised")
    data.add_image_argument(parser)
    parser.add_argument("--out", help="output folder; default: pretrained/gan/<set>")
    parser.add_argument("--steps", type=whole(1), default=20000)
    parser.add_argument("--batch", type=whole(1), default=128)
    parser.add_argument(
        "--go-on", action="store_true", help="continue from the last snapshot in the output folder"
    )
    parser.add_argument("--lr", type=not_negative, help="learning rate at the start")
    parser.add_argument(
        "--final-lr", type=not_negative, help="share of the learning rate that is left at the end"
    )
    parser.add_argument("--momentum", type=share, help="beta1 of Adam")
    parser.add_argument("--gamma", type=not_negative, help="weight of the R1 penalty")
    parser.add_argument(
        "--averaging", type=share, help="decay of the moving average of the generator; 0: none"
    )
    parser.add_argument("--log-every", type=whole(1), default=50, help="steps between two lines of the log")
    parser.add_argument("--save-every", type=whole(1), default=500, help="steps between two saved states")
    add_arguments(parser)
    args = parser.parse_args(arguments)
    for name, value in RECIPES[args.variant].items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    return args


if __name__ == "__main__":
    command.run(main)
