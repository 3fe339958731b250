"""The judge of generated pictures: a small classifier trained on real pictures only.

python -m training.classifier --set fashion   trains it (one minute per epoch on one core) and prints its test accuracy.
The Frechet distance named cFID uses its 128 features.
"""

import argparse

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from models import checkpoint
from training import command, data
from training.options import command_of, whole
from training.run import Run, add_arguments

PEAK = 3e-3  # learning rate
BATCH = 128
SETTINGS = ("epochs", "steps", "seed")  # the options that change what is learned


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(48 * 49, 128), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        """Images (B, 1, 28, 28) in [0, 1] -> logits (B, 10)."""
        return self.head(F.dropout(self.features(x), 0.4, self.training))

    @classmethod
    def from_pretrained(cls, folder):
        classifier = cls()
        weights = checkpoint.full(checkpoint.load_tensors(folder))
        classifier.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=True)
        return classifier.eval().requires_grad_(False)


@torch.inference_mode()
def accuracy(classifier, pixels, labels):
    """The share of uint8 pictures (N, 1, 28, 28) that are put in their class."""
    right = sum(
        (classifier(x.float() / 255).argmax(1) == y).sum().item()
        for x, y in zip(pixels.split(500), labels.split(500))
    )
    return right / len(labels)


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    command.writable(args.out)
    x, y = data.images(args.set, args.data, train=True)
    classifier = Classifier().to(args.device, memory_format=torch.channels_last)
    per_epoch = data.batches_each(len(x), BATCH)
    total = args.steps or args.epochs * per_epoch
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    modules, adam = {"classifier": classifier}, {"adam": optimizer}
    run = Run.of(args, f"classifier/{args.set}", SETTINGS, modules, adam, data=(x, y))
    run.resume(args.resume)
    run.begin(total, one_cycle(optimizer, total, run.step))
    while run.step < total:
        epoch, row = divmod(run.step, per_epoch)
        for rows in data.batches(len(x), BATCH, args.seed, epoch)[row:][: total - run.step]:
            loss = train_step(args, run, x[rows], y[rows])
            run.advance()
        run.log(epoch=epoch + 1, loss=loss)
        run.save()
    pictures, labels = data.images(args.set, args.data, train=False)
    test = accuracy(classifier.eval().cpu(), pictures, labels)
    print(f"test accuracy {test:.4f} ({len(labels):,} test pictures)")
    info = {"set": args.set, "seed": args.seed, "steps": run.step}
    if not args.steps:
        info["epochs"] = args.epochs
    info["command"] = command_of("classifier", args, parse_args([]), ("set", *SETTINGS), ("set",))
    weights = {k: v.numpy() for k, v in classifier.state_dict().items()}
    checkpoint.save(args.out, info, checkpoint.half(weights))


def train_step(args, run, pixels, labels):
    """One step on uint8 images (B, 1, 28, 28), fashion mirrored at every second step. Returns the loss."""
    classifier, optimizer = run.modules["classifier"], run.optimizers["adam"]
    torch.manual_seed(args.seed * 1_000_003 + run.step)  # a resumed run drops out the same features
    pictures = pixels.float() / 255
    if args.set == "fashion" and run.step % 2:
        pictures = pictures.flip(3)
    loss = F.cross_entropy(classifier(pictures.to(args.device)), labels.to(args.device))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def one_cycle(optimizer, total, step=0):
    """The learning rate rises over the first 30 % of the steps and falls to 0; beta1 does the opposite (Smith 2018)."""
    # torch counts the first step as a part of the rise and ends one step early: + 1 makes up for both
    limits = {"pct_start": (0.3 * total + 1) / (total + 1), "final_div_factor": float("inf")}
    cycle = OneCycleLR(optimizer, PEAK, total + 1, **limits)
    if step:  # a run that continues finds the limits in the optimizer, where the first cycle has noted them
        cycle = OneCycleLR(optimizer, PEAK, total + 1, **limits, last_epoch=step - 1)
    return cycle


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("fashion", "digits"), default="fashion")
    data.add_image_argument(parser)
    parser.add_argument("--out", help="output folder; default: pretrained/classifier/<set>")
    parser.add_argument("--epochs", type=whole(1), default=5)
    parser.add_argument("--steps", type=whole(1), help="steps in all, instead of whole epochs")
    add_arguments(parser)
    parser.set_defaults(seed=1)
    args = parser.parse_args(arguments)
    args.out = args.out or f"pretrained/classifier/{args.set}"
    return args


if __name__ == "__main__":
    command.run(main)
