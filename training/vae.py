"""Train the VAE of one set: python -m training.vae --set digits

Recipe: Bernoulli likelihood on dynamically binarised pictures (Gaussian on colours, or with --pixel-noise), KL
warm-up over the first epochs, AdamW with a cosine, an exponential moving average of the weights, channels_last.
Resumes by itself; the last 5,000 training pictures are held out to watch over-fitting, test pictures are not looked
at. Of emoji there are so few that all are trained on. --moments also keeps the weights of five moments.

With --similarity a copy must also look alike to the discriminator of the set's GAN, by its feature maps (Larsen et
al. 2016, arXiv 1512.09300, where the GAN is trained along): pixels alone forgive a blur. Then fit the learned prior:
python -m training.prior
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
from training import data
from training.run import EMA, Run, add_arguments, state_folder

HELD_OUT = {"digits": 5000, "fashion": 5000, "emoji": 0}  # training pictures, at most a tenth of them
PASSES = {"emoji": 40}  # over the pictures an epoch, where there are few
RECIPE = {
    "digits": {"batch": 128, "epochs": 24, "hidden": 0, "pixel_noise": 0.0, "similarity": 0.0},
    "fashion": {"batch": 128, "epochs": 24, "hidden": 128, "pixel_noise": 0.1, "similarity": 2.0},
    "emoji": {"batch": 32, "epochs": 20, "hidden": 0, "pixel_noise": 0.25, "similarity": 0.0},
}
# of a z of 2 and with --moments
PLAIN = {"digits": {}, "fashion": {"hidden": 0, "pixel_noise": 0.0, "similarity": 0.0}, "emoji": {}}
PER_CLASS = 100  # shipped codes of test pictures, a class
SHAPE = {
    "digits": {"image_size": 28, "channels": 1, "levels": 2},
    "fashion": {"image_size": 28, "channels": 1, "levels": 2},
    "emoji": {"image_size": 64, "channels": 3, "levels": 4},
}


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    if args.codes:
        return export_codes(folder(args), args.data)
    device = torch.device(args.device)
    train, held_out = split(args.set, args.data)
    passes = PASSES.get(args.set, 1)

    torch.manual_seed(args.seed)
    chosen = ("latent_dim", "width", "blocks", "hidden", "pixel_noise")
    vae = VAE(VAEConfig(**{setting: getattr(args, setting) for setting in chosen}, **SHAPE[args.set]))
    critic = Critic(args) if args.similarity else None
    vae = vae.to(device, memory_format=torch.channels_last)
    ema = EMA(vae, 0.999)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=args.lr, weight_decay=1e-2)
    per_epoch = len(train) * passes // args.batch
    begin = checkpoint.load_config(folder(args))["training"]["steps"] if args.go_on else 0
    state = state_folder(args, f"vae/{name(args)}", begin)
    run = Run(state, {"vae": vae, "ema": ema}, {"adam": optimizer})
    total = args.steps or args.epochs * per_epoch
    moments = snapshot_steps(per_epoch, total) if args.moments else []
    if not run.resume(args.resume):
        if args.go_on:
            go_on(args, run, vae, ema)
        elif moments:
            keep(args, vae, 0, moments)
    run.begin(total)

    while run.step < total:
        epoch = run.step // per_epoch
        sums = np.zeros(2)
        order = data.batches(len(train) * passes, args.batch, args.seed, epoch)
        order = order[run.step % per_epoch :][: total - run.step]
        for rows in order:
            set_rate(optimizer, args.lr, run.step - begin, total - begin)
            beta = args.beta * min(1.0, run.step / (args.warmup * per_epoch)) if args.warmup else args.beta
            recon, divergence = train_step(
                vae, optimizer, train[rows % len(train)].to(device), beta, (args.seed, run.step), critic
            )
            run.advance()
            ema.update(vae, run.step)
            sums += recon, divergence
            if run.step in moments:
                keep(args, ema.average, run.step, moments)
        recon, divergence = sums / len(order)
        figures = {"epoch": epoch + 1, "recon_loss": recon, "kl": divergence}
        if len(held_out):
            found = evaluate(ema.average, held_out[:2000], device)
            figures |= {f"held_out_{name}": value for name, value in found.items()}
        run.log(**figures)
        run.save()
        if args.stop_after and run.elapsed() > args.stop_after:
            break
    export(args, run, ema.average.cpu())


def go_on(args, run, vae, ema):
    """Start where the shipped file ended: its weights and its history. What is new begins by doing nothing."""
    shipped = VAE.from_pretrained(folder(args))
    shipped.prior = None
    config = replace(vae.config, pixel_noise=shipped.config.pixel_noise)
    if shipped.config not in (config, replace(config, hidden=0)):
        raise SystemExit(f"{folder(args)} holds another network: {shipped.config}.")
    for module in (vae, ema.average):
        module.load_state_dict(shipped.state_dict(), strict=False)
    run.step, run.seconds = shipped.info["training"]["steps"], shipped.info["training"]["seconds"]
    run.history = shipped.info["history"]


def split(dataset, root):
    """The pictures of a set that are trained on, and those held out to watch over-fitting: uint8 (N, C, H, W)."""
    x, _ = data.images(dataset, root, train=True)
    count = min(HELD_OUT[dataset], len(x) // 10)
    return x[: len(x) - count], x[len(x) - count :]


def name(args):
    """Of the folder in pretrained/vae: the set, and what is unusual about the model."""
    plane = "-2d" if args.latent_dim == 2 else ""
    return args.set + plane + (f"-beta{args.beta:g}" if args.moments else "")


def snapshot_steps(per_epoch, total):
    """Five moments: before the first step, two early ones, after one pass over the pictures and at the end."""
    return sorted({0, min(30, total), min(100, total), min(per_epoch, total), total})


def folder(args):
    return args.out or f"pretrained/vae/{name(args)}"


def keep(args, vae, step, moments):
    vae.save_snapshot(folder(args), step, {"snapshots": [s for s in moments if s <= step]})


class Critic:
    """How unlike two pictures are to the discriminator of a trained GAN, which stays as it is."""

    MAPS = 3  # the first of its feature maps; the later ones know classes rather than textures

    def __init__(self, args):
        self.gan = GAN.from_pretrained(args.gan or f"pretrained/gan/{args.set}")
        self.gan.discriminator().to(args.device)
        self.weight = args.similarity

    def __call__(self, x_hat, x, pixel_noise):
        """Of each picture, (B,): half the squared error of every map over pixel_noise^2, all maps of equal weight
        and each as heavy as the pixels, times the weight."""
        with torch.no_grad():
            wanted = self.gan.feature_maps(x)[: self.MAPS]
        errors = [
            ((found - like) / pixel_noise).square().flatten(1).mean(1)
            for found, like in zip(self.gan.feature_maps(x_hat)[: self.MAPS], wanted)
        ]
        return self.weight * 0.5 * x[0].numel() * sum(errors)


def train_step(vae, optimizer, pixels, beta, key, critic=None):
    """One step on uint8 images (B, C, H, W); returns the batch's mean recon_loss and kl in nats."""
    generator = torch.Generator(pixels.device).manual_seed(hash(key) % 2**63)
    x = observe(vae, pixels, generator).contiguous(memory_format=torch.channels_last)
    mu, logvar = vae.encoder(x)
    z = vae.reparameterize(mu, logvar, generator)
    logits = vae.decoder(z)
    recon = recon_loss(logits, x, vae.config.pixel_noise).mean()
    unlike = critic(torch.sigmoid(logits), x, vae.config.pixel_noise).mean() if critic else 0.0
    divergence = kl(mu, logvar).mean()
    optimizer.zero_grad(set_to_none=True)
    (recon + unlike + beta * divergence).backward()
    torch.nn.utils.clip_grad_norm_(vae.parameters(), 100.0)
    optimizer.step()
    return recon.item(), divergence.item()


def observe(vae, pixels, generator):
    """uint8 pictures as the model's likelihood takes them: binarised for Bernoulli pixels, else in [0, 1]."""
    return pixels.float() / 255 if vae.config.pixel_noise else binarize(pixels, generator)


def binarize(pixels, generator):
    """uint8 -> {0, 1}: each pixel is 1 with the probability of its grey, drawn anew each time."""
    grey = pixels.float() / 255
    return (torch.rand(grey.shape, generator=generator, device=grey.device) < grey).float()


def set_rate(optimizer, peak, step, total):
    """200 steps of warm-up, then a cosine down to a hundredth of the peak."""
    rate = peak * min(1.0, (step + 1) / 200) * (0.505 + 0.495 * math.cos(math.pi * step / total))
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.inference_mode()
def evaluate(vae, pixels, device, seed=0):
    """Means in nats of pictures as they are trained on, one sample of z each: recon_loss, kl to N(0, I), and
    learned_kl, log q(z|x) - log p(z) under the learned prior, where there is one."""
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
    out = folder(args)
    command = f"python -m training.vae --set {args.set} --latent-dim {args.latent_dim} --epochs {args.epochs}"
    if not args.moments:
        command += (
            f" --hidden {args.hidden} --pixel-noise {args.pixel_noise:g} --similarity {args.similarity:g}"
        )
    info = {
        "set": args.set,
        "classes": data.CLASSES[args.set],
        "training": {
            "steps": run.step,
            "epochs": args.epochs,
            "batch": args.batch,
            "beta": args.beta,
            "seed": args.seed,
            "seconds": round(run.elapsed()),
            "command": command
            + " --go-on" * args.go_on
            + f" --width {args.width} --beta {args.beta:g} --moments" * args.moments,
        },
        "history": run.history,
    }
    if args.moments:
        checkpoint.save_config(out, info)
        export_losses(out, VAE.from_pretrained(out, run.step), args.data)
    else:
        before = weights_file(out)
        vae.eval().save_pretrained(out, info)
        if weights_file(out) != before:
            checkpoint.remove(out, "prior.safetensors")  # of other codes than these
        export_codes(out, args.data)
    print("written", out)


def weights_file(out):
    """The sha256 of the weights in a folder, None where there are none."""
    config = checkpoint.load_config(out) if Path(out, checkpoint.CONFIG).exists() else {}
    return config.get("files", {}).get("model.safetensors")


@torch.inference_mode()
def export_codes(folder, root):
    """Write what the page shows of a trained model: the codes of examples, and what `export_losses` measures."""
    vae = VAE.from_pretrained(folder)
    names = vae.info["classes"]
    x, y = data.images(vae.info["set"], root, train=False)
    rows = torch.cat([(y == label).nonzero()[:PER_CLASS, 0] for label in range(len(names))])
    mu, logvar = codes(vae, x[rows])
    vae.save_examples(folder, Examples.of(mu.numpy(), logvar.numpy(), y[rows].numpy(), names))
    export_losses(folder, vae, root)


@torch.inference_mode()
def export_losses(folder, vae, root):
    """Write the mean losses and the mean KL of every dimension, nats, over held-out training pictures (emoji: all)."""
    train, held_out = split(vae.info["set"], root)
    watched = held_out if len(held_out) else train
    divergence = kl_per_dim(*codes(vae, watched)).mean(0)
    found = evaluate(vae, watched, torch.device("cpu"))
    losses = {name: round(found[name], 2) for name in ("recon_loss", "kl")} | {"held_out": len(held_out) > 0}
    figures = {"kl_per_dim": [round(value, 4) for value in divergence.tolist()], "losses": losses}
    checkpoint.save_config(folder, figures)


def codes(vae, pixels):
    """mu and logvar of uint8 pictures (N, C, H, W) as they are, (N, latent_dim) each."""
    mu, logvar = zip(*(vae.encoder(batch.float() / 255) for batch in pixels.split(500)))
    return torch.cat(mu), torch.cat(logvar)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(data.SETS), default="digits")
    parser.add_argument(
        "--data", default="../shared/data", help="folder for torchvision; downloaded when empty"
    )
    parser.add_argument(
        "--out", help="default: pretrained/vae/<set>, with -2d or -beta<beta> where it is such"
    )
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=1)
    parser.add_argument(
        "--hidden",
        type=int,
        help="units of the networks beside the maps to and from z; default of this and the next two: RECIPE's",
    )
    parser.add_argument(
        "--similarity",
        type=float,
        help="weight of the likeness to the discriminator of the set's GAN",
    )
    parser.add_argument("--gan", help="its folder; default: pretrained/gan/<set>")
    parser.add_argument("--go-on", action="store_true", help="from the shipped file, up to --epochs in all")
    parser.add_argument("--beta", type=float, default=1.0)
    parser.add_argument("--pixel-noise", type=float, help="of a Gaussian likelihood; 0: Bernoulli")
    parser.add_argument("--codes", action="store_true", help="train nothing: write the examples' codes anew")
    parser.add_argument(
        "--moments", action="store_true", help="keep the weights of five moments, no examples"
    )
    parser.add_argument("--epochs", type=int, help="default: the set's own")
    parser.add_argument("--steps", type=int, help="batches in all, instead of whole epochs")
    parser.add_argument("--warmup", type=int, default=2, help="epochs over which beta rises from 0")
    parser.add_argument("--batch", type=int, help="default: the set's own")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--stop-after", type=float, help="seconds: stop and export after the epoch under way")
    add_arguments(parser)
    args = parser.parse_args(arguments)
    plain = PLAIN[args.set] if args.moments or args.latent_dim == 2 else {}
    for name, value in (RECIPE[args.set] | plain).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    if args.similarity and not args.pixel_noise:
        parser.error("--similarity needs a Gaussian likelihood: give --pixel-noise too.")
    return args


if __name__ == "__main__":
    main()
