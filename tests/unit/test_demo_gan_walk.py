"""The callbacks of the station Walk of the GAN tab, without a browser."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from demo.checks import UserError
from demo.contract import BLENDS, LARGEST_SEED, METHODS, OFFERED_COUNT
from demo.gan import walk as station
from demo.server import as_lists
from tests.shipped import MODELS
from tests.sprites import pictures

ENDS = ("bag", "boot", 8, 10)
ASKED = (*ENDS, "spherical", 7, 1.0)


@pytest.fixture(scope="module")
def gan():
    return MODELS.get("gan/fashion/regularised")


@pytest.fixture(scope="module")
def record(gan):
    return station.blends(gan, *ASKED)


def in_bytes(picture):
    return np.rint(255 * np.asarray(picture)).astype(int)


def made(gan, seed, label, psi=1.0):
    return in_bytes(gan.sample([seed], [gan.classes.index(label)], psi)[0, 0])


def walk(*args, **kwargs):
    return as_lists(station.walk(*args, **kwargs))


# --- the walk ---------------------------------------------------------------------------------------------


def test_the_ends_are_the_samples_themselves(gan, record):
    shown = pictures(record["frames"])
    assert record["blends"] == ["mix", "a", "b"] and len(shown) == 3 * 7
    mix, a, b = shown.reshape(3, 7, 28, 28)
    for row, place, seed, label in (
        (mix, 0, 8, "bag"),
        (mix, -1, 10, "boot"),
        (a, 0, 8, "bag"),
        (a, -1, 10, "bag"),
        (b, 0, 8, "boot"),
        (b, -1, 10, "boot"),
    ):
        assert np.abs(row[place] - made(gan, seed, label)).max() <= 1
    z = record["z"]
    assert (z[0] == gan.latents([8])[0].numpy()).all() and (z[-1] == gan.latents([10])[0].numpy()).all()
    assert record["t"] == pytest.approx([0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1])


def test_halfway_both_the_code_and_the_class_are_halfway(gan):
    record = walk(gan, *ENDS, "linear", 3)
    z = gan.latents([8, 10]).mean(0)
    assert record["z"][1] == pytest.approx(z.tolist(), abs=1e-6)
    shares = torch.zeros(1, 10)
    shares[0, [gan.classes.index("bag"), gan.classes.index("boot")]] = 0.5
    expected = in_bytes(gan.generate(z[None], shares)[0, 0])
    assert np.abs(pictures(record["frames"])[1] - expected).max() <= 1


def test_scores_are_the_discriminators_for_the_class_that_is_drawn(gan):
    record = walk(gan, *ENDS, "linear", 3)
    shown = gan.generate(
        torch.tensor(record["z"]),
        torch.stack([torch.eye(10)[8], torch.eye(10)[[8, 9]].mean(0), torch.eye(10)[9]]),
    )
    bag, boot = (gan.score(shown, [label] * 3).tolist() for label in (8, 9))
    assert record["scores"] == pytest.approx([bag[0], (bag[1] + boot[1]) / 2, boot[2]], abs=1e-4)
    assert record["beliefs"] == pytest.approx((1 / (1 + np.exp(-np.array(record["scores"])))).tolist())


def test_the_api_gives_one_blend_and_the_page_all_of_them(gan, record):
    rows = pictures(record["frames"]).reshape(3, 7, 28, 28)
    for row, beliefs, blend in zip(rows, record["beliefs"], BLENDS, strict=True):
        one = walk(gan, *ASKED, blend)
        assert np.abs(pictures(one["frames"]) - row).max() <= 1
        assert one["beliefs"] == pytest.approx(beliefs, abs=1e-4)
    json.dumps(walk(gan, *ENDS), allow_nan=False)


def test_within_one_class_there_is_one_strip(gan):
    record = station.blends(gan, "dress", "dress", 1, 2, "linear", 5, 1.0)
    assert record["blends"] == ["mix"] and record["frames"]["count"] == len(record["beliefs"][0]) == 5
    held = walk(gan, "dress", "dress", 1, 2, "linear", 5, 1.0, "b")
    assert np.abs(pictures(held["frames"]) - pictures(record["frames"])).max() <= 1


def test_truncation_scales_both_codes_and_at_0_only_the_class_is_left(gan):
    half = walk(gan, *ENDS, "spherical", 5, 0.5)
    whole = walk(gan, *ENDS, "spherical", 5, 1.0)
    assert np.allclose(2 * np.array(half["z"]), whole["z"], atol=1e-5)
    none = station.blends(gan, "bag", "boot", 8, 10, "spherical", 5, 0.0)
    mix, a, b = pictures(none["frames"]).reshape(3, 5, 28, 28)
    assert not none["z"].any()
    assert (a == a[0]).all() and (b == b[0]).all() and (mix[0] != mix[-1]).any()


def test_spherical_keeps_the_length_that_linear_loses(gan):
    lengths = {m: np.linalg.norm(walk(gan, *ENDS, m, 5)["z"][2]) for m in METHODS}
    ends = gan.latents([8, 10]).norm(dim=1)
    assert lengths["spherical"] == pytest.approx(ends.mean().item(), rel=1e-4)
    assert lengths["linear"] < lengths["spherical"]


def test_the_largest_seed_is_an_end_as_number_and_as_text(gan):
    number = walk(gan, "bag", "boot", LARGEST_SEED, 0, frames=2)
    assert number == walk(gan, "bag", "boot", str(LARGEST_SEED), "0", frames=2)


# --- what an end may be chosen from -----------------------------------------------------------------------


def test_the_offered_samples_are_consecutive_seeds(gan):
    offer = station.samples(gan, 5, "all", 0.5)
    assert offer["count"] == len(offer["seeds"]) == OFFERED_COUNT == 40
    assert offer["seeds"][:2] == ["5", "6"] and offer["labels"][:11] == [*gan.classes, gan.classes[0]]
    assert np.abs(pictures(offer)[3] - made(gan, 8, gan.classes[3], 0.5)).max() <= 1
    assert set(station.samples(gan, 1, "bag")["labels"]) == {"bag"}


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind, mime", [("gif", "GIF"), ("webp", "WEBP"), ("png", "PNG")])
def test_the_files_hold_the_walk(gan, kind, mime):
    file = station.export(gan, "bag", "boot", "8", "10", "spherical", 5, 1.0, "mix", kind, "fashion")
    assert file["name"] == f"gan-walk-fashion-bag-8-to-boot-10-spherical-5-frames.{kind}"
    image = Image.open(io.BytesIO(base64.b64decode(file["data"])))
    assert image.format == mime
    frames = pictures(walk(gan, *ENDS, "spherical", 5)["frames"])
    if kind == "png":
        assert image.size == (5 * 112, 112)
        assert np.abs(np.asarray(image).astype(int)[::4, 112:224:4] - frames[1]).max() <= 1
        return
    assert image.n_frames == 8 and image.size == (252, 252)  # there and back
    image.seek(2)
    frame = np.asarray(image.convert("L")).astype(int)[4::9, 4::9]
    assert np.abs(frame - frames[2]).max() <= (1 if kind == "webp" else 8)


def test_a_file_is_of_the_blend_in_view(gan):
    asked = ("bag", "boot", "8", "10", "linear", 3, 1.0)
    files = {blend: station.export(gan, *asked, blend, "png", "fashion")["data"] for blend in BLENDS}
    assert len(set(files.values())) == 3


# --- mistakes ---------------------------------------------------------------------------------------------


def test_an_end_needs_one_class(gan):
    with pytest.raises(UserError, match="Choose label_b from: tshirt"):
        walk(gan, "bag", "all", 8, 10)


def test_a_wall_that_runs_out_of_seeds_is_one_sentence(gan):
    with pytest.raises(UserError) as mistake:
        station.samples(gan, LARGEST_SEED, "all", 1)
    assert mistake.value.key == "error.gan_seeds"
