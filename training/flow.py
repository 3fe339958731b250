"""Fit a flow to the codes of a trained VAE: python -m training.flow --model digits

The flow (models/flow.py) learns the mean velocity from noise to codes z ~ q(z|x) of the training pictures, drawn anew
at every step, with their classes; of a share of the codes no class is told, so that guidance has something to compare
with. AdamW; the saved weights are a moving average. The last 5,000 training pictures are held out to watch
over-fitting. All emoji are trained on, because there are so few: --hold-out-every 5 leaves out every fifth to choose
settings.
"""

import torch

from models.flow import Flow, FlowConfig
from training import command, data
from training.options import command_of, not_negative, share, whole
from training.prior import draw, generator, known, opened, parser_of, run_name, shares_of
from training.run import Run, add_arguments, averaged, schedule
from training.vae import warm_cosine

FEWEST = 5000  # codes of which the watched loss is the mean
SETTINGS = (  # the options that change what is learned
    *("width", "blocks", "condition", "untold", "average", "hold_out_every"),
    *("steps", "batch", "lr", "weight_decay", "seed"),
)
WATCHED = -1  # in place of a step: the random numbers of the loss that is watched


def main(arguments=None):
    args = parse_args(arguments)
    folder, vae = opened(args)
    pictures = data.images(vae.info["set"], args.data, train=True)
    train, held_out = known(args, vae, *pictures)
    torch.manual_seed(args.seed)
    flow = build(args, vae, *(tensor.cpu() for tensor in train)).to(args.device)
    ema = averaged(flow, args.average)
    optimizer = torch.optim.AdamW(flow.parameters(), lr=args.lr, weight_decay=args.weight_decay)
    modules, adam = {"flow": flow, "ema": ema}, {"adam": optimizer}
    run = Run.of(args, run_name("flow", args, vae), SETTINGS, modules, adam, data=pictures)
    run.resume(args.resume)
    run.begin(args.steps, schedule(optimizer, warm_cosine(0, args.steps), run.step))
    recent = []
    while run.step < args.steps:
        recent.append(train_step(args, flow, optimizer, train, run.step))
        run.advance()
        ema.update_parameters(flow)
        if run.step % args.log_every == 0 or run.step == args.steps:
            figures = {"batches": sum(recent) / len(recent)}
            if len(held_out[0]):
                figures["held_out"] = watch(args, ema.module, held_out)
            run.log(**figures)
            run.save()
            recent = []
    export(args, folder, vae, ema.module, run)


def build(args, vae, mu, logvar, labels):
    """An untrained flow that knows how often each class occurs, and mean and variance of all codes."""
    classes = len(vae.info["classes"])
    sizes = {name: getattr(args, name) for name in ("width", "blocks", "condition")}
    flow = Flow(FlowConfig(vae.config.latent_dim, classes, **sizes))
    flow.shares.copy_(shares_of(labels, classes))
    flow.center.copy_(mu.mean(0))
    flow.spread.copy_((mu.var(0) + logvar.exp().mean(0)).sqrt())
    return flow


def train_step(args, flow, optimizer, train, step):
    """One step on codes drawn from q(z|x). train: mu, logvar and labels. Returns the loss."""
    noise = generator(args, step)
    rows = torch.randint(len(train[0]), (args.batch,), generator=noise, device=args.device)
    loss = mismatch(flow, *(tensor[rows] for tensor in train), args.untold, noise)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def mismatch(flow, mu, logvar, labels, untold, noise):
    """The mean squared error of the velocity (Lipman et al., equation 9), of every number divided by what it is at best
    if codes are taken as a Gaussian.

    One time and one code z ~ q(z|x) for each picture. No class is told of a share `untold`. noise: a torch.Generator.
    """
    like = {"generator": noise, "device": mu.device}
    z = draw(mu, logvar, noise)
    start = torch.randn(z.shape, **like)
    t = (torch.arange(len(z), device=mu.device) + torch.rand(len(z), **like)) / len(z)  # evenly over [0, 1]
    labels = torch.where(torch.rand(len(z), **like) < untold, flow.config.classes, labels)
    t_column = t[:, None]
    velocity = flow((1 - t_column) * start + t_column * z, t, labels)
    error = (velocity - (z - start)) * flow.deviation(t_column) / flow.spread
    return error.square().mean()


@torch.inference_mode()
def watch(args, flow, held_out):
    """The loss of held-out codes whose classes are all told, with the same random numbers every time."""
    often = -(-FEWEST // len(held_out[0]))
    tensors = [tensor.repeat_interleave(often, 0) for tensor in held_out]
    return mismatch(flow, *tensors, 0.0, generator(args, WATCHED)).item()


def export(args, folder, vae, flow, run):
    """Write the flow beside its VAE, and how it was trained."""
    vae.flow = flow.cpu().eval()
    made = {
        "steps": run.step,
        "batch": args.batch,
        "seed": args.seed,
        **run.times(),
        "command": command_of("flow", args, parse_args([]), ("model", *SETTINGS), ("model",)),
        "history": run.history,
    }
    vae.save_flow(folder, {"training": vae.info["training"] | {"flow": made}})
    print("written", folder)


def parse_args(arguments):
    parser = parser_of(__doc__)
    parser.add_argument("--width", type=whole(1), default=160, help="units of each layer")
    parser.add_argument("--blocks", type=whole(1), default=3, help="residual blocks")
    parser.add_argument("--condition", type=whole(1), default=64, help="units that tell time and class")
    parser.add_argument("--untold", type=share, default=0.1, help="share of codes whose class is not told")
    parser.add_argument("--average", type=share, default=0.999, help="decay of the moving average of weights")
    parser.add_argument("--hold-out-every", type=whole(0), default=0, metavar="N", help="see above")
    parser.add_argument("--steps", type=whole(1), default=12_000)
    parser.add_argument("--batch", type=whole(1), default=512)
    parser.add_argument("--lr", type=not_negative, default=2e-3, help="highest learning rate")
    parser.add_argument("--weight-decay", type=not_negative, default=0.0)
    parser.add_argument("--log-every", type=whole(1), default=500, help="steps between two lines of the log")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
