"""Train the VAE of one set: python -m training.vae --set digits

Recipe: Bernoulli likelihood on dynamically binarised pictures, KL warm-up over the first epochs, AdamW
with a cosine, an exponential moving average of the weights, channels_last. Resumes by itself from the run
folder; the last 5,000 training pictures are held out to watch over-fitting, test pictures are not looked at.
"""

import argparse
import math

import numpy as np
import torch

from models.vae import VAE, Examples, VAEConfig, kl, recon_loss
from training import data
from training.run import EMA, Run

HELD_OUT = 5000  # training pictures, or a tenth of a smaller set
PER_CLASS = 20  # shipped codes of test pictures, a class


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    x, _ = data.images(args.set, args.data, train=True)
    count = min(HELD_OUT, len(x) // 10)
    train, held_out = x[:-count], x[-count:]

    torch.manual_seed(args.seed)
    vae = VAE(VAEConfig(latent_dim=args.latent_dim, width=args.width, blocks=args.blocks))
    vae = vae.to(device, memory_format=torch.channels_last)
    ema = EMA(vae, 0.999)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=args.lr, weight_decay=1e-2)
    run = Run(
        args.run or f"runs/vae/{args.set}-{args.latent_dim}", {"vae": vae, "ema": ema}, {"adam": optimizer}
    )
    per_epoch = len(train) // args.batch
    total = args.epochs * per_epoch
    if not run.resume():
        print(f"{sum(p.numel() for p in vae.parameters()):,} parameters, {total} steps")

    while run.step < total:
        epoch = run.step // per_epoch
        sums = np.zeros(2)
        for rows in data.batches(len(train), args.batch, args.seed, epoch):
            set_rate(optimizer, args.lr, run.step, total)
            beta = args.beta * min(1.0, run.step / (args.warmup * per_epoch)) if args.warmup else args.beta
            recon, divergence = train_step(
                vae, optimizer, train[rows].to(device), beta, (args.seed, run.step)
            )
            run.step += 1
            ema.update(vae, run.step)
            sums += recon, divergence
        recon, divergence = sums / per_epoch
        held = evaluate(ema.average, held_out[:2000], device)
        run.log(epoch=epoch + 1, recon_loss=recon, kl=divergence, held_out_elbo=held)
        run.save()
        if args.stop_after and run.elapsed() > args.stop_after:
            break
    export(args, run, ema.average.cpu())


def train_step(vae, optimizer, pixels, beta, key):
    """One step on uint8 images (B, 1, H, W); returns the batch's mean recon_loss and kl in nats."""
    generator = torch.Generator(pixels.device).manual_seed(hash(key) % 2**63)
    x = binarize(pixels, generator).contiguous(memory_format=torch.channels_last)
    mu, logvar = vae.encoder(x)
    recon = recon_loss(vae.decoder(vae.reparameterize(mu, logvar, generator)), x).mean()
    divergence = kl(mu, logvar).mean()
    optimizer.zero_grad(set_to_none=True)
    (recon + beta * divergence).backward()
    torch.nn.utils.clip_grad_norm_(vae.parameters(), 100.0)
    optimizer.step()
    return recon.item(), divergence.item()


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
    """Mean negative ELBO in nats of dynamically binarised pictures, one sample of z each."""
    generator = torch.Generator(device).manual_seed(seed)
    total = 0.0
    for batch in pixels.split(500):
        x = binarize(batch.to(device), generator)
        mu, logvar = vae.encoder(x)
        z = vae.reparameterize(mu, logvar, generator)
        total += (recon_loss(vae.decoder(z), x) + kl(mu, logvar)).sum().item()
    return total / len(pixels)


@torch.inference_mode()
def encode_examples(vae, name, root):
    """Codes of the first PER_CLASS test pictures of each class, with their place on two principal components."""
    x, y = data.images(name, root, train=False)
    rows = torch.cat([(y == label).nonzero()[:PER_CLASS, 0] for label in range(10)])
    z = vae.encoder(x[rows].float() / 255)[0].numpy()
    _, _, axes = np.linalg.svd(z - z.mean(0), full_matrices=False)
    position = (z - z.mean(0)) @ axes[:2].T if z.shape[1] > 2 else z
    return Examples(z, y[rows].numpy(), position.astype(np.float32), data.CLASSES[name])


def export(args, run, vae):
    info = {
        "set": args.set,
        "training": {
            "steps": run.step,
            "epochs": args.epochs,
            "batch": args.batch,
            "beta": args.beta,
            "seed": args.seed,
            "seconds": round(run.elapsed()),
            "command": f"python -m training.vae --set {args.set} --epochs {args.epochs}",
        },
        "history": run.history,
    }
    vae.eval().save_pretrained(
        args.out or f"pretrained/vae/{args.set}", info, encode_examples(vae, args.set, args.data)
    )
    print("written", args.out or f"pretrained/vae/{args.set}")


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(data.SETS), default="digits")
    parser.add_argument(
        "--data", default="../shared/data", help="folder for torchvision; downloaded when empty"
    )
    parser.add_argument("--out", help="default: pretrained/vae/<set>")
    parser.add_argument("--run", help="folder of the resumable state; default: runs/vae/<set>-<latent_dim>")
    parser.add_argument("--latent-dim", type=int, default=32)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=1)
    parser.add_argument("--beta", type=float, default=1.0)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--warmup", type=int, default=2, help="epochs over which beta rises from 0")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--stop-after", type=float, help="seconds: stop and export after the epoch under way")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
