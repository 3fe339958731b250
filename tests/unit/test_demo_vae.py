"""The VAE tab's callbacks and API, without a browser."""

import base64
import io
import itertools
import json
import math
import shutil
import struct
import zlib
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from demo.api import all_functions
from demo.checks import UserError
from demo.contract import METHODS, PRIORS, VAE_SETS
from demo.loading import Models
from demo.server import as_lists
from demo.text import LANGUAGES, texts
from demo.vae import codes, picker
from demo.vae import walk as station
from demo.vae.endpoints import code, nearest, pack, picture, posterior
from tests.calls import for_api, for_page
from tests.shipped import MODELS
from tests.sprites import pictures

DIGITS = Path("pretrained/vae/digits")
LAST_SEED = 2**64 - 1
NAN, INFINITY = math.nan, math.inf


@pytest.fixture(scope="module")
def vae():
    return MODELS.get("vae/digits")


@pytest.fixture(params=VAE_SETS)
def any_vae(request):
    return MODELS.get(f"vae/{request.param}")


@pytest.fixture
def weights(tmp_path):
    """A copy of the shipped weights that a test may damage: the folder for Models()."""
    shutil.copytree(DIGITS, tmp_path / "vae/digits")
    return tmp_path


def walk(*args, **kwargs):
    return as_lists(station.walk(*args, **kwargs))


def grid(*args, **kwargs):
    return as_lists(station.grid(*args, **kwargs))


def decoded(vae, z):
    """One code decoded alone, int (size, size[, 3])."""
    return in_bytes(vae.decode(torch.tensor(np.asarray(z, np.float32))[None])[0].numpy())


def in_bytes(image):
    """float (C, H, W) in [0, 1] -> int (H, W[, 3])."""
    return np.rint(255 * image).astype(int).transpose(1, 2, 0).squeeze()


def example(vae, label, index):
    return vae.examples.z[np.flatnonzero(vae.examples.label == label)[index]]


def published(models, name):
    """The API function /`name` on `models`."""
    return for_api(all_functions(models)[name])


def assert_one_sentence(call, wrong):
    """call(**wrong) is refused with one sentence, in both languages, and short however long the input."""
    with pytest.raises(UserError):
        call(**wrong)
    told = json.loads(for_page(call)(wrong))["error"]
    for language in LANGUAGES:
        sentence = texts(language)[told["key"]].format(**told["values"])
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200


# --- the walk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("frames", [2, 13, 32])
def test_the_ends_of_a_walk_are_the_ends(vae, method, frames):
    record = walk(vae, "example:3-1", "seed:7", method, frames)
    assert record["z"][0] == example(vae, 3, 1).tolist()
    assert record["z"][-1] == code(vae, "seed:7", "b").tolist()
    shown = pictures(record["frames"])
    assert len(shown) == len(record["z"]) == len(record["nearest"]) == frames
    for end in (0, -1):  # the sums of another batch may round another way
        assert np.abs(shown[end] - decoded(vae, record["z"][end])).max() <= 1
    assert record["t"][0] == 0 and record["t"][-1] == 1
    assert np.diff(record["t"]) == pytest.approx(1 / (frames - 1))
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    "name, said",
    [
        ("digits", {"en": "in {} of the 45 walks", "pt-BR": "em {} dos 45 passeios"}),
        ("digits-2d", {"en": "with 2 numbers in {}.", "pt-BR": "com 2 números, em {}."}),
    ],
)
def test_the_nearest_example_is_a_third_digit_as_often_as_the_page_says(name, said):
    """What a network reads in the pictures is counted in test_lesson_figures.py."""
    vae = MODELS.get(f"vae/{name}")
    met = 0
    for a, b in itertools.combinations(range(10), 2):
        record = walk(vae, f"example:{a}-0", f"example:{b}-0", "spherical", 13)
        met += any(int(stop["class"]) not in (a, b) for stop in record["nearest"])
    for language, words in said.items():
        assert words.format(met) in texts(language)["vae.walk.answer.digits"]


def test_every_frame_is_the_decoders_in_every_set(any_vae):
    record = walk(any_vae, "example:4-0", "example:9-0", "linear", 5)
    shown = pictures(record["frames"])
    assert shown.shape[1] == record["frames"]["size"] == any_vae.config.image_size
    for z, frame in zip(record["z"], shown, strict=True):
        assert np.abs(frame - decoded(any_vae, z)).max() <= 1
    # halfway on the straight line is the mean of the ends
    assert record["z"][2] == pytest.approx((np.add(record["z"][0], record["z"][4]) / 2).tolist(), abs=1e-6)


def test_the_original_of_an_end_goes_along_where_there_is_one(any_vae):
    record = walk(any_vae, "example:2-0", "seed:3", "linear", 2)
    assert record["originals"]["b"] is None
    if any_vae.examples.pictures is None:  # MNIST's may not be shipped
        assert record["originals"]["a"] is None
    else:
        shipped = any_vae.examples.pictures.picture(2, 0)
        assert (pictures(record["originals"]["a"])[0] == in_bytes(shipped)).all()


def test_a_picture_of_ones_own_is_an_end_and_its_own_original(any_vae):
    side, channels = any_vae.config.image_size, any_vae.config.channels
    image = np.random.default_rng(0).integers(0, 256, (channels, side, side)).astype(np.float32) / 255
    end = pack(image)
    record = walk(any_vae, end, "seed:3", "linear", 2)
    assert (pictures(record["originals"]["a"])[0] == in_bytes(image)).all()
    mu, logvar = any_vae.encode(torch.from_numpy(image)[None])
    assert record["z"][0] == pytest.approx(mu[0].tolist(), abs=1e-5)
    assert posterior(any_vae, end, "a")[1] == pytest.approx(logvar[0].numpy(), abs=1e-5)
    assert picture(any_vae, end, "a")[1] and not picture(any_vae, "seed:3", "a")[1]


def test_spherical_keeps_the_length_that_linear_loses(vae):
    middle = {m: np.linalg.norm(walk(vae, "seed:1", "seed:2", m, 5)["z"][2]) for m in METHODS}
    ends = [np.linalg.norm(code(vae, seed, "a")) for seed in ("seed:1", "seed:2")]
    # slerp: the length passes evenly from end to end, so halfway it is their mean
    assert middle["spherical"] == pytest.approx(sum(ends) / 2, rel=1e-4)
    assert middle["linear"] < middle["spherical"]


def test_the_nearest_example_of_an_example_is_itself(any_vae):
    for label, index in ((0, 0), (3, 7), (9, 4)):
        spec = f"example:{label}-{index}"
        name = any_vae.examples.names[label]
        assert nearest(any_vae, example(any_vae, label, index)[None]) == [
            {"class": name, "example": spec, "distance": 0}
        ]


def test_the_nearest_example_is_nearer_than_every_other(vae):
    z = code(vae, "seed:5", "a")
    (found,) = nearest(vae, z[None])
    assert found["distance"] == pytest.approx(np.linalg.norm(vae.examples.z - z, axis=1).min(), abs=1e-3)
    assert np.linalg.norm(code(vae, found["example"], "a") - z) == pytest.approx(found["distance"], abs=1e-3)


def test_an_end_may_be_said_in_every_way(vae):
    numbers = np.linspace(-2, 2, vae.config.latent_dim, dtype=np.float32)
    for end in (numbers.tolist(), json.dumps(numbers.tolist()), f"  {numbers.tolist()} "):
        assert code(vae, end, "a").tolist() == numbers.tolist()
    assert (code(vae, "seed:7", "a") == code(vae, " seed: 7", "b")).all()
    assert (code(vae, f"seed:{LAST_SEED}", "a") != code(vae, "seed:0", "a")).any()


def test_the_wall_shows_the_first_examples_of_every_class(any_vae):
    wall = picker.wall(any_vae)
    shown = pictures(wall["pictures"])
    assert sum(wall["counts"]) == len(shown) and wall["names"] == any_vae.examples.names
    for label, count in enumerate(wall["counts"]):
        assert count == min((any_vae.examples.label == label).sum(), picker.ON_THE_WALL)
    first = sum(wall["counts"][:6])
    expected, _ = picture(any_vae, "example:6-3", "a")
    assert np.abs(shown[first + 3] - in_bytes(expected)).max() <= 1


# --- the sheet between four -------------------------------------------------------------------------------

CORNERS = ["example:3-1", "seed:7", "example:0-2", "example:1-0"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", [3, 7, 11])
def test_the_corners_of_a_grid_are_the_corners(any_vae, method, side):
    record = grid(any_vae, *CORNERS, method, side)
    z = np.array(record["z"], np.float32).reshape(side, side, -1)
    for place, end in zip([(0, 0), (0, -1), (-1, 0), (-1, -1)], CORNERS, strict=True):
        assert (z[place] == code(any_vae, end, "a")).all()
    assert record["cells"]["columns"] == side
    assert record["cells"]["count"] == len(record["nearest"]) == side * side
    assert record["nearest"][0]["example"] == "example:3-1"
    assert set(record["originals"]) == set("abcd") and record["originals"]["b"] is None
    json.dumps(record, allow_nan=False)


def test_the_edges_of_a_grid_are_walks_and_its_cells_the_decoders(any_vae):
    for method in METHODS:
        record = grid(any_vae, *CORNERS, method, 5)
        z = np.array(record["z"]).reshape(5, 5, -1)
        for edge, (a, b) in (
            (z[0], CORNERS[:2]),
            (z[-1], CORNERS[2:]),
            (z[:, 0], CORNERS[::2]),
            (z[:, -1], CORNERS[1::2]),
        ):
            walked = walk(any_vae, a, b, method, 5)["z"]
            assert edge == pytest.approx(np.array(walked), abs=1e-5)
        shown = pictures(record["cells"])
        for cell in (0, 7, 12, 24):
            assert np.abs(shown[cell] - decoded(any_vae, record["z"][cell])).max() <= 1


def test_the_middle_of_a_linear_grid_is_the_mean_of_its_corners(vae):
    corners = [code(vae, end, "a") for end in CORNERS]
    middle = grid(vae, *CORNERS, "linear", 3)["z"][4]
    assert middle == pytest.approx(np.mean(corners, axis=0).tolist(), abs=1e-6)
    # row 1, column 0 of 3: halfway from A down to C
    left = grid(vae, *CORNERS, "linear", 3)["z"][3]
    assert left == pytest.approx(((corners[0] + corners[2]) / 2).tolist(), abs=1e-6)


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind, format_", [("gif", "GIF"), ("webp", "WEBP")])
@pytest.mark.parametrize("dataset", ["digits", "emoji"])
def test_a_film_plays_to_and_fro(kind, format_, dataset):
    vae = MODELS.get(f"vae/{dataset}")
    file = station.export(vae, "example:3-0", f"seed:{LAST_SEED}", "linear", 6, kind, dataset)
    assert file["name"] == f"vae-walk-{dataset}-3-0-to-seed-{LAST_SEED}-linear-6-frames.{kind}"
    assert file["type"] == f"image/{kind}"
    film = Image.open(io.BytesIO(base64.b64decode(file["data"])))
    # 6 there and the 4 between the ends back
    assert film.format == format_ and film.n_frames == 10 and film.info["loop"] == 0
    factor = 256 // vae.config.image_size
    assert film.size == (factor * vae.config.image_size,) * 2


def test_an_animated_webp_loses_no_pixel():
    vae = MODELS.get("vae/emoji")
    file = station.export(vae, "example:0-0", "example:5-0", "spherical", 3, "webp", "emoji")
    film = Image.open(io.BytesIO(base64.b64decode(file["data"])))
    tiles = pictures(walk(vae, "example:0-0", "example:5-0", "spherical", 3)["frames"])
    for number, tile in enumerate([*tiles, tiles[1]]):
        film.seek(number)
        assert (np.asarray(film.convert("RGB"))[::4, ::4] == tile).all()


@pytest.mark.parametrize("dataset, factor", [("digits", 4), ("emoji", 2)])
def test_the_png_is_the_strip_in_whole_factors(dataset, factor):
    vae = MODELS.get(f"vae/{dataset}")
    file = station.export(vae, "example:3-0", "example:8-0", "spherical", 5, "png", dataset)
    assert file["name"] == f"vae-walk-{dataset}-3-0-to-8-0-spherical-5-frames.png"
    strip = np.asarray(Image.open(io.BytesIO(base64.b64decode(file["data"])))).astype(int)
    tiles = pictures(walk(vae, "example:3-0", "example:8-0", "spherical", 5)["frames"])
    expected = np.concatenate(list(tiles), axis=1).repeat(factor, axis=0).repeat(factor, axis=1)
    assert (strip == expected).all()


def test_the_png_of_a_grid_is_the_sheet_in_whole_factors(vae):
    file = station.export_grid(vae, *CORNERS, "linear", 3)
    assert file["name"] == "vae-grid-digits-3-1-seed-7-0-2-1-0-linear-3-by-3.png"
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(file["data"])))).astype(int)
    tiles = pictures(grid(vae, *CORNERS, "linear", 3)["cells"])
    rows = [np.concatenate(list(tiles[row : row + 3]), axis=1) for row in (0, 3, 6)]
    assert (sheet[::4, ::4] == np.concatenate(rows)).all() and sheet.shape == (336, 336)


def test_a_file_name_is_safe_whatever_the_end(vae):
    code = json.dumps([0.5] * vae.config.latent_dim)
    assert station.export(vae, code, " seed:\t9", "linear", 2, "png")["name"].startswith(
        "vae-walk-digits-code-to-seed-9-linear"
    )
    own = pack(np.zeros((1, 28, 28), np.float32))
    assert station.export(vae, own, own, "linear", 2, "png")["name"].startswith(
        "vae-walk-digits-picture-to-picture"
    )


# --- encode and sample ------------------------------------------------------------------------------------


def test_encoding_costs_what_the_models_own_losses_say(vae):
    grey = np.random.default_rng(0).random((28, 28)).round(3)
    answer = codes.encode(vae, grey.tolist())
    x = torch.tensor(grey, dtype=torch.float32)[None, None]
    mu, logvar = vae.encode(x)
    recon_loss, kl = vae.losses(x)
    assert answer["mu"] == mu[0].tolist() and answer["logvar"] == logvar[0].tolist()
    assert answer["recon_loss"] == recon_loss.item() > 0 and answer["kl"] == kl.item() > 0
    assert codes.encode(vae, [[0] * 28] * 28)["mu"] != answer["mu"]  # whole numbers are numbers too


def test_one_seed_is_one_picture_whatever_the_batch(vae):
    alone = pictures(codes.sample(vae, [40]))[0]
    among = pictures(codes.sample(vae, [7, str(LAST_SEED), 40]))[2]
    assert np.abs(alone - among).max() <= 1
    assert np.abs(alone - decoded(vae, code(vae, "seed:40", "a"))).max() <= 1


def test_temperature_0_is_the_middle_and_256_seeds_are_as_many_pictures(vae):
    cold = pictures(codes.sample(vae, list(range(256)), 0, "learned", label=3))
    assert len(cold) == 256 and np.abs(cold - cold[0]).max() <= 1
    assert np.abs(pictures(codes.sample(vae, [1, 2], 1, "learned", label=3))[0] - cold[0]).max() > 50


# --- what a person may get wrong --------------------------------------------------------------------------

BAD_ENDS = [
    *["", "3", "3-0", "example", "example:", "example:3", "example:3-", "example:three-0", "example:-3-0"],
    *[
        "example:10-0",
        "example:3-100",
        "example:3-9999",
        "example:3-999999",
        "example:3-0\n4",
        "example:٣-0",
        "EXAMPLE:3-0",
    ],
    *["seed", "seed:", "seed:-1", f"seed:{LAST_SEED + 1}", "seed:1.5", "seed:NaN", "seed:x", "seed:🎲"],
    *["🙂", "🙂" * 100_000, "x" * 100_000, "seed:" + "9" * 100_000, "[" * 100_000, "{}", "null", "1", "NaN"],
    *["[]", "[1, 2]", f"[{'NaN, ' * 31}NaN]", f"[{'0, ' * 31}Infinity]", f"[{'0, ' * 31}1e999]"],
    *[[], [0.0] * 31, [0.0] * 33, [NAN] * 32, [INFINITY] * 32, [101] * 32, ["0"] * 32, [None] * 32],
    *["picture:", "picture:🙂", "picture:aGVsbG8", "picture:" + "A" * 50_000],
    *[[True] * 32, [[0.0] * 32], [10**400] * 32, None, 3, 3.5, True, {}, {"seed": 7}],
]


@pytest.mark.parametrize("end", BAD_ENDS, ids=lambda end: repr(end)[:30])
def test_a_wrong_end_is_told_in_one_sentence(vae, end):
    assert_one_sentence(lambda a: code(vae, a, "a"), {"a": end})


# near misses of what an end may be, besides any text and any JSON
NUMBERS = st.floats() | st.integers() | st.booleans() | st.none() | st.text(max_size=2)
ALMOST_ENDS = st.one_of(
    *(st.text(max_size=20), st.from_regex(r"(example|seed|picture):.{0,8}", fullmatch=True)),
    st.builds("example:{}-{}".format, st.integers(-2, 12), st.integers(-2, 120)),
    st.integers(-(2**70), 2**70).map("seed:{}".format),
    st.binary(max_size=60).map(lambda data: "picture:" + base64.urlsafe_b64encode(data).decode()),
    st.lists(NUMBERS, min_size=31, max_size=33) | st.lists(NUMBERS, max_size=3),
    st.lists(st.floats(-150, 150), min_size=32, max_size=32),
    st.lists(st.floats(-150, 150), min_size=32, max_size=32).map(json.dumps),
    NUMBERS | st.dictionaries(st.text(max_size=2), NUMBERS, max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(ALMOST_ENDS)
def test_whatever_is_said_is_a_finite_code_or_one_sentence(end):
    vae = MODELS.get("vae/digits")
    try:
        z = code(vae, end, "a")
    except UserError as mistake:
        assert "\n" not in str(mistake) and len(str(mistake)) < 200
        with pytest.raises(UserError):
            picture(vae, end, "a")
    else:
        assert z.shape == (32,) and z.dtype == np.float32 and np.abs(z).max() <= 100
        assert picture(vae, end, "a")[0].shape == (1, 28, 28)


def test_a_picture_of_another_size_is_told_in_one_sentence(any_vae):
    side = any_vae.config.image_size + 1
    wrong = pack(np.zeros((any_vae.config.channels, side, side), np.float32))
    assert_one_sentence(lambda **ends: walk(any_vae, **ends), {"a": wrong})


def test_a_mistake_never_repeats_what_was_typed(vae):
    with pytest.raises(UserError) as mistake:
        walk(vae, a="<img src=x onerror=alert(1)>")
    assert "<img" not in str(mistake.value)


def test_the_largest_seed_reaches_the_page_with_all_its_digits(vae):
    # a page's own numbers end at 2**53: as a number it would be read as 18446744073709552000
    told = json.loads(for_page(lambda: walk(vae, a="seed:-1"))({}))["error"]
    assert told["values"]["high"] == str(LAST_SEED)


ZERO = [[0.0] * 28] * 28


@pytest.mark.parametrize("dataset", ["digits", "emoji"])
def test_a_picture_has_as_many_numbers_as_the_model_has_pixels(dataset):
    other = {"digits": [[[0.0] * 3] * 64] * 64, "emoji": ZERO}[dataset]
    with pytest.raises(UserError) as mistake:
        codes.encode(MODELS.get(f"vae/{dataset}"), other)
    assert mistake.value.key == {"digits": "error.picture", "emoji": "error.picture_color"}[dataset]


@pytest.mark.parametrize("seeds", [[], list(range(257)), None, 7, "7", {"7": 7}], ids=lambda s: str(s)[:20])
def test_what_is_no_list_of_1_to_256_seeds_is_told_in_one_sentence(vae, seeds):
    assert_one_sentence(lambda seeds: codes.sample(vae, seeds), {"seeds": seeds})


def test_a_sample_of_the_flow_has_the_class_guidance_and_steps_that_are_asked_for(vae):
    settings = {"label": 4, "guidance": 2, "steps": 5}
    shown = pictures(codes.sample(vae, [7, 8], prior="flow", **settings))
    wanted = vae.sample([7, 8], labels=[4, 4], guidance=2, steps=5).numpy()[:, 0]
    assert np.abs(shown - 255 * wanted).max() <= 1
    by_default = pictures(codes.sample(vae, [7]))
    assert np.abs(by_default - 255 * vae.sample([7], prior="flow").numpy()[:, 0]).max() <= 1


def test_a_sample_of_the_learned_prior_has_the_class_that_is_asked_for(vae):
    shown = pictures(codes.sample(vae, [7, 8], prior="learned", label="4"))
    wanted = vae.sample([7, 8], prior="learned", labels=[4, 4]).numpy()[:, 0]
    assert np.abs(shown - 255 * wanted).max() <= 1


@pytest.mark.parametrize(
    "prior, settings, sentence",
    [
        ("standard", {"label": "3"}, "knows no classes"),
        ("standard", {"guidance": 2}, "Only the flow"),
        ("learned", {"label": "3", "guidance": 0}, "Only the flow"),
    ],
)
def test_a_prior_is_asked_only_for_what_it_knows(vae, prior, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        codes.sample(vae, [1], prior=prior, **settings)


# --- through the API --------------------------------------------------------------------------------------


def test_the_api_has_defaults_that_work():
    record = published(MODELS, "vae_interpolate")()
    assert record["frames"]["count"] == len(record["z"]) == 13
    assert published(MODELS, "vae_grid")()["cells"]["count"] == 49
    assert {"mu", "logvar", "recon_loss", "kl"} == set(published(MODELS, "vae_encode")(ZERO))
    assert published(MODELS, "vae_sample")([1, 2])["count"] == 2


@pytest.mark.parametrize("dataset", VAE_SETS)
def test_the_api_speaks_of_every_set(dataset):
    side = MODELS.get(f"vae/{dataset}").config.image_size
    assert published(MODELS, "vae_interpolate")(dataset=dataset)["frames"]["size"] == side
    assert published(MODELS, "vae_grid")(side=3, dataset=dataset)["cells"]["size"] == side
    for prior in PRIORS:
        assert published(MODELS, "vae_sample")([1], dataset=dataset, prior=prior)["size"] == side


def test_a_missing_weight_file_names_itself_and_comes_back_without_a_restart(weights):
    file = weights / "vae/digits/model.safetensors"
    kept = file.read_bytes()
    file.unlink()
    interpolate = published(Models(weights), "vae_interpolate")
    with pytest.raises(gr.Error) as error:
        interpolate()
    assert file.relative_to(weights.parent).as_posix() in error.value.message
    assert (
        f"get the folder {weights.name} again" in error.value.message
        and str(weights) not in error.value.message
    )
    file.write_bytes(kept)
    assert interpolate()["frames"]["count"] == 13


@pytest.mark.parametrize("name", ["model.safetensors", "examples.safetensors", "config.json"])
def test_a_truncated_file_names_itself(weights, name):
    file = weights / "vae/digits" / name
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(gr.Error) as error:
        published(Models(weights), "vae_sample")([1])
    assert (
        file.relative_to(weights.parent).as_posix() in error.value.message
        and "is damaged" in error.value.message
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_that_says_it_is_huge_is_told_in_one_sentence(vae):
    # the header of a PNG: its size, 8 bits, grey
    header = struct.pack(">4sIIBBBBB", b"IHDR", 50_000, 50_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))
    with pytest.raises(UserError) as mistake:
        code(vae, "picture:" + base64.urlsafe_b64encode(data).decode(), "A")
    assert mistake.value.key == "error.vae_picture"
