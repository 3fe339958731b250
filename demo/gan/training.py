"""The same codes at every kept moment of one training run, with the curves of losses and quality between."""

import numpy as np

from demo import images
from demo.component import component
from demo.gan import figures
from demo.gan.codes import ALL, belief, codes, names
from demo.loading import TURNS
from demo.messages import for_page, whole

WALL = 36  # pictures of the page at every moment
GIF_COLUMNS, GIF_WALL, GIF_ONE = 6, 3, 10  # how the wall lies in its GIF; how much both GIFs are enlarged
GIF_RATE, GIF_HOLD = 1, 3  # moments a second; seconds of the last one


def film(gan, seed=1, count=36, label="all"):
    """The same codes z at every kept step, and the losses between: see /gan_training."""
    seeds, labels = codes(gan, seed, count, label)
    return _record(gan, seeds, labels, _moments(gan, seeds, labels))


def film_of_page(gan, seed=1, label="all"):
    """`film` of 36 with what only the page shows: beliefs and figures.

    beliefs[moment][picture] is what the discriminator of that moment gave to "this is a photograph". figures has
    "losses", and the three of figures.quality, or None for them where nobody measured the run.
    """
    seeds, labels = codes(gan, seed, WALL, label)
    moments = _moments(gan, seeds, labels)
    record = _record(gan, seeds, labels, moments)
    record["beliefs"] = [
        [round(belief(logit), 4) for logit in gan.score(pictures, labels, step).tolist()]
        for step, pictures in zip(gan.snapshots, moments, strict=True)
    ]
    quality = gan.quality and figures.quality(gan.quality, gan.snapshots, gan.history)
    return record | {"figures": {"losses": figures.losses(gan.history, gan.snapshots), "quality": quality}}


def as_gif(gan, seed=1, label="all", pick=None, dataset="fashion"):
    """A GIF of all 36 pictures through training, or of picture `pick` (from 1) alone: {"name", "type", "data"}.

    It plays forwards, one kept step a second, and stays on the last one. data: base64.
    """
    seeds, labels = codes(gan, seed, WALL, label)
    if pick is not None:
        at = whole(pick, "pick", 1, WALL) - 1
        seeds, labels = [seeds[at]], [labels[at]]
    tiles = [images.to_bytes(pictures) for pictures in _moments(gan, seeds, labels)]
    if pick is None:
        tiles = [images.grid(one, GIF_COLUMNS)[None] for one in tiles]
    factor = GIF_WALL if pick is None else GIF_ONE
    data = images.gif(np.concatenate(tiles), GIF_RATE, factor, GIF_HOLD)
    which = f"seeds-{seeds[0]}-to-{seeds[-1]}" if pick is None else f"seed-{seeds[0]}"
    what = "all" if label == ALL and pick is None else gan.classes[labels[0]]
    name = f"gan-training-{dataset}-{what}-{which}.gif"
    return {"name": name, "type": "image/gif", "data": images.base64_text(data)}


def _moments(gan, seeds, labels):
    """The same codes drawn at every kept step: a list of (count, C, H, W) in [0, 1]."""
    return [gan.sample(seeds, labels, snapshot=step) for step in gan.snapshots]


def _record(gan, seeds, labels, moments):
    frames = [images.sprite(pictures) for pictures in moments]
    training = {"snapshots": gan.snapshots, "history": gan.history, "quality": gan.quality}
    return names(gan, seeds, labels) | training | {"frames": frames}


def create_station(model):
    """The station in the page; `model(dataset)` gives the GAN."""

    def gan_film(seed, label, dataset="fashion") -> dict:
        gan = model(dataset)
        with TURNS.turn():
            return film_of_page(gan, seed, label)

    def gan_film_gif(seed, label, pick=None, dataset="fashion") -> dict:
        gan = model(dataset)
        with TURNS.turn():
            return as_gif(gan, seed, label, pick, dataset)

    component("gan/training", server_functions=[for_page(gan_film), for_page(gan_film_gif)])
