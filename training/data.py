"""The pictures and texts that the models learn from. torchvision downloads pictures that are not there yet."""

import codecs
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torchvision import datasets

from models.corpora import FILES, FOLDER
from models.preparation import STEPS
from models.tokenizer import CharTokenizer, PieceTokenizer
from training import mnist_files, texts

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
MARKS = {  # at the start of a text; that of UTF-32 begins like that of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
PREPARED = tuple(FILES)  # corpora that training.texts fetches; training.own adds others to FILES
BOOKS_HELD_OUT = {"machado": len(texts.HELD_OUT)}  # the last ones; an empty line ends a book
HELD_OUT = {  # what the figures and the settings of the counts call the validation part
    "shakespeare": "last 10 % of the text",
    "machado": "two whole books, Quincas Borba and Páginas Recolhidas",
}


class EmojiFaces(datasets.VisionDataset):
    """The faces of the Noto Color Emoji font, on white, class by class. There is no division into train and test.

    `data` is uint8 (N, 3, 64, 64), `targets` int64 (N,). The font is in Debian's package fonts-noto-color-emoji.
    """

    FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
    SIZE = 109  # points: the only size that the font has
    SHEET = 136  # pixels: the side of the paper on which a face is drawn

    def __init__(self, root=None, train=True, transform=STEPS["font"], download=False, font=FONT):
        """root, train and download have no effect: they make this set interchangeable with torchvision's."""
        super().__init__(root, transform=transform)
        if not Path(font).exists():
            raise SystemExit(
                f"{font} is missing: install the font, on Debian with `apt install fonts-noto-color-emoji`."
            )
        self._font = ImageFont.truetype(font, self.SIZE)
        self._faces = [(face, label) for label, faces in enumerate(EMOJI.values()) for face in faces]
        pictures, labels = zip(*(self[i] for i in range(len(self))))
        self.data, self.targets = torch.stack(pictures), torch.tensor(labels)

    def __len__(self):
        return len(self._faces)

    def __getitem__(self, index):
        face, label = self._faces[index]
        sheet = Image.new("RGB", (self.SHEET, self.SHEET), "white")
        middle = (self.SHEET // 2, self.SHEET // 2)
        ImageDraw.Draw(sheet).text(middle, face, font=self._font, embedded_color=True, anchor="mm")
        return self.transforms(sheet, label)


DATASETS = {"digits": datasets.MNIST, "fashion": datasets.FashionMNIST, "emoji": EmojiFaces}
SETS = tuple(DATASETS)
CLASSES = {
    "digits": [str(digit) for digit in range(10)],
    "fashion": FASHION_CLASSES,
    "emoji": list(EMOJI),
}


def images(name, root, train):
    """uint8 images (N, C, H, W) and int64 labels (N,), in the order of the files.

    Digits and fashion: (N, 1, 28, 28). Emoji: (N, 3, 64, 64), all of them, whatever `train` is. Exits with one sentence
    if the files are damaged, or are missing and cannot be downloaded, and for pictures that are none of the project's.
    """
    check_set(name)
    folder = Path(root, DATASETS[name].__name__, "raw") if name in ("digits", "fashion") else None
    if folder:
        mnist_files.check(folder)
    try:
        dataset = DATASETS[name](root, train=train, download=True)
    except (OSError, RuntimeError, EOFError) as error:  # what torchvision raises where it cannot download
        if not folder:  # emoji are drawn with a font
            raise
        reason = str(error).strip().splitlines()[-1]
        raise SystemExit(
            f"The pictures of {name} are not in {folder} and cannot be downloaded ({reason}): put the four files there."
        ) from None
    if folder:
        mnist_files.check(folder)
    pixels, labels = dataset.data, dataset.targets
    if labels.max() >= len(CLASSES[name]):
        raise SystemExit(
            f"The labels in {folder or root} go up to {labels.max()}, and there are {len(CLASSES[name])} classes."
        )
    return (pixels if pixels.ndim == 4 else pixels[:, None]), labels


def check_set(name):
    """Exit with one sentence if a set is none that the commands know: then it is of one's own (training/own.py)."""
    if name not in DATASETS:
        raise SystemExit(
            f"The pictures of {name} are no part of the project: only python -m training.own vae --name {name}"
            " --pictures FOLDER knows them, and fits the prior and the flow as well."
        )


def to_pixels(images):
    """Images in [0, 1] -> uint8, as they are saved in a file."""
    return (images * 255).round().to(torch.uint8)


def text(corpus, root):
    """The training part and the validation part of a corpus: whole books, or 90 % of the characters as in nanoGPT.

    The validation part of a text of few characters may be empty. Exits with one sentence if there is no such text.
    """
    if corpus in PREPARED:
        cure = "python -m training.texts fetches and prepares it"
    else:
        cure = "name the file of a text with --text"
    whole = read_text(Path(root) / FILES[corpus], cure)
    count = BOOKS_HELD_OUT.get(corpus, 0)
    if count and whole.count("\n\n") >= count:
        *books, held_out = whole.split("\n\n", whole.count("\n\n") + 1 - count)
        return "\n\n".join(books) + "\n", held_out
    cut = max(1, int(len(whole) * 0.9))
    return whole[:cut], whole[cut:]


def read_text(path, cure):
    """The text of a file in UTF-8. Exits with one sentence if it is missing, empty or in another encoding.

    cure: the end of the sentence about one that is missing or empty.
    """
    if not path.exists():
        raise SystemExit(f"{path} is missing: {cure}.")
    content = path.read_bytes()
    if encoding := other_encoding(content):
        raise SystemExit(
            f"{path} is not in UTF-8 but in {encoding}: save it again as UTF-8 in a text editor."
        )
    if not content.strip():
        raise SystemExit(f"{path} is empty: {cure}.")
    return path.read_text("utf-8-sig")


def other_encoding(content):
    """What the bytes of a text are encoded in, in words, or None if it is UTF-8."""
    for marks, name in MARKS.items():
        if content.startswith(marks):
            return name
    if b"\0" in content:
        return "UTF-16 or UTF-32, or it is no text at all"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "another encoding, such as Windows-1252"
    return None


def tokenizer(corpus, training_text):
    """Characters for Shakespeare, 1,024 word pieces for Machado, taken from the training part only."""
    return (PieceTokenizer if corpus == "machado" else CharTokenizer).from_text(training_text)


def batches(count, size, seed, epoch):
    """The indices 0..count-1, in an order that depends only on seed and epoch, cut into full batches."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed * 100_003 + epoch))
    return order[: count // size * size].view(-1, size)


def batches_each(count, size):
    """How many full batches there are in `count` pictures. Exits with one sentence if there is none."""
    if count < size:
        raise SystemExit(
            f"There are {count:,} pictures to train on: choose a --batch of at most that, not {size:,}."
        )
    return count // size


def add_image_argument(parser, name="--data"):
    """Add the option that names the folder of pictures."""
    words = "folder of the pictures; missing ones are downloaded; default: $PLAYGROUND_DATA, or data/"
    parser.add_argument(name, default=str(FOLDER), help=words)


def add_text_argument(parser, name="--data"):
    """Add the option that names the folder of corpora."""
    words = "folder of the corpora; default: $PLAYGROUND_DATA/text, or data/text/"
    parser.add_argument(name, default=str(FOLDER / "text"), help=words)
