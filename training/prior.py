"""Fit a learned prior to a trained VAE: python -m training.prior --model digits

A RealNVP (models/vae.py) is fitted by maximum likelihood to codes z ~ q(z|x) of the training pictures, drawn anew at
every step, and their classes. The last 5,000 training pictures are held out: the weights with the highest likelihood of
their codes, whose classes are not told, are kept. All emoji are trained on, because there are so few:
--hold-out-every 5 leaves out every fifth to choose settings.
"""

import argparse
import copy
import math
from pathlib import Path

import torch

from models import checkpoint
from models.vae import VAE, RealNVP, standard_log_prob
from training import command, data
from training.options import command_of, not_negative, whole
from training.run import Run, add_arguments, schedule
from training.vae import codes, held_out_of, warm_cosine

# the options that change what is learned
SETTINGS = ("couplings", "hidden", "hold_out_every", "steps", "batch", "lr", "seed")
WATCHED = -1  # in place of a step: the random numbers of the codes that choose the weights


def main(arguments=None):
    args = parse_args(arguments)
    folder, vae = opened(args)
    pictures = data.images(vae.info["set"], args.data, train=True)
    train, held_out = known(args, vae, *pictures)
    classes = len(vae.info["classes"])
    settings = {"couplings": args.couplings, "hidden": args.hidden, "classes": classes}
    torch.manual_seed(args.seed)
    flow = RealNVP(vae.config.latent_dim, **settings)
    flow.shares.copy_(shares_of(train[2], classes))
    flow.to(args.device)
    optimizer = torch.optim.AdamW(flow.parameters(), lr=args.lr, weight_decay=1e-2)
    mu, logvar, _ = held_out if len(held_out[0]) else train
    watched = draw(mu, logvar, generator(args, WATCHED))
    modules = {"flow": flow, "best": copy.deepcopy(flow)}
    run = Run.of(args, run_name("prior", args, vae), SETTINGS, modules, {"adam": optimizer}, data=pictures)
    run.resume(args.resume)
    run.begin(args.steps, schedule(optimizer, warm_cosine(0, args.steps), run.step))
    while run.step < args.steps:
        loss = train_step(args, flow, optimizer, train, run.step)
        run.advance()
        if run.step % 250 == 0 or run.step == args.steps:
            with torch.inference_mode():
                score = flow.log_prob(watched).mean().item()
            if score > max((row["watched"] for row in run.history), default=-math.inf):
                modules["best"].load_state_dict(flow.state_dict())
            run.log(batch=-loss, watched=score)
            run.save()
    best = max(row["watched"] for row in run.history)
    print(f"nats per code: N(0, I) {standard_log_prob(watched).mean():.2f}, learned {best:.2f}")
    vae.prior = modules["best"]
    export(args, folder, vae, settings, run)


def export(args, folder, vae, settings, run):
    """Write the prior beside its VAE, and how it was fitted. A new one has learned nothing by importance yet."""
    made = {
        "steps": run.step,
        "batch": args.batch,
        "seed": args.seed,
        **run.times(),
        "command": made_by(args),
        "history": run.history,
    }
    training = {name: value for name, value in vae.info.get("training", {}).items() if name != "importance"}
    vae.save_prior(folder, {"prior": settings, "training": training | {"prior": made}})


def made_by(args):
    """The command that fits the same prior."""
    return command_of("prior", args, parse_args([]), ("model", *SETTINGS), ("model",))


def opened(args):
    """The folder of the VAE that a command goes on from, and the VAE."""
    torch.set_num_threads(args.threads)
    folder = args.out or f"pretrained/vae/{args.model}"
    command.existing(folder, "VAE", f"{choices()}name its folder with --out", "model.safetensors")
    vae = VAE.from_pretrained(folder)
    data.check_set(vae.info.get("set"))
    command.writable(folder)
    return folder, vae


def choices():
    """The models that --model can name, as a part of a sentence."""
    folders = sorted(path.parent for path in Path("pretrained/vae").glob("*/model.safetensors"))
    names = ", ".join(folder.name for folder in folders if set_of(folder) in data.DATASETS)
    return f"choose --model from {names}, or " * bool(names)


def set_of(folder):
    """The name of the set that a VAE learned from, or None if its settings cannot be read."""
    try:
        return checkpoint.load_config(folder).get("set")
    except checkpoint.CheckpointError:
        return None


@torch.inference_mode()
def known(args, vae, pixels, labels):
    """mu, logvar and labels of the training pictures, and of those held out: two lists of three tensors."""
    if args.hold_out_every:
        out = torch.arange(len(pixels)) % args.hold_out_every == 0
    else:
        out = torch.arange(len(pixels)) >= len(pixels) - held_out_of(vae.info["set"], len(pixels))
    tensors = [tensor.to(args.device) for tensor in (*codes(vae, pixels), labels)]
    return [tensor[~out] for tensor in tensors], [tensor[out] for tensor in tensors]


def shares_of(labels, classes):
    """How often each class occurs: (classes,)."""
    return torch.bincount(labels, minlength=classes) / len(labels)


def train_step(args, flow, optimizer, train, step):
    """One step on codes drawn from q(z|x). train: mu, logvar and labels. Returns nats per code of a known class."""
    noise = generator(args, step)
    rows = torch.randint(len(train[0]), (args.batch,), generator=noise, device=args.device)
    mu, logvar, labels = (tensor[rows] for tensor in train)
    loss = -flow.log_prob(draw(mu, logvar, noise), labels).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(flow.parameters(), 10.0)
    optimizer.step()
    return loss.item()


def run_name(family, args, vae):
    """The name of a run on the codes of a VAE. It changes with the weights of the VAE, which change the codes."""
    return f"{family}/{args.model}-{vae.info['files']['model.safetensors'][:8]}"


def generator(args, step):
    """The random numbers of one step: a resumed run draws the same ones."""
    return torch.Generator(args.device).manual_seed(hash((args.seed, step)) % 2**63)


def draw(mu, logvar, generator):
    """One z ~ q(z|x) for each picture."""
    return mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator, device=mu.device)


def parser_of(description, model="digits"):
    """The options of all commands that go on from a trained VAE. model: the one that is meant if none is named."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=model, help="folder in pretrained/vae")
    data.add_image_argument(parser)
    parser.add_argument("--out", help="folder of the VAE; default: pretrained/vae/<model>")
    return parser


def parse_args(arguments):
    parser = parser_of(__doc__)
    parser.add_argument("--couplings", type=whole(1), default=6, help="layers of the RealNVP")
    parser.add_argument("--hidden", type=whole(1), default=128, help="units of the network in each layer")
    parser.add_argument("--hold-out-every", type=whole(0), default=0, metavar="N", help="see above")
    parser.add_argument("--steps", type=whole(1), default=4000)
    parser.add_argument("--batch", type=whole(1), default=512)
    parser.add_argument("--lr", type=not_negative, default=1e-3, help="highest learning rate")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
