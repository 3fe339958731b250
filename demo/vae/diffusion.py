"""Diffusion: the flow of a VAE (models/flow.py) moves noise to codes step by step; every place on the way is decoded.

t runs from 0, noise, to 1, a code. Guidance 0 tells the flow no class, 1 tells it, and more exaggerates what it does.
"""

import numpy as np

from demo import images
from demo.checks import UserError, choice, real, whole
from demo.checks import seed as seed_from
from demo.contract import (
    ALL_CLASSES,
    DIFFUSION_COUNT,
    DIFFUSION_PARTS,
    DIFFUSION_POINTS,
    DIFFUSION_STEPS,
    LARGEST_SEED,
    MOST_GUIDANCE,
)
from demo.vae.endpoints import decoded_sprite, told_class
from demo.vae.map import places, square

ARROWS = 15  # along each side of the plane
# of a wall, with small pictures and with larger ones: more would take too long to decode
MOST_MOMENTS, MOST_MOMENTS_LARGE, SMALL = 13, 9, 28


class Settings:
    """What the visitor chose, checked. label: a class as a number, or None if every seed draws its own."""

    def __init__(self, vae, seed, label, guidance, steps, count):
        if vae.flow is None:
            raise UserError("error.vae_flow")
        self.guidance = real(guidance, "guidance", 0, MOST_GUIDANCE)
        self.steps = whole(steps, "steps", *DIFFUSION_STEPS)
        first = seed_from(seed)
        if first + count - 1 > LARGEST_SEED:
            raise UserError("error.vae_seeds_last", count=count, high=LARGEST_SEED - count + 1)
        self.seeds = list(range(first, first + count))
        self.label = told_class(vae, label)

    def labels(self, vae):
        """The class of each seed, (count,): the chosen one, or what the seed draws."""
        import torch

        if self.label is None:
            return vae.flow.labels(self.seeds)
        return torch.full((len(self.seeds),), self.label)

    def way(self, vae, labels):
        """From the noise of each seed to a code: (steps + 1, count, latent_dim)."""
        return vae.flow.path(self.seeds, labels, self.guidance, self.steps)


def wall(vae, seed=1, label=ALL_CLASSES, guidance=1.0, steps=10):
    """The way of 36 codes from noise to pictures.

    frames: the pictures of one moment after another, of at most 13 steps (9 of emoji); moments: which steps these are.
    """
    chosen = Settings(vae, seed, label, guidance, steps, DIFFUSION_COUNT)
    labels = chosen.labels(vae)
    way = chosen.way(vae, labels)
    most = MOST_MOMENTS if vae.config.image_size <= SMALL else MOST_MOMENTS_LARGE
    moments = np.unique(np.linspace(0, chosen.steps, most).round().astype(int)).tolist()
    return {
        "seeds": [str(number) for number in chosen.seeds],
        "labels": labels.tolist(),
        "moments": moments,
        "frames": decoded_sprite(vae, way[moments].flatten(0, 1), DIFFUSION_COUNT),
    }


def one(vae, seed=1, label=ALL_CLASSES, guidance=1.0, steps=10, part="all"):
    """One seed's way: every step and where the flow believes it will end, decoded; the ends of all classes.

    parameters: how many numbers the flow has learned; quality: see `measured`. Of the part "way" ends and others are
    None: it takes about half the time.
    """
    chosen = Settings(vae, seed, label, guidance, steps, 1)
    label, alone = int(chosen.labels(vae)[0]), choice(part, "part", DIFFUSION_PARTS) == "way"
    classes = [label] if alone else list(range(len(vae.examples.names)))
    ways = vae.flow.path(chosen.seeds * len(classes), classes, chosen.guidance, chosen.steps)
    way = ways[:, [classes.index(label)]]
    ends = None if alone else vae.flow.ends(way, [label], chosen.guidance)
    return {
        "seed": str(chosen.seeds[0]),
        "label": label,
        "way": decoded_sprite(vae, way[:, 0], chosen.steps + 1),
        "ends": ends if ends is None else decoded_sprite(vae, ends[:, 0], chosen.steps + 1),
        "others": None if alone else decoded_sprite(vae, ways[-1], len(classes)),
        "z": images.floats(way[:, 0].numpy()),
        "parameters": sum(weight.numel() for weight in vae.flow.parameters()),
        "quality": measured(vae),
    }


def measured(vae):
    """What was measured of many samples (training/vae_quality.py), or None if nothing was.

    samples: how many. steps and guidance: {their number: {"cfid", "coverage", "in_class", …}}.
    """
    found = vae.info.get("quality") or {}
    names = ("samples", "steps", "guidance")
    return {name: found[name] for name in names} if all(name in found for name in names) else None


def plane(vae, seed=1, label=ALL_CLASSES, guidance=1.0, steps=10):
    """A z of two numbers: the ways of 500 codes, and the velocity at places of the map's plane at every step.

    points (steps + 1, 500, 2). labels: the class of each point. arrows (steps + 1, places, 2): the velocity for the
    chosen class, or for no class if every point has its own; places: row by row from the top.
    """
    import torch

    if vae.config.latent_dim != 2:
        raise UserError("error.vae_plane")
    chosen = Settings(vae, seed, label, guidance, steps, DIFFUSION_POINTS)
    labels = chosen.labels(vae)
    z = torch.from_numpy(places(*square(vae), ARROWS).astype(np.float32))
    told = None if chosen.label is None else torch.full((len(z),), chosen.label)
    times = np.linspace(0, 1, chosen.steps + 1)
    arrows = [vae.flow.velocity(z, float(t), told, chosen.guidance).numpy() for t in times]
    return {
        "points": images.floats(chosen.way(vae, labels).numpy()),
        "labels": labels.tolist(),
        "arrows": images.floats(np.stack(arrows)),
        "side": ARROWS,
    }


def functions(models):
    """What the page calls."""

    def vae_diffusion(seed, label, guidance, steps, dataset="digits") -> dict:
        return wall(models.vae(dataset), seed, label, guidance, steps)

    def vae_diffusion_one(seed, label, guidance, steps, dataset="digits", part="all") -> dict:
        return one(models.vae(dataset), seed, label, guidance, steps, part)

    def vae_diffusion_plane(seed, label, guidance, steps, dataset="digits-2d") -> dict:
        return plane(models.vae(dataset), seed, label, guidance, steps)

    return {
        "vae_diffusion": vae_diffusion,
        "vae_diffusion_one": vae_diffusion_one,
        "vae_diffusion_plane": vae_diffusion_plane,
    }
