"""The GAN's station Training: its callbacks, figures and GIF, without a browser."""

import base64
import io
import json
import math
import re

import numpy as np
import pytest
from PIL import Image

from demo import images
from demo.checks import UserError
from demo.component import FOLDER
from demo.gan import figures, training
from demo.text import LANGUAGES, texts
from models.gan import GAN
from tests.shipped import MODELS
from tests.sprites import pictures

LAST_SEED = 2**64 - 1
MEASURES = ("cfid", "coverage", "classes_seen")


@pytest.fixture(scope="module")
def model():
    return MODELS.get("gan/fashion/regularised")


@pytest.fixture(scope="module")
def page(model):
    """What the page is given for boots of the seeds 11 to 46."""
    return training.film(model, seed=11, label="boot")


def frames_of(record):
    """(grey uint8 (H, W), milliseconds) of every frame of a GIF."""
    film = Image.open(io.BytesIO(base64.b64decode(record["data"])))
    for frame in range(film.n_frames):
        film.seek(frame)
        yield np.asarray(film.convert("L")).astype(int), film.info["duration"]


def unmeasured(model):
    """The same weights as a run that nobody measured and that logged nothing."""
    pairs = {step: model._pairs[step] for step in model.snapshots}
    return GAN(model.config, pairs, model.classes, {"step": [], "d_loss": [], "g_loss": []})


# --- pictures ---------------------------------------------------------------------------------------------


def test_the_same_codes_at_every_kept_step(model):
    film = training.film(model, seed=11, count=4, label="dress")
    assert film["snapshots"] == model.snapshots and film["seeds"] == ["11", "12", "13", "14"]
    label = [model.classes.index("dress")] * 4
    for step, frame in zip(film["snapshots"], film["frames"], strict=True):
        alone = images.to_bytes(model.sample(range(11, 15), label, snapshot=step)).astype(int)
        assert np.abs(pictures(frame) - alone).max() <= 1
    first, last = pictures(film["frames"][0]), pictures(film["frames"][-1])
    assert np.abs(first - last).mean() > 20  # of 255 greys: it did learn
    json.dumps(film, allow_nan=False)


@pytest.mark.parametrize("asked, place", [(0, 0), (30, 0), (10**9, -1), ("200", 2)])
def test_one_moment_alone_is_that_of_the_film(model, page, asked, place):
    alone = training.film(model, seed=11, label="boot", step=asked)
    steps = model.snapshots
    assert steps[alone["only"]] == min(steps, key=lambda step: abs(step - int(asked)))
    for name in ("frames", "beliefs"):
        wanted = [None] * len(steps)
        wanted[alone["only"]] = page[name][alone["only"]]
        assert alone[name] == wanted
    assert {name for name in page if page[name] != alone[name]} == {"frames", "beliefs", "only"}


def test_one_seed_is_one_picture_whatever_the_batch(model):
    alone = training.film(model, seed=40, count=1, label="boot")["frames"]
    among = training.film(model, seed=7, count=64, label="boot")["frames"]
    for one, many in zip(alone, among, strict=True):
        # the sums of another batch may round another way
        assert np.abs(pictures(one)[0] - pictures(many)[40 - 7]).max() <= 1


def test_programs_get_what_they_are_promised(page):
    assert {"seeds", "labels", "snapshots", "frames", "history", "quality"} <= set(page)
    assert len(page["frames"]) == len(page["beliefs"]) == len(page["snapshots"])


def test_each_picture_is_judged_by_the_discriminator_of_its_own_step(model, page):
    label = [model.classes.index("boot")]
    for moment in (0, 2, len(model.snapshots) - 1):
        step = model.snapshots[moment]
        logit = model.score(model.sample([11 + 5], label, snapshot=step), label, step).item()
        assert page["beliefs"][moment][5] == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-3)
    assert [len(row) for row in page["beliefs"]] == [36] * len(model.snapshots)


@pytest.mark.parametrize("dataset", ["fashion", "digits"])
def test_the_last_discriminator_answers_near_a_half_but_is_not_blind(dataset):
    """As gan.training.see.4 and .told say."""
    gan = MODELS.get(f"gan/{dataset}/regularised")
    film = training.film(gan, count=1)
    assert len(film["accuracy"]) == len(gan.snapshots)
    real, made = gan.scores.real[-1], gan.scores.made[-1]
    right = (real > 0).sum() + (made <= 0).sum()
    assert film["accuracy"][-1] == pytest.approx(right / (len(real) + len(made)))
    assert film["accuracy"][-1] > 0.6
    beliefs = 1 / (1 + np.exp(-np.stack([real.mean(), made.mean()])))
    assert np.abs(beliefs - 0.5).max() < 0.1


def test_digits_have_their_own_classes():
    digits = MODELS.get("gan/digits/regularised")
    assert set(training.film(digits, label="7")["labels"]) == {"7"}
    with pytest.raises(UserError, match="Choose label from: all, 0, 1"):
        training.film(digits, label="boot")


# --- GIF --------------------------------------------------------------------------------------------------


def test_the_gif_of_one_code_plays_forwards_and_stays_on_the_end(model):
    record = training.as_gif(model, seed=11, label="boot", pick=3)
    assert record["name"] == "gan-training-fashion-boot-seed-13.gif" and record["type"] == "image/gif"
    frames = list(frames_of(record))
    assert [duration for _, duration in frames] == [1000] * (len(model.snapshots) - 1) + [3000]
    film = training.film(model, seed=13, count=1, label="boot")["frames"]
    for (shown, _), moment in zip(frames, film, strict=True):
        assert shown.shape == (280, 280)
        assert np.abs(shown[5::10, 5::10] - pictures(moment)[0]).max() <= 2


def test_the_gif_of_the_wall_holds_all_36(model):
    record = training.as_gif(model, seed="5", dataset="digits")
    assert record["name"] == "gan-training-digits-all-seeds-5-to-40.gif"
    frames = [shown for shown, _ in frames_of(record)]
    assert {shown.shape for shown in frames} == {(504, 504)}  # 6 x 6 pictures, 3 times as large
    last = pictures(training.film(model, seed=5)["frames"][-1])[35]
    assert np.abs(frames[-1][421::3, 421::3] - last).max() <= 2


# --- what a person may get wrong --------------------------------------------------------------------------


@pytest.mark.parametrize("callback", [training.film, training.as_gif])
def test_a_seed_too_late_for_36_pictures_is_told(model, callback):
    with pytest.raises(UserError) as mistake:
        callback(model, seed=LAST_SEED - 34)
    assert mistake.value.key == "error.gan_seeds"


def test_the_last_36_seeds_are_seeds(model):
    assert training.film(model, seed=LAST_SEED - 35)["seeds"][-1] == str(LAST_SEED)


# --- figures ----------------------------------------------------------------------------------------------

HISTORY = {"step": [50, 100, 400], "d_loss": [1.3, 1.2, 1.25], "g_loss": [0.7, 0.9, 0.8]}
QUALITY = {
    "cfid": [500.0, 20.0, 2.0],
    "coverage": [0.0, 0.5, 0.9],
    "classes_seen": [1, 7, 10],
    "real": {"cfid": 0.5, "coverage": 0.97, "classes_seen": 10},
    "samples": 10_000,
}
STEPS = [0, 100, 400]


def test_the_losses_are_the_history_as_logged():
    figure = figures.losses(HISTORY, STEPS)
    discriminator, of_discriminator, generator, of_generator = figure["data"]
    assert discriminator["y"] == HISTORY["d_loss"] and generator["y"] == HISTORY["g_loss"]
    assert discriminator["x"] == pytest.approx([math.sqrt(50), 10, 20])
    assert discriminator["customdata"] == [50, 100, 400]
    for dots, curve in ((of_discriminator, discriminator), (of_generator, generator)):
        assert (dots["x"], dots["y"]) == (curve["x"][1:], curve["y"][1:])  # at the kept steps
        assert (dots["mode"], dots["yaxis"]) == ("markers", curve.get("yaxis"))
    assert figure["layout"]["xaxis"]["tickvals"] == [0, 10, 20]
    json.dumps(figure, allow_nan=False)


def test_a_draw_is_drawn_where_the_definition_puts_it():
    _, discriminator, generator = figures.losses(HISTORY, STEPS)["layout"]["shapes"]
    # -log 1/2 for the real picture and for the made one; -log 1/2 for the generator
    assert discriminator["y0"] == discriminator["y1"] == pytest.approx(math.log(2) + math.log(2))
    assert generator["y0"] == generator["y1"] == pytest.approx(0.693147, abs=1e-6)


def test_a_run_without_a_single_loss_still_has_a_figure():
    assert figures.losses({"step": [], "d_loss": [], "g_loss": []}, [0])["data"] == []


def test_the_quality_curves_are_the_measures_at_the_kept_steps():
    found = figures.quality(QUALITY, STEPS, HISTORY)
    losses = figures.losses(HISTORY, STEPS)["layout"]["xaxis"]
    assert set(found) == set(MEASURES)
    for name, figure in found.items():
        (curve,) = figure["data"]
        assert curve["x"] == [0, 10, 20] and curve["y"] == QUALITY[name]
        for part in ("tickvals", "ticktext", "range"):  # one cursor for all
            assert figure["layout"]["xaxis"][part] == losses[part]
        _, real = figure["layout"]["shapes"]
        assert real["y0"] == real["y1"] == QUALITY["real"][name]
    json.dumps(found, allow_nan=False)


def test_the_cfid_has_a_logarithmic_axis_with_room_for_all():
    layout = figures.quality(QUALITY, STEPS, HISTORY)["cfid"]["layout"]
    axis = layout["yaxis"]
    assert axis["type"] == "log" and axis["tickvals"] == [1, 10, 100, 1000]
    low, high = (10**power for power in axis["range"])
    assert low < 0.5 and high > 500
    (note,) = layout["annotations"]
    assert note["y"] == pytest.approx(math.log10(0.5))  # Plotly places a note by the logarithm


def test_a_perfect_score_is_no_division_by_nothing():
    level = {name: [value] * 3 for name, value in QUALITY["real"].items()} | {"real": QUALITY["real"]}
    low, high = figures.quality(level, STEPS, HISTORY)["cfid"]["layout"]["yaxis"]["range"]
    assert low < math.log10(0.5) < high


def test_a_run_that_nobody_measured_has_losses_only(model):
    record = training.film(unmeasured(model))
    assert record["quality"] is None and record["figures"]["quality"] is None
    assert record["figures"]["losses"]["data"] == [] and len(record["frames"]) == len(model.snapshots)
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_station_is_a_sentence_in_both_languages(page, language):
    figures_of_page = [page["figures"]["losses"], *page["figures"]["quality"].values()]
    keys = {note["text"] for figure in figures_of_page for note in figure["layout"]["annotations"]}
    layout = page["figures"]["losses"]["layout"]
    keys |= {layout[axis]["title"]["text"] for axis in ("xaxis", "yaxis", "yaxis2")}
    html, script = ((FOLDER / f"gan/training.{kind}").read_text("utf-8") for kind in ("html", "js"))
    keys |= set(re.findall(r'data-(?:text|title|label)="([^"]+)"', html))
    keys |= set(re.findall(r'"(gan\.[\w.]+)"', script))
    keys |= {f"gan.training.{name}.now" for name in MEASURES} | {"gan.now.d_loss", "gan.now.g_loss"}
    keys |= {"gan.training.gif.wall", "gan.training.gif.one"}
    assert keys <= set(texts(language))
