"""Pictures and texts to learn from: files on disk where they are, a torchvision download where they are not."""

from pathlib import Path

import torch
from torchvision import datasets

SETS = {"digits": datasets.MNIST, "fashion": datasets.FashionMNIST}
FASHION_CLASSES = [
    "tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
]  # fmt: skip
CLASSES = {"digits": [str(d) for d in range(10)], "fashion": FASHION_CLASSES}


def images(name, root, train):
    """uint8 images (N, 1, 28, 28) and int64 labels (N,), in the order of the files."""
    dataset = SETS[name](root, train=train, download=not _present(name, root))
    return dataset.data[:, None], dataset.targets


def text(corpus, root):
    """The training part (first 90 % of the characters) and the validation part of a corpus, as nanoGPT splits."""
    names = {"shakespeare": "tinyshakespeare.txt", "machado": "machado.txt"}
    path = Path(root) / names[corpus]
    if not path.exists():
        raise SystemExit(f"{path} is missing: put the corpus there (its origin is in pretrained/README.md).")
    whole = path.read_text("utf-8")
    cut = int(len(whole) * 0.9)
    return whole[:cut], whole[cut:]


def batches(count, size, seed, epoch):
    """The indices 0..count-1 in an order that depends on seed and epoch only, cut into whole batches."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 100_003 + epoch))
    return order[: count // size * size].view(-1, size)


def _present(name, root):
    return (Path(root) / SETS[name].__name__ / "raw" / "train-images-idx3-ubyte").exists()
