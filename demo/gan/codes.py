"""Arguments of a call -> seeds and labels for the GAN; logits -> beliefs; one picture -> its score."""

import numpy as np

from demo.checks import UserError, choice, picture, whole
from demo.checks import seed as seed_from
from demo.contract import ALL_CLASSES, LARGEST_SEED, LARGEST_STEP

MOST = 100  # pictures in one call


def codes(gan, seed, count, label):
    """`count` seeds that start at `seed`, and their labels: all `label`, or every class in turn."""
    first, count = seed_from(seed), whole(count, "count", 1, MOST)
    label = choice(label, "label", [ALL_CLASSES, *gan.classes])
    if first + count - 1 > LARGEST_SEED:
        raise UserError("error.gan_seeds", count=count, high=LARGEST_SEED - count + 1)
    labels = [
        i % len(gan.classes) if label == ALL_CLASSES else gan.classes.index(label) for i in range(count)
    ]
    return list(range(first, first + count)), labels


def kept_step(gan, snapshot):
    """The training step of a snapshot, by default the last. Raises UserError if there is no such snapshot."""
    if snapshot is None:
        return gan.snapshots[-1]
    try:
        step = whole(snapshot, "snapshot", gan.snapshots[0], gan.snapshots[-1])
    except UserError:
        step = None
    if step not in gan.snapshots:
        raise UserError("error.choice", name="snapshot", options=", ".join(map(str, gan.snapshots)))
    return step


def nearest_step(steps, step):
    """Which of `steps` is nearest to `step`, a whole number: its place."""
    step = whole(step, "step", 0, LARGEST_STEP)
    return min(range(len(steps)), key=lambda place: abs(steps[place] - step))


def names(gan, seeds, labels):
    """Seeds as text, since JavaScript's numbers are exact up to 2**53 only, and labels by name."""
    return {"seeds": [str(seed) for seed in seeds], "labels": [gan.classes[label] for label in labels]}


def belief(logit):
    """sigmoid(logit): the discriminator's belief, from 0 to 1, that a picture is real."""
    return float(1 / (1 + np.exp(-np.float64(logit))))


def score(gan, image, label, snapshot=None):
    """The discriminator's opinion of one picture as one of class `label`: see /gan_score."""
    import torch

    label = gan.classes.index(choice(label, "label", gan.classes))
    step = kept_step(gan, snapshot)
    logit = gan.score(torch.from_numpy(picture(image, gan.config.image_size)), [label], step).item()
    return {"logit": logit, "belief": belief(logit)}
