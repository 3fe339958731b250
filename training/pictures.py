"""Publish real pictures if their licence allows it: python -m training.pictures --set fashion

Fashion-MNIST (MIT): the first 50 test pictures of each class, 500 in all. Emoji (Noto Color Emoji, OFL 1.1): all
faces that the VAE is trained on. Digits: none.
"""

import argparse

import torch

from models.pictures import Pictures
from training import command, data

PER_CLASS = 50
CREDIT = {
    "fashion": {"credit": "Fashion-MNIST, Zalando SE", "licence": "MIT"},
    "emoji": {"credit": "Noto Color Emoji, Google", "licence": "OFL-1.1"},
}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=list(CREDIT), default="fashion")
    data.add_image_argument(parser)
    parser.add_argument("--out", help="output folder; default: pretrained/pictures/<set>")
    args = parser.parse_args(arguments)
    folder = args.out or f"pretrained/pictures/{args.set}"
    command.writable(folder)
    x, y = data.images(args.set, args.data, train=False)
    rows = torch.cat([(y == label).nonzero()[:PER_CLASS, 0] for label in range(len(data.CLASSES[args.set]))])
    pictures = Pictures(x[rows].numpy(), y[rows].numpy(), data.CLASSES[args.set])
    pictures.save_pretrained(folder, {"set": args.set} | CREDIT[args.set])
    print("written", folder)


if __name__ == "__main__":
    command.run(main)
