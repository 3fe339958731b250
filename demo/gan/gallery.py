"""A gallery of generated pictures, each with the discriminator's opinion, its code and the nearest real picture."""

import numpy as np

from demo import images
from demo.checks import real
from demo.gan import scores as figures
from demo.gan.codes import belief, codes, kept_step, names
from demo.turns import computed_once


def sample(gan, seed=1, count=16, label="all", truncation_psi=1.0, snapshot=None):
    """`count` pictures of consecutive seeds, with the discriminator's opinion of each: see /gan_sample."""
    return generated(gan, seed, count, label, truncation_psi, snapshot)[0]


def generated(gan, seed, count, label, truncation_psi, snapshot=None):
    """The answer of `sample`, and the pictures themselves, float (count, C, H, W) in [0, 1]."""
    seeds, labels = codes(gan, seed, count, label)
    psi = real(truncation_psi, "truncation_psi", 0, 1)
    step = kept_step(gan, snapshot)
    pictures = gan.sample(seeds, labels, psi, step)
    scores = gan.score(pictures, labels, step).tolist()
    opinion = {"scores": scores, "beliefs": [belief(score) for score in scores]}
    settings = {"truncation_psi": psi, "snapshot": step}
    return images.sprite(pictures) | names(gan, seeds, labels) | opinion | settings, pictures.numpy()


def gallery(gan, seed, count, label, truncation_psi, reals=None):
    """`sample` at the last snapshot, with more facts about each picture.

    z: the code of every seed, float32 (count, z_dim), before truncation. histogram: a figure of the discriminator's
    scores for real and for generated pictures. place: see `place`. Both are None if the scores were not measured.
    nearest: see RealPictures.nearest; None without `reals`.
    """
    record, pictures = generated(gan, seed, count, label, truncation_psi)
    z = gan.latents([int(number) for number in record["seeds"]])
    return record | {
        "z": z.numpy(),
        "histogram": None
        if gan.scores is None
        else figures.histogram(gan.scores.real[-1], gan.scores.made[-1]),
        "place": None if gan.scores is None else place(gan.scores, record["scores"]),
        "nearest": None if reals is None else reals.nearest(pictures),
    }


def place(measured, scores):
    """For each score the share of real pictures with a lower score, and the same for generated pictures.

    Both compare with the scores measured at the last snapshot.
    """
    shares = {}
    for name, population in (("real", measured.real[-1]), ("made", measured.made[-1])):
        shares[name] = (np.searchsorted(np.sort(population), scores) / len(population)).round(4).tolist()
    return shares


class RealPictures:
    """An index of real pictures that finds the nearest one to any picture."""

    def __init__(self, pictures):
        self.images, self.label, self.names = pictures.images, pictures.label, pictures.names
        self.rows = _rows(pictures.images.astype(np.float32) / 255)  # (N, pixels)
        self.squares = (self.rows**2).sum(1)
        between = self.distances(self.rows)
        np.fill_diagonal(between, np.inf)
        self.typical = float(between.min(1).mean())  # mean distance from a real picture to the nearest other

    def distances(self, rows):
        """Euclidean distances of rows (M, pixels) to all real pictures: (M, N), with one matrix product."""
        squares = (rows**2).sum(1)[:, None] + self.squares - 2 * rows @ self.rows.T
        return np.sqrt(squares.clip(0))

    def nearest(self, pictures):
        """The nearest real picture of each picture (M, C, H, W) in [0, 1].

        sprite has each of these real pictures once. position (in the sprite), labels and distances: one for each
        picture. typical: mean distance from a real picture to the nearest other. total: number of real pictures.
        """
        between = self.distances(_rows(pictures))
        closest = between.argmin(1)
        distinct, position = np.unique(closest, return_inverse=True)
        return {
            "sprite": images.sprite(self.images[distinct].astype(np.float32) / 255),
            "position": position.tolist(),
            "labels": [self.names[label] for label in self.label[closest]],
            "distances": between.min(1).astype(float).round(3).tolist(),
            "typical": round(self.typical, 3),
            "total": len(self.rows),
        }


def _rows(pictures):
    return np.asarray(pictures, np.float32).reshape(len(pictures), -1)


@computed_once(maxsize=1)
def real_clothes(models):
    """The index of the shipped pictures."""
    return RealPictures(models.pictures("fashion"))


def functions(models):
    """What the page calls."""

    def gan_gallery(seed, count, label, truncation_psi, dataset="fashion") -> dict:
        gan = models.gan(dataset)
        # MNIST's pictures may not be redistributed
        reals = real_clothes(models) if dataset == "fashion" else None
        return gallery(gan, seed, count, label, truncation_psi, reals)

    return {"gan_gallery": gan_gallery}
