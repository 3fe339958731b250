"""The dimensions of z: how much information each carries, and how changing one alone changes the picture.

For digits the three small networks of the station Training can be shown too. With a large weight of the KL, beta, some
of their dimensions are dead.
"""

import copy

import numpy as np

from demo import images
from demo.checks import UserError, choice
from demo.contract import BETA_COLORS
from demo.turns import computed_once
from demo.vae import figures
from demo.vae.endpoints import code, encoded, nearest, picture

DEAD_BELOW = 0.01  # nats of mean KL: a dimension below it carries almost no information
STOPS = np.linspace(-3, 3, 9, dtype=np.float32)  # 997 of 1,000 samples of the prior lie in this range
BETAS = tuple(BETA_COLORS)
FIRST_SHOWN = {28: 8, 64: 7}  # picture size -> dimensions on the screen at first


def dimensions(vae, at, dims=None):
    """The picture of a code and, for each of `dims`, a strip in which that number alone changes.

    at: an endpoint as in demo.vae.endpoints, or the numbers of a code. dims: dimensions counted from 0, by default the
    `first` most active ones. Returns z; here (a sprite of one); dims; first; strips (a sprite, one row a
    dimension and one picture a stop); stops; kl (mean KL of every dimension, nats); ranked (all dimensions, the
    most active first); dead_below; nearest (the example nearest to z); figure.
    """
    import torch

    z = code(vae, at, "A")
    kl = vae.info["kl_per_dim"]
    ranked = ranking(kl)
    first = FIRST_SHOWN[vae.config.image_size]
    dims = ranked[:first] if dims is None else checked(dims, vae.config.latent_dim)
    pictures = vae.decode(torch.from_numpy(np.concatenate([z[None], varied(z, dims)]))).numpy()
    return {
        "z": z.tolist(),
        "here": images.sprite(pictures[:1]),
        "dims": dims,
        "first": first,
        "strips": images.sprite(pictures[1:], columns=len(STOPS)),
        "stops": STOPS.tolist(),
        "kl": kl,
        "ranked": ranked,
        "dead_below": DEAD_BELOW,
        "nearest": nearest(vae, z[None])[0],
        "figure": figures.kl_bars(kl, DEAD_BELOW),
    }


def of_network(network, digits, at, dims=None):
    """`dimensions` of one of the small networks for digits.

    An endpoint is shared by all stations: its picture is decoded by the VAE `digits` and encoded by the network. A list
    of numbers is a code of the network itself.
    """
    network = with_examples(network, digits)
    z = at if isinstance(at, list) else encoded(network, picture(digits, at, "A")[0])[0].tolist()
    return dimensions(network, z, dims)


@computed_once()
def with_examples(network, digits):
    """The network with its codes of the shipped examples, whose pictures are decoded by the VAE `digits`."""
    import torch

    from models.vae import Examples

    known = digits.examples
    mu, logvar = network.encode(digits.decode(torch.from_numpy(known.z)))
    network = copy.copy(network)
    network.examples = Examples.of(mu.numpy(), logvar.numpy(), known.label, known.names)
    return network


def ranking(kl):
    """The dimensions, counted from 0, sorted by KL, the most active first."""
    return sorted(range(len(kl)), key=lambda dim: -kl[dim])


def dead(kl):
    """The number of dead dimensions, which carry almost no information."""
    return sum(value < DEAD_BELOW for value in kl)


def varied(z, dims):
    """Copies of a code (latent_dim,): for each of `dims` and each of STOPS, one with that dimension set to the stop."""
    codes = np.tile(z, (len(dims), len(STOPS), 1))
    for row, dim in enumerate(dims):
        codes[row, :, dim] = STOPS
    return codes.reshape(-1, len(z))  # (dims * stops, latent_dim)


def checked(dims, count):
    """Return `dims` if they are distinct dimensions of a code of `count` numbers. Raises UserError otherwise."""
    whole = isinstance(dims, list) and all(isinstance(d, int) and not isinstance(d, bool) for d in dims)
    if not whole or not dims or len(set(dims)) < len(dims) or not all(0 <= d < count for d in dims):
        raise UserError("error.vae_dims", last=count - 1)
    return dims


def functions(models):
    """What the page calls."""

    def vae_dimensions(at, dims=None, dataset="digits", beta=None) -> dict:
        """The dimensions of a set's own model, or with `beta` of a small network for digits."""
        if beta is None:
            return dimensions(models.vae(dataset), at, dims)
        dataset, beta = choice(dataset, "dataset", ("digits",)), choice(beta, "beta", BETAS)
        last = max(models.vae_snapshots(beta).items())[1]
        return of_network(last, models.vae(dataset), at, dims)

    return {"vae_dimensions": vae_dimensions}
