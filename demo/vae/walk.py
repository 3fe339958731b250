"""The walk between two codes, and the grid between four: every stop decoded, with its nearest example.

The same codes can be exported as GIF, animated WebP and PNG.
"""

import numpy as np

from demo import images
from demo.checks import choice, whole
from demo.contract import FILE_TYPES, GRID_SIDES, METHODS, MOST_FRAMES
from demo.vae.endpoints import code, nearest, original, short

FEWEST_FRAMES = 2  # of a walk: its endpoints
FILM, TILE = 256, 128  # largest side of a picture, in pixels, in a film and in a PNG


def walk(vae, a="example:3-0", b="example:8-0", method="spherical", frames=13):
    """Pictures and codes of a walk, t, nearest examples, and the originals of the endpoints: see /vae_interpolate."""
    pictures, z = interpolate(vae, a, b, method, frames)
    return {
        "frames": images.sprite(pictures, columns=len(z)),
        "z": z,
        "t": np.linspace(0, 1, len(z)).tolist(),
        "nearest": nearest(vae, z),
        "originals": originals(vae, a=a, b=b),
    }


def interpolate(vae, a, b, method, frames):
    """Pictures (frames, C, H, W) in [0, 1] and codes (frames, latent_dim) from `a` to `b`."""
    import torch

    endpoints = [torch.from_numpy(code(vae, endpoint, name)) for endpoint, name in ((a, "a"), (b, "b"))]
    steps = whole(frames, "frames", FEWEST_FRAMES, MOST_FRAMES)
    path = vae.interpolate(*endpoints, steps, choice(method, "method", METHODS))
    return vae.decode(path).numpy(), path.numpy()


def grid(vae, a="example:3-0", b="example:8-0", c="example:0-0", d="example:1-0", method="spherical", side=7):
    """Pictures and codes of the grid between four corners, row by row: see /vae_grid."""
    pictures, z = sheet(vae, a, b, c, d, method, side)
    return {
        "cells": images.sprite(pictures, columns=round(len(z) ** 0.5)),
        "z": z,
        "nearest": nearest(vae, z),
        "originals": originals(vae, a=a, b=b, c=c, d=d),
    }


def sheet(vae, a, b, c, d, method, side):
    """Pictures (side * side, C, H, W) and codes (side * side, latent_dim), with `a` `b` on top and `c` `d` below.

    Interpolates along the upper and the lower edge first, then between them. For "linear" the order makes no
    difference (it is bilinear in z); for "spherical" it does.
    """
    import torch

    corners = [
        torch.from_numpy(code(vae, endpoint, name))
        for endpoint, name in zip((a, b, c, d), "abcd", strict=True)
    ]
    side = whole(side, "side", *GRID_SIDES)
    method = choice(method, "method", METHODS)
    upper, lower = (vae.interpolate(*edge, side, method) for edge in (corners[:2], corners[2:]))
    columns = [vae.interpolate(top, bottom, side, method) for top, bottom in zip(upper, lower, strict=True)]
    z = torch.stack(columns, dim=1).flatten(0, 1)
    return vae.decode(z).numpy(), z.numpy()


def originals(vae, **endpoints):
    """For each endpoint its original picture as a sprite of one, or None."""
    pictures = {name: original(vae, endpoint) for name, endpoint in endpoints.items()}
    return {name: None if p is None else images.sprite(p[None]) for name, p in pictures.items()}


def export(vae, a, b, method, frames, kind, dataset="digits"):
    """The walk as a file, {"name", "type", "data" (base64)}: a film that plays forwards and back, or a PNG strip."""
    kind = choice(kind, "kind", tuple(FILE_TYPES))
    tiles = images.to_bytes(interpolate(vae, a, b, method, frames)[0])
    if kind == "png":
        data = images.png(images.grid(enlarged(tiles), columns=len(tiles)))
    else:
        film = images.gif if kind == "gif" else images.webp
        data = film(tiles, factor=FILM // tiles.shape[1])
    return as_file(f"vae-walk-{dataset}-{short(a)}-to-{short(b)}-{method}-{len(tiles)}-frames", kind, data)


def export_grid(vae, a, b, c, d, method, side, dataset="digits"):
    """The grid as a PNG, {"name", "type", "data" (base64)}."""
    tiles = images.to_bytes(sheet(vae, a, b, c, d, method, side)[0])
    side = round(len(tiles) ** 0.5)
    corners = "-".join(short(endpoint) for endpoint in (a, b, c, d))
    data = images.png(images.grid(enlarged(tiles), columns=side))
    return as_file(f"vae-grid-{dataset}-{corners}-{method}-{side}-by-{side}", "png", data)


def enlarged(tiles):
    return images.enlarge(tiles, TILE // tiles.shape[1])


def as_file(name, kind, data):
    return {"name": f"{name}.{kind}", "type": FILE_TYPES[kind], "data": images.base64_text(data)}


def functions(models):
    """What the page calls besides /vae_interpolate and /vae_grid: files of a walk and of a grid."""

    def vae_export(a, b, method, frames, kind, dataset="digits") -> dict:
        return export(models.vae(dataset), a, b, method, frames, kind, dataset)

    def vae_export_sheet(a, b, c, d, method, side, dataset="digits") -> dict:
        return export_grid(models.vae(dataset), a, b, c, d, method, side, dataset)

    return {"vae_export": vae_export, "vae_export_sheet": vae_export_sheet}
