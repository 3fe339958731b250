"""Train the VAE of one set: python -m training.vae --set digits

The likelihood of a pixel is Bernoulli, on pictures binarised anew at each step; for colours, and with --pixel-noise,
it is Gaussian. The weight of the KL rises over the first epochs. AdamW with a short warm-up and a cosine schedule; the
saved weights are an exponential moving average. The last 5,000 training pictures are held out to watch over-fitting.
Test pictures are not used. All emoji are trained on, because there are so few. --snapshots also keeps the weights of
five steps. An interrupted run continues from its saved state.

With --similarity a reconstruction must also resemble its original in the feature maps of the discriminator of the
set's GAN (Larsen et al. 2016, arXiv 1512.09300, who train both together; here the GAN is fixed). A loss on pixels
alone accepts blur. Afterwards fit the learned prior: python -m training.prior
"""

import argparse
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from models import checkpoint
from models.gan import GAN
from models.vae import VAE, Examples, VAEConfig, kl, kl_per_dim, log_posterior, recon_loss
from training import command, data
from training.options import command_of, not_negative, whole
from training.run import Run, add_arguments, averaged, schedule

HELD_OUT = {"digits": 5000, "fashion": 5000, "emoji": 0}  # training pictures, at most a tenth of them
PASSES = {"emoji": 40}  # passes over the pictures that make an epoch, if there are few pictures
RECIPE = {
    "digits": {"batch": 128, "epochs": 24, "hidden": 0, "pixel_noise": 0.0, "similarity": 0.0},
    "fashion": {"batch": 128, "epochs": 24, "hidden": 128, "pixel_noise": 0.1, "similarity": 2.0},
    "emoji": {"batch": 32, "epochs": 20, "hidden": 0, "pixel_noise": 0.25, "similarity": 0.0},
}
# what differs with a z of 2 dimensions or with --snapshots
PLAIN = {"digits": {}, "fashion": {"hidden": 0, "pixel_noise": 0.0, "similarity": 0.0}, "emoji": {}}
PER_CLASS = 100  # test pictures of each class whose codes are published
SHAPE = {
    "digits": {"image_size": 28, "channels": 1, "levels": 2},
    "fashion": {"image_size": 28, "channels": 1, "levels": 2},
    "emoji": {"image_size": 64, "channels": 3, "levels": 4},
}
SETTINGS = (  # the options that change what is learned
    *("latent_dim", "epochs", "hidden", "pixel_noise", "similarity", "gan", "blocks"),
    *("warmup", "batch", "lr", "seed", "steps", "width", "beta"),
)
WARMUP = 200  # steps over which the learning rate rises


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    command.writable(folder(args))
    if args.codes or args.go_on:
        command.existing(folder(args), "VAE", command.TRAIN_FIRST, "model.safetensors")
    if args.codes:
        return export_codes(folder(args), args.data)
    pictures, held_out = split(args.set, args.data)
    per_epoch = data.batches_each(len(pictures) * PASSES.get(args.set, 1), args.batch)
    total = args.steps or args.epochs * per_epoch
    snapshots = snapshot_steps(per_epoch, total) if args.snapshots else []

    torch.manual_seed(args.seed)
    vae = build(args)
    critic = Critic(args) if args.similarity else None
    vae = vae.to(args.device, memory_format=torch.channels_last)
    begin = checkpoint.load_config(folder(args))["training"]["steps"] if args.go_on else 0
    ema = averaged(vae, 0.999, begin)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=args.lr, weight_decay=1e-2)
    modules = {"vae": vae, "ema": ema}
    learned_from = [
        pictures,
        *([weights_file(folder(args))] if args.go_on else []),
        *(critic.files if critic else []),
    ]
    run = Run.of(args, f"vae/{name(args)}", SETTINGS, modules, {"adam": optimizer}, begin, data=learned_from)
    if not run.resume(args.resume):
        if args.go_on:
            go_on(args, run, vae, ema)
        elif snapshots:
            keep(args, vae, 0, snapshots)
    run.begin(total, schedule(optimizer, warm_cosine(begin, total), run.step))
    while run.step < total:
        epoch = run.step // per_epoch
        recon, divergence = train_epoch(args, run, vae, ema, pictures, (per_epoch, total), snapshots, critic)
        figures = {"epoch": epoch + 1, "recon_loss": recon, "kl": divergence}
        if len(held_out):
            found = evaluate(ema.module, held_out[:2000], args.device)
            figures |= {f"held_out_{name}": value for name, value in found.items()}
        run.log(**figures)
        run.save()
        if args.stop_after is not None and run.elapsed() > args.stop_after:
            break
    export(args, run, ema.module.cpu())


def build(args):
    chosen = ("latent_dim", "width", "blocks", "hidden", "pixel_noise")
    return VAE(VAEConfig(**{setting: getattr(args, setting) for setting in chosen}, **SHAPE[args.set]))


def go_on(args, run, vae, ema):
    """Start from the weights and the history of the published file. New layers begin by adding nothing."""
    published = VAE.from_pretrained(folder(args))
    published.prior = published.flow = None
    config = replace(vae.config, pixel_noise=published.config.pixel_noise)
    if published.config not in (config, replace(config, hidden=0)):
        raise SystemExit(f"{folder(args)} holds another network: {published.config}.")
    for module in (vae, ema.module):
        module.load_state_dict(published.state_dict(), strict=False)
    run.go_on(published.info["training"]["steps"], published.info["training"])
    run.history = published.info["history"]


def train_epoch(args, run, vae, ema, pictures, lengths, snapshots, critic):
    """All steps that are left of an epoch. Returns the means of recon_loss and kl over them.

    lengths: the steps of an epoch, and of the whole run.
    """
    per_epoch, total = lengths
    epoch, done = divmod(run.step, per_epoch)
    order = data.batches(len(pictures) * PASSES.get(args.set, 1), args.batch, args.seed, epoch)
    order = order[done:][: total - run.step]
    sums = np.zeros(2)
    for rows in order:
        # the weight of the KL rises from 0
        beta = args.beta * min(1.0, run.step / (args.warmup * per_epoch)) if args.warmup else args.beta
        pixels = pictures[rows % len(pictures)].to(args.device)
        sums += train_step(vae, run.optimizers["adam"], pixels, beta, (args.seed, run.step), critic)
        run.advance()
        ema.update_parameters(vae)
        if run.step in snapshots:
            keep(args, ema.module, run.step, snapshots)
    return sums / len(order)


def split(dataset, root):
    """The training pictures of a set, and those held out to watch over-fitting: uint8 (N, C, H, W) each."""
    x, _ = data.images(dataset, root, train=True)
    count = held_out_of(dataset, len(x))
    return x[: len(x) - count], x[len(x) - count :]


def held_out_of(dataset, count):
    """How many of `count` training pictures, the last ones, are held out."""
    return min(HELD_OUT[dataset], count // 10)


def name(args):
    """The name of the folder in pretrained/vae: the set, then -2d or -beta<beta> for the special models."""
    plane = "-2d" if args.latent_dim == 2 else ""
    return args.set + plane + (f"-beta{args.beta:g}" if args.snapshots else "")


def snapshot_steps(per_epoch, total):
    """Five steps: before the first one, two early ones, after one pass over the pictures, and the last."""
    return sorted({0, min(30, total), min(100, total), min(per_epoch, total), total})


def folder(args):
    return args.out or f"pretrained/vae/{name(args)}"


def keep(args, vae, step, snapshots):
    """Write the weights of one step."""
    vae.save_snapshot(folder(args), step, {"snapshots": [s for s in snapshots if s <= step]})


class Critic:
    """The difference of two pictures as the discriminator of a trained GAN sees it. The GAN is not trained."""

    MAPS = 3  # the first feature maps; later ones describe classes rather than textures

    def __init__(self, args):
        folder = args.gan or f"pretrained/gan/{args.set}"
        command.existing(folder, "GAN", "name its folder with --gan", "regularised/config.json")
        self.gan = GAN.from_pretrained(folder)
        # the sha256 of its weights
        self.files = [
            checkpoint.file_sha256(f"{folder}/regularised", checkpoint.snapshot_file(self.gan.snapshots[-1]))
        ]
        self.gan.discriminator().to(args.device)
        self.weight = args.similarity

    def __call__(self, x_hat, x, pixel_noise):
        """The difference of each pair of pictures, (B,): half the squared error over pixel_noise^2, summed over the
        maps, times the weight. Each map counts as much as all pixels together."""
        with torch.no_grad():
            wanted = self.gan.feature_maps(x)[: self.MAPS]
        errors = [
            ((found - like) / pixel_noise).square().flatten(1).mean(1)
            for found, like in zip(self.gan.feature_maps(x_hat)[: self.MAPS], wanted)
        ]
        return self.weight * 0.5 * x[0].numel() * sum(errors)


def train_step(vae, optimizer, pixels, beta, key, critic=None):
    """One step on uint8 images (B, C, H, W). Returns the mean recon_loss and kl of the batch, in nats.

    key: determines the random numbers of the step, so that a resumed run draws the same ones.
    """
    generator = torch.Generator(pixels.device).manual_seed(hash(key) % 2**63)
    x = observe(vae, pixels, generator).contiguous(memory_format=torch.channels_last)
    mu, logvar = vae.encoder(x)
    z = vae.reparameterize(mu, logvar, generator)
    logits = vae.decoder(z)
    recon = recon_loss(logits, x, vae.config.pixel_noise).mean()
    difference = critic(torch.sigmoid(logits), x, vae.config.pixel_noise).mean() if critic else 0.0
    divergence = kl(mu, logvar).mean()
    optimizer.zero_grad(set_to_none=True)
    (recon + difference + beta * divergence).backward()
    torch.nn.utils.clip_grad_norm_(vae.parameters(), 100.0)
    optimizer.step()
    return recon.item(), divergence.item()


def observe(vae, pixels, generator):
    """uint8 pictures as the likelihood takes them: binarised for Bernoulli pixels, else in [0, 1]."""
    return pixels.float() / 255 if vae.config.pixel_noise else binarize(pixels, generator)


def binarize(pixels, generator):
    """uint8 -> 0 or 1: each pixel is 1 with the probability that is its grey, drawn anew at each call."""
    return torch.bernoulli(pixels.float() / 255, generator=generator)


def warm_cosine(begin, total):
    """The factor of the learning rate at each step: a rise over WARMUP steps, times a cosine from 1 to 0.01."""
    steps = max(1, total - begin)

    def factor(step):
        cosine = 0.505 + 0.495 * math.cos(math.pi * (step - begin) / steps)
        return min(1.0, (step - begin + 1) / WARMUP) * cosine

    return factor


@torch.inference_mode()
def evaluate(vae, pixels, device, seed=0):
    """{name: mean in nats} over uint8 pictures, with one z drawn for each picture.

    recon_loss, kl to N(0, I) and, if there is a learned prior, learned_kl: log q(z|x) - log p(z) under it.
    """
    generator = torch.Generator(device).manual_seed(seed)
    sums = Counter()
    for batch in pixels.split(500):
        x = observe(vae, batch.to(device), generator)
        mu, logvar = vae.encoder(x)
        z = vae.reparameterize(mu, logvar, generator)
        found = {"recon_loss": recon_loss(vae.decoder(z), x, vae.config.pixel_noise), "kl": kl(mu, logvar)}
        if vae.prior is not None:
            found["learned_kl"] = log_posterior(z, mu, logvar) - vae.prior.log_prob(z)
        sums.update({name: values.double().sum().item() for name, values in found.items()})
    return {name: value / len(pixels) for name, value in sums.items()}


def export(args, run, vae):
    """Write the weights, the settings and the history, and what `export_codes` and `export_losses` measure."""
    out = folder(args)
    info = {
        "set": args.set,
        "classes": data.CLASSES[args.set],
        "training": {
            "steps": run.step,
            **epochs_of(args, run),
            "batch": args.batch,
            "beta": args.beta,
            "seed": args.seed,
            **run.times(),
            "command": made_by(args),
        },
        "history": run.history,
    }
    if args.snapshots:
        checkpoint.save_config(out, info)
        export_losses(out, VAE.from_pretrained(out, run.step), args.data)
    else:
        before, fitted_before = weights_file(out), records_of_fitted(out)
        vae.eval().save_pretrained(out, info)
        if weights_file(out) != before:
            for fitted in ("prior.safetensors", "flow.safetensors"):  # to the codes of the old weights
                checkpoint.remove(out, fitted)
        else:
            checkpoint.save_config(out, {"training": info["training"] | fitted_before})
        export_codes(out, args.data)
    print("written", out)


def epochs_of(args, run):
    """The whole epochs of a run as an entry of config.json; none if --steps may have ended it within one."""
    done = run.history[-1].get("epoch") if run.history else None
    return {} if args.steps or done is None else {"epochs": done}


def records_of_fitted(out):
    """How the prior and the flow in a folder were fitted."""
    training = (
        checkpoint.load_config(out).get("training", {}) if Path(out, checkpoint.CONFIG).exists() else {}
    )
    return {name: training[name] for name in ("prior", "importance", "flow") if name in training}


def made_by(args):
    """The command that makes the same VAE."""
    always = ("set", "latent_dim", "epochs")
    plane, kept = ["--latent-dim", "2"] * (args.latent_dim == 2), ["--snapshots"] * args.snapshots
    always += ("width", "beta", "snapshots") if args.snapshots else ("hidden", "pixel_noise", "similarity")
    settings = ("set", *SETTINGS, "stop_after", "go_on", "snapshots")
    return command_of("vae", args, parse_args(["--set", args.set, *plane, *kept]), settings, always)


def weights_file(out):
    """The sha256 of the weights in a folder, or None if there are none."""
    return checkpoint.file_sha256(out) if Path(out, checkpoint.CONFIG).exists() else None


@torch.inference_mode()
def export_codes(folder, root):
    """Write what the page shows of a trained model: codes of test pictures, and what `export_losses` measures."""
    vae = VAE.from_pretrained(folder)
    names = vae.info["classes"]
    x, y = data.images(vae.info["set"], root, train=False)
    rows = torch.cat([(y == label).nonzero()[:PER_CLASS, 0] for label in range(len(names))])
    mu, logvar = codes(vae, x[rows])
    vae.save_examples(folder, Examples.of(mu.numpy(), logvar.numpy(), y[rows].numpy(), names))
    export_losses(folder, vae, root)


@torch.inference_mode()
def export_losses(folder, vae, root):
    """Write the mean losses and the mean KL of each dimension, in nats, over held-out pictures (emoji: all)."""
    train, held_out = split(vae.info["set"], root)
    watched = held_out if len(held_out) else train
    divergence = kl_per_dim(*codes(vae, watched)).mean(0)
    found = evaluate(vae, watched, torch.device("cpu"))
    losses = {name: round(found[name], 2) for name in ("recon_loss", "kl")} | {"held_out": len(held_out) > 0}
    figures = {"kl_per_dim": [round(value, 4) for value in divergence.tolist()], "losses": losses}
    checkpoint.save_config(folder, figures)


def codes(vae, pixels):
    """mu and logvar of uint8 pictures (N, C, H, W), not binarised: (N, latent_dim) each."""
    mu, logvar = zip(*(vae.encoder(batch.float() / 255) for batch in pixels.split(500)))
    return torch.cat(mu), torch.cat(logvar)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(data.SETS), default="digits")
    data.add_image_argument(parser)
    parser.add_argument(
        "--out",
        help="output folder; default: pretrained/vae/<set>, plus -2d with --latent-dim 2, plus -beta<beta> with"
        " --snapshots",
    )
    parser.add_argument("--latent-dim", type=whole(1), default=32, help="dimensions of z")
    parser.add_argument("--width", type=whole(8), default=16, help="channels at full size")
    parser.add_argument("--blocks", type=whole(0), default=1, help="residual blocks at each size")
    parser.add_argument(
        "--hidden",
        type=whole(0),
        help="units of a small network beside each linear map to and from z, 0: none; default: as published",
    )
    parser.add_argument(
        "--similarity",
        type=not_negative,
        help="weight of the difference that the discriminator of a GAN sees; default: as published",
    )
    parser.add_argument("--gan", help="the folder of that GAN; default: pretrained/gan/<set>")
    parser.add_argument(
        "--go-on", action="store_true", help="continue from the published file until --epochs in all"
    )
    parser.add_argument("--beta", type=not_negative, default=1.0, help="weight of the KL")
    parser.add_argument(
        "--pixel-noise",
        type=not_negative,
        help="standard deviation of a Gaussian likelihood, 0: Bernoulli; default: as published",
    )
    parser.add_argument(
        "--codes", action="store_true", help="do not train: write the codes of the test pictures again"
    )
    parser.add_argument(
        "--snapshots",
        "--moments",
        action="store_true",
        help="save the weights at five training steps; write no codes of test pictures",
    )
    parser.add_argument("--epochs", type=whole(1), help="default: as published")
    parser.add_argument("--steps", type=whole(1), help="steps in all, instead of whole epochs")
    parser.add_argument("--warmup", type=whole(0), default=2, help="epochs over which beta rises from 0")
    parser.add_argument("--batch", type=whole(1), help="default: as published")
    parser.add_argument("--lr", type=not_negative, default=1e-3, help="highest learning rate")
    parser.add_argument(
        "--stop-after", type=not_negative, help="seconds after which the run stops, at the end of an epoch"
    )
    add_arguments(parser)
    args = parser.parse_args(arguments)
    plain = PLAIN[args.set] if args.snapshots or args.latent_dim == 2 else {}
    for name, value in (RECIPE[args.set] | plain).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    if args.width % 8:
        parser.error(f"--width must be a multiple of 8, not {args.width}.")
    if args.similarity and not args.pixel_noise:
        parser.error("--similarity needs a Gaussian likelihood: give --pixel-noise too.")
    return args


if __name__ == "__main__":
    command.run(main)
