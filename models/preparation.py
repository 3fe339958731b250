"""From any picture to one that a model sees: scale, centre, pad. The page and the training data use the same steps.

Digits as MNIST: "the original black and white images were size normalized to fit in a 20x20 pixel box while
preserving their aspect ratio [...] as a result of the anti-aliasing technique used [...] grey levels", then
"centered in a 28x28 image by computing the center of mass of the pixels" (LeCun et al. 1998, "Gradient-Based
Learning Applied to Document Recognition", section III.A). Fashion as Fashion-MNIST: trimmed, longest edge scaled to
28, sharpened, centred (Xiao et al. 2017, arXiv 1708.07747, section 2). Emoji as the font draws them: in colour, on
white, with a margin.

Pictures are float32 tensors (C, H, W) in [0, 1], if nothing else is said.
"""

from functools import partial

import numpy as np
import torch
from PIL import ImageFilter
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

BOX, SIDE = 20, 28  # pixels: the longest side of a digit; the side of a picture of MNIST and Fashion-MNIST
# Counted in MNIST's 60,000 training pictures: the longest side is 20 in 59,987 and 19 in the rest, the brightest
# pixel is 254 or 255 in all, and the centre of mass is within half a pixel of pixel 14, counted from 0, in both
# directions.
CENTER = 14
EMOJI_SIDE, EMOJI_BOX = 64, 56  # the median face of the font takes 56 of the 64 pixels
FAINT = 0.08  # differences of grey below this are not seen as part of an object


def bounding_box(mask):
    """(top, left, height, width) of the smallest box around the true pixels of a mask (H, W)."""
    rows, columns = (mask.any(axis).nonzero()[:, 0] for axis in (1, 0))
    top, left = rows[0].item(), columns[0].item()
    return top, left, rows[-1].item() + 1 - top, columns[-1].item() + 1 - left


def trim(picture, floor=0.0):
    """The part of a grey picture (1, H, W) within the bounding box of the pixels above `floor`."""
    return F.crop(picture, *bounding_box(picture[0] > floor))


def fit(picture, longest, interpolation=v2.InterpolationMode.BILINEAR):
    """Scale a tensor or a Pillow image to a longest side of `longest` pixels, anti-aliased, proportions kept."""
    height, width = F.get_size(picture)
    scale = longest / max(height, width)
    size = [max(1, round(height * scale)), max(1, round(width * scale))]
    if size[1] == 1 and isinstance(picture, torch.Tensor):
        # torch 2.14 fills a result one pixel wide with its first row, so the picture is scaled on its side
        return F.resize(picture.mT, size[::-1], interpolation, antialias=True).mT
    return F.resize(picture, size, interpolation, antialias=True)


def place(picture, side, top, left, fill=0.0):
    """Put a picture on a square of `side` pixels, `top` and `left` pixels from its edges."""
    height, width = F.get_size(picture)
    return F.pad(picture, [left, top, side - left - width, side - top - height], fill=fill)


def center(picture, side, fill=0.0):
    """Put a picture in the middle of a square of `side` pixels."""
    height, width = F.get_size(picture)
    return place(picture, side, (side - height) // 2, (side - width) // 2, fill)


def center_mass(ink):
    """Put a digit (1, H, W) on a picture with its centre of mass at pixel CENTER, or as near as the edges allow."""

    def start(mass):
        mean = (mass * np.arange(len(mass))).sum() / mass.sum()
        return int(np.clip(round(CENTER - mean), 0, SIDE - len(mass)))

    grey = ink[0].numpy()
    return place(ink, SIDE, start(grey.sum(1)), start(grey.sum(0)))


def whiten(ink):
    """Make the brightest pixel white, and round to the 256 levels of a file, as MNIST has them."""
    return (255 * ink / ink.max()).round() / 255


def sharpen(picture):
    """Sharpen a grey picture (1, H, W) with a Gaussian of 1 pixel, as Fashion-MNIST was."""
    image = F.to_pil_image((255 * picture).round().to(torch.uint8))
    image = image.filter(ImageFilter.UnsharpMask(1, 100, 0))
    return F.to_dtype(F.pil_to_tensor(image), torch.float32, scale=True)


def shrink_sharply(garment):
    """Scale a garment to SIDE pixels. If that makes it smaller it is sharpened, since it lost detail."""
    small = fit(garment, SIDE)
    return sharpen(small) if max(garment.shape) > SIDE else small


def square(photo):
    """The largest square in the middle of a photo. (F.center_crop rounds an odd margin now up, now down.)"""
    height, width = F.get_size(photo)
    side = min(height, width)
    return F.crop(photo, (height - side) // 2, (width - side) // 2, side, side)


# what is done to each kind of picture, once its background is known
STEPS = {
    # ink (1, H, W), 0 where there is none -> (1, 28, 28)
    "digit": v2.Compose([trim, partial(fit, longest=BOX), whiten, center_mass]),
    # a light garment on black (1, H, W) -> (1, 28, 28)
    "garment": v2.Compose([partial(trim, floor=FAINT), shrink_sharply, partial(center, side=SIDE)]),
    # a grey picture (1, H, W), of a set of one's own -> (1, 28, 28)
    "plain": v2.Compose([square, partial(fit, longest=SIDE)]),
    # a face (3, H, W), cut out -> (3, 64, 64) on white
    "face": v2.Compose([partial(fit, longest=EMOJI_BOX), partial(center, side=EMOJI_SIDE, fill=1.0)]),
    # a photo (3, H, W) -> (3, 64, 64)
    "photo": v2.Compose([square, partial(fit, longest=EMOJI_SIDE)]),
    # a Pillow image with a face of the font in its middle -> uint8 (3, 64, 64)
    "font": v2.Compose(
        [partial(fit, longest=EMOJI_SIDE, interpolation=v2.InterpolationMode.LANCZOS), v2.PILToTensor()]
    ),
}
