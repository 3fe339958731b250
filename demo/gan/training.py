"""The same codes at every snapshot of one training run, with the curves of losses and quality."""

import numpy as np

from demo import images
from demo.checks import truth, whole
from demo.contract import ALL_CLASSES, TRAINING_COUNT
from demo.gan import figures
from demo.gan.codes import belief, codes, names, nearest_step
from demo.gan.scores import accuracy

GIF_COLUMNS, GIF_WALL, GIF_ONE = 6, 3, 10  # columns of the wall; scale of the wall, and of a single picture
GIF_RATE, GIF_HOLD = 1, 3  # snapshots a second; seconds of the last one


def film(gan, seed=1, count=TRAINING_COUNT, label=ALL_CLASSES, step=None, scored=True):
    """The same codes z at every snapshot, and the losses: see /gan_training.

    beliefs[snapshot][picture] is the belief of that snapshot's discriminator that the picture is real; without `scored`
    there are none, which takes a third less time. figures has "losses", and in "quality" the three figures of
    figures.quality, or None if the run was not measured. With `step` only the snapshot nearest to it is drawn, number
    `only`: frames and beliefs of the others are None.
    """
    seeds, labels = codes(gan, seed, count, label)
    scored = truth(scored, "scored")
    only = None if step is None else nearest_step(gan.snapshots, step)
    drawn = [only] if only is not None else range(len(gan.snapshots))
    frames, beliefs = ([None] * len(gan.snapshots) for _ in range(2))
    for at in drawn:
        pictures = gan.sample(seeds, labels, snapshot=gan.snapshots[at])
        frames[at] = images.sprite(pictures)
        if scored:
            logits = gan.score(pictures, labels, gan.snapshots[at]).tolist()
            beliefs[at] = [round(belief(logit), 4) for logit in logits]
    quality = gan.quality and figures.quality(gan.quality, gan.snapshots, gan.history)
    return names(gan, seeds, labels) | {
        "snapshots": gan.snapshots,
        "only": only,
        "frames": frames,
        "beliefs": beliefs,
        "history": gan.history,
        "quality": gan.quality,
        "accuracy": gan.scores and [accuracy(gan, kept) for kept in gan.snapshots],
        "figures": {"losses": figures.losses(gan.history, gan.snapshots), "quality": quality},
    }


def as_gif(gan, seed=1, label="all", pick=None, dataset="fashion"):
    """A GIF of all 36 pictures through training, or of picture `pick` (from 1) alone: {"name", "type", "data"}.

    It plays forwards, one snapshot a second, and stays on the last one. data: base64.
    """
    seeds, labels = codes(gan, seed, TRAINING_COUNT, label)
    if pick is not None:
        at = whole(pick, "pick", 1, TRAINING_COUNT) - 1
        seeds, labels = [seeds[at]], [labels[at]]
    tiles = [images.to_bytes(gan.sample(seeds, labels, snapshot=step)) for step in gan.snapshots]
    if pick is None:
        tiles = [images.grid(pictures, GIF_COLUMNS)[None] for pictures in tiles]
    factor = GIF_WALL if pick is None else GIF_ONE
    data = images.gif(np.concatenate(tiles), GIF_RATE, factor, GIF_HOLD)
    which = f"seeds-{seeds[0]}-to-{seeds[-1]}" if pick is None else f"seed-{seeds[0]}"
    what = "all" if label == ALL_CLASSES and pick is None else gan.classes[labels[0]]
    name = f"gan-training-{dataset}-{what}-{which}.gif"
    return {"name": name, "type": "image/gif", "data": images.base64_text(data)}


def functions(models):
    """What the page calls besides /gan_training."""

    def gan_film_gif(seed, label, pick=None, dataset="fashion") -> dict:
        return as_gif(models.gan(dataset), seed, label, pick, dataset)

    return {"gan_film_gif": gan_film_gif}
