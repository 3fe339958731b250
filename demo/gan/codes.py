"""What was asked for -> what the GAN takes, and the GAN's answers -> what the page can say."""

import numpy as np

from demo.messages import LARGEST_SEED, Mistake, choice, whole
from demo.messages import seed as seed_from

ALL = "all"  # every class in turn
MOST = 100  # pictures a call


def codes(gan, seed, count, label):
    """The seeds from `seed` on, and the label of each: the one asked for, or every class in turn."""
    first, count = seed_from(seed), whole(count, "count", 1, MOST)
    label = choice(label, "label", [ALL, *gan.classes])
    if first + count - 1 > LARGEST_SEED:
        raise Mistake("error.gan_seeds", count=count, high=LARGEST_SEED - count + 1)
    labels = [i % len(gan.classes) if label == ALL else gan.classes.index(label) for i in range(count)]
    return list(range(first, first + count)), labels


def kept_step(gan, snapshot):
    """A training step whose weights were kept: `snapshot`, or the last one where it is None."""
    if snapshot is None:
        return gan.snapshots[-1]
    try:
        step = whole(snapshot, "snapshot", gan.snapshots[0], gan.snapshots[-1])
    except Mistake:
        step = None
    if step not in gan.snapshots:
        raise Mistake("error.choice", name="snapshot", options=", ".join(map(str, gan.snapshots)))
    return step


def names(gan, seeds, labels):
    """Seeds as text, since a page's own numbers end at 2**53, and labels by name."""
    return {"seeds": [str(seed) for seed in seeds], "labels": [gan.classes[label] for label in labels]}


def belief(logit):
    """sigmoid(logit): the share of 1 the discriminator gives to "this is a photograph"."""
    return float(1 / (1 + np.exp(-np.float64(logit))))
