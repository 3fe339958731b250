"""Train a model on pictures or a text of your own: python -m training.own vae --name leaves --pictures ~/leaves

    python -m training.own vae --name leaves --pictures ~/leaves      # and its learned prior and flow
    python -m training.own gan --name leaves --pictures ~/leaves
    python -m training.own lm --name dickinson --text ~/dickinson.txt  # counts and a GPT, of characters

The folder has one folder of pictures for each class, or pictures alone, which are then one class. Each picture is
turned upright, and the square in its middle taken, in 28 x 28 grey pixels. Every tenth picture of a class is kept for
testing, if there are ten. What comes out lies in pretrained/vae, gan or lm under the name, where the page finds it at
its next start and offers it as one more set or corpus. Other options are passed on: --steps, --batch, --seed,
--threads, --device, and --no-resume to train anew on other pictures or another text under the same name.
"""

import argparse
import io
import shlex
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision import datasets

from models import checkpoint
from models.corpora import FILES, OWN_NAME
from models.gan import GAN
from models.photos import UNREADABLE, on_white, upright
from models.preparation import STEPS
from training import command, data, flow, gan, gan_quality, gpt, ngram, prior, vae
from training.run import each_its_own

MOST_CLASSES = 10  # as many as have a colour on the page
FEWEST = 20  # pictures; with fewer there is nothing to learn
KINDS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
TEST_EVERY = 10  # of a class's pictures, one is for testing
EPOCH = 3200  # pictures that an epoch should have: fewer are seen several times
RECIPE = {"batch": 32, "epochs": 20, "hidden": 0, "pixel_noise": 0.1, "similarity": 0.0}
OPENING = 16  # characters of the page's first prompt
STEPS_OF_GAN, BATCH_OF_GAN = 4000, 64  # of fewer pictures a batch has all
STEPS_OF_GPT, ORDER = 1500, 8
SMALL_FLOW = ["--width", "64", "--condition", "32", "--steps", "4000"]  # of few pictures more would recite


def main(arguments=None):
    args, passed_on = parse_args(arguments)
    {"vae": train_vae, "gan": train_gan, "lm": train_lm}[args.family](args, passed_on)
    print(f"The page offers {args.name} when it is started again.")


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("family", choices=("vae", "gan", "lm"))
    parser.add_argument("--name", type=name, required=True, help="small letters and digits")
    parser.add_argument("--pictures", type=Path, help="the folder of the pictures, for vae and gan")
    parser.add_argument("--text", type=Path, help="the text in UTF-8, for lm")
    parser.add_argument("--pretrained", type=Path, default=Path("pretrained"), help="where all weights lie")
    args, passed_on = parser.parse_known_args(arguments)
    wanted = "text" if args.family == "lm" else "pictures"
    if getattr(args, wanted) is None:
        parser.error(f"{args.family} needs --{wanted}.")
    return args, passed_on


def name(text):
    """A name of one's own as argparse takes it."""
    if not OWN_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"a name is 2 to 24 small letters and digits, not {text!r}")
    if text in {*data.SETS, *FILES, "own"}:
        raise argparse.ArgumentTypeError(f"the project itself has {text}: choose another name")
    return text


def train_vae(args, passed_on):
    add_pictures(args)
    out = str(args.pretrained / "vae" / args.name)
    fitted = ["--model", args.name, "--out", out, *passed_on]
    of_parts = [
        (vae, ["--set", args.name, "--out", out, *passed_on]),
        (prior, fitted),
        (flow, [*SMALL_FLOW, *fitted]),
    ]
    # what one of them does not know is said before an hour of training
    parts = [(part, each_its_own(options, part.parse_args)) for part, options in of_parts]
    for part, options in parts:
        part.main(options)
    tell_command(args, passed_on, out)


def train_gan(args, passed_on):
    add_pictures(args)
    gan.SETS.append(args.name)
    out = args.pretrained / "gan" / args.name
    batch = min(BATCH_OF_GAN, len(data.images(args.name, None, train=True)[0]))
    of_gan = ["--steps", str(STEPS_OF_GAN), "--batch", str(batch), *passed_on]
    gan.main(["--set", args.name, "--out", str(out), *of_gan])
    model = GAN.from_pretrained(out)
    test = data.images(args.name, None, train=False)
    gan_quality.scores(model, *test).save_pretrained(out / "regularised", {})
    tell_command(args, passed_on, out / "regularised")


def train_lm(args, passed_on):
    add_text(args)
    folder = args.pretrained / "lm" / args.name
    of_gpt = ["--corpus", args.name, "--out", str(folder / "gpt"), *passed_on]
    gpt.Texts(gpt.parse_args(of_gpt))  # what the GPT cannot learn from is not counted either
    ngram.main(["--corpus", args.name, "--out", str(folder / "ngram")])
    learned = checkpoint.load_config(folder / "ngram")["training"]
    checkpoint.save_config(folder / "ngram", {"training": learned | {"opening": first_words(args)}})
    gpt.main(of_gpt)
    tell_command(args, passed_on, folder / "gpt")


def tell_command(args, passed_on, folder):
    """Let config.json name the command of this file, since those of the parts do not know what it was learned from.

    It has no folder of this computer: of the pictures or the text only the name, and no option that changes nothing.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for option in ("--state", "--threads", "--device", "--data"):
        parser.add_argument(option)
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction)
    told = parser.parse_known_args(passed_on)[1]
    wanted, source = ("--text", args.text) if args.family == "lm" else ("--pictures", args.pictures)
    own = [args.family, "--name", args.name, wanted, source.absolute().name, *told]
    training = checkpoint.load_config(folder)["training"]
    training["command"] = f"python -m training.own {shlex.join(own)}"
    for part in ("prior", "flow"):
        if part in training:
            training[part]["command"] = training["command"]
    checkpoint.save_config(folder, {"training": training})


def first_words(args):
    """The beginning of the text, to the end of a word: what the page opens with."""
    start = data.text(args.name, "")[0].lstrip()[:OPENING]
    return start[: start.rfind(" ") + 1] or start


# --- what the other commands know of it -------------------------------------------------------------------


def add_pictures(args):
    """Tell the other commands of a set of pictures."""
    pictures = {True: OwnPictures(args.pictures, True), False: OwnPictures(args.pictures, False)}
    data.SETS = (*data.SETS, args.name)
    data.DATASETS[args.name] = partial(lambda root, train, download: pictures[train])
    data.CLASSES[args.name] = pictures[True].classes
    count = len(pictures[True])
    vae.RECIPE[args.name], vae.PLAIN[args.name] = RECIPE, {}
    vae.SHAPE[args.name] = vae.SHAPE["fashion"]
    vae.HELD_OUT[args.name], vae.PASSES[args.name] = 500, max(1, EPOCH // count)


def add_text(args):
    """Tell the other commands of a corpus."""
    FILES[args.name] = str(args.text.absolute())
    data.HELD_OUT[args.name] = "last 10 % of the text"
    ngram.ORDERS[args.name] = ORDER
    gpt.RECIPES[args.name] = {"steps": STEPS_OF_GPT, "dropout": 0.2, "snapshots": []}


class OwnPictures(datasets.VisionDataset):
    """Pictures of one's own: `data` uint8 (N, 1, 28, 28), `targets` int64 (N,), `classes`: their names.

    Those of a class for testing are every tenth; of a class with fewer than ten, all of them are for both.
    """

    def __init__(self, root, train):
        super().__init__(root, transform=STEPS["plain"])
        if not self.root.is_dir():
            raise SystemExit(f"{root} is no folder of pictures.")
        folders = sorted(path for path in self.root.iterdir() if path.is_dir() and files_of(path))
        self.classes = [folder.name for folder in folders] or [self.root.absolute().name]
        check_classes(self.classes)
        found = [files_of(folder) for folder in folders or [self.root]]
        if sum(map(len, found)) < FEWEST:
            raise SystemExit(f"{root} has {sum(map(len, found))} pictures; at least {FEWEST} are needed.")
        chosen = [(path, label) for label, paths in enumerate(found) for path in part(paths, train)]
        # in an order of no meaning, so that the last ones are of all classes
        order = np.random.default_rng(0).permutation(len(chosen))
        self._files = [chosen[i] for i in order]
        self.data = torch.stack([self[i][0] for i in range(len(self))])
        self.targets = torch.tensor([label for _, label in self._files])

    def __len__(self):
        return len(self._files)

    def __getitem__(self, index):
        path, label = self._files[index]
        return data.to_pixels(self.transform(opened(path))), label


def check_classes(names):
    """Exit with one sentence if the page cannot tell classes of these names apart."""
    if len(names) > MOST_CLASSES:
        raise SystemExit(
            f"There are {len(names)} folders of pictures; at most {MOST_CLASSES} can be classes."
        )
    for name in names:
        if ":" in name or name == "all":
            raise SystemExit(f"A class cannot have the name {name}: rename its folder.")


def files_of(folder):
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)


def part(paths, train):
    """The files of a class for training, or those for testing."""
    if len(paths) < TEST_EVERY:
        return paths
    return [path for i, path in enumerate(paths) if (i % TEST_EVERY == 0) != train]


def opened(path):
    """A picture as grey (1, H, W) in [0, 1], read as the page reads an upload."""
    try:
        # as bytes: from a path Pillow 12 maps a TIFF that lies on its side into memory, and scrambles it
        grey = on_white(upright(Image.open(io.BytesIO(path.read_bytes())), "RGBA"), "L")
    except (*UNREADABLE, Image.DecompressionBombError):
        raise SystemExit(f"{path} cannot be read as a picture: take it out of the folder.") from None
    return torch.from_numpy(grey)[None]


if __name__ == "__main__":
    command.run(main)
