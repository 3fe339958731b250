"""A gallery of generated pictures, each with the discriminator's opinion, its code and the most alike real picture."""

import numpy as np

from demo import images
from demo.checks import real
from demo.gan import scores as figures
from demo.gan.codes import belief, codes, kept_step, names
from demo.turns import computed_once


def sample(gan, seed=1, count=16, label="all", truncation_psi=1.0, snapshot=None):
    """`count` pictures of consecutive seeds with the discriminator's opinion of each: see /gan_sample."""
    return generated(gan, seed, count, label, truncation_psi, snapshot)[0]


def generated(gan, seed, count, label, truncation_psi, snapshot=None):
    """The record of `sample`, and the pictures themselves, float (count, C, H, W) in [0, 1]."""
    seeds, labels = codes(gan, seed, count, label)
    psi = real(truncation_psi, "truncation_psi", 0, 1)
    step = kept_step(gan, snapshot)
    pictures = gan.sample(seeds, labels, psi, step)
    scores = gan.score(pictures, labels, step).tolist()
    opinion = {"scores": scores, "beliefs": [belief(score) for score in scores]}
    asked = {"truncation_psi": psi, "snapshot": step}
    return images.sprite(pictures) | names(gan, seeds, labels) | opinion | asked, pictures.numpy()


def gallery(gan, seed, count, label, truncation_psi, reals=None):
    """`sample` at the last kept step, with what the page says of each picture.

    z: the code of every seed, float32 (count, z_dim), before truncation. histogram: the discriminator's scores of
    real and of generated pictures as a figure, place: of each picture the shares of both that score lower; None where
    they were not measured. nearest: see RealPictures.nearest; None without `reals`.
    """
    record, pictures = generated(gan, seed, count, label, truncation_psi)
    z = gan.latents([int(one) for one in record["seeds"]])
    return record | {
        "z": z.numpy(),
        "histogram": None
        if gan.scores is None
        else figures.histogram(gan.scores.real[-1], gan.scores.made[-1]),
        "place": None if gan.scores is None else place(gan.scores, record["scores"]),
        "nearest": None if reals is None else reals.nearest(pictures),
    }


def place(measured, scores):
    """For each score the share of the real pictures, and of the generated ones, that score lower.

    Both are those of the last measurement.
    """
    shares = {}
    for name, population in (("real", measured.real[-1]), ("made", measured.made[-1])):
        shares[name] = (np.searchsorted(np.sort(population), scores) / len(population)).round(4).tolist()
    return shares


class RealPictures:
    """Pictures as rows of pixels, to find of any picture the nearest; the rows are laid out once."""

    def __init__(self, pictures):
        self.images, self.label, self.names = pictures.images, pictures.label, pictures.names
        self.rows = _rows(pictures.images.astype(np.float32) / 255)  # (N, pixels)
        self.squares = (self.rows**2).sum(1)
        between = self.distances(self.rows)
        np.fill_diagonal(between, np.inf)
        self.typical = float(between.min(1).mean())  # from one of them to the nearest other

    def distances(self, rows):
        """Euclidean distance of every row (M, pixels) to every picture, (M, N), by one product of matrices."""
        squares = (rows**2).sum(1)[:, None] + self.squares - 2 * rows @ self.rows.T
        return np.sqrt(squares.clip(0))

    def nearest(self, pictures):
        """Of each picture (M, C, H, W) in [0, 1] the nearest real one.

        sprite holds every one of those once, position says which of them, labels and distances are one a picture;
        typical is the mean distance from a real picture to the nearest other, total how many there are.
        """
        between = self.distances(_rows(pictures))
        closest = between.argmin(1)
        shown, position = np.unique(closest, return_inverse=True)
        return {
            "sprite": images.sprite(self.images[shown].astype(np.float32) / 255),
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
    """The shipped pictures, laid out to find neighbours among them."""
    return RealPictures(models.pictures("fashion"))


def functions(models):
    """What the page calls."""

    def gan_gallery(seed, count, label, truncation_psi, dataset="fashion") -> dict:
        gan = models.gan(dataset)
        # no picture of MNIST may be shipped
        reals = real_clothes(models) if dataset == "fashion" else None
        return gallery(gan, seed, count, label, truncation_psi, reals)

    return {"gan_gallery": gan_gallery}
