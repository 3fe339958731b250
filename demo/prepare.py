"""From a drawing or an uploaded file to the picture that a model sees, prepared like its training pictures.

This module reads files and separates the object from its background; models/preparation.py scales and centres it.
Pictures are float32 arrays (C, H, W) in [0, 1]. A file or a picture that cannot be used raises UserError; each reason
has its own message.
"""

import io

import numpy as np
from PIL import Image

from demo.checks import UserError, choice
from demo.ink import FAINTEST, handwriting, thickened
from models.photos import UNREADABLE, WORKING_SIDE, on_white, upright

INVERT = ("auto", "yes", "no")
LARGEST_FILE = 8_000_000  # bytes
MOST_PIXELS = 25_000_000  # the photo of a phone has 12 or 24 million; decoded, they take 100 MB
FORMATS = ("PNG", "JPEG", "WEBP")
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
# what may be done to a picture
UNTOUCHED = {"inverted": False, "cropped": False, "middle": False, "first_frame": False}
FLAT = 0.08  # a picture whose greys differ by less than this counts as one colour
AS_IT_IS = 56  # pixels: a smaller picture of a digit is no photo, and its strokes are as they are meant to be
PHOTO_SIDE = 2000  # pixels


# --- drawings and uploads ---------------------------------------------------------------------------------


def drawing(data):
    """The bytes of a drawing, white on black, as a PNG -> (1, 28, 28), prepared like MNIST."""
    ink = _grey(_opened(data))
    if ink.max() < FLAT:
        raise UserError("error.vae_drawing_empty")
    return _prepared("digit", ink)


def upload(data, dataset, invert="auto"):
    """The bytes of a PNG, JPEG or WebP file -> the picture that a model of `dataset` sees, and what was done to it.

    invert: "auto" inverts a picture with a light background (never for emoji), "yes" always, "no" never.
    The second value is {"inverted", "cropped", "middle", "first_frame"}, each true or false.
    cropped: around the object; middle: to the square in the middle, whatever is there.
    """
    choice(invert, "invert", INVERT)
    file = _opened(data)
    first_frame = getattr(file, "is_animated", False)
    image = _small(file, "RGBA", PHOTO_SIDE if dataset == "digits" else WORKING_SIDE)
    prepare = {"digits": _digit, "fashion": _garment, "emoji": _face}.get(dataset, _plain)
    picture, done = prepare(image, invert)
    return _levels(picture), UNTOUCHED | done | {"first_frame": first_frame}


def _digit(image, invert):
    if max(image.size) <= AS_IT_IS:
        return _all_of_it(image, invert)
    grey = _on_paper(image)
    darkest, lightest = grey.getextrema()
    if lightest - darkest < 255 * FAINTEST:
        raise UserError("error.vae_upload_flat")
    found = handwriting(grey, {"yes": True, "no": False}.get(invert))
    if found is None and invert != "auto":  # whoever swaps light and dark may want the paper as ink
        return _all_of_it(image, invert)
    if found is None:
        raise UserError("error.vae_upload_no_ink")
    ink = thickened(found.cut())
    return _prepared("digit", ink), {"inverted": found.dark, "cropped": found.cut().shape != found.ink.shape}


def _all_of_it(image, invert):
    """A digit's picture with one threshold for the whole of it."""
    grey, inverted = _light_on_dark(image, invert)
    grey = _clean(grey)
    return _prepared("digit", grey), {"inverted": inverted, "cropped": _has_margin(grey > 0)}


def _garment(image, invert):
    grey, inverted = _light_on_dark(image, invert)
    background = float(np.median(_border(grey)))
    grey = ((grey - background) / max(grey.max() - background, 1e-3)).clip(0, 1)
    if grey.max() < FLAT:
        raise UserError("error.vae_upload_flat")
    return _prepared("garment", grey), {"inverted": inverted, "cropped": _has_margin(grey > FLAT)}


def _plain(image, invert):
    """A picture for a set of one's own, as training/own.py takes it: the square in its middle, in grey on white."""
    inverted = invert == "yes"
    grey, cut = _middle(on_white(image, "L"))
    return _prepared("plain", 1 - grey if inverted else grey), {"inverted": inverted, "middle": cut}


def _face(image, invert):
    inverted = invert == "yes"
    colors = on_white(image, "RGB")
    _check_flat(colors)
    distance = np.abs(1 - colors).max(2)  # from white
    if np.quantile(_border(distance), 0.9) < FLAT:
        top, bottom, left, right = _box(distance > FLAT)
        picture = _prepared("face", colors[top:bottom, left:right])
        done = {"cropped": _has_margin(distance > FLAT)}
    else:  # a photo fills the picture
        photo, cut = _middle(colors)
        picture, done = _prepared("photo", photo), {"middle": cut}
    return 1 - picture if inverted else picture, done | {"inverted": inverted}


def _prepared(kind, picture):
    """Scale and centre an array (H, W) or (H, W, 3) as models/preparation.py does it: float32 (C, H, W)."""
    import torch  # here, because the page answers before torch is imported

    from models.preparation import STEPS

    planes = picture[None] if picture.ndim == 2 else np.moveaxis(picture, -1, 0)
    return STEPS[kind](torch.from_numpy(np.ascontiguousarray(planes, np.float32))).numpy()


# --- steps ------------------------------------------------------------------------------------------------


def _opened(data):
    """The bytes of a file -> a Pillow image, not decoded yet. Refuses files and pictures that are too large."""
    if len(data) > LARGEST_FILE:
        raise UserError("error.vae_upload_bytes", high=LARGEST_FILE // 1_000_000)
    if data[:4] == b"GIF8":
        raise UserError("error.vae_upload_gif")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise UserError("error.vae_upload_pixels", high=MOST_PIXELS // 1_000_000) from None
    except UNREADABLE:
        known = data.startswith(SIGNATURES)
        raise UserError("error.vae_upload_damaged" if known else "error.vae_upload_kind") from None
    if image.width * image.height > MOST_PIXELS:
        raise UserError("error.vae_upload_pixels", high=MOST_PIXELS // 1_000_000)
    return image


def _small(image, mode, side=WORKING_SIDE):
    """The picture in a Pillow mode, upright, at most `side` wide and high."""
    try:
        return upright(image, mode, side)
    except UNREADABLE:
        raise UserError("error.vae_upload_damaged") from None


def _grey(image):
    """(H, W) float32 in [0, 1]."""
    return np.asarray(_small(image, "L"), np.float32) / 255


def _on_paper(image):
    """RGBA -> a grey Pillow image. Transparent pixels become white behind dark ink, black behind light ink."""
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    grey = image.convert("L")
    if alpha.min() >= 0.5:
        return grey
    levels = np.asarray(grey, np.float32) / 255
    dark = (levels * alpha).sum() < 0.5 * alpha.sum()
    return Image.fromarray(np.rint(255 * (levels * alpha + (1 - alpha) * dark)).astype(np.uint8))


def _light_on_dark(image, invert):
    """RGBA -> grey (H, W) with the object lighter than its background, and whether it was inverted."""
    grey = np.asarray(_on_paper(image), np.float32) / 255
    _check_flat(grey)
    background = np.median(_border(grey))
    light = background - grey.min() > grey.max() - background
    inverted = invert == "yes" or (invert == "auto" and bool(light))
    return (1 - grey if inverted else grey), inverted


def _levels(picture):
    """Round to the 256 levels of a file, so that a picture stays the same when it is saved and read again."""
    return np.rint(255 * picture).astype(np.float32) / 255


def _check_flat(picture, key="error.vae_upload_flat"):
    """Raise UserError if a picture (H, W) or (H, W, 3) is of one colour."""
    if np.ptp(picture, axis=(0, 1)).max() < FLAT:
        raise UserError(key)


def _middle(picture):
    """The square in the middle of (H, W) or (H, W, 3), as models/preparation.py takes it, and whether it is a part.

    Raises UserError if there is nothing in it.
    """
    _check_flat(picture)
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    _check_flat(square, "error.vae_upload_middle")
    return square, height != width


def _border(picture):
    """The outermost pixels of (H, W), as one array."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _box(mask):
    """(top, bottom, left, right) of the smallest box around the true pixels of a mask (H, W)."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def _has_margin(mask):
    """Whether the smallest box around the true pixels of a mask (H, W) is smaller than the mask."""
    return _box(mask) != (0, mask.shape[0], 0, mask.shape[1])


def _clean(grey):
    """Grey (H, W), 0 where it is paper and 1 where it is full ink."""
    paper, ink = _two_greys(grey)
    low = paper + 0.2 * (ink - paper)  # below this grey is the grain of the paper
    high = np.quantile(grey[grey > (paper + ink) / 2], 0.95)
    return ((grey - low) / max(high - low, 1e-3)).clip(0, 1)


def _two_greys(grey):
    """The mean greys of paper and ink, split at the threshold that separates the two best (Otsu 1979)."""
    counts, edges = np.histogram(grey, 64)
    middles = (edges[:-1] + edges[1:]) / 2
    below, mass = counts.cumsum(), (counts * middles).cumsum()
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        paper, ink = mass / below, (mass[-1] - mass) / above
        between = np.nan_to_num(below * above * (ink - paper) ** 2)
    best = between.argmax()
    if not ink[best] - paper[best] >= FLAT:  # also if they are NaN, in a picture of one grey
        raise UserError("error.vae_upload_flat")
    return paper[best], ink[best]
