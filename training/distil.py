"""Train a faster decoder to draw what a trained VAE draws: python -m training.distil --model emoji

Runs after training.vae and training.prior. The encoder does not change, so all codes and the learned prior stay
valid; a PatchDecoder (models/vae.py) replaces the decoder. It learns from the pictures of the old decoder (Hinton et
al. 2015, arXiv 1503.02531): of codes between two others, of mixtures of four, of samples of the learned prior and of
N(0, I). For codes z ~ q(z|x) of the training pictures its target is the picture itself, as it was for the old
decoder, and with --posterior also what that one drew. An old decoder that was trained to draw sharper than the
likelihood asks for (training.vae --similarity) is matched better without them: --real 0. Muon updates all weights
except those of the last layer; AdamW updates these and the biases. Cosine schedule, exponential moving average of the
weights. Test pictures are not used. An interrupted run continues from its saved state; it first draws the same
pictures again.
"""

from dataclasses import replace

import torch
from tqdm import trange

from models.paths import slerp
from models.vae import PRIOR, VAE, PatchDecoder, recon_loss
from training import command, data
from training.muon import Muon
from training.options import command_of, not_negative, share, whole
from training.prior import draw, opened, parser_of, run_name
from training.run import Run, add_arguments, averaged, schedule
from training.vae import codes, export_losses, observe, split, warm_cosine

SCALE = 1.2  # largest standard deviation of the noise: on the page one can go a little beyond the prior
# the options that change what is learned
SETTINGS = ("patch", "width", "lessons", "posterior", "real", "steps", "batch", "muon_lr", "lr", "seed")
SPREAD = 0.3  # standard deviation of the noise added to mixtures of four codes


def main(arguments=None):
    args = parse_args(arguments)
    folder, vae = opened(args)
    if vae.config.patch:
        raise SystemExit(
            f"{folder} has its faster decoder already: train the VAE again first, with training.vae."
        )
    if vae.config.image_size % (2 * args.patch):
        raise SystemExit(f"--patch must divide half the side of the pictures, {vae.config.image_size // 2}.")
    vae.to(args.device)
    pictures, held_out = split(vae.info["set"], args.data)
    with torch.inference_mode():
        known = [part.to(args.device) for part in codes(vae, pictures.to(args.device))]
        lesson = lessons(vae, known, args)
        watched = every_kind(vae, known[0], 100, torch.Generator(args.device).manual_seed(args.seed + 1))
        watched = watched, vae.decode(watched)
        held_out = held_out.to(args.device)
        unseen = (held_out, codes(vae, held_out)[0]) if len(held_out) else ()

    torch.manual_seed(args.seed)
    student = PatchDecoder(config := replace(vae.config, patch=args.patch, patch_width=args.width))
    student.to(args.device, memory_format=torch.channels_last)
    ema = averaged(student, 0.999)
    optimizers = both_optimizers(student, args)
    name, modules = run_name("distil", args, vae), {"student": student, "ema": ema}
    # the lessons are samples of the learned prior, if there is one
    learned_from = (pictures, held_out.cpu(), vae.info["files"].get(PRIOR, ""))
    run = Run.of(args, name, SETTINGS, modules, optimizers, data=learned_from)
    run.resume(args.resume)
    factor = warm_cosine(0, args.steps)
    run.begin(args.steps, *(schedule(optimizer, factor, run.step) for optimizer in optimizers.values()))
    recent = []
    while run.step < args.steps:
        z, x = batch(vae, pictures, known, lesson, args, run.step)
        recent.append(train_step(student, optimizers.values(), z, x, vae.config.pixel_noise))
        run.advance()
        ema.update_parameters(student)
        if run.step % args.log_every == 0 or run.step == args.steps:
            worse = {"held_out": excess(ema.module, vae, *unseen)} if unseen else {}
            run.log(batches=sum(recent) / len(recent), unlike=difference(ema.module, *watched), **worse)
            run.save()
            recent = []
    export(args, folder, vae, ema.module, config, run)


def both_optimizers(student, args):
    """Muon for all weights except those of the last layer, AdamW for these and the biases."""
    weights = [p for p in student.parameters() if p.ndim > 1 and p is not student.features[-2].weight]
    others = [p for p in student.parameters() if not any(p is weight for weight in weights)]
    return {
        "muon": Muon(weights, lr=args.muon_lr),
        "adam": torch.optim.AdamW(others, lr=args.lr, weight_decay=0),
    }


def train_step(student, optimizers, z, x, pixel_noise):
    """One step of both optimizers. Returns the mean recon_loss in nats."""
    loss = recon_loss(student(z), x, pixel_noise).mean()
    student.zero_grad(set_to_none=True)
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    return loss.item()


def lessons(vae, known, args):
    """About args.lessons codes, (N, latent_dim), and the pictures that the old decoder draws of them, uint8.

    args.posterior codes of training pictures, z ~ q(z|x), come on top.
    """
    generator = torch.Generator(args.device).manual_seed(args.seed)
    z = every_kind(vae, known[0], args.lessons // 5, generator)
    rows = torch.randint(len(known[0]), (args.posterior,), generator=generator, device=z.device)
    z = torch.cat([z, draw(known[0][rows], known[1][rows], generator)])
    rows = trange(0, len(z), 64, desc="drawing", disable=None)
    return z, torch.cat([data.to_pixels(vae.decode(z[row : row + 64])) for row in rows])


def every_kind(vae, mu, count, generator):
    """`count` codes of each of the five kinds that the page decodes, (5 * count, latent_dim).

    Between two codes of mu on a straight line and on an arc, mixtures of four codes with noise, samples of the
    learned prior (if there is one) and samples of N(0, s^2 I); the scale of the noise of both goes up to SCALE.
    """
    like = {"generator": generator, "device": mu.device}
    endpoints = [mu[torch.randint(len(mu), (count,), **like)] for _ in range(8)]
    t, scale = torch.rand(count, 1, **like), SCALE * torch.rand(2, count, 1, **like)
    # shares of exponential numbers are uniform on the simplex
    shares = -torch.rand(4, count, 1, **like).clamp(min=1e-9).log()
    noise = torch.randn(3, count, mu.shape[1], **like)
    four = (shares / shares.sum(0) * torch.stack(endpoints[4:])).sum(0)
    learned = scale[0] * noise[1]
    if vae.prior is not None:
        learned = vae.prior.decode(
            learned, torch.multinomial(vae.prior.shares, count, True, generator=generator)
        )
    return torch.cat(
        [
            (1 - t) * endpoints[0] + t * endpoints[1],
            torch.stack([slerp(*pair) for pair in zip(endpoints[2], endpoints[3], t)]),
            four + SPREAD * noise[0],
            learned,
            scale[1] * noise[2],
        ]
    )


def batch(vae, pictures, known, lesson, args, step):
    """Codes (B, latent_dim), pictures (B, C, H, W) as the likelihood takes them; of both a share args.real is real."""
    generator = torch.Generator(args.device).manual_seed(hash((args.seed, step)) % 2**63)
    like = {"generator": generator, "device": args.device}
    real = torch.randint(len(pictures), (int(args.batch * args.real),), **like)
    drawn = torch.randint(len(lesson[0]), (args.batch - len(real),), **like)
    z = torch.cat([draw(known[0][real], known[1][real], generator), lesson[0][drawn]])
    x = torch.cat([pictures[real.cpu()].to(args.device), lesson[1][drawn]])
    return z, observe(vae, x, generator).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def difference(student, z, drawn):
    """Root mean square difference of the student's pixels from those that the old decoder drew for the same codes."""
    return (torch.sigmoid(student(z)) - drawn).square().mean().sqrt().item()


@torch.inference_mode()
def excess(student, vae, pictures, mu):
    """How many nats a picture the student's recon_loss of held-out pictures is above the old decoder's, z = mu."""
    sums = 0.0
    for x, z in zip(pictures.split(500), mu.split(500)):
        x = x.float() / 255
        losses = (recon_loss(decoder(z), x, vae.config.pixel_noise) for decoder in (student, vae.decoder))
        sums += torch.sub(*losses).sum().item()
    return sums / len(pictures)


def export(args, folder, vae, decoder, config, run):
    """Write the VAE with the new decoder in place of the old one."""
    small = VAE(config)
    small.encoder.load_state_dict(vae.encoder.state_dict())
    small.decoder.load_state_dict(decoder.state_dict())
    made = {
        "steps": run.step,
        "lessons": args.lessons,
        "seed": args.seed,
        **run.times(),
        "command": command_of("distil", args, parse_args([]), ("model", *SETTINGS), ("model",)),
        "history": run.history,
    }
    small.cpu().eval().save_pretrained(folder, {"training": vae.info["training"] | {"distilled": made}})
    export_losses(folder, VAE.from_pretrained(folder), args.data)
    print("written", folder)


def parse_args(arguments):
    parser = parser_of(__doc__, "emoji")
    parser.add_argument(
        "--patch", type=whole(1), default=4, help="side of the squares of pixels that are drawn at once"
    )
    parser.add_argument(
        "--lessons",
        type=whole(5),
        default=80_000,
        help="number of training pictures drawn by the old decoder",
    )
    parser.add_argument(
        "--width", type=whole(0), default=0, help="channels of its larger feature map; by default 48"
    )
    parser.add_argument(
        "--posterior", type=whole(0), default=0, help="number of codes of training pictures beside these"
    )
    parser.add_argument(
        "--real",
        type=share,
        default=0.25,
        help="share of each step whose targets are the training pictures themselves",
    )
    parser.add_argument("--steps", type=whole(1), default=18_000)
    parser.add_argument("--batch", type=whole(4), default=64)
    parser.add_argument("--muon-lr", type=not_negative, default=0.03, help="highest learning rate of Muon")
    parser.add_argument("--lr", type=not_negative, default=2e-3, help="highest learning rate of AdamW")
    parser.add_argument("--log-every", type=whole(1), default=500, help="steps between two lines of the log")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
