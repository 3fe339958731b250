"""The VAE tab: a walk between two codes, and the encoder, decoder and prior through the API.

An end of a walk is a text, the same in the address bar and in the API: "example:3-0" (class 3, its first
shipped example) or "seed:7" (a code drawn from the prior). The API also takes the code itself, as a list.
The callbacks take the model first and plain values after it; `create_tab` joins them to the page and the API.
"""

import functools
import json
import re

import gradio as gr
import numpy as np

from demo import images
from demo.components import component
from demo.loading import TURNS
from demo.messages import (
    LARGEST_SEED,
    Mistake,
    choice,
    endpoint,
    for_page,
    is_number,
    picture,
    real,
    seed,
    whole,
)
from models.seeds import latents

SETS = ("digits",)
METHODS = ("linear", "spherical")
KINDS = {"gif": "image/gif", "png": "image/png"}
FEWEST, MOST = 2, 64  # frames a walk; the page offers 5 to 32
MOST_SAMPLES = 256
FARTHEST = 100.0  # of a number in z; the prior's lie within 5
HOTTEST = 5.0
EXAMPLE = re.compile(r"example:([0-9]{1,4})-([0-9]{1,4})")


def walk(vae, a="example:3-0", b="example:8-0", method="spherical", frames=13):
    """Pictures and codes of a walk, t, and the shipped example nearest to each code: see /vae_interpolate."""
    pictures, z = interpolate(vae, a, b, method, frames)
    t = np.linspace(0, 1, len(z)).tolist()
    sprite = images.sprite(pictures, columns=len(z))
    return {"frames": sprite, "z": z.tolist(), "t": t, "nearest": nearest(vae, z)}


def interpolate(vae, a, b, method, frames):
    """Pictures (frames, C, H, W) in [0, 1] and codes (frames, latent_dim) on the way from `a` to `b`."""
    import torch

    ends = [torch.from_numpy(code(vae, end, name)) for end, name in ((a, "a"), (b, "b"))]
    steps = whole(frames, "frames", FEWEST, MOST)
    path = vae.interpolate(*ends, steps, choice(method, "method", METHODS))
    return vae.decode(path).numpy(), path.numpy()


def nearest(vae, z):
    """For each code of z (N, latent_dim) the shipped example at the smallest Euclidean distance in z."""
    distances = np.linalg.norm(z[:, None] - vae.examples.z[None], axis=2)  # (N, examples)
    return [
        {**name_of(vae, closest), "distance": round(float(distances[row, closest]), 4)}
        for row, closest in enumerate(distances.argmin(1))
    ]


def name_of(vae, position):
    """The class of the example at `position` among the shipped ones, and the text that asks for it."""
    label = int(vae.examples.label[position])
    index = int((vae.examples.label[:position] == label).sum())
    return {"class": vae.examples.names[label], "example": f"example:{label}-{index}"}


@functools.lru_cache(maxsize=len(SETS))
def wall(vae):
    """All shipped examples as the decoder draws them, class by class; they never change, so drawn once."""
    import torch

    label = vae.examples.label
    order = np.argsort(label, kind="stable")
    pictures = vae.decode(torch.from_numpy(vae.examples.z[order])).numpy()
    counts = np.bincount(label, minlength=len(vae.examples.names)).tolist()
    return {"pictures": images.sprite(pictures), "counts": counts, "names": list(vae.examples.names)}


def export(vae, a, b, method, frames, kind, dataset="digits"):
    """The walk as a file, {"name", "type", "data" (base64)}: a GIF that plays to and fro, or a PNG strip."""
    kind = choice(kind, "kind", tuple(KINDS))
    tiles = images.to_bytes(interpolate(vae, a, b, method, frames)[0])
    strip = images.grid(images.enlarge(tiles, 4), columns=len(tiles))
    data = images.gif(tiles) if kind == "gif" else images.png(strip)
    name = f"vae-walk-{dataset}-{short(a)}-to-{short(b)}-{method}-{len(tiles)}-frames.{kind}"
    return {"name": name, "type": KINDS[kind], "data": images.base64_text(data)}


def encode(vae, image):
    """What the encoder makes of one picture, and what it costs to describe it: see /vae_encode."""
    import torch

    x = torch.from_numpy(picture(image, vae.config.image_size))
    mu, logvar = vae.encode(x)
    recon_loss, kl = vae.losses(x)
    return {
        "mu": mu[0].tolist(),
        "logvar": logvar[0].tolist(),
        "recon_loss": recon_loss.item(),
        "kl": kl.item(),
    }


def sample(vae, seeds, temperature=1.0):
    """Pictures from the prior, one a seed, as a sprite: see /vae_sample."""
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_SAMPLES:
        raise Mistake("error.vae_seeds", high=MOST_SAMPLES)
    seeds = [seed(value, "Each seed") for value in seeds]
    return images.sprite(vae.sample(seeds, real(temperature, "temperature", 0, HOTTEST)).numpy())


# --- from what was asked to what the model takes ----------------------------------------------------------


def code(vae, end, name):
    """The code of an end of a walk, float32 (latent_dim,); `name` is the end's in a mistake."""
    if isinstance(end, str):
        end = end.strip()
        if example := EXAMPLE.fullmatch(end):
            return example_code(vae, int(example[1]), int(example[2]))
        if end.startswith("seed:"):
            return seed_code(vae, end.removeprefix("seed:"))
        end = from_json(end)
    count = vae.config.latent_dim
    if not isinstance(end, list):
        raise Mistake("error.vae_end", name=name, count=count)
    if len(end) != count or not all(is_number(value, -FARTHEST, FARTHEST) for value in end):
        raise Mistake("error.vae_code", name=name, count=count, high=f"{FARTHEST:g}")
    return np.array(end, np.float32)


def example_code(vae, label, index):
    """The code of the example `index` of class `label`, both counted from 0."""
    classes = len(vae.examples.names)
    if label >= classes:
        raise Mistake("error.vae_class", last=classes - 1)
    (positions,) = np.nonzero(vae.examples.label == label)
    if index >= len(positions):
        raise Mistake("error.vae_example", label=label, last=len(positions) - 1)
    return vae.examples.z[positions[index]]


def seed_code(vae, digits):
    """The code a seed, written as text, draws from the prior."""
    try:
        return latents([seed(digits)], vae.config.latent_dim)[0]
    except Mistake:
        raise Mistake("error.vae_seed", high=LARGEST_SEED) from None


def from_json(text):
    """The value of a JSON text, or None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def short(end):
    """An end of a walk in a file name: "3-0", "seed-7" or "code"."""
    if not isinstance(end, str) or end.strip().startswith("["):
        return "code"
    return re.sub(r"[^0-9a-z]+", "-", end.strip().removeprefix("example:"))


# --- the page and the API ---------------------------------------------------------------------------------


def create_tab(models):
    """The VAE tab as a gr.Blocks. `models.get` waits for the model while it is being read."""

    def model(dataset):
        return models.get(f"vae/{choice(dataset, 'dataset', SETS)}")

    def vae_interpolate(
        a: str | list = "example:3-0",
        b: str | list = "example:8-0",
        method: str = "spherical",
        frames: int = 13,
        dataset: str = "digits",
    ) -> dict:
        """Walk from the code of one picture to that of another and decode every stop on the way.

        Parameters:
            a: where the walk starts: "example:3-0" (class 3, its first example), "seed:7" (a code drawn from the prior), or the 32 numbers of a code as a list
            b: where the walk ends, said in the same way
            method: "linear" (the straight line) or "spherical" (the direction turns at even speed)
            frames: how many stops, both ends among them, from 2 to 64
            dataset: which model: "digits"

        Returns:
            frames (png: base64 of one PNG that holds all pictures in a row, size, columns, count), z (one list of numbers a frame), t (from 0 to 1), nearest (for each frame the class, name and distance in z of the nearest shipped example)
        """  # noqa: E501
        vae = model(dataset)
        with TURNS.turn():
            return walk(vae, a, b, method, frames)

    def vae_encode(image: list, dataset: str = "digits") -> dict:
        """Encode one picture: mean and log variance of its code, and the two parts of the loss, in nats.

        Parameters:
            image: 28 rows of 28 numbers from 0 (black) to 1 (white)
            dataset: which model: "digits"

        Returns:
            mu and logvar of q(z|x), recon_loss (of the picture decoded from mu), kl (of q(z|x) to the prior)
        """
        vae = model(dataset)
        with TURNS.turn():
            return encode(vae, image)

    def vae_sample(seeds: list, temperature: float = 1.0, dataset: str = "digits") -> dict:
        """Draw codes from the prior and decode them: one seed, one picture, whatever the others are.

        Parameters:
            seeds: 1 to 256 whole numbers from 0 to 2**64 - 1; texts where numbers are too short for them
            temperature: how far from the middle the codes lie, from 0 (all the same) to 5; 1 is the prior
            dataset: which model: "digits"

        Returns:
            png (base64 of one PNG that holds all pictures, row by row), size, columns, count
        """
        vae = model(dataset)
        with TURNS.turn():
            return sample(vae, seeds, temperature)

    def vae_walk(a, b, method, frames, dataset="digits") -> dict:
        """/vae_interpolate with the codes packed, for the page."""
        record = vae_interpolate(a, b, method, frames, dataset)
        return record | {"z": images.floats(record["z"])}

    def vae_wall(dataset="digits") -> dict:
        vae = model(dataset)
        with TURNS.turn():
            return wall(vae)

    def vae_export(a, b, method, frames, kind, dataset="digits") -> dict:
        vae = model(dataset)
        with TURNS.turn():
            return export(vae, a, b, method, frames, kind, dataset)

    with gr.Blocks(analytics_enabled=False) as tab:
        component("vae_walk", server_functions=[for_page(f) for f in (vae_walk, vae_wall, vae_export)])
        endpoint(vae_interpolate, "vae_interpolate")
        endpoint(vae_encode, "vae_encode")
        endpoint(vae_sample, "vae_sample")
    return tab
