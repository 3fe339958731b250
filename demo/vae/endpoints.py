"""Endpoints of a walk -> codes and pictures.

An endpoint is a text, the same in the address bar and in the API: "example:3-0" (class 3, its first shipped example),
"seed:7" (a code drawn from the prior), "picture:<base64>" (a prepared drawing or upload, a PNG or WebP of the model's
own size) or "[0.1, ...]" (the code itself; the API also takes it as a list).
"""

import base64
import io
import json
import re

import numpy as np
from PIL import Image

from demo import images
from demo.checks import UserError, choice, is_number, seed
from demo.contract import ALL_CLASSES, LARGEST_SEED
from models.photos import UNREADABLE

LARGEST_NUMBER = 100.0  # allowed in a code; samples of the prior lie within 5
EXAMPLE = re.compile(r"example:([0-9]{1,4})-([0-9]{1,4})")
PICTURE = "picture:"
LONGEST = 40_000  # characters of a "picture:" endpoint
COLOUR_QUALITY = 90  # of the WebP that holds many colour pictures


def code(vae, endpoint, name):
    """The code of an endpoint, float32 (latent_dim,); mu for a picture. `name` stands in error messages."""
    return posterior(vae, endpoint, name)[0]


def posterior(vae, endpoint, name):
    """mu and logvar of q(z|x) for an endpoint, float32 (latent_dim,) each. For a seed or a bare code logvar is None."""
    if isinstance(endpoint, str):
        endpoint = endpoint.strip()
        if example := EXAMPLE.fullmatch(endpoint):
            row = example_row(vae, int(example[1]), int(example[2]))
            return vae.examples.z[row], vae.examples.logvar[row]
        if endpoint.startswith("seed:"):
            return seed_code(vae, endpoint.removeprefix("seed:")), None
        if endpoint.startswith(PICTURE):
            return encoded(vae, unpack(vae, endpoint))
        endpoint = from_json(endpoint)
    count = vae.config.latent_dim
    if not isinstance(endpoint, list):
        raise UserError("error.vae_end", name=name, count=count)
    if len(endpoint) != count or not all(
        is_number(value, -LARGEST_NUMBER, LARGEST_NUMBER) for value in endpoint
    ):
        raise UserError("error.vae_code", name=name, count=count, high=f"{LARGEST_NUMBER:g}")
    return np.array(endpoint, np.float32), None


def picture(vae, endpoint, name):
    """The picture behind an endpoint, float32 (C, H, W) in [0, 1], and whether it is an original.

    Without an original it is the picture decoded from the code.
    """
    import torch

    shipped = original(vae, endpoint)
    if shipped is not None:
        return shipped, True
    z = torch.from_numpy(code(vae, endpoint, name))
    return vae.decode(z[None])[0].numpy(), False


def original(vae, endpoint):
    """The picture from which the code of an endpoint was encoded, float32 (C, H, W) in [0, 1], or None.

    Drawings, uploads and shipped pictures are originals. Seeds and bare codes have none; digits are shipped as codes.
    """
    if not isinstance(endpoint, str):
        return None
    endpoint = endpoint.strip()
    if example := EXAMPLE.fullmatch(endpoint):
        label, index = int(example[1]), int(example[2])
        example_row(vae, label, index)  # raises UserError if there is no such example
        return None if vae.examples.pictures is None else vae.examples.pictures.picture(label, index)
    return unpack(vae, endpoint) if endpoint.startswith(PICTURE) else None


def encoded(vae, image):
    """mu and logvar of one picture (C, H, W)."""
    import torch

    mu, logvar = vae.encode(torch.from_numpy(image)[None])
    return mu[0].numpy(), logvar[0].numpy()


def example_row(vae, label, index):
    """The row of example `index` of class `label`, both counted from 0, among all shipped examples."""
    classes = len(vae.examples.names)
    if label >= classes:
        raise UserError("error.vae_class", last=classes - 1)
    (rows,) = np.nonzero(vae.examples.label == label)
    if index >= len(rows):
        raise UserError("error.vae_example", label=label, last=len(rows) - 1)
    return rows[index]


def told_class(vae, label):
    """The number of a class, given as a number or its text, or None for "all": every seed draws its own."""
    names = [ALL_CLASSES, *map(str, range(len(vae.examples.names)))]
    chosen = choice(str(label) if isinstance(label, int) else label, "label", names)
    return None if chosen == ALL_CLASSES else int(chosen)


def seed_code(vae, digits):
    """The code drawn from the prior with a seed, which is given as text."""
    try:
        return vae.latents([seed(digits)])[0].numpy()
    except UserError:
        raise UserError("error.vae_seed", high=LARGEST_SEED) from None


def pack(image):
    """A prepared picture, float32 (C, H, W) in [0, 1] -> the text of an endpoint."""
    data = images.png(images.to_bytes(image[None])[0])
    return PICTURE + base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unpack(vae, endpoint):
    """The text of an endpoint made by `pack` -> float32 (C, H, W) in [0, 1]."""
    text = endpoint.removeprefix(PICTURE)
    side, channels = vae.config.image_size, vae.config.channels
    try:
        if len(text) > LONGEST:
            raise ValueError
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        with Image.open(io.BytesIO(data), formats=["PNG", "WEBP"]) as file:
            if file.size != (side, side):
                raise ValueError
            array = np.asarray(file.convert("L" if channels == 1 else "RGB"), np.float32) / 255
    except (*UNREADABLE, Image.DecompressionBombError):
        raise UserError("error.vae_picture", side=side) from None
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def from_json(text):
    """The value of a JSON text, or None if the text is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def decoded_sprite(vae, z, columns):
    """Decode a tensor of codes (N, latent_dim) to a sprite."""
    return sprite(vae, vae.decode(z).numpy(), columns)


def sprite(vae, pictures, columns):
    """Decoded pictures as a sprite: lossless if they are grey, lossy in colour."""
    return images.sprite(pictures, columns, None if vae.config.channels == 1 else COLOUR_QUALITY)


def nearest(vae, z):
    """For each code of z (N, latent_dim) the shipped example with the smallest Euclidean distance in z."""
    distances = np.linalg.norm(z[:, None] - vae.examples.z[None], axis=2)  # (N, examples)
    return [
        {**name_of(vae, closest), "distance": round(float(distances[row, closest]), 4)}
        for row, closest in enumerate(distances.argmin(1))
    ]


def name_of(vae, position):
    """The class of the shipped example at `position`, and its endpoint."""
    label = int(vae.examples.label[position])
    index = int((vae.examples.label[:position] == label).sum())
    return {"class": vae.examples.names[label], "example": f"example:{label}-{index}"}


def short(endpoint):
    """An endpoint in a file name: "3-0", "seed-7", "picture" or "code"."""
    if not isinstance(endpoint, str) or endpoint.strip().startswith("["):
        return "code"
    if endpoint.strip().startswith(PICTURE):
        return "picture"
    return re.sub(r"[^0-9a-z]+", "-", endpoint.strip().removeprefix("example:"))
