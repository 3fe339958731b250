"""The independent judge of GAN samples: a small classifier that never saw a generator.

python -m training.classifier --set fashion   trains it (one minute a pass on one core) and prints its test accuracy.
Its 128 features also serve the Frechet distance named cFID.
"""

import argparse

import torch
from torch import nn
from torch.nn import functional as F

from models import checkpoint
from training import data


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
    classifier = Classifier().to(memory_format=torch.channels_last)
    batch, step = 128, 0
    total = args.epochs * (len(x) // batch)
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total)
    for epoch in range(args.epochs):
        for rows in data.batches(len(x), batch, args.seed, epoch):
            pictures = x[rows].float() / 255
            if step % 2:
                pictures = pictures.flip(3) if args.set == "fashion" else pictures
            loss = F.cross_entropy(classifier(pictures), y[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
        print(f"epoch {epoch + 1} loss {loss.item():.3f}", flush=True)
    test = accuracy(classifier.eval(), *data.images(args.set, args.data, train=False))
    print(f"test accuracy {test:.4f} (10,000 test pictures)")
    info = {"set": args.set, "seed": args.seed, "epochs": args.epochs}
    weights = {k: v.numpy() for k, v in classifier.state_dict().items()}
    checkpoint.save(f"pretrained/classifier/{args.set}", info, checkpoint.half(weights))


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(data.SETS), default="fashion")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
