"""The map: the plane of the codes with every example on it, and what the decoder draws at each place of it.

A model with a z of 2 is its own plane. Of a longer z the plane is spanned by the first two principal components of
the shipped codes (PCA): a place of it is the code center + place @ axes, whose other directions are all at their mean.
"""

import numpy as np

from demo import figures, images
from demo.contract import METHODS, VAE_SETS
from demo.turns import computed_once
from demo.vae.endpoints import decoded_sprite, posterior

STOPS = 41  # points of a drawn path
GREY_CELLS, COLOUR_CELLS = 31, 17  # decoded places along each side of the plane


@computed_once()
def plane(vae):
    """The whole plane, the same for every visitor: see the page's script for how its parts are used."""
    low, side = square(vae)
    return {
        "low": low.tolist(),
        "side": side,
        "sprite": decoded(vae, low, side),
        "center": vae.examples.center.tolist(),
        "axes": vae.examples.axes.tolist(),
        "share": share(vae),
        "figure": figures.plane_of_codes(vae.examples, low, side),
    }


def square(vae):
    """The lower left corner (2,) and the side of the square on the plane that holds every example."""
    position = vae.examples.position
    if vae.config.latent_dim == 2:
        position = np.concatenate(
            [position, [[-2.0, -2.0], [2.0, 2.0]]]
        )  # and the prior's circle of two sigma
    low, high = position.min(0), position.max(0)
    side = 1.06 * float((high - low).max())
    return (low + high - side) / 2, side


def cells(vae):
    """How many places along each side of the square are decoded."""
    return GREY_CELLS if vae.config.channels == 1 else COLOUR_CELLS


def places(low, side, count):
    """The middles of count x count cells of a square, row by row from the top, (count^2, 2)."""
    steps = (np.arange(count) + 0.5) * side / count
    x, y = np.meshgrid(low[0] + steps, low[1] + steps[::-1])
    return np.stack([x.ravel(), y.ravel()], 1)


def decoded(vae, low, side):
    """What the decoder draws in the middle of every cell, as a sprite whose sheet is the picture of the plane."""
    import torch

    count = cells(vae)
    z = torch.from_numpy(from_plane(vae, places(low, side, count)))
    return decoded_sprite(vae, z, count)


def from_plane(vae, position):
    """Places on the plane (N, 2) -> codes float32 (N, latent_dim)."""
    return (vae.examples.center + position @ vae.examples.axes).astype(np.float32)


def on_plane(vae, z):
    """Codes (N, latent_dim) -> places on the plane (N, 2): the code itself, or its shadow."""
    return (z - vae.examples.center) @ vae.examples.axes.T


def share(vae):
    """How much of the variance of the shipped codes the plane holds, from 0 to 1; None where it is the whole z."""
    if vae.config.latent_dim == 2:
        return None
    return float(vae.examples.position.var(0).sum() / vae.examples.z.var(0).sum())


def path(vae, a, b):
    """Both ways from `a` to `b` on the plane, the endpoints, how sure the encoder is of each, and their pictures."""
    import torch

    endpoints = {"a": posterior(vae, a, "a"), "b": posterior(vae, b, "b")}
    z = torch.from_numpy(np.stack([mu for mu, _ in endpoints.values()]))  # (2, latent_dim)
    ways = {way: on_plane(vae, vae.interpolate(*z, STOPS, way).numpy()) for way in METHODS}
    at = dict(zip(endpoints, on_plane(vae, z.numpy()), strict=True))
    spreads = {name: spread(vae, logvar) for name, (_, logvar) in endpoints.items() if logvar is not None}
    rings = [at[name] + ellipse(spreads[name], sigmas) for name in spreads for sigmas in (1, 2)]
    return {
        "figure": figures.path_on_plane(ways, rings, at),
        "sigma": {name: np.sqrt(np.diag(spread)).tolist() for name, spread in spreads.items()},
        "pictures": images.sprite(vae.decode(z).numpy()),
    }


def spread(vae, logvar):
    """The covariance (2, 2) on the plane of a Gaussian with the log variances (latent_dim,)."""
    axes = vae.examples.axes
    return axes * np.exp(logvar) @ axes.T


def ellipse(covariance, sigmas, points=72):
    """The line (points + 1, 2) around 0 where a Gaussian with this covariance is `sigmas` from its mean."""
    angle = np.linspace(0, 2 * np.pi, points + 1)
    variances, directions = np.linalg.eigh(covariance)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return sigmas * circle * np.sqrt(variances.clip(0)) @ directions.T


def losses(vae):
    """What the trained model pays for a picture, nats, and whether for pictures that it did not learn from."""
    return {"latent_dim": vae.config.latent_dim} | vae.info["losses"]


def functions(models):
    """What the page calls."""

    def vae_map(dataset="digits") -> dict:
        """The plane of a model, and the losses of every size of z that its set has."""
        vae = models.vae(dataset)
        set_name = dataset.removesuffix("-2d")
        sizes = [name for name in (f"{set_name}-2d", set_name) if name in VAE_SETS]
        return plane(vae) | {"losses": [losses(models.vae(name)) for name in sizes]}

    def vae_map_path(a, b, dataset="digits") -> dict:
        return path(models.vae(dataset), a, b)

    return {"vae_map": vae_map, "vae_map_path": vae_map_path}
