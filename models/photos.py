"""The picture in a file, read alike by the page and by training/own.py: upright, in 8 bits, on white."""

import struct

import numpy as np
from PIL import Image, ImageOps

WORKING_SIDE = 256  # pixels: a picture is reduced to this size first
# raised by Pillow for damaged files
UNREADABLE = (OSError, ValueError, SyntaxError, IndexError, struct.error)


def upright(image, mode, side=WORKING_SIDE):
    """A Pillow image in `mode`, at most `side` wide and high, rotated as its EXIF data says. Raises UNREADABLE."""
    if image.mode.startswith("I") or image.mode == "F":
        image = eight_bits(image)
    if image.mode in ("L", "RGB"):  # smaller before it is copied; a JPEG is decoded at a reduced size
        image.thumbnail((side, side), Image.Resampling.BOX)
    image = image.convert(mode)
    image.thumbnail((side, side), Image.Resampling.BOX)
    try:
        return ImageOps.exif_transpose(image)
    except UNREADABLE:  # EXIF data that cannot be read is ignored
        return image


def eight_bits(image):
    """16 or 32 bits a pixel, of which a scanner may use a part -> 8 bits, from the darkest pixel to the lightest."""
    values = np.asarray(image, np.float32)
    if image.mode == "F":
        values = np.nan_to_num(values, posinf=0, neginf=0)
    low, high = values.min(), values.max()
    levels = (values - low) / (high - low or 1)
    small = Image.fromarray(np.rint(255 * levels).astype(np.uint8))
    if "exif" in image.info:
        small.info["exif"] = image.info["exif"]
    return small


def on_white(image, mode):
    """An RGBA image on white, in `mode`, L or RGB: float32 in [0, 1]."""
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert(mode), np.float32) / 255
