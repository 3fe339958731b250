"""Fit a learned prior to a trained VAE: python -m training.prior --model digits

A RealNVP (models/vae.py) is fitted by maximum likelihood to codes z ~ q(z|x) of the training pictures, z drawn
anew at every step. The last 5,000 training pictures are held out: the weights kept are those that make their
codes likeliest. Of emoji there are so few that none is held out.
"""

import argparse
import copy
import math

import torch

from models.vae import VAE, RealNVP, standard_log_prob
from training.run import Run, add_arguments, state_folder
from training.vae import codes, set_rate, split


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    folder = args.out or f"pretrained/vae/{args.model}"
    vae = VAE.from_pretrained(folder)
    with torch.inference_mode():
        train, held_out = (
            [part.to(args.device) for part in codes(vae, pictures)] if len(pictures) else None
            for pictures in split(vae.info["set"], args.data)
        )
    settings = {"couplings": args.couplings, "hidden": args.hidden}
    torch.manual_seed(args.seed)
    flow = RealNVP(vae.config.latent_dim, **settings).to(args.device)
    optimizer = torch.optim.AdamW(flow.parameters(), lr=args.lr, weight_decay=1e-2)
    watched = draw(*(held_out or train), generator(args, -1))
    modules = {"flow": flow, "best": copy.deepcopy(flow)}
    run = Run(state_folder(args, run_name("prior", args, vae)), modules, {"adam": optimizer})
    run.resume(args.resume)
    run.begin(args.steps)
    while run.step < args.steps:
        set_rate(optimizer, args.lr, run.step, args.steps)
        noise = generator(args, run.step)
        rows = torch.randint(len(train[0]), (args.batch,), generator=noise, device=args.device)
        loss = -flow.log_prob(draw(train[0][rows], train[1][rows], noise)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 10.0)
        optimizer.step()
        run.advance()
        if run.step % 250 == 0 or run.step == args.steps:
            with torch.inference_mode():
                score = flow.log_prob(watched).mean().item()
            if score > max((row["watched"] for row in run.history), default=-math.inf):
                modules["best"].load_state_dict(flow.state_dict())
            run.log(batch=-loss.item(), watched=score)
            run.save()
    best = max(row["watched"] for row in run.history)
    print(f"nats a code: N(0, I) {standard_log_prob(watched).mean():.2f}, learned {best:.2f}")
    vae.prior = modules["best"]
    vae.save_prior(folder, settings)


def run_name(family, args, vae):
    """Of a run on the codes of a VAE; with other weights another: a state on other codes is of no use."""
    return f"{family}/{args.model}-{vae.info['files']['model.safetensors'][:8]}"


def generator(args, step):
    """The randomness of one step, so that a resumed run sees the same; step -1: of the codes that are watched."""
    return torch.Generator(args.device).manual_seed(hash((args.seed, step)) % 2**63)


def draw(mu, logvar, generator):
    """z ~ q(z|x), one of each."""
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator, device=mu.device)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="digits", help="folder in pretrained/vae")
    parser.add_argument("--data", default="../shared/data", help="folder for torchvision")
    parser.add_argument("--out", help="default: pretrained/vae/<model>")
    parser.add_argument("--couplings", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--lr", type=float, default=1e-3)
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
