"""Fit a learned prior to a trained VAE: python -m training.prior --model digits

A RealNVP (models/vae.py) is fitted by maximum likelihood to codes z ~ q(z|x) of the training pictures, z drawn
anew at every step. The last 5,000 training pictures are held out: the weights kept are those that make their
codes likeliest. Of emoji there are so few that none is held out.
"""

import argparse
import copy

import torch

from models.vae import VAE, RealNVP, standard_log_prob
from training.vae import codes, set_rate, split


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    folder = args.out or f"pretrained/vae/{args.model}"
    vae = VAE.from_pretrained(folder)
    with torch.inference_mode():
        train, held_out = (
            codes(vae, part) if len(part) else None for part in split(vae.info["set"], args.data)
        )
    settings = {"couplings": args.couplings, "hidden": args.hidden}
    flow = RealNVP(vae.config.latent_dim, **settings)
    optimizer = torch.optim.AdamW(flow.parameters(), lr=args.lr, weight_decay=1e-2)
    generator = torch.Generator().manual_seed(args.seed)
    watched = draw(*(held_out or train), generator)
    best, kept = -float("inf"), flow
    for step in range(args.steps):
        set_rate(optimizer, args.lr, step, args.steps)
        rows = torch.randint(len(train[0]), (args.batch,), generator=generator)
        loss = -flow.log_prob(draw(train[0][rows], train[1][rows], generator)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flow.parameters(), 10.0)
        optimizer.step()
        if (step + 1) % 250 == 0 or step + 1 == args.steps:
            with torch.inference_mode():
                score = flow.log_prob(watched).mean().item()
            print(f"step {step + 1} log p(z) {-loss.item():.2f} watched {score:.2f}", flush=True)
            if score > best:
                best, kept = score, copy.deepcopy(flow)
    print(f"nats a code: N(0, I) {standard_log_prob(watched).mean():.2f}, learned {best:.2f}")
    vae.prior = kept
    vae.save_prior(folder, settings)


def draw(mu, logvar, generator):
    """z ~ q(z|x), one of each."""
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)


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
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
