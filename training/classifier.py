"""The independent judge of GAN samples: a small classifier that never saw a generator.

python -m training.classifier --set fashion   trains it (one minute a pass on one core) and prints its test accuracy.
Its 128 features also serve the Frechet distance named cFID.
"""

import argparse
import math

import torch
from torch import nn
from torch.nn import functional as F

from models import checkpoint
from training import data
from training.run import Run, add_arguments, state_folder


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
    right = sum(
        (classifier(x.float() / 255).argmax(1) == y).sum().item()
        for x, y in zip(pixels.split(500), labels.split(500))
    )
    return right / len(labels)


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    x, y = data.images(args.set, args.data, train=True)
    classifier = Classifier().to(args.device, memory_format=torch.channels_last)
    batch = 128
    per_epoch = len(x) // batch
    total = args.steps or args.epochs * per_epoch
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    run = Run(state_folder(args, f"classifier/{args.set}"), {"classifier": classifier}, {"adam": optimizer})
    run.resume(args.resume)
    run.begin(total)
    while run.step < total:
        epoch, row = divmod(run.step, per_epoch)
        for rows in data.batches(len(x), batch, args.seed, epoch)[row:][: total - run.step]:
            set_rate(optimizer, run.step / total)
            torch.manual_seed(args.seed * 1_000_003 + run.step)
            pictures = x[rows].float() / 255
            if args.set == "fashion" and run.step % 2:
                pictures = pictures.flip(3)
            loss = F.cross_entropy(classifier(pictures.to(args.device)), y[rows].to(args.device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            run.advance()
        run.log(epoch=epoch + 1, loss=loss.item())
        run.save()
    test = accuracy(classifier.eval().cpu(), *data.images(args.set, args.data, train=False))
    print(f"test accuracy {test:.4f} (10,000 test pictures)")
    info = {"set": args.set, "seed": args.seed, "epochs": args.epochs}
    weights = {k: v.numpy() for k, v in classifier.state_dict().items()}
    checkpoint.save(args.out or f"pretrained/classifier/{args.set}", info, checkpoint.half(weights))


def set_rate(optimizer, done):
    """Up to 3e-3 over the first three tenths and down to nothing, Adam's momentum the other way (Smith 2018)."""
    high = (1 - math.cos(math.pi * (done / 0.3 if done < 0.3 else (1 - done) / 0.7))) / 2
    group = optimizer.param_groups[0]
    group["lr"] = 3e-3 * (0.04 + 0.96 * high if done < 0.3 else high)
    group["betas"] = 0.95 - 0.1 * high, 0.999


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(data.SETS), default="fashion")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--out", help="default: pretrained/classifier/<set>")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--steps", type=int, help="batches in all, instead of whole epochs")
    add_arguments(parser)
    parser.set_defaults(seed=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
