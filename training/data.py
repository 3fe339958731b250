"""Pictures and texts to learn from: files on disk where they are, a torchvision download where they are not."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torchvision import datasets

from models.tokenizer import CharTokenizer, PieceTokenizer

SETS = ("digits", "fashion", "emoji")
DATASETS = {"digits": datasets.MNIST, "fashion": datasets.FashionMNIST}
FASHION_CLASSES = [
    "tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
]  # fmt: skip
EMOJI = {
    "smiling": "😀😃😄😁😆😅🤣😂🙂🙃🫠😉😊😇🥲☺😌🤗🤭🤠🥳😎🤓🧐🤩🥹",
    "loving": "🥰😍😘😗😚😙😋😛😜🤪😝🤑",
    "thinking": "🤔🫡🤐🤨😐😑😶🫥😏😒🙄😬🤥🤫🫢🫣😪😴🤤🥱",
    "unwell": "😷🤒🤕🤢🤮🤧🥵🥶🥴😵🤯",
    "worried": "😕🫤😟🙁☹😮😯😲😳🥺😦😧😨😰😥😢😭😱😖😣😞😓😩😫",
    "angry": "😤😡😠🤬😈👿",
    "costumes": "💀💩🤡👹👺👻👽👾🤖🎃",
    "cats": "😺😸😹😻😼😽🙀😿😾",
    "animals": "🙈🙉🙊🐵🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸🐔🦄🐴🐗",
    "sky": "🌝🌚🌞🌛🌜",
}
CLASSES = {"digits": [str(d) for d in range(10)], "fashion": FASHION_CLASSES, "emoji": list(EMOJI)}
FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"


def images(name, root, train):
    """uint8 images (N, C, H, W) and int64 labels (N,), in the order of the files.

    (N, 1, 28, 28) of digits and fashion. Of emoji (N, 3, 64, 64): all there are, in both parts.
    """
    if name == "emoji":
        return emoji()
    dataset = DATASETS[name](root, train=train, download=not _present(name, root))
    return dataset.data[:, None], dataset.targets


def to_pixels(images):
    """Images in [0, 1] as a person would save them: uint8."""
    return (images * 255).round().to(torch.uint8)


def emoji(font=FONT, side=64):
    """The faces of the Noto Color Emoji font (Debian: fonts-noto-color-emoji) on white, class by class."""
    if not Path(font).exists():
        raise SystemExit(
            f"{font} is missing: install the font, on Debian with `apt install fonts-noto-color-emoji`."
        )
    face = ImageFont.truetype(font, 109)  # the one size the font has
    pictures, labels = [], []
    for label, characters in enumerate(EMOJI.values()):
        for character in characters:
            sheet = Image.new("RGB", (136, 136), "white")
            draw = ImageDraw.Draw(sheet)
            draw.text((68, 68), character, font=face, embedded_color=True, anchor="mm")
            pictures.append(np.asarray(sheet.resize((side, side), Image.Resampling.LANCZOS)))
            labels.append(label)
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def text(corpus, root):
    """The training part (first 90 % of the characters) and the validation part of a corpus, as nanoGPT splits."""
    names = {"shakespeare": "tinyshakespeare.txt", "machado": "machado.txt"}
    path = Path(root) / names[corpus]
    if not path.exists():
        raise SystemExit(f"{path} is missing: put the corpus there (its origin is in pretrained/README.md).")
    whole = path.read_text("utf-8")
    cut = int(len(whole) * 0.9)
    return whole[:cut], whole[cut:]


def tokenizer(corpus, training_text):
    """Characters of Shakespeare, 1,024 word pieces of Machado: learned from the training part alone."""
    return (PieceTokenizer if corpus == "machado" else CharTokenizer).from_text(training_text)


def batches(count, size, seed, epoch):
    """The indices 0..count-1 in an order that depends on seed and epoch only, cut into whole batches."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 100_003 + epoch))
    return order[: count // size * size].view(-1, size)


def _present(name, root):
    return (Path(root) / DATASETS[name].__name__ / "raw" / "train-images-idx3-ubyte").exists()
