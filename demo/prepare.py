"""From a drawing or an uploaded file to the picture that a model sees, prepared as its training pictures were.

Digits as MNIST: "the original black and white images were size normalized to fit in a 20x20 pixel box while
preserving their aspect ratio [...] as a result of the anti-aliasing technique used [...] grey levels", then
"centered in a 28x28 image by computing the center of mass of the pixels" (LeCun et al. 1998, "Gradient-Based
Learning Applied to Document Recognition", section III.A). Fashion as Fashion-MNIST: trimmed, longest edge to 28,
sharpened, centred, turned light on black (Xiao et al. 2017, arXiv 1708.07747, section 2). Emoji as the font's
were drawn: in colour, on white, with a margin.

Pictures are float32 (C, H, W) in [0, 1]. Every mistake of a person is a Mistake with a sentence of its own.
"""

import io
import struct

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from demo.checks import UserError as Mistake
from demo.checks import choice

SETS = ("digits", "fashion", "emoji")
INVERT = ("auto", "yes", "no")
LARGEST_FILE = 8_000_000  # bytes
MOST_PIXELS = 25_000_000  # a phone's photograph has 12 or 24 million; decoded, these take 100 MB
FORMATS = ("PNG", "JPEG", "WEBP")
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
UNREADABLE = (OSError, ValueError, SyntaxError, IndexError, struct.error)  # raised by Pillow at damage
WORKING_SIDE = 256  # an upload is first made this small
FLAT = 0.08  # a picture whose greys differ by less is all one colour
BOX, SIDE = 20, 28
# of MNIST's 60,000 training pictures the longest side is 20 in 59,987 (19 in the others), the brightest pixel 254
# or 255 in all, and the centre of mass lies within half a pixel of pixel 14, counted from 0, across and down:
CENTER = 14
EMOJI_SIDE, EMOJI_BOX = 64, 56  # the median face of the font fills 56 of 64


# --- digits -----------------------------------------------------------------------------------------------


def drawing(data):
    """The bytes of a drawing, white on black, as a PNG -> (1, 28, 28), as MNIST was prepared."""
    ink = _grey(_opened(data))
    if ink.max() < FLAT:
        raise Mistake("error.vae_drawing_empty")
    return as_mnist(ink)


def as_mnist(ink):
    """Ink of any size, float (H, W), 0 where there is none -> (1, 28, 28)."""
    ink = fitted(trimmed(ink), BOX)
    ink = _levels(ink / ink.max())
    height, width = ink.shape
    top = _placed(ink.sum(1), height)
    left = _placed(ink.sum(0), width)
    picture = np.zeros((1, SIDE, SIDE), np.float32)
    picture[0, top : top + height, left : left + width] = ink
    return picture


def _placed(mass, length):
    """The row (column) at which rows of these masses begin, so that their centre comes to lie at CENTER."""
    center = (mass * np.arange(length)).sum() / mass.sum()
    return int(np.clip(round(CENTER - center), 0, SIDE - length))


def trimmed(picture, floor=0.0):
    """The part of (H, W) within the bounding box of what is greater than `floor`."""
    rows, columns = (np.flatnonzero((picture > floor).any(axis)) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted(picture, longest):
    """(H, W[, 3]) with its longest side brought to `longest` pixels, anti-aliased, in its own proportions."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    planes = picture[..., None] if picture.ndim == 2 else picture
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(planes, -1, 0)]
    small = np.stack([np.asarray(plane.resize(size, Image.Resampling.BILINEAR)) for plane in planes], -1)
    return small.reshape(size[::-1] + picture.shape[2:])


# --- uploads ----------------------------------------------------------------------------------------------


def upload(data, dataset, invert="auto"):
    """The bytes of a PNG, JPEG or WebP file -> the picture a model of `dataset` sees, and what was done to it.

    invert: "auto" turns light and dark around where the background is light (never for emoji), "yes", "no".
    The second value is {"inverted", "cropped", "first_frame"}, each true or false.
    """
    choice(invert, "invert", INVERT)
    file = _opened(data)
    first_frame = getattr(file, "is_animated", False)
    image = _small(file, "RGBA")
    prepared = {"digits": _digit, "fashion": _garment, "emoji": _face}[choice(dataset, "dataset", SETS)]
    picture, inverted, cropped = prepared(image, invert)
    return _levels(picture), {"inverted": inverted, "cropped": cropped, "first_frame": first_frame}


def _digit(image, invert):
    grey, inverted = _light_on_dark(image, invert)
    if max(grey.shape) > 2 * SIDE:
        grey = _without_shading(grey)
    paper, ink = _two_greys(grey)
    low = paper + 0.2 * (ink - paper)  # paper's own grain is not ink
    high = np.quantile(grey[grey > (paper + ink) / 2], 0.95)
    grey = ((grey - low) / max(high - low, 1e-3)).clip(0, 1)
    return as_mnist(grey), inverted, trimmed(grey).shape != grey.shape


def _garment(image, invert):
    grey, inverted = _light_on_dark(image, invert)
    background = float(np.median(_border(grey)))
    grey = ((grey - background) / max(grey.max() - background, 1e-3)).clip(0, 1)
    if grey.max() < FLAT:
        raise Mistake("error.vae_upload_flat")
    object_ = trimmed(grey, FLAT)
    small = fitted(object_, SIDE)
    if max(object_.shape) > SIDE:
        small = _sharper(small)
    height, width = small.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    picture = np.zeros((1, SIDE, SIDE), np.float32)
    picture[0, top : top + height, left : left + width] = small
    return picture, inverted, object_.shape != grey.shape


def _face(image, invert):
    inverted = invert == "yes"
    white = Image.new("RGBA", image.size, "white")
    colors = np.asarray(Image.alpha_composite(white, image).convert("RGB"), np.float32) / 255
    if np.ptp(colors, axis=(0, 1)).max() < FLAT:
        raise Mistake("error.vae_upload_flat")
    far = np.abs(1 - colors).max(2)  # from white
    on_white = np.quantile(_border(far), 0.9) < FLAT
    if on_white:
        rows, columns = (np.flatnonzero((far > FLAT).any(axis)) for axis in (1, 0))
        part = colors[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    else:  # a photograph: the square in its middle
        height, width = far.shape
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        part = colors[top : top + side, left : left + side]
    small = fitted(part, EMOJI_BOX if on_white else EMOJI_SIDE)
    height, width = small.shape[:2]
    top, left = (EMOJI_SIDE - height) // 2, (EMOJI_SIDE - width) // 2
    picture = np.ones((EMOJI_SIDE, EMOJI_SIDE, 3), np.float32)
    picture[top : top + height, left : left + width] = small.clip(0, 1)
    picture = picture.transpose(2, 0, 1)
    return 1 - picture if inverted else picture, inverted, part.shape != colors.shape


# --- steps ------------------------------------------------------------------------------------------------


def _opened(data):
    """The bytes of a file -> a Pillow image whose pixels are not read yet. Refuses what is too large."""
    if len(data) > LARGEST_FILE:
        raise Mistake("error.vae_upload_bytes", high=LARGEST_FILE // 1_000_000)
    if data[:4] == b"GIF8":
        raise Mistake("error.vae_upload_gif")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Mistake("error.vae_upload_pixels", high=MOST_PIXELS // 1_000_000) from None
    except UNREADABLE:
        known = data.startswith(SIGNATURES)
        raise Mistake("error.vae_upload_damaged" if known else "error.vae_upload_kind") from None
    if image.width * image.height > MOST_PIXELS:
        raise Mistake("error.vae_upload_pixels", high=MOST_PIXELS // 1_000_000)
    return image


def _small(image, mode):
    """The pixels as `mode`, at most WORKING_SIDE wide and high, turned as the camera's note (EXIF) says."""
    try:
        if image.mode in ("L", "RGB"):  # made small before it is copied; a JPEG is not even decoded whole
            image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
        image = image.convert(mode)
    except UNREADABLE:
        raise Mistake("error.vae_upload_damaged") from None
    image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
    try:
        return ImageOps.exif_transpose(image)
    except UNREADABLE:  # a note that cannot be read turns nothing
        return image


def _grey(image):
    """(H, W) float32 in [0, 1]."""
    return np.asarray(_small(image, "L"), np.float32) / 255


def _light_on_dark(image, invert):
    """RGBA -> grey (H, W) with what it shows lighter than its background, and whether it was turned around."""
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    grey = np.asarray(image.convert("L"), np.float32) / 255
    if alpha.min() < 0.5:  # what is transparent becomes whatever sets the rest off: white behind dark ink
        dark = (grey * alpha).sum() < 0.5 * alpha.sum()
        grey = grey * alpha + (1 - alpha) * dark
    if np.ptp(grey) < FLAT:
        raise Mistake("error.vae_upload_flat")
    background = np.median(_border(grey))
    light = background - grey.min() > grey.max() - background
    inverted = invert == "yes" or (invert == "auto" and bool(light))
    return (1 - grey if inverted else grey), inverted


def _levels(picture):
    """The 256 levels of a file, so that a picture stays the same when it is written and read again."""
    return np.rint(255 * picture).astype(np.float32) / 255


def _border(picture):
    """The outermost pixels of (H, W), in one row."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _without_shading(grey):
    """Ink on paper that is lit unevenly: the paper's own grey, found around every place, is taken away."""
    image = Image.fromarray(np.rint(255 * grey).astype(np.uint8)).filter(ImageFilter.MedianFilter(3))
    # half the picture wide: wider than any stroke, narrower than a lamp's light
    paper = image.resize((32, 32), Image.Resampling.BOX).filter(ImageFilter.MinFilter(15))
    paper = paper.filter(ImageFilter.BoxBlur(3)).resize(image.size, Image.Resampling.BILINEAR)
    return (np.asarray(image, np.float32) - np.asarray(paper, np.float32)) / 255


def _two_greys(grey):
    """The mean greys of paper and ink, divided where it sets the two furthest apart (Otsu 1979)."""
    counts, edges = np.histogram(grey, 64)
    middles = (edges[:-1] + edges[1:]) / 2
    below, mass = counts.cumsum(), (counts * middles).cumsum()
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        paper, ink = mass / below, (mass[-1] - mass) / above
        between = np.nan_to_num(below * above * (ink - paper) ** 2)
    best = between.argmax()
    if ink[best] - paper[best] < FLAT:
        raise Mistake("error.vae_upload_flat")
    return paper[best], ink[best]


def _sharper(grey):
    """Sharpened with a Gaussian of 1 pixel, as Fashion-MNIST was."""
    image = Image.fromarray(np.rint(255 * grey).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.UnsharpMask(1, 100, 0)), np.float32) / 255
