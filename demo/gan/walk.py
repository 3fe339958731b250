"""The walk between two samples: a picture at every stop between two codes, with the class mixed along the way or fixed.

The same pictures can be exported as GIF, animated WebP and PNG.
"""

import numpy as np

from demo import images
from demo.checks import choice, real, seed, whole
from demo.contract import ALL_CLASSES, BLENDS, FILE_TYPES, METHODS, MOST_FRAMES, OFFERED_COUNT
from demo.gan.codes import belief, codes, names

FEWEST_FRAMES = 2  # of a walk: its endpoints
FILM, TILE = 252, 112  # largest side of a picture, in pixels, in a film and in a PNG


def walk(
    gan, label_a, label_b, seed_a=1, seed_b=2, method="spherical", frames=13, truncation_psi=1.0, blend="mix"
):
    """Pictures and codes of a walk, with the discriminator's opinion of each: see /gan_walk."""
    z, labels = path(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)
    pictures, scores = drawn(gan, z, labels, choice(blend, "blend", BLENDS))
    opinion = {"scores": scores.tolist(), "beliefs": [belief(score) for score in scores.tolist()]}
    return {"frames": images.sprite(pictures, len(z)), "z": z.numpy(), "t": times(z)} | opinion


def blends(gan, *arguments):
    """`walk` with all blends at once, one row of the sprite for each.

    If both endpoints have the same class, the only blend is "mix". blends names the rows; beliefs has one list for
    each row.
    """
    z, labels = path(gan, *arguments)
    distinct = BLENDS if labels[0] != labels[1] else BLENDS[:1]
    rows = [drawn(gan, z, labels, blend) for blend in distinct]
    return {
        "blends": list(distinct),
        "frames": images.sprite(np.concatenate([pictures for pictures, _ in rows]), len(z)),
        "beliefs": [[round(belief(score), 4) for score in scores.tolist()] for _, scores in rows],
        "z": z.numpy(),
        "t": times(z),
    }


def path(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi):
    """Codes (frames, z_dim) from A to B, after truncation, and the labels of both."""
    labels = [
        gan.classes.index(choice(label, name, gan.classes))
        for label, name in ((label_a, "label_a"), (label_b, "label_b"))
    ]
    seeds = [seed(seed_a, "seed_a"), seed(seed_b, "seed_b")]
    steps = whole(frames, "frames", FEWEST_FRAMES, MOST_FRAMES)
    endpoints = real(truncation_psi, "truncation_psi", 0, 1) * gan.latents(seeds)
    return gan.interpolate(*endpoints, steps, choice(method, "method", METHODS)), labels


def drawn(gan, z, labels, blend):
    """The pictures (frames, C, H, W) of the codes, with the class blended from A to B, and a score of each.

    blend "mix": the share of B's class grows evenly from 0 to 1. The score is the discriminator's logit for the class.
    For a mix of two classes it is the same mix of both logits, since the logit is linear in the class.
    """
    import torch

    share = {"mix": torch.linspace(0, 1, len(z)), "a": torch.zeros(len(z)), "b": torch.ones(len(z))}[blend]
    shares = torch.zeros(len(z), len(gan.classes))
    shares[:, labels[0]] += 1 - share
    shares[:, labels[1]] += share
    pictures = gan.generate(z, shares)
    scores = [gan.score(pictures, [label] * len(z)) for label in labels]
    return pictures.numpy(), ((1 - share) * scores[0] + share * scores[1]).numpy()


def times(z):
    """The place of every stop, from 0 at A to 1 at B."""
    return np.linspace(0, 1, len(z)).tolist()


def samples(gan, first=1, label=ALL_CLASSES, truncation_psi=1.0):
    """OFFERED_COUNT samples of consecutive seeds, from which the visitor chooses an endpoint."""
    seeds, labels = codes(gan, first, OFFERED_COUNT, label)
    pictures = gan.sample(seeds, labels, real(truncation_psi, "truncation_psi", 0, 1))
    return images.sprite(pictures, 10) | names(gan, seeds, labels)


def export(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, blend, kind, dataset):
    """The walk as a file, {"name", "type", "data" (base64)}: a film that plays forwards and back, or a PNG strip."""
    kind, blend = choice(kind, "kind", tuple(FILE_TYPES)), choice(blend, "blend", BLENDS)
    z, labels = path(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)
    tiles = images.to_bytes(drawn(gan, z, labels, blend)[0])
    if kind == "png":
        data = images.png(images.grid(images.enlarge(tiles, TILE // tiles.shape[1]), columns=len(tiles)))
    else:
        data = (images.gif if kind == "gif" else images.webp)(tiles, factor=FILM // tiles.shape[1])
    endpoints = f"{label_a}-{seed(seed_a)}-to-{label_b}-{seed(seed_b)}"
    name = f"gan-walk-{dataset}-{endpoints}-{method}-{len(tiles)}-frames.{kind}"
    return {"name": name, "type": FILE_TYPES[kind], "data": images.base64_text(data)}


def functions(models):
    """What the page calls. Its walk has all blends at once; that of /gan_walk has one."""

    def gan_walk_blends(
        label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, dataset="fashion"
    ) -> dict:
        return blends(models.gan(dataset), label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)

    def gan_walk_samples(first, label, truncation_psi, dataset="fashion") -> dict:
        return samples(models.gan(dataset), first, label, truncation_psi)

    def gan_walk_export(
        label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, blend, kind, dataset="fashion"
    ) -> dict:
        way = (label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)
        return export(models.gan(dataset), *way, blend, kind, dataset)

    return {
        "gan_walk_blends": gan_walk_blends,
        "gan_walk_samples": gan_walk_samples,
        "gan_walk_export": gan_walk_export,
    }
