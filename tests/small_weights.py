"""One model of each family on pictures and a text of one's own, trained for a few steps as a student would."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
TEXT = "The owl and the pussy-cat went to sea in a beautiful pea-green boat.\n" * 40


def picture(kind, seed):
    """A black circle or square on white, anywhere."""
    sheet = Image.new("RGB", (60, 50), "white")
    left, top, side = np.random.default_rng(seed).integers([2, 2, 14], [20, 15, 30]).tolist()
    pen = ImageDraw.Draw(sheet)
    (pen.ellipse if kind == "circles" else pen.rectangle)([left, top, left + side, top + side], fill="black")
    return sheet


def make_sources(folder):
    """Pictures of two classes in `folder`/shapes, and the text owl.txt."""
    for kind in ("circles", "squares"):
        (folder / "shapes" / kind).mkdir(parents=True)
        for seed in range(20):
            picture(kind, seed).save(folder / "shapes" / kind / f"{seed:02}.png")
    (folder / "owl.txt").write_text(TEXT, "utf-8")


# reads lists of options; each is a command of its own, in a copy of a process that has imported torch already
COMMANDS = """
import json, os, sys
from training import command, own
for number, options in enumerate(json.load(sys.stdin)):
    if os.fork() == 0:
        os.dup2(os.open(f"{number}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        command.run(lambda: own.main(options))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def train(folder, *options):
    """python -m training.own, in a folder of its own, where its saved states lie too. Its weights go to weights/."""
    _run(folder, "-m", "training.own", *options, "--pretrained", folder / "weights")


def train_wrongly(folder, commands):
    """What `train` says of each list of options: (exit status, standard error)."""
    lines = [[*map(str, options), "--pretrained", str(folder / "weights")] for options in commands]
    codes = _run(folder, "-c", COMMANDS, input=json.dumps(lines)).stdout.split()
    return [(int(code), (folder / f"{i}.txt").read_text("utf-8")) for i, code in enumerate(codes)]


def _run(folder, *options, input=None):
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *map(str, options)]
    done = subprocess.run(command, cwd=folder, env=environment, input=input, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def train_each(folder):
    """Train one model of each family, and return the folder that one would drop: it is like pretrained/."""
    make_sources(folder)
    pictures = ["--name", "shapes", "--pictures", folder / "shapes"]
    train(folder, "vae", *pictures, "--steps", 3)
    train(folder, "gan", *pictures, "--steps", 3, "--batch", 8)
    train(folder, "lm", "--name", "owl", "--text", folder / "owl.txt", "--steps", 2, "--tokens", 512)
    return folder / "weights"
