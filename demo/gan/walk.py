"""The walk between two samples: every stop between two codes drawn, with the class mixed on the way or held.

Files to take away are made of the same pictures: GIF, animated WebP and PNG.
"""

import numpy as np

from demo import images
from demo.component import component
from demo.gan.codes import ALL, belief, codes, names
from demo.loading import TURNS
from demo.messages import choice, for_page, real, seed, whole

METHODS = ("linear", "spherical")
BLENDS = ("mix", "a", "b")  # the class changes on the way, or is A's or B's throughout
KINDS = {"gif": "image/gif", "webp": "image/webp", "png": "image/png"}
FEWEST, MOST = 2, 64  # frames a walk; the page offers 5 to 32
OFFERED = 40  # samples to choose an end from
FILM, TILE = 252, 112  # pixels a picture may have along a side in a film and in a PNG


def walk(
    gan, label_a, label_b, seed_a=1, seed_b=2, method="spherical", frames=13, truncation_psi=1.0, blend="mix"
):
    """Pictures and codes of a walk and what the discriminator thinks of each: see /gan_walk."""
    z, labels = path(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)
    pictures, scores = drawn(gan, z, labels, choice(blend, "blend", BLENDS))
    opinion = {"scores": scores.tolist(), "beliefs": [belief(score) for score in scores.tolist()]}
    return {"frames": images.sprite(pictures, len(z)), "z": z.tolist(), "t": times(z)} | opinion


def walks(gan, *asked):
    """`walk` for the page: all blends at once, one row of the sprite each.

    Where both ends are of one class the blends are one, "mix". blends names the rows, beliefs has one list a row.
    """
    z, labels = path(gan, *asked)
    blends = BLENDS if labels[0] != labels[1] else BLENDS[:1]
    rows = [drawn(gan, z, labels, blend) for blend in blends]
    return {
        "blends": blends,
        "frames": images.sprite(np.concatenate([pictures for pictures, _ in rows]), len(z)),
        "beliefs": [[round(belief(score), 4) for score in scores.tolist()] for _, scores in rows],
        "z": images.floats(z.numpy()),
        "t": times(z),
    }


def path(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi):
    """Codes (frames, z_dim) on the way from A to B, after truncation, and the labels of both."""
    labels = [
        gan.classes.index(choice(label, name, gan.classes))
        for label, name in ((label_a, "label_a"), (label_b, "label_b"))
    ]
    seeds = [seed(seed_a, "seed_a"), seed(seed_b, "seed_b")]
    steps = whole(frames, "frames", FEWEST, MOST)
    ends = real(truncation_psi, "truncation_psi", 0, 1) * gan.latents(seeds)
    return gan.interpolate(*ends, steps, choice(method, "method", METHODS)), labels


def drawn(gan, z, labels, blend):
    """The pictures (frames, C, H, W) of the codes on the way from one label to the other, and a score of each.

    blend "mix": the share of B's class grows evenly from 0 to 1. The score is the discriminator's logit for the
    class drawn; for a mix of two the same mix of both logits, which is what its formula gives for one.
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
    """The place of every stop between 0, A, and 1, B."""
    return np.linspace(0, 1, len(z)).tolist()


def samples(gan, first=1, label=ALL, truncation_psi=1.0):
    """OFFERED samples of consecutive seeds, to choose an end from."""
    seeds, labels = codes(gan, first, OFFERED, label)
    pictures = gan.sample(seeds, labels, real(truncation_psi, "truncation_psi", 0, 1))
    return images.sprite(pictures, 10) | names(gan, seeds, labels)


def export(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, blend, kind, dataset):
    """The walk as a file, {"name", "type", "data" (base64)}: a film that plays to and fro, or a PNG strip."""
    kind, blend = choice(kind, "kind", tuple(KINDS)), choice(blend, "blend", BLENDS)
    z, labels = path(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)
    tiles = images.to_bytes(drawn(gan, z, labels, blend)[0])
    if kind == "png":
        data = images.png(images.grid(images.enlarge(tiles, TILE // tiles.shape[1]), columns=len(tiles)))
    else:
        data = (images.gif if kind == "gif" else images.webp)(tiles, factor=FILM // tiles.shape[1])
    ends = f"{label_a}-{seed(seed_a)}-to-{label_b}-{seed(seed_b)}"
    name = f"gan-walk-{dataset}-{ends}-{method}-{len(tiles)}-frames.{kind}"
    return {"name": name, "type": KINDS[kind], "data": images.base64_text(data)}


def create_station(model):
    """The station in the page; `model(dataset)` gives the GAN."""

    def gan_walk(label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, dataset="fashion") -> dict:
        gan = model(dataset)
        with TURNS.turn():
            return walks(gan, label_a, label_b, seed_a, seed_b, method, frames, truncation_psi)

    def gan_walk_samples(first, label, truncation_psi, dataset="fashion") -> dict:
        gan = model(dataset)
        with TURNS.turn():
            return samples(gan, first, label, truncation_psi)

    def gan_walk_export(dataset="fashion", **asked) -> dict:
        gan = model(dataset)
        with TURNS.turn():
            return export(gan, **asked, dataset=dataset)

    component(
        "gan/walk", server_functions=[for_page(f) for f in (gan_walk, gan_walk_samples, gan_walk_export)]
    )
