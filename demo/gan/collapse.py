"""Two training runs of the same networks, with and without regularisation: the same codes at the same steps."""

import numbers

import numpy as np

from demo import images
from demo.checks import UserError, choice
from demo.contract import COLLAPSE_MEASURES, GAN_BOTH_WAYS, PLAINEST
from demo.gan.codes import codes, names, nearest_step
from demo.turns import computed_once

ENOUGH = 4  # common snapshots that are enough for a film
TRIED = 12  # pictures of each class with which `plainest` compares

# Share of the real distance: closer pictures are twins. Of 360 real pictures, 36 a class, 8 have a twin (clothes), or 2
# (digits).
NEAR = 0.35


def real_distances(pictures):
    """For each class the mean Euclidean distance of two real pictures of it, with pixels in [0, 1]: a tuple."""
    import torch

    classes = [pictures.images[pictures.label == label] for label in range(len(pictures.names))]
    return tuple(torch.pdist(torch.from_numpy(x).flatten(1) / 255).mean().item() for x in classes)


def compare(healthy, other, real, seed=1, count=36, label="all", step=None):
    """The same codes through two runs, at every pair of `moments`. real: see real_distances.

    With `step` only the pair whose step of the other run is nearest to it is drawn, number `only`.

    Returns moments (pairs of steps, of the healthy and of the other run), near (the share of the real distance below
    which two pictures of a class count as twins), real (the measures of real pictures, None if not measured) and sides
    (for each run a record of `side`).
    """
    pairs = moments(healthy.snapshots, other.snapshots)
    if label == PLAINEST:
        label = plainest(other, pairs[-1][1])
    seeds, labels = codes(healthy, seed, count, label)
    measured = healthy.quality or other.quality
    steps = list(zip(*pairs, strict=True))
    only = None if step is None else nearest_step(steps[1], step)
    return names(healthy, seeds, labels) | {
        "label": label,
        "moments": pairs,
        "only": only,
        "classes": len(healthy.classes),
        "samples": measured and measured["samples"],
        "real": measured and {name: measured["real"][name] for name in COLLAPSE_MEASURES},
        "near": NEAR,
        "cures": differences(healthy.training, other.training),
        "sides": [
            side(gan, seeds, labels, of_run, real, only)
            for gan, of_run in zip((healthy, other), steps, strict=True)
        ],
    }


@computed_once(maxsize=2)
def plainest(gan, step):
    """The class whose pictures at `step` differ least, relative to how far they are from black.

    Relative to real pictures it might be one that is nearly black, which shows less.
    """
    labels = np.arange(len(gan.classes)).repeat(TRIED)
    seeds = list(range(1, TRIED + 1)) * len(gan.classes)
    pictures = gan.sample(seeds, labels.tolist(), snapshot=step).numpy()
    lengths = np.linalg.norm(pictures.reshape(len(gan.classes), TRIED, -1), axis=2).mean(1)
    shares = apart(pictures, labels, lengths)
    means = [np.nanmean(shares[labels == label]) for label in range(len(gan.classes))]
    return gan.classes[int(np.argmin(means))]


def moments(healthy, other):
    """Pairs of snapshots (steps) of the two runs: the common steps if there are enough.

    Otherwise each step of the other run is paired with the last step of the healthy run that is not later. The healthy
    run of a pair never has the advantage of more training steps.
    """
    common = sorted(set(healthy) & set(other))
    if len(common) >= ENOUGH:
        return [(step, step) for step in common]
    before = {step: [earlier for earlier in healthy if earlier <= step] for step in other}
    return [(max(steps), step) for step, steps in sorted(before.items()) if steps]


def side(gan, seeds, labels, steps, real, only=None):
    """One run at `steps`: all pictures as one sprite, step after step, and how much they differ at each step.

    nearest: for each picture the distance to the most similar other one of its class, None if it is alone. spread: the
    mean distance of two pictures of one class, None if no class has two. Both are relative to real pictures.
    quality: {"step", a list for each measure} for every snapshot up to the last of `steps`; None if not measured.
    only: the place of the one step that is drawn; the sprite has no others, and their nearest and spread are None.
    """
    drawn = [only] if only is not None else range(len(steps))
    pictures = [gan.sample(seeds, labels, snapshot=steps[at]).numpy() for at in drawn]
    distances, spread = ([None] * len(steps) for _ in range(2))
    for at, of_step in zip(drawn, pictures, strict=True):
        share = apart(of_step, labels, real)
        alone = np.isnan(share).all(1)
        distances[at] = [
            None if is_alone else round(float(np.nanmin(row)), 3)
            for row, is_alone in zip(share, alone, strict=True)
        ]
        spread[at] = None if alone.all() else round(float(np.nanmean(share)), 3)
    return {
        "sprite": images.sprite(np.concatenate(pictures)),
        "nearest": distances,
        "spread": spread,
        "quality": gan.quality and quality(gan.quality, steps[-1]),
    }


def apart(pictures, labels, real):
    """Euclidean distances of pictures (N, C, H, W), relative to real ones: (N, N), NaN between different classes."""
    flat, labels = pictures.reshape(len(pictures), -1).astype(np.float64), np.asarray(labels)
    squares = (flat**2).sum(1)
    distance = np.sqrt((squares[:, None] + squares - 2 * flat @ flat.T).clip(0))
    share = distance / np.array(real)[labels]
    share[labels[:, None] != labels] = np.nan
    np.fill_diagonal(share, np.nan)
    return share


def quality(measured, last):
    """The measures that the page shows, for the steps up to `last`."""
    rows = [i for i, step in enumerate(measured["step"]) if step <= last]
    return {name: [measured[name][i] for i in rows] for name in ("step", *COLLAPSE_MEASURES)}


def differences(healthy, other):
    """The settings in which the two runs differ: {setting: both values, or None if they are unknown}."""
    found = {"penalty": None, "average": None}
    for setting, name in (("rate", "lr"), ("momentum", "momentum")):
        pair = [run.get(name) for run in (healthy, other)]
        known = all(isinstance(value, numbers.Real) for value in pair)
        if not known or pair[0] != pair[1]:
            found[setting] = pair if known else None
    return found


@computed_once(maxsize=1)
def distances_of_clothes(models):
    """real_distances of the shipped clothes."""
    return real_distances(models.pictures("fashion"))


def measured_distances(gan):
    """What real_distances gives, measured on training pictures by training/gan_quality.py, or UserError if it was not.

    For the digits, since MNIST's pictures may not be redistributed.
    """
    if not gan.quality:
        raise UserError("gan.collapse.no_distances")
    return tuple(gan.quality["real"]["distance_by_class"])


def functions(models):
    """What the page calls."""

    def gan_collapse(seed, count, label, step=None, dataset="fashion") -> dict:
        healthy = models.gan(choice(dataset, "dataset", GAN_BOTH_WAYS))
        other = models.gan(dataset, "unregularised")
        real = distances_of_clothes(models) if dataset == "fashion" else measured_distances(healthy)
        return compare(healthy, other, real, seed, count, label, step)

    return {"gan_collapse": gan_collapse}
