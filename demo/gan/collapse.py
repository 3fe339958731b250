"""Two training runs of the same networks, with and without regularisation: the same codes at the same moments."""

import numbers

import numpy as np

from demo import images
from demo.contract import COLLAPSE_MEASURES, PLAINEST
from demo.gan.codes import codes, names
from demo.turns import computed_once

ENOUGH = 4  # moments in common that make a film
TRIED = 12  # pictures a class that tell which one that is

NEAR = 0.35  # of the real distance: nearer than this are twins; of 360 real pictures, 36 a class, 8 have one


def real_distances(pictures):
    """Mean Euclidean distance of two real pictures of a class, pixels in [0, 1]: a tuple, one number a class."""
    import torch

    classes = [pictures.images[pictures.label == label] for label in range(len(pictures.names))]
    return tuple(torch.pdist(torch.from_numpy(x).flatten(1) / 255).mean().item() for x in classes)


def compare(healthy, other, real, seed=1, count=36, label="all"):
    """The same codes through two runs, at every moment that both kept; real: see real_distances.

    moments: pairs of steps, the healthy run's and the other's; near: the share of the real distance below which two
    pictures of a class count as twins; real: the measures of real pictures, None where nobody took them. Of each
    run a record as `side` gives it.
    """
    pairs = moments(healthy.snapshots, other.snapshots)
    if label == PLAINEST:
        label = plainest(other, pairs[-1][1], real)
    seeds, labels = codes(healthy, seed, count, label)
    measured = healthy.quality or other.quality
    steps = zip(*pairs, strict=True)
    return names(healthy, seeds, labels) | {
        "label": label,
        "moments": pairs,
        "classes": len(healthy.classes),
        "samples": measured and measured["samples"],
        "real": measured and {name: measured["real"][name] for name in COLLAPSE_MEASURES},
        "near": NEAR,
        "cures": differences(healthy.training, other.training),
        "sides": [
            side(gan, seeds, labels, kept, real) for gan, kept in zip((healthy, other), steps, strict=True)
        ],
    }


@computed_once(maxsize=2)
def plainest(gan, step, real):
    """The class whose pictures at `step` differ least, in shares of what real ones of it do."""
    labels = np.arange(len(gan.classes)).repeat(TRIED)
    seeds = list(range(1, TRIED + 1)) * len(gan.classes)
    shares = apart(gan.sample(seeds, labels.tolist(), snapshot=step).numpy(), labels, real)
    means = [np.nanmean(shares[labels == label]) for label in range(len(gan.classes))]
    return gan.classes[int(np.argmin(means))]


def moments(healthy, other):
    """Pairs of kept steps: the common ones; where those are few, each of the other run with the healthy one's last before it.

    The healthy run of such a pair has trained for no more steps than the other, so it gains no advantage.
    """  # noqa: E501
    common = sorted(set(healthy) & set(other))
    if len(common) >= ENOUGH:
        return [(step, step) for step in common]
    before = {step: [kept for kept in healthy if kept <= step] for step in other}
    return [(max(kept), step) for step, kept in sorted(before.items()) if kept]


def side(gan, seeds, labels, steps, real):
    """One run at `steps`: all pictures as one sprite, moment after moment, and of each moment how they differ.

    nearest: of each picture the distance to the most similar other of its class, None where it is alone; spread:
    the mean distance of two of one class, None where no two are. Both in shares of what real pictures do.
    quality: {"step", one list a measure}, of every kept step up to the last of `steps`; None where not measured.
    """
    pictures = [gan.sample(seeds, labels, snapshot=step).numpy() for step in steps]
    shares = [apart(shown, labels, real) for shown in pictures]
    alone = np.isnan(shares[0]).all(1)  # the same at every moment
    return {
        "sprite": images.sprite(np.concatenate(pictures)),
        "nearest": [
            [None if one else round(float(np.nanmin(row)), 3) for row, one in zip(share, alone, strict=True)]
            for share in shares
        ],
        "spread": [None if alone.all() else round(float(np.nanmean(share)), 3) for share in shares],
        "quality": gan.quality and quality(gan.quality, steps[-1]),
    }


def apart(pictures, labels, real):
    """Euclidean distances within the classes, of (N, C, H, W), as shares of the real ones: (N, N), else NaN."""
    flat, labels = pictures.reshape(len(pictures), -1).astype(np.float64), np.asarray(labels)
    squares = (flat**2).sum(1)
    distance = np.sqrt((squares[:, None] + squares - 2 * flat @ flat.T).clip(0))
    share = distance / np.array(real)[labels]
    share[labels[:, None] != labels] = np.nan
    np.fill_diagonal(share, np.nan)
    return share


def quality(measured, last):
    """The measures that the page shows, of the steps up to `last`."""
    rows = [i for i, step in enumerate(measured["step"]) if step <= last]
    return {name: [measured[name][i] for i in rows] for name in ("step", *COLLAPSE_MEASURES)}


def differences(healthy, other):
    """The settings in which the healthy run differs: {setting: the values of both, or None where unknown}."""
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


def functions(models):
    """What the page calls. There are two runs of the clothes only."""

    def gan_collapse(seed, count, label) -> dict:
        healthy, other = models.gan("fashion"), models.gan("fashion", "unregularised")
        return compare(healthy, other, distances_of_clothes(models), seed, count, label)

    return {"gan_collapse": gan_collapse}
