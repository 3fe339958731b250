import base64
import io

import numpy as np
from PIL import Image

from demo import images


def pictures(count, side=4):
    """Picture i is all grey i / count."""
    return np.ones((count, 1, side, side), np.float32) * (np.arange(count) / count)[:, None, None, None]


def decode(record):
    return np.array(Image.open(io.BytesIO(base64.b64decode(record["png"]))))


def test_a_sprite_holds_every_picture_at_its_place():
    record = images.sprite(pictures(5), columns=3)
    sheet = decode(record)
    assert (record["size"], record["columns"], record["count"]) == (4, 3, 5)
    assert sheet.shape == (8, 12)  # two rows of three
    for i in range(5):
        top, left = 4 * (i // 3), 4 * (i % 3)
        assert (sheet[top : top + 4, left : left + 4] == round(255 * i / 5)).all()
    assert (sheet[4:, 8:] == 0).all()  # the place of a sixth


def test_fewer_pictures_than_columns_make_a_narrow_sprite():
    assert decode(images.sprite(pictures(2), columns=16)).shape == (4, 8)


def test_colour_stays_colour():
    red = np.zeros((1, 3, 4, 4), np.float32)
    red[0, 0] = 1
    assert (decode(images.sprite(red))[0, 0] == [255, 0, 0]).all()


def test_greys_are_rounded_and_kept_in_range():
    grey = np.array([-1, 0, 0.5, 1, 2], np.float32)[:, None, None, None]
    # 0.5 * 255 = 127.5, to the even neighbour
    assert images.to_bytes(grey).ravel().tolist() == [0, 0, 128, 255, 255]


def test_enlarging_repeats_pixels():
    tile = np.array([[[1, 2], [3, 4]]], np.uint8)
    assert images.enlarge(tile, 2)[0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_a_gif_plays_forwards_and_back_for_ever():
    film = Image.open(io.BytesIO(images.gif(images.to_bytes(pictures(4)), factor=3)))
    greys = []
    for frame in range(film.n_frames):
        film.seek(frame)
        greys.append(int(np.array(film.convert("L")).mean()))
    # 0 1 2 3 2 1 of 4, and again: neither end twice
    assert greys == [round(255 * i / 4) for i in (0, 1, 2, 3, 2, 1)]
    assert film.size == (12, 12) and film.info["loop"] == 0


def test_floats_survive_the_journey():
    array = np.array([[1.5, -2.25], [1e-20, 3e30]], np.float32)
    record = images.floats(array)
    back = np.frombuffer(base64.b64decode(record["f32"]), "<f4").reshape(record["shape"])
    assert (back == array).all()
