"""The functions of the page's picker (vae/picker.js): the wall of examples, and prepared pictures."""

import importlib
import threading

import numpy as np

from demo import images
from demo.prepare import LARGEST_FILE, MOST_PIXELS
from demo.turns import computed_once
from demo.vae.sources import prepare

ON_THE_WALL = 27  # examples for each class: three rows of nine


@computed_once()
def wall(vae):
    """The first examples of each class: the originals if they are shipped, or else decoded from their codes.

    {"pictures" (a sprite, class by class), "counts" (of each class), "names"}. Computed once, since it never changes.
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


def functions(models):
    """What the picker calls."""
    limits = {"megabytes": LARGEST_FILE // 1_000_000, "megapixels": MOST_PIXELS // 1_000_000}

    def vae_wall(dataset="digits") -> dict:
        """The wall, and the limits for uploaded files."""
        # torchvision takes seconds to import: a first drawing does not wait for all of them
        threading.Thread(target=importlib.import_module, args=("models.preparation",), daemon=True).start()
        return wall(models.vae(dataset)) | {"limits": limits}

    def vae_prepare(kind, data, dataset="digits", invert="auto") -> dict:
        """Prepare a drawing or an upload."""
        return prepare(models.vae(dataset), kind, data, invert)

    return {"vae_wall": vae_wall, "vae_prepare": vae_prepare}
