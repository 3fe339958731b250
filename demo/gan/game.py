"""Real or fake? Ten pictures, some real and some generated, all of them drawn by a short code.

A code such as 7K3Q-8 is four characters for the draw and one for the moment of training, counted from 1. Whoever
types it gets the same ten pictures in the same order. The page scores the answers: playing makes no request.
"""

import re
import secrets

import numpy as np

from demo import images
from demo.checks import UserError
from demo.gan.codes import belief, kept_step

SET = "fashion"  # no picture of MNIST may be shipped, so there are real ones of this set only
ROUNDS, FEWEST = 10, 2  # pictures a game; of either kind at least so many
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: none is easily taken for another
MISREAD = str.maketrans("OIL", "011")
DRAWN = 4  # letters that stand for the draw
LONGEST = 40  # characters somebody may have typed for a code, spaces and hyphens included
SEEDS = 1_000_000  # generated pictures have seeds below this: short enough to be typed into the gallery


def play(gan, pictures, code=None, step=None):
    """The game of `code`; without one a new game by chance, at a kept `step` (by default the last).

    sprite, labels, real (truths), logits and beliefs of the discriminator of the same moment, each in the order of
    the rounds; seeds (text) of the generated ones, None for a real one; code, step, moments (the kept steps).
    accuracy: the share of 1,000 pictures, half of them real, that this discriminator tells; None where not measured.
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
    """A code as somebody typed it -> (draw, step). Case, spaces and hyphens do not matter, O is 0, I and L are 1."""
    text = re.sub(r"[\s\-–—_]", "", code).upper() if isinstance(code, str) and len(code) <= LONGEST else ""
    values = [LETTERS.find(letter) for letter in text.translate(MISREAD)]
    if len(values) != DRAWN + 1 or min(values) < 0 or not 1 <= values[-1] <= len(gan.snapshots):
        raise UserError("error.gan_game_code", moments=len(gan.snapshots))
    draw = 0
    for value in values[:DRAWN]:
        draw = draw * len(LETTERS) + value
    return draw, gan.snapshots[values[-1] - 1]


def encode(gan, draw, step):
    """(draw, step) -> the code as it is shown, "7K3Q-8"."""
    base = len(LETTERS)
    letters = [LETTERS[draw // base**power % base] for power in reversed(range(DRAWN))]
    return "".join(letters) + "-" + LETTERS[gan.snapshots.index(step) + 1]


def by_chance(gan, step):
    """(draw, step) of a game that nobody named."""
    return secrets.randbelow(len(LETTERS) ** DRAWN), kept_step(gan, step)


# --- the ten pictures -------------------------------------------------------------------------------------


def rounds(gan, pictures, draw, step):
    """labels, real and numbers of the ten rounds.

    A coin decides for each picture whether it is real. All ten coins are thrown again until there are at least two
    pictures of either kind. Every class comes up once. The number is a seed, or the place
    of a real picture among those of its class.
    """
    chance = np.random.Generator(np.random.PCG64([draw, gan.snapshots.index(step)]))
    real = chance.random(ROUNDS) < 0.5
    while not FEWEST <= real.sum() <= ROUNDS - FEWEST:
        real = chance.random(ROUNDS) < 0.5
    labels = np.resize(chance.permutation(len(gan.classes)), ROUNDS)
    there = [int((pictures.label == label).sum()) for label in labels]
    numbers = [int(chance.integers(count if r else SEEDS)) for r, count in zip(real, there, strict=True)]
    return labels.tolist(), real.tolist(), numbers


def drawn(gan, pictures, labels, real, numbers, step):
    """The ten pictures in whole grey levels, as they are shown: float32 (10, C, H, W) in [0, 1]."""
    tiles = gan.sample([0 if r else n for r, n in zip(real, numbers, strict=True)], labels, 1.0, step).numpy()
    for i, (label, is_real, number) in enumerate(zip(labels, real, numbers, strict=True)):
        if is_real:
            tiles[i] = pictures.picture(label, number)
    return np.rint(255 * tiles) / np.float32(255)


def opinions(gan, tiles, labels, step):
    """The logit that the discriminator of `step` gives to each picture: above 0 it says "real"."""
    import torch

    return gan.score(torch.from_numpy(tiles), labels, step).tolist()


def accuracy(gan, step):
    if gan.scores is None:
        return None
    at = gan.snapshots.index(step)
    right = np.concatenate([gan.scores.real[at] > 0, gan.scores.made[at] <= 0])
    return float(right.mean())


def functions(models):
    """What the page calls."""

    def gan_game(code=None, step=None) -> dict:
        return play(models.gan(SET), models.pictures(SET), code, step)

    return {"gan_game": gan_game}
