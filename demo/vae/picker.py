"""What the page's picker of sources asks for (vae/picker.js): the wall, and pictures prepared.

A station whose page opens the picker adds `server_functions(model)` to its own.
"""

import functools

import numpy as np

from demo import images
from demo.loading import TURNS
from demo.messages import for_page
from demo.prepare import LARGEST_FILE, MOST_PIXELS
from demo.vae.sources import prepare

ON_THE_WALL = 27  # examples a class: three rows of nine


@functools.lru_cache
def wall(vae):
    """The first examples of each class: the originals, or where there are none as the decoder draws them.

    {"pictures" (a sprite, class by class), "counts" (of each class), "names"}. They never change, so drawn once.
    """
    import torch

    label, originals = vae.examples.label, vae.examples.pictures
    rows = [np.flatnonzero(label == c)[:ON_THE_WALL] for c in range(len(vae.examples.names))]
    if originals is None:
        pictures = vae.decode(torch.from_numpy(vae.examples.z[np.concatenate(rows)])).numpy()
    else:
        pictures = np.stack(
            [originals.picture(c, i) for c, some in enumerate(rows) for i in range(len(some))]
        )
    counts = [len(some) for some in rows]
    return {"pictures": images.sprite(pictures), "counts": counts, "names": list(vae.examples.names)}


def server_functions(model):
    """The functions that the picker calls on `server`; `model(dataset)` gives the VAE."""

    limits = {"megabytes": LARGEST_FILE // 1_000_000, "megapixels": MOST_PIXELS // 1_000_000}

    def vae_wall(dataset="digits") -> dict:
        """The wall, and how large a file may be that is uploaded."""
        vae = model(dataset)
        with TURNS.turn():
            return wall(vae) | {"limits": limits}

    def vae_prepare(kind, data, dataset="digits", invert="auto") -> dict:
        vae = model(dataset)
        with TURNS.turn():
            return prepare(vae, kind, data, invert)

    return [for_page(vae_wall), for_page(vae_prepare)]
