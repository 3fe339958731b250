"""Real or fake? Ten pictures, some real and some generated, determined by a short code.

A code such as 7K3Q-8 has four characters for the draw and one for the snapshot, counted from 1. The same code always
gives the same ten pictures in the same order. The page scores the answers: playing makes no request.
"""

import re
import secrets

import numpy as np

from demo import images
from demo.checks import UserError
from demo.gan.codes import belief, kept_step
from demo.gan.scores import accuracy
from demo.kept import afresh

SET = "fashion"  # the only set with real pictures: MNIST's may not be redistributed
ROUNDS, FEWEST = 10, 2  # pictures in a game; at least so many are real, and as many generated
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no two are easily confused
MISREAD = str.maketrans("OIL", "011")
DRAWN = 4  # letters for the draw
LONGEST = 40  # characters accepted for a typed code, with spaces and hyphens
SEEDS = 1_000_000  # seeds of generated pictures are below this: short enough to type into the gallery


def play(gan, pictures, code=None, step=None):
    """The game of `code`, or a new random game at the snapshot `step` (by default the last).

    sprite, labels, real (true or false), logits and beliefs of the discriminator at the same step, and seeds (text;
    None for a real picture) are in the order of the rounds. moments: all snapshots. accuracy: the share of 1,000
    pictures, half of them real, that this discriminator judges correctly; None if not measured.
    """
    draw, step = by_chance(gan, step) if code is None else decode(gan, code)
    labels, real, numbers = rounds(gan, pictures, draw, step)
    tiles = drawn(gan, pictures, labels, real, numbers, step)
    logits = opinions(gan, tiles, labels, step)
    return {
        "code": encode(gan, draw, step),
        "step": step,
        "moments": gan.snapshots,
        "sprite": images.sprite(tiles, columns=ROUNDS),
        "labels": [gan.classes[label] for label in labels],
        "real": real,
        "seeds": [None if is_real else str(n) for is_real, n in zip(real, numbers, strict=True)],
        "logits": logits,
        "beliefs": [belief(logit) for logit in logits],
        "accuracy": accuracy(gan, step),
    }


# --- codes ------------------------------------------------------------------------------------------------


def decode(gan, code):
    """A typed code -> (draw, step). Case, spaces and hyphens do not matter; O is read as 0, I and L as 1."""
    text = re.sub(r"[\s\-–—_]", "", code).upper() if isinstance(code, str) and len(code) <= LONGEST else ""
    values = [LETTERS.find(letter) for letter in text.translate(MISREAD)]
    if len(values) != DRAWN + 1 or min(values) < 0 or not 1 <= values[-1] <= len(gan.snapshots):
        raise UserError("error.gan_game_code", moments=len(gan.snapshots))
    draw = 0
    for value in values[:DRAWN]:
        draw = draw * len(LETTERS) + value
    return draw, gan.snapshots[values[-1] - 1]


def encode(gan, draw, step):
    """(draw, step) -> a code such as "7K3Q-8"."""
    base = len(LETTERS)
    letters = [LETTERS[draw // base**power % base] for power in reversed(range(DRAWN))]
    return "".join(letters) + "-" + LETTERS[gan.snapshots.index(step) + 1]


def by_chance(gan, step):
    """(draw, step) of a random game."""
    return secrets.randbelow(len(LETTERS) ** DRAWN), kept_step(gan, step)


# --- the ten pictures -------------------------------------------------------------------------------------


def rounds(gan, pictures, draw, step):
    """labels, real and numbers of the ten rounds.

    Each picture is real with probability 1/2. All ten are drawn again until there are at least FEWEST of each kind.
    Every class appears once. A number is a seed, or the index of a real picture within its class.
    """
    chance = np.random.Generator(np.random.PCG64([draw, gan.snapshots.index(step)]))
    real = chance.random(ROUNDS) < 0.5
    while not FEWEST <= real.sum() <= ROUNDS - FEWEST:
        real = chance.random(ROUNDS) < 0.5
    labels = np.resize(chance.permutation(len(gan.classes)), ROUNDS)
    available = [int((pictures.label == label).sum()) for label in labels]
    numbers = [int(chance.integers(count if r else SEEDS)) for r, count in zip(real, available, strict=True)]
    return labels.tolist(), real.tolist(), numbers


def drawn(gan, pictures, labels, real, numbers, step):
    """The ten pictures, rounded to the 256 grey levels of the screen: float32 (10, C, H, W) in [0, 1]."""
    tiles = gan.sample([0 if r else n for r, n in zip(real, numbers, strict=True)], labels, 1.0, step).numpy()
    for i, (label, is_real, number) in enumerate(zip(labels, real, numbers, strict=True)):
        if is_real:
            tiles[i] = pictures.picture(label, number)
    return np.rint(255 * tiles) / np.float32(255)


def opinions(gan, tiles, labels, step):
    """The discriminator's logit for each picture at `step`: above 0 means "real"."""
    import torch

    return gan.score(torch.from_numpy(tiles), labels, step).tolist()


def functions(models):
    """What the page calls."""

    @afresh
    def gan_game(code=None, step=None) -> dict:
        return play(models.gan(SET), models.pictures(SET), code, step)

    return {"gan_game": gan_game}
