"""The picture in a file, read alike for the page and for a training on pictures of one's own."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from demo import prepare
from models.photos import on_white, upright
from models.preparation import STEPS
from training.own import opened

PAGE_READS = (".png", ".jpg", ".webp")


def shades(size=(60, 40)):
    """Grey that grows from 20 at the left to 220 at the right, darker below; no two of its turns are alike."""
    across, down = np.linspace(20, 220, size[0]), np.linspace(1, 0.5, size[1])
    return Image.fromarray(np.rint(down[:, None] * across).astype(np.uint8))


def deep(dtype, low=0.0, high=1.0):
    grey = np.asarray(shades(), np.float64)
    levels = (grey - grey.min()) / np.ptp(grey)
    return Image.fromarray((low + (high - low) * levels).astype(dtype))


def see_through():
    """The shades with a margin that is transparent, and black below."""
    image = shades().convert("LA")
    alpha = Image.new("L", image.size, 0)
    alpha.paste(255, (10, 10, 50, 30))
    image.putalpha(alpha)
    return image


def palette_with_a_hole():
    image = shades().quantize(16)
    image.info["transparency"] = image.getpixel((0, 0))
    return image


def with_holes():
    levels = np.asarray(deep(np.float32)).copy()
    levels[0, 0], levels[0, 1] = np.nan, np.inf
    return Image.fromarray(levels)


FILES = {
    "1": (shades().convert("1"), ".png"),
    "L": (shades(), ".png"),
    "LA": (see_through(), ".png"),
    "RGBA": (see_through().convert("RGBA"), ".webp"),
    "P": (shades().quantize(64), ".png"),
    "P with transparency": (palette_with_a_hole(), ".png"),
    "P of a GIF": (palette_with_a_hole(), ".gif"),
    "RGB": (shades().convert("RGB"), ".jpg"),
    "CMYK": (shades().convert("CMYK"), ".jpg"),
    "CMYK of a TIFF": (shades().convert("CMYK"), ".tif"),
    "I;16": (deep(np.uint16, 0, 65_535), ".png"),
    "I;16 of a scanner": (deep(np.uint16, 1_000, 4_095), ".png"),
    "I;16 of a TIFF": (deep(np.uint16, 0, 65_535), ".tiff"),
    "I": (deep(np.int32, -70_000, 1_000_000), ".tif"),
    "F": (deep(np.float32), ".tif"),
    "F with holes": (with_holes(), ".tif"),
}


def saved(folder, image, ending, **options):
    path = folder / f"picture{ending}"
    image.save(path, **options)
    return path


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_pixel_is_read_for_a_training_as_by_the_page(tmp_path, kind):
    path = saved(tmp_path, *FILES[kind])
    grey = opened(path)
    assert grey.shape == (1, 40, 60) and grey.dtype == torch.float32
    middle = grey[0, 12:28, 12:48].numpy()
    # brighter to the right, as far as a palette, a JPEG or a dither lets one see
    assert middle[:, -12:].mean() - middle[:, :12].mean() > 0.15
    assert 0.1 < middle.mean() < 0.8 and (kind == "1" or np.unique(middle).size > 5)
    if path.suffix in PAGE_READS:
        page, _ = prepare.upload(path.read_bytes(), "shapes")
        assert np.abs(page - STEPS["plain"](grey).numpy()).max() <= 1 / 255


@pytest.mark.parametrize("kind", ["LA", "RGBA", "P with transparency", "P of a GIF"])
def test_what_is_transparent_is_white(tmp_path, kind):
    assert opened(saved(tmp_path, *FILES[kind]))[0, 0, 0] == 1


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_however_the_phone_was_held(tmp_path, ending, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if ending == ".webp" else {}
    path = saved(tmp_path, shades(), ending, exif=exif, **lossless)
    turned = shades()
    turned.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(turned), np.float32) / 255
    assert opened(path).shape[1:] == expected.shape
    assert np.abs(opened(path)[0].numpy() - expected).max() < 0.05


def test_a_large_photo_is_reduced_and_keeps_its_proportions(tmp_path):
    grey = opened(saved(tmp_path, shades((1200, 800)).convert("RGB"), ".jpg"))
    assert grey.shape[1:] == (171, 256)  # 256 x 800 / 1200


def test_colours_stay_if_they_are_wanted():
    orange = Image.new("RGB", (2, 2), (255, 128, 0))
    assert on_white(upright(orange, "RGBA"), "RGB")[0, 0] == pytest.approx([1, 128 / 255, 0])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("left", [20, 60, 400])
def test_a_damaged_file_is_named_in_one_sentence(tmp_path, left):
    for ending in (".png", ".jpg", ".tif", ".gif"):
        path = saved(tmp_path, shades((300, 200)), ending)
        path.write_bytes(path.read_bytes()[:left])
        with pytest.raises(SystemExit, match="cannot be read as a picture: take it out of the folder"):
            opened(path)
