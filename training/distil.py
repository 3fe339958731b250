"""Teach a faster decoder to draw what a trained VAE draws: python -m training.distil --model emoji

After training.vae and training.prior. The encoder, and with it every code and the learned prior, stays as it is; a
PatchDecoder (models/vae.py) takes the decoder's place. It learns (Hinton et al. 2015, arXiv 1503.02531) from pictures
that the decoder drew: on walks between two codes and among four, for the learned prior and for N(0, I). From codes
z ~ q(z|x) of the training pictures it learns the pictures themselves, as the decoder did. Muon for all weights but the
last layer's, which with the biases are AdamW's; a cosine; an exponential moving average of the weights. Test pictures
are not looked at. Resumes by itself, drawing the same pictures anew.
"""

import argparse
from dataclasses import replace

import torch
from tqdm import trange

from models.paths import slerp
from models.vae import VAE, PatchDecoder, recon_loss
from training.data import to_pixels
from training.muon import Muon
from training.prior import draw, run_name
from training.run import EMA, Run, add_arguments, state_folder
from training.vae import codes, export_losses, observe, set_rate, split

SCALE = 1.2  # of the noise, at most: the page lets a class go a little beyond the prior
SPREAD = 0.3  # of the noise added to mixtures of four codes


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    folder = args.out or f"pretrained/vae/{args.model}"
    vae = VAE.from_pretrained(folder)
    if vae.config.patch:
        raise SystemExit(f"{folder} has its faster decoder already: train it anew first, with training.vae.")
    if vae.config.image_size % (2 * args.patch):
        raise SystemExit(f"--patch must divide half the side of the pictures, {vae.config.image_size // 2}.")
    vae.to(args.device)
    pictures = split(vae.info["set"], args.data)[0]
    with torch.inference_mode():
        known = [part.to(args.device) for part in codes(vae, pictures.to(args.device))]
        lesson = lessons(vae, known[0], args)
        watched = every_kind(vae, known[0], 100, torch.Generator(args.device).manual_seed(args.seed + 1))
        watched = watched, vae.decode(watched)

    torch.manual_seed(args.seed)
    student = PatchDecoder(config := replace(vae.config, patch=args.patch))
    student.to(args.device, memory_format=torch.channels_last)
    ema = EMA(student, 0.999)
    weights = [p for p in student.parameters() if p.ndim > 1 and p is not student.features[-2].weight]
    others = [p for p in student.parameters() if not any(p is weight for weight in weights)]
    peaks = {"muon": args.muon_lr, "adam": args.lr}
    optimizers = {
        "muon": Muon(weights, lr=args.muon_lr),
        "adam": torch.optim.AdamW(others, lr=args.lr, weight_decay=0),
    }
    state = state_folder(args, run_name("distil", args, vae))
    run = Run(state, {"student": student, "ema": ema}, optimizers)
    run.resume(args.resume)
    run.begin(args.steps)
    losses = []
    while run.step < args.steps:
        for name, optimizer in optimizers.items():
            set_rate(optimizer, peaks[name], run.step, args.steps)
        z, x = batch(vae, pictures, known, lesson, args, run.step)
        loss = recon_loss(student(z), x, vae.config.pixel_noise).mean()
        student.zero_grad(set_to_none=True)
        loss.backward()
        for optimizer in optimizers.values():
            optimizer.step()
        losses.append(loss.item())
        run.advance()
        ema.update(student, run.step)
        if run.step % args.log_every == 0 or run.step == args.steps:
            run.log(batches=sum(losses) / len(losses), unlike=unlike(ema.average, *watched))
            run.save()
            losses = []
    export(args, folder, vae, ema.average, config, run)


def lessons(vae, mu, args):
    """Codes (N, latent_dim), N about args.lessons, and the pictures that the decoder makes of them, uint8."""
    z = every_kind(vae, mu, args.lessons // 5, torch.Generator(args.device).manual_seed(args.seed))
    rows = trange(0, len(z), 64, desc="drawing", disable=None)
    return z, torch.cat([to_pixels(vae.decode(z[row : row + 64])) for row in rows])


def every_kind(vae, mu, count, generator):
    """`count` codes of each kind that the page decodes: straight and spherical walks between two of mu, mixtures of
    four of them with noise, the learned prior (where there is one) and N(0, s^2 I), s up to SCALE."""
    like = {"generator": generator, "device": mu.device}
    ends = [mu[torch.randint(len(mu), (count,), **like)] for _ in range(8)]
    t, scale = torch.rand(count, 1, **like), SCALE * torch.rand(2, count, 1, **like)
    # exponential: their shares are even on the simplex
    shares = -torch.rand(4, count, 1, **like).clamp(min=1e-9).log()
    noise = torch.randn(3, count, mu.shape[1], **like)
    four = (shares / shares.sum(0) * torch.stack(ends[4:])).sum(0)
    prior = vae.prior.decode if vae.prior is not None else torch.nn.Identity()
    return torch.cat(
        [
            (1 - t) * ends[0] + t * ends[1],
            torch.stack([slerp(*pair) for pair in zip(ends[2], ends[3], t)]),
            four + SPREAD * noise[0],
            prior(scale[0] * noise[1]),
            scale[1] * noise[2],
        ]
    )


def batch(vae, pictures, known, lesson, args, step):
    """Codes (B, latent_dim) and pictures (B, C, H, W) as the likelihood takes them: a quarter are training pictures."""
    generator = torch.Generator(args.device).manual_seed(hash((args.seed, step)) % 2**63)
    like = {"generator": generator, "device": args.device}
    real = torch.randint(len(pictures), (args.batch // 4,), **like)
    drawn = torch.randint(len(lesson[0]), (args.batch - len(real),), **like)
    z = torch.cat([draw(known[0][real], known[1][real], generator), lesson[0][drawn]])
    x = torch.cat([pictures[real.cpu()].to(args.device), lesson[1][drawn]])
    return z, observe(vae, x, generator).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def unlike(student, z, drawn):
    """Root mean square difference between the student's pixels for codes and what the old decoder drew of them."""
    return (torch.sigmoid(student(z)) - drawn).square().mean().sqrt().item()


def export(args, folder, vae, decoder, config, run):
    """Write the VAE with its new decoder in place of the old."""
    small = VAE(config)
    small.encoder.load_state_dict(vae.encoder.state_dict())
    small.decoder.load_state_dict(decoder.state_dict())
    made = {
        "steps": run.step,
        "lessons": args.lessons,
        "seed": args.seed,
        "seconds": round(run.elapsed()),
        "command": f"python -m training.distil --model {args.model}",
        "history": run.history,
    }
    small.cpu().eval().save_pretrained(folder, {"training": vae.info["training"] | {"distilled": made}})
    export_losses(folder, VAE.from_pretrained(folder), args.data)
    print("written", folder)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="emoji", help="folder in pretrained/vae")
    parser.add_argument("--data", default="../shared/data", help="folder for torchvision")
    parser.add_argument("--out", help="default: pretrained/vae/<model>")
    parser.add_argument("--patch", type=int, default=4, help="side of the squares of pixels drawn at once")
    parser.add_argument("--lessons", type=int, default=80_000, help="pictures that the old decoder draws")
    parser.add_argument("--steps", type=int, default=18_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--muon-lr", type=float, default=0.03)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--log-every", type=int, default=500)
    add_arguments(parser)
    args = parser.parse_args(arguments)
    if args.lessons < 5 or args.batch < 4:
        parser.error("--lessons must be at least 5 and --batch at least 4.")
    return args


if __name__ == "__main__":
    main()
