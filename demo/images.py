"""Arrays of pictures -> sprites, PNG, GIF and WebP. A sprite is one PNG that holds many small pictures."""

import base64
import io
import math
import zlib

import numpy as np
from PIL import Image


def to_bytes(images):
    """float (N, C, H, W) in [0, 1], torch or NumPy -> uint8 (N, H, W) or (N, H, W, 3)."""
    array = np.asarray(images, dtype=np.float32)
    array = np.rint(255 * array.clip(0, 1)).astype(np.uint8).transpose(0, 2, 3, 1)
    return array[..., 0] if array.shape[-1] == 1 else array


def sprite(images, columns=16, quality=None):
    """The record that loadSprite (web/pictures.js) reads: {"png": base64, "size", "columns", "count"}.

    With a `quality` from 1 to 100 it is a lossy WebP, {"webp": ...}: about a fifth of the bytes for colour pictures.
    """
    tiles = to_bytes(images)
    columns = min(columns, len(tiles))
    sheet = grid(tiles, columns)
    data = (
        {"png": base64_text(png(sheet))} if quality is None else {"webp": base64_text(lossy(sheet, quality))}
    )
    return data | {"size": tiles.shape[1], "columns": columns, "count": len(tiles)}


def grid(tiles, columns):
    """uint8 (N, H, W[, 3]) -> one array with rows of `columns` tiles; unused places are black."""
    count, height, width = tiles.shape[:3]
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * height, columns * width, *tiles.shape[3:]), np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * height, i % columns * width
        sheet[top : top + height, left : left + width] = tile
    return sheet


def enlarge(tiles, factor):
    """Enlarge uint8 tiles (N, H, W[, 3]) by a whole factor, nearest neighbour."""
    return tiles.repeat(factor, axis=1).repeat(factor, axis=2)


def png(array):
    """uint8 (H, W) or (H, W, 3) -> the bytes of a PNG."""
    buffer = io.BytesIO()
    # for small pictures as good as the default, in a half to a third of the time
    Image.fromarray(array).save(buffer, "PNG", compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def lossy(array, quality):
    """uint8 (H, W) or (H, W, 3) -> the bytes of a lossy WebP."""
    buffer = io.BytesIO()
    # in half the time of the default, with 3 % more bytes
    Image.fromarray(array).save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def gif(tiles, frames_per_second=8, factor=8, hold=None):
    """uint8 (N, H, W[, 3]) -> the bytes of a GIF that plays for ever: see `film`."""
    return film(tiles, frames_per_second, factor, "GIF", hold)


def webp(tiles, frames_per_second=8, factor=8):
    """uint8 (N, H, W[, 3]) -> the bytes of a lossless animated WebP that plays as the GIF does."""
    return film(tiles, frames_per_second, factor, "WEBP", lossless=True)


def film(tiles, frames_per_second, factor, kind, hold=None, **options):
    """A film that plays forwards and back for ever; with `hold` only forwards, its last frame for that many seconds."""
    frames = [Image.fromarray(tile) for tile in enlarge(tiles, factor)]
    duration = round(1000 / frames_per_second)
    if hold is None:
        frames += frames[-2:0:-1]
    else:
        duration = [duration] * (len(frames) - 1) + [round(1000 * hold)]
    buffer = io.BytesIO()
    options |= {"append_images": frames[1:], "duration": duration, "loop": 0}
    frames[0].save(buffer, kind, save_all=True, **options)
    return buffer.getvalue()


def floats(array):
    """The record that unpackFloats (web/pictures.js) reads: {"f32": base64 of little-endian float32, "shape"}."""
    array = np.ascontiguousarray(array, dtype="<f4")
    return {"f32": base64_text(array.tobytes()), "shape": list(array.shape)}


def base64_text(data):
    return base64.b64encode(data).decode("ascii")
