"""The VAE tab's callbacks and API, without a browser."""

import base64
import io
import json
import math
import shutil
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from demo import vae as tab
from demo.loading import Models
from demo.messages import LANGUAGES, Mistake, for_page, texts

DIGITS = Path("pretrained/vae/digits")
LAST_SEED = 2**64 - 1
NAN, INFINITY = math.nan, math.inf


@pytest.fixture(scope="module")
def vae():
    return Models("pretrained").get("vae/digits")


@pytest.fixture
def weights(tmp_path):
    """A copy of the shipped weights that a test may damage: the folder for Models()."""
    shutil.copytree(DIGITS, tmp_path / "vae/digits")
    return tmp_path


def pictures(record):
    """The pictures of a sprite record, int (count, size, size)."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(record["png"]))))
    size, columns = record["size"], record["columns"]
    corners = [(i // columns * size, i % columns * size) for i in range(record["count"])]
    return np.stack([sheet[top : top + size, left : left + size] for top, left in corners]).astype(int)


def decoded(vae, z):
    """One code decoded alone, int (size, size)."""
    picture = vae.decode(torch.tensor(np.asarray(z, np.float32))[None])
    return np.rint(255 * picture.numpy()[0, 0]).astype(int)


def example(vae, label, index):
    return vae.examples.z[np.flatnonzero(vae.examples.label == label)[index]]


def published(models, name):
    """The API function /`name` of a tab on `models`."""
    with gr.Blocks() as demo:
        tab.create_tab(models)
    return next(event.fn for event in demo.fns.values() if event.api_name == name)


def assert_one_sentence(call, wrong):
    """call(**wrong) is refused with one sentence, in both languages, and short however long the input."""
    with pytest.raises(Mistake):
        call(**wrong)
    told = json.loads(for_page(call)(wrong))["error"]
    for language in LANGUAGES:
        sentence = texts(language)[told["key"]].format(**told["values"])
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200


# --- the walk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", tab.METHODS)
@pytest.mark.parametrize("frames", [2, 13, 32])
def test_the_ends_of_a_walk_are_the_ends(vae, method, frames):
    record = tab.walk(vae, "example:3-1", "seed:7", method, frames)
    assert record["z"][0] == example(vae, 3, 1).tolist()
    assert record["z"][-1] == tab.code(vae, "seed:7", "b").tolist()
    shown = pictures(record["frames"])
    assert len(shown) == len(record["z"]) == len(record["nearest"]) == frames
    for end in (0, -1):  # the sums of another batch may round another way
        assert np.abs(shown[end] - decoded(vae, record["z"][end])).max() <= 1
    assert record["t"][0] == 0 and record["t"][-1] == 1
    assert np.diff(record["t"]) == pytest.approx(1 / (frames - 1))
    json.dumps(record, allow_nan=False)


def test_every_frame_is_the_decoders(vae):
    record = tab.walk(vae, "example:4-0", "example:9-0", "linear", 5)
    for z, picture in zip(record["z"], pictures(record["frames"]), strict=True):
        assert np.abs(picture - decoded(vae, z)).max() <= 1
    # halfway on the straight line is the mean of the ends
    assert record["z"][2] == pytest.approx((np.add(record["z"][0], record["z"][4]) / 2).tolist(), abs=1e-6)


def test_spherical_keeps_the_length_that_linear_loses(vae):
    middle = {m: np.linalg.norm(tab.walk(vae, "seed:1", "seed:2", m, 5)["z"][2]) for m in tab.METHODS}
    ends = [np.linalg.norm(tab.code(vae, seed, "a")) for seed in ("seed:1", "seed:2")]
    # slerp: the length passes evenly from end to end, so halfway it is their mean
    assert middle["spherical"] == pytest.approx(sum(ends) / 2, rel=1e-4)
    assert middle["linear"] < middle["spherical"]


def test_the_nearest_example_of_an_example_is_itself(vae):
    for label, index in ((0, 0), (3, 7), (9, 19)):
        spec = f"example:{label}-{index}"
        assert tab.nearest(vae, example(vae, label, index)[None]) == [
            {"class": str(label), "example": spec, "distance": 0}
        ]


def test_the_nearest_example_is_nearer_than_every_other(vae):
    z = tab.code(vae, "seed:5", "a")
    (found,) = tab.nearest(vae, z[None])
    assert found["distance"] == pytest.approx(np.linalg.norm(vae.examples.z - z, axis=1).min(), abs=1e-3)
    assert np.linalg.norm(tab.code(vae, found["example"], "a") - z) == pytest.approx(
        found["distance"], abs=1e-3
    )


def test_an_end_may_be_said_in_every_way(vae):
    numbers = np.linspace(-2, 2, vae.config.latent_dim, dtype=np.float32)
    for end in (numbers.tolist(), json.dumps(numbers.tolist()), f"  {numbers.tolist()} "):
        assert tab.code(vae, end, "a").tolist() == numbers.tolist()
    assert (tab.code(vae, "seed:7", "a") == tab.code(vae, " seed: 7", "b")).all()
    assert (tab.code(vae, f"seed:{LAST_SEED}", "a") != tab.code(vae, "seed:0", "a")).any()


def test_the_wall_shows_every_example_class_by_class(vae):
    wall = tab.wall(vae)
    shown = pictures(wall["pictures"])
    assert sum(wall["counts"]) == len(shown) == len(vae.examples.z)
    assert wall["names"] == [str(digit) for digit in range(10)]
    first = sum(wall["counts"][:6])
    assert np.abs(shown[first + 3] - decoded(vae, example(vae, 6, 3))).max() <= 1


# --- files ------------------------------------------------------------------------------------------------


def test_the_gif_plays_to_and_fro(vae):
    file = tab.export(vae, "example:3-0", f"seed:{LAST_SEED}", "linear", 6, "gif")
    assert file["name"] == f"vae-walk-digits-3-0-to-seed-{LAST_SEED}-linear-6-frames.gif"
    film = Image.open(io.BytesIO(base64.b64decode(file["data"])))
    # 6 there and the 4 between the ends back
    assert film.format == "GIF" and film.n_frames == 10 and film.info["loop"] == 0


def test_the_png_is_the_strip_in_whole_factors(vae):
    file = tab.export(vae, "example:3-0", "example:8-0", "spherical", 5, "png")
    assert file["name"] == "vae-walk-digits-3-0-to-8-0-spherical-5-frames.png"
    strip = np.asarray(Image.open(io.BytesIO(base64.b64decode(file["data"])))).astype(int)
    tiles = pictures(tab.walk(vae, "example:3-0", "example:8-0", "spherical", 5)["frames"])
    assert (strip == np.concatenate(list(tiles), axis=1).repeat(4, axis=0).repeat(4, axis=1)).all()


def test_a_file_name_is_safe_whatever_the_end(vae):
    code = json.dumps([0.5] * vae.config.latent_dim)
    assert tab.export(vae, code, " seed:\t9", "linear", 2, "png")["name"].startswith(
        "vae-walk-digits-code-to-seed-9-linear"
    )


# --- encode and sample ------------------------------------------------------------------------------------


def test_encoding_costs_what_the_models_own_losses_say(vae):
    grey = np.random.default_rng(0).random((28, 28)).round(3)
    answer = tab.encode(vae, grey.tolist())
    x = torch.tensor(grey, dtype=torch.float32)[None, None]
    mu, logvar = vae.encode(x)
    recon_loss, kl = vae.losses(x)
    assert answer["mu"] == mu[0].tolist() and answer["logvar"] == logvar[0].tolist()
    assert answer["recon_loss"] == recon_loss.item() > 0 and answer["kl"] == kl.item() > 0
    assert tab.encode(vae, [[0] * 28] * 28)["mu"] != answer["mu"]  # whole numbers are numbers too


def test_one_seed_is_one_picture_whatever_the_batch(vae):
    alone = pictures(tab.sample(vae, [40]))[0]
    among = pictures(tab.sample(vae, [7, str(LAST_SEED), 40]))[2]
    assert np.abs(alone - among).max() <= 1
    assert np.abs(alone - decoded(vae, tab.code(vae, "seed:40", "a"))).max() <= 1


def test_temperature_0_is_the_middle_and_256_seeds_are_as_many_pictures(vae):
    cold = pictures(tab.sample(vae, list(range(256)), 0))
    assert len(cold) == 256 and np.abs(cold - cold[0]).max() <= 1
    assert np.abs(pictures(tab.sample(vae, [1, 2], 1))[0] - cold[0]).max() > 50


# --- what a person may get wrong --------------------------------------------------------------------------

BAD_ENDS = [
    *["", "3", "3-0", "example", "example:", "example:3", "example:3-", "example:three-0", "example:-3-0"],
    *["example:10-0", "example:3-20", "example:3-999999", "example:3-0\n4", "example:٣-0", "EXAMPLE:3-0"],
    *["seed", "seed:", "seed:-1", f"seed:{LAST_SEED + 1}", "seed:1.5", "seed:NaN", "seed:x", "seed:🎲"],
    *["🙂", "🙂" * 100_000, "x" * 100_000, "seed:" + "9" * 100_000, "[" * 100_000, "{}", "null", "1", "NaN"],
    *["[]", "[1, 2]", f"[{'NaN, ' * 31}NaN]", f"[{'0, ' * 31}Infinity]", f"[{'0, ' * 31}1e999]"],
    *[[], [0.0] * 31, [0.0] * 33, [NAN] * 32, [INFINITY] * 32, [101] * 32, ["0"] * 32, [None] * 32],
    *[[True] * 32, [[0.0] * 32], [10**400] * 32, None, 3, 3.5, True, {}, {"seed": 7}],
]
BAD_FRAMES = [0, 1, -5, 65, 1_000_000, "x", "", NAN, INFINITY, 2.5, None, True, [13], "9" * 5000, 10**400]
BAD_METHODS = ["", "slerp", "Linear", None, 3, ["linear"], "x" * 100_000]


@pytest.mark.parametrize("end", BAD_ENDS, ids=lambda end: repr(end)[:30])
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_wrong_end_is_told_in_one_sentence(vae, name, end):
    assert_one_sentence(lambda **wrong: tab.walk(vae, **wrong), {name: end})


@pytest.mark.parametrize(
    "wrong",
    [*({"frames": x} for x in BAD_FRAMES), *({"method": x} for x in BAD_METHODS)],
    ids=lambda w: str(w)[:30],
)
def test_a_wrong_argument_is_told_in_one_sentence(vae, wrong):
    assert_one_sentence(lambda **wrong: tab.walk(vae, **wrong), wrong)


def test_a_mistake_never_repeats_what_was_typed(vae):
    with pytest.raises(Mistake) as mistake:
        tab.walk(vae, a="<img src=x onerror=alert(1)>")
    assert "<img" not in str(mistake.value)


def test_the_largest_seed_reaches_the_page_with_all_its_digits(vae):
    # a page's own numbers end at 2**53: as a number it would be read as 18446744073709552000
    told = json.loads(for_page(lambda: tab.walk(vae, a="seed:-1"))({}))["error"]
    assert told["values"]["high"] == str(LAST_SEED)


ZERO = [[0.0] * 28] * 28
BAD_IMAGES = [
    *[
        [[bad] * 28] * 28
        for bad in (NAN, INFINITY, -INFINITY, 1.01, -0.01, "0.5", None, True, 10**400, [0.5])
    ],
    *[[], [[]], ZERO[:27], [*ZERO, ZERO[0]], [[0.0] * 27] * 28, [*ZERO[:27], [0.0] * 29]],
    *[[0.0] * 784, [ZERO], None, "picture", 7, {}, [*ZERO[:27], "0" * 28]],
]


@pytest.mark.parametrize("image", BAD_IMAGES, ids=lambda image: repr(image)[:30])
def test_a_wrong_picture_is_told_in_one_sentence(vae, image):
    assert_one_sentence(lambda **wrong: tab.encode(vae, **wrong), {"image": image})


BAD_SAMPLES = [
    *[{"seeds": seeds} for seeds in ([], list(range(257)), None, 7, "7", {"7": 7})],
    *[{"seeds": [1, seed]} for seed in (-1, LAST_SEED + 1, 1.5, NAN, "x", "🎲", None, True, [1], "9" * 5000)],
    *[{"seeds": [1], "temperature": t} for t in (NAN, INFINITY, -0.1, 5.1, "hot", None, True, [1])],
]


@pytest.mark.parametrize("wrong", BAD_SAMPLES, ids=lambda wrong: str(wrong)[:40])
def test_a_wrong_sample_is_told_in_one_sentence(vae, wrong):
    assert_one_sentence(lambda **wrong: tab.sample(vae, **wrong), wrong)


@pytest.mark.parametrize("kind", ["jpeg", "", None, "../png"])
def test_an_unknown_kind_of_file_is_told_in_one_sentence(vae, kind):
    fixed = {"a": "seed:1", "b": "seed:2", "method": "linear", "frames": 5}
    assert_one_sentence(lambda **wrong: tab.export(vae, **fixed, **wrong), {"kind": kind})


# --- through the API --------------------------------------------------------------------------------------


def test_the_api_has_three_functions_with_defaults_that_work():
    models = Models("pretrained")
    record = published(models, "vae_interpolate")()
    assert record["frames"]["count"] == len(record["z"]) == 13
    assert {"mu", "logvar", "recon_loss", "kl"} == set(published(models, "vae_encode")(ZERO))
    assert published(models, "vae_sample")([1, 2])["count"] == 2


@pytest.mark.parametrize("dataset", ["letters", "", "../digits", None, 3])
def test_an_unknown_dataset_is_told_in_one_sentence(dataset):
    for name, arguments in (
        ("vae_interpolate", {}),
        ("vae_encode", {"image": ZERO}),
        ("vae_sample", {"seeds": [1]}),
    ):
        with pytest.raises(gr.Error) as error:
            published(Models("pretrained"), name)(**arguments, dataset=dataset)
        assert error.value.message == "Choose dataset from: digits."


def test_a_missing_weight_file_names_itself_and_comes_back_without_a_restart(weights):
    file = weights / "vae/digits/model.safetensors"
    kept = file.read_bytes()
    file.unlink()
    interpolate = published(Models(weights), "vae_interpolate")
    with pytest.raises(gr.Error) as error:
        interpolate()
    assert file.as_posix() in error.value.message and "git checkout" in error.value.message
    file.write_bytes(kept)
    assert interpolate()["frames"]["count"] == 13


@pytest.mark.parametrize("name", ["model.safetensors", "examples.safetensors", "config.json"])
def test_a_truncated_file_names_itself(weights, name):
    file = weights / "vae/digits" / name
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(gr.Error) as error:
        published(Models(weights), "vae_sample")([1])
    assert file.as_posix() in error.value.message and "is damaged" in error.value.message
