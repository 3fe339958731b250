"""The VAE tab: its stations, one module each, and what they publish through the API.

Every station has callbacks that take the model first and plain values after it, and a `create_station(model)`
that joins them to the page; `model(dataset)` waits for the model while it is being read.
"""

import gradio as gr

from demo import images
from demo.component import component
from demo.loading import TURNS
from demo.messages import Mistake, choice, endpoint, picture, real, seed
from demo.vae import dimensions, generate, inside, map, training, walk
from demo.vae.generate import PRIORS

SETS = ("digits", "fashion", "emoji", "digits-2d", "fashion-2d")
STATIONS = (walk, inside, map, generate, dimensions)
MOST_SAMPLES = 256
HOTTEST = 5.0


def encode(vae, image):
    """What the encoder makes of one picture, and what it costs to describe it: see /vae_encode."""
    import torch

    x = torch.from_numpy(picture(image, vae.config.image_size, vae.config.channels))
    mu, logvar = vae.encode(x)
    recon_loss, kl = vae.losses(x)
    return {
        "mu": mu[0].tolist(),
        "logvar": logvar[0].tolist(),
        "recon_loss": recon_loss.item(),
        "kl": kl.item(),
    }


def sample(vae, seeds, temperature=1.0, prior="learned"):
    """Pictures from the prior, one a seed, as a sprite: see /vae_sample."""
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_SAMPLES:
        raise Mistake("error.vae_seeds", high=MOST_SAMPLES)
    seeds = [seed(value, "Each seed") for value in seeds]
    temperature = real(temperature, "temperature", 0, HOTTEST)
    return images.sprite(vae.sample(seeds, temperature, choice(prior, "prior", PRIORS)).numpy())


def create_tab(models):
    """The VAE tab as a gr.Blocks. `models.get` waits for the model while it is being read."""

    def model(dataset):
        return models.get(f"vae/{choice(dataset, 'dataset', SETS)}")

    def snapshots(beta):
        return models.get(f"vae/digits-beta{beta}")

    def vae_interpolate(
        a: str | list = "example:3-0",
        b: str | list = "example:8-0",
        method: str = "spherical",
        frames: int = 13,
        dataset: str = "digits",
    ) -> dict:
        """Walk from the code of one picture to that of another and decode every stop on the way.

        Parameters:
            a: where the walk starts: "example:3-0" (class 3, its first example), "seed:7" (a code drawn from the prior), "picture:..." (base64 of a PNG of the model's size), or the numbers of a code as a list
            b: where the walk ends, said in the same way
            method: "linear" (the straight line) or "spherical" (the direction turns at even speed)
            frames: how many stops, both ends among them, from 2 to 64
            dataset: which model: "digits", "fashion", "emoji" (z of 32), "digits-2d", "fashion-2d" (z of 2)

        Returns:
            frames (png: base64 of one PNG that holds all pictures in a row, size, columns, count), z (one list of numbers a frame), t (from 0 to 1), nearest (for each frame the class, name and distance in z of the nearest shipped example), originals (of a and b: the picture that was encoded, as a png, or null)
        """  # noqa: E501
        vae = model(dataset)
        with TURNS.turn():
            return walk.walk(vae, a, b, method, frames)

    def vae_grid(
        a: str | list = "example:3-0",
        b: str | list = "example:8-0",
        c: str | list = "example:0-0",
        d: str | list = "example:1-0",
        method: str = "spherical",
        side: int = 7,
        dataset: str = "digits",
    ) -> dict:
        """Decode the sheet between four codes: every cell of a square with one of them at each corner.

        Parameters:
            a: the upper left corner, said as in /vae_interpolate: an example, a seed, a picture or a code
            b: the upper right corner
            c: the lower left corner
            d: the lower right corner
            method: "linear" (bilinear in z) or "spherical" (turning along the upper and lower edge, then between them)
            side: how many cells along a side, corners among them, from 3 to 11
            dataset: which model: "digits", "fashion", "emoji" (z of 32), "digits-2d", "fashion-2d" (z of 2)

        Returns:
            cells (png: base64 of one PNG that holds all pictures row by row, size, columns, count), z (one list of numbers a cell), nearest (for each cell the class, name and distance in z of the nearest shipped example), originals (of each corner: the picture that was encoded, as a png, or null)
        """  # noqa: E501
        vae = model(dataset)
        with TURNS.turn():
            return walk.grid(vae, a, b, c, d, method, side)

    def vae_encode(image: list, dataset: str = "digits") -> dict:
        """Encode one picture: mean and log variance of its code, and the two parts of the loss, in nats.

        Parameters:
            image: 28 rows of 28 numbers from 0 (black) to 1 (white); of emoji 64 rows of 64 lists of red, green and blue
            dataset: which model: "digits", "fashion", "emoji" (z of 32), "digits-2d", "fashion-2d" (z of 2)

        Returns:
            mu and logvar of q(z|x), recon_loss (of the picture decoded from mu), kl (of q(z|x) to N(0, I))
        """  # noqa: E501
        vae = model(dataset)
        with TURNS.turn():
            return encode(vae, image)

    def vae_sample(
        seeds: list, temperature: float = 1.0, dataset: str = "digits", prior: str = "learned"
    ) -> dict:
        """Draw codes from the prior and decode them: one seed, one picture, whatever the others are.

        Parameters:
            seeds: 1 to 256 whole numbers from 0 to 2**64 - 1; texts where numbers are too short for them
            temperature: how far from the middle the codes lie, from 0 (all the same) to 5; 1 is the prior
            dataset: which model: "digits", "fashion", "emoji" (z of 32), "digits-2d", "fashion-2d" (z of 2)
            prior: "learned" (a RealNVP fitted to the codes of the training pictures) or "standard", N(0, I)

        Returns:
            png (base64 of one PNG that holds all pictures, row by row), size, columns, count
        """
        vae = model(dataset)
        with TURNS.turn():
            return sample(vae, seeds, temperature, prior)

    with gr.Blocks(analytics_enabled=False) as tab:
        component("vae/tab")
        for station in STATIONS:
            station.create_station(model)
        training.create_station(model, snapshots)
        endpoint(vae_interpolate, "vae_interpolate")
        endpoint(vae_grid, "vae_grid")
        endpoint(vae_encode, "vae_encode")
        endpoint(vae_sample, "vae_sample")
    return tab
