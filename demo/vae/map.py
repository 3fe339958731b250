"""The map: the plane of the codes with all examples, and the picture decoded at each place on it.

If z has two dimensions, the plane is z itself. Otherwise it is spanned by the first two principal components of the
shipped codes (PCA): a place stands for the code center + place @ axes; all other components are at their mean.
"""

import numpy as np

from demo import contract, figures, images
from demo.contract import METHODS
from demo.turns import computed_once
from demo.vae.endpoints import decoded_sprite, posterior

STOPS = 41  # points of a drawn path
GREY_CELLS, COLOUR_CELLS = 31, 17  # decoded cells along each side of the plane


@computed_once()
def plane(vae):
    """The whole plane, the same for every visitor. vae/plane.js computes with it."""
    low, side = square(vae)
    return {
        "low": low.tolist(),
        "side": side,
        "sprite": decoded(vae, low, side),
        "center": vae.examples.center.tolist(),
        "axes": vae.examples.axes.tolist(),
        "share": share(vae),
        "off_plane": off_plane(vae),
        "neighbours": neighbours(vae),
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
    """The number of decoded cells along each side of the square."""
    return GREY_CELLS if vae.config.channels == 1 else COLOUR_CELLS


def places(low, side, count):
    """The centres of count x count cells of a square, row by row from the top, (count^2, 2)."""
    steps = (np.arange(count) + 0.5) * side / count
    x, y = np.meshgrid(low[0] + steps, low[1] + steps[::-1])
    return np.stack([x.ravel(), y.ravel()], 1)


def decoded(vae, low, side):
    """The picture decoded at the centre of every cell, as a sprite. The whole sheet is the picture of the plane."""
    import torch

    count = cells(vae)
    z = torch.from_numpy(from_plane(vae, places(low, side, count)))
    return decoded_sprite(vae, z, count)


def from_plane(vae, position):
    """Places on the plane (N, 2) -> codes float32 (N, latent_dim)."""
    return (vae.examples.center + position @ vae.examples.axes).astype(np.float32)


def on_plane(vae, z):
    """Codes (N, latent_dim) -> places on the plane (N, 2): the code itself, or its projection."""
    return (z - vae.examples.center) @ vae.examples.axes.T


def share(vae):
    """The share of the shipped codes' variance that lies in the plane, from 0 to 1; None if z has two dimensions."""
    if vae.config.latent_dim == 2:
        return None
    return float(vae.examples.position.var(0).sum() / vae.examples.z.var(0).sum())


def off_plane(vae):
    """The distance of every shipped example from the plane, in lists by class: what its shadow hides of it."""
    examples = vae.examples
    distance = np.linalg.norm(examples.z - from_plane(vae, examples.position), axis=1)
    return [
        distance[examples.label == label].astype(float).round(4).tolist()
        for label in range(len(examples.names))
    ]


def neighbours(vae):
    """Shares of the shipped examples: whose nearest other example is of the same class, in z and on the plane; and
    for which it is the same example both times."""
    examples = vae.examples
    in_z, on_plane = nearest_others(examples.z), nearest_others(examples.position)

    def same_class(nearest):
        return float((examples.label[nearest] == examples.label).mean())

    return {
        "count": len(examples.z),
        "in_z": same_class(in_z),
        "on_plane": same_class(on_plane),
        "same": float((in_z == on_plane).mean()),
    }


def nearest_others(points):
    """For each of the points (N, dimensions) the row of the nearest other one, (N,)."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(1)


def path(vae, a, b):
    """The linear and the spherical way from `a` to `b` on the plane, the endpoints' posteriors and their pictures."""
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
    """The covariance (2, 2), on the plane, of a Gaussian in z with the log variances (latent_dim,)."""
    axes = vae.examples.axes
    return axes * np.exp(logvar) @ axes.T


def ellipse(covariance, sigmas, points=72):
    """The ellipse (points + 1, 2) around 0 at `sigmas` standard deviations of a Gaussian with this covariance."""
    angle = np.linspace(0, 2 * np.pi, points + 1)
    variances, directions = np.linalg.eigh(covariance)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    return sigmas * circle * np.sqrt(variances.clip(0)) @ directions.T


def sizes(vaes):
    """A record for every size of z: the mean losses in nats, and the mean ring.

    If the likelihoods differ, their reconstruction losses cannot be compared: then `copies` has measures that can.
    """
    likelihoods = {vae.config.pixel_noise for vae in vaes}
    return [
        losses(vae) | {"ring": ring(vae), "copies": copies(vae) if len(likelihoods) > 1 else None}
        for vae in vaes
    ]


def losses(vae):
    """The trained model's mean losses in nats, and whether they are for held-out pictures."""
    return {"latent_dim": vae.config.latent_dim} | vae.info["losses"]


def ring(vae):
    """One sigma of the posterior on the plane, the mean over both axes and all shipped examples."""
    variances = np.exp(vae.examples.logvar) @ (vae.examples.axes**2).T  # (N, 2)
    return float(np.sqrt(variances).mean())


@computed_once()
def copies(vae):
    """The shipped originals, none of which was trained on, and their copies by way of mu.

    count; pixel_error, the root mean square over all their pixels, 1 from black to white; kl, their mean in nats.
    """
    import torch

    from models.vae import kl

    examples, originals = vae.examples, vae.examples.pictures
    rows = np.concatenate(
        [
            np.flatnonzero(examples.label == label)[: (originals.label == label).sum()]
            for label in range(len(examples.names))
        ]
    )
    z, logvar = (torch.from_numpy(codes[rows]) for codes in (examples.z, examples.logvar))
    errors = vae.decode(z).numpy() - originals.images.astype(np.float32) / 255
    return {
        "count": len(rows),
        "pixel_error": float(np.sqrt((errors**2).mean())),
        "kl": kl(z, logvar).mean().item(),
    }


def functions(models):
    """What the page calls."""

    def vae_map(dataset="digits") -> dict:
        """The plane of a model, and what the models of its set have in numbers, one for every size of z."""
        vae = models.vae(dataset)
        set_name = dataset.removesuffix("-2d")
        names = [name for name in (f"{set_name}-2d", set_name) if name in contract.VAE_SETS]
        return plane(vae) | {"sizes": sizes([models.vae(name) for name in names])}

    def vae_map_path(a, b, dataset="digits") -> dict:
        return path(models.vae(dataset), a, b)

    return {"vae_map": vae_map, "vae_map_path": vae_map_path}
