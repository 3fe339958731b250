"""The GAN tab's callbacks, API and figure, without a browser."""

import base64
import io
import json
import math
import re
import shutil
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from demo import figures, gan
from demo.components import FOLDER
from demo.loading import Models
from demo.messages import LANGUAGES, Mistake, for_page, texts

FASHION = Path("pretrained/gan/fashion/regularised")
LAST_SEED = 2**64 - 1


@pytest.fixture(scope="module")
def model():
    return Models("pretrained").get(gan.MODEL)


@pytest.fixture
def weights(tmp_path):
    """A copy of the shipped weights that a test may damage: the folder for Models()."""
    shutil.copytree(FASHION, tmp_path / "gan/fashion/regularised")
    return tmp_path


def pictures(record):
    """The pictures of a sprite record, uint8 (count, size, size)."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(record["png"]))))
    size, columns = record["size"], record["columns"]
    corners = [(i // columns * size, i % columns * size) for i in range(record["count"])]
    return np.stack([sheet[top : top + size, left : left + size] for top, left in corners]).astype(int)


def published(models, name):
    """The API function /`name` of a tab on `models`."""
    with gr.Blocks() as demo:
        gan.create_tab(models)
    return next(event.fn for event in demo.fns.values() if event.api_name == name)


# --- pictures ---------------------------------------------------------------------------------------------


def test_one_seed_is_one_picture_whatever_the_batch(model):
    alone = pictures(gan.sample(model, seed=40, count=1, label="boot"))[0]
    among = pictures(gan.sample(model, seed=7, count=64, label="boot"))[40 - 7]
    assert np.abs(alone - among).max() <= 1  # the sums of another batch may round another way


def test_a_record_holds_one_of_each_a_picture(model):
    record = gan.sample(model, seed="18446744073709551600", count=12)
    assert record["seeds"] == [str(18446744073709551600 + i) for i in range(12)]
    assert record["labels"] == [model.classes[i % 10] for i in range(12)]  # every class in turn
    assert len(record["scores"]) == len(record["beliefs"]) == len(pictures(record)) == 12
    assert record["snapshot"] == model.snapshots[-1]
    json.dumps(record, allow_nan=False)


def test_truncation_0_leaves_one_picture_a_class(model):
    shown = pictures(gan.sample(model, count=20, truncation_psi=0))
    assert np.abs(shown[:10] - shown[10:]).max() <= 1
    assert len({picture.tobytes() for picture in shown[:10]}) == 10


def test_scores_are_the_discriminators_own(model):
    step = model.snapshots[1]
    record = gan.sample(model, seed=3, count=5, label="bag", truncation_psi=0.5, snapshot=step)
    label = [model.classes.index("bag")] * 5
    again = model.score(model.sample(range(3, 8), label, 0.5, step), label, step)
    assert record["scores"] == pytest.approx(again.tolist(), abs=1e-5)
    assert record["beliefs"] == pytest.approx((1 / (1 + (-again).exp())).tolist(), abs=1e-5)


def test_a_picture_sent_back_gets_the_score_it_came_with(model):
    record = gan.sample(model, seed=3, count=1, label="bag")
    answer = gan.score(model, (pictures(record)[0] / 255).tolist(), "bag")
    assert answer["logit"] == pytest.approx(record["scores"][0], abs=0.02)  # the PNG has 256 greys only
    assert answer["belief"] == pytest.approx(1 / (1 + math.exp(-answer["logit"])))


def test_training_shows_the_same_codes_at_every_kept_step(model):
    film = gan.training(model, seed=11, count=4, label="dress")
    assert film["snapshots"] == model.snapshots
    for step, frame in zip(film["snapshots"], film["frames"], strict=True):
        alone = pictures(gan.sample(model, seed=11, count=4, label="dress", snapshot=step))
        assert np.abs(pictures(frame) - alone).max() <= 1
    first, last = pictures(film["frames"][0]), pictures(film["frames"][-1])
    assert np.abs(first - last).mean() > 20  # of 255 greys: it did learn
    json.dumps(film, allow_nan=False)


# --- what a person may get wrong --------------------------------------------------------------------------

NAN, INFINITY = math.nan, math.inf
BAD_SAMPLES = [
    *[{"count": count} for count in (0, -1, 1_000_000, 2.5, NAN, INFINITY, "x", None, True, [16])],
    *[{"seed": seed} for seed in (-1, LAST_SEED + 1, 1.5, NAN, "x", "", None, "9" * 5000)],
    *[{"label": label} for label in ("hat", "", "Bag", 3, None, ["bag"])],
    *[{"truncation_psi": psi} for psi in (NAN, INFINITY, -INFINITY, 9, -0.1, "x", None, True)],
    *[{"snapshot": snapshot} for snapshot in (5, -1, "x", NAN, 1.5, True, [0])],
    {"seed": LAST_SEED, "count": 2},
]


@pytest.mark.parametrize("wrong", BAD_SAMPLES, ids=lambda wrong: str(wrong)[:40])
def test_a_wrong_argument_is_told_in_one_sentence(model, wrong):
    with pytest.raises(Mistake) as mistake:
        gan.sample(model, **wrong)
    told = json.loads(for_page(lambda **arguments: gan.sample(model, **arguments))(wrong))["error"]
    for language in LANGUAGES:
        sentence = texts(language)[told["key"]].format(**told["values"])
        assert sentence.endswith(".") and "{" not in sentence
    assert "\n" not in str(mistake.value)


def test_the_very_last_seed_is_a_seed(model):
    assert gan.sample(model, seed=str(LAST_SEED), count=1)["seeds"] == [str(LAST_SEED)]
    assert gan.sample(model, seed=LAST_SEED - 1, count=2)["seeds"][-1] == str(LAST_SEED)


BLACK = [[0.0] * 28] * 28
BAD_IMAGES = [
    [[NAN] * 28] * 28,
    [[INFINITY] * 28] * 28,
    [[1.5] * 28] * 28,
    [[-0.1] * 28] * 28,
    [["0.5"] * 28] * 28,
    [[None] * 28] * 28,
    [[True] * 28] * 28,
    [[10**400] * 28] * 28,
    [BLACK],
    BLACK[:27],
    [[0.0] * 27, *BLACK[1:]],
    [],
    "x",
    None,
    0.5,
    {"a": 1},
]


@pytest.mark.parametrize("image", BAD_IMAGES, ids=lambda image: str(image)[:24])
def test_what_is_no_picture_gets_no_score(model, image):
    with pytest.raises(Mistake, match="28 rows of 28 numbers from 0 to 1"):
        gan.score(model, image, "bag")


@pytest.mark.parametrize("label", ["all", "hat", None, 2])
def test_a_score_needs_one_class(model, label):
    with pytest.raises(Mistake, match="Choose label from: tshirt"):
        gan.score(model, BLACK, label)


def test_a_missing_weight_file_is_named_with_the_command_that_restores_it(weights):
    path = sorted((weights / "gan/fashion/regularised").glob("*.safetensors"))[0]
    kept = path.read_bytes()
    path.unlink()
    models = Models(weights)
    sample = published(models, "gan_sample")
    with pytest.raises(gr.Error, match=rf"{path.name} is missing: restore it with `git checkout"):
        sample()
    path.write_bytes(kept)  # a repaired file needs no restart
    assert sample(count=1)["count"] == 1


def test_a_truncated_weight_file_is_named(weights):
    path = sorted((weights / "gan/fashion/regularised").glob("*.safetensors"))[-1]
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(gr.Error, match=f"{path.name} is damaged"):
        published(Models(weights), "gan_training")()


def test_the_api_is_typed_and_described(model):
    class Ready:
        def get(self, name):
            return model

    assert published(Ready(), "gan_sample")(seed="5", count=2)["seeds"] == ["5", "6"]
    assert set(published(Ready(), "gan_score")(BLACK, "bag", 0)) == {"logit", "belief"}
    assert len(published(Ready(), "gan_training")(count=1)["frames"]) == len(model.snapshots)
    with pytest.raises(gr.Error, match=r"count must be a whole number from 1 to 100\."):
        published(Ready(), "gan_sample")(count=0)


# --- the figure and the page's sentences ------------------------------------------------------------------


def test_the_curves_are_the_history_as_logged():
    history = {"step": [50, 100, 400], "d_loss": [1.3, 1.2, 1.25], "g_loss": [0.7, 0.9, 0.8]}
    figure = figures.losses(history, [0, 100, 400])
    discriminator, generator = figure["data"]
    assert discriminator["y"] == history["d_loss"] and generator["y"] == history["g_loss"]
    assert discriminator["x"] == pytest.approx([math.sqrt(50), 10, 20])
    assert discriminator["customdata"] == [50, 100, 400]
    assert [size > 0 for size in generator["marker"]["size"]] == [False, True, True]  # dots at kept steps
    assert figure["layout"]["xaxis"]["tickvals"] == [0, 10, 20]
    json.dumps(figure, allow_nan=False)


def test_a_draw_is_drawn_where_the_definition_puts_it():
    history = {"step": [50], "d_loss": [1.3], "g_loss": [0.7]}
    _, discriminator, generator = figures.losses(history, [0, 100])["layout"]["shapes"]
    # -log 1/2 for the real picture and for the made one; -log 1/2 for the generator
    assert discriminator["y0"] == discriminator["y1"] == pytest.approx(math.log(2) + math.log(2))
    assert generator["y0"] == generator["y1"] == pytest.approx(0.693147, abs=1e-6)


def test_a_run_without_a_single_loss_still_has_a_figure():
    assert figures.losses({"step": [], "d_loss": [], "g_loss": []}, [0])["data"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_tab_is_a_sentence_in_both_languages(model, language):
    layout = figures.losses(model.history, model.snapshots)["layout"]
    keys = {note["text"] for note in layout["annotations"]}
    keys |= {layout[axis]["title"]["text"] for axis in ("xaxis", "yaxis", "yaxis2")}
    for path in FOLDER.glob("gan_*.html"):
        keys |= set(re.findall(r'data-(?:text|title|label)="([^"]+)"', path.read_text("utf-8")))
    for path in FOLDER.glob("gan_*.js"):
        keys |= set(re.findall(r'Playground\.text\("([^"]+)"', path.read_text("utf-8")))
    keys |= {f"gan.class.{name}" for name in model.classes}
    assert keys <= set(texts(language))


@pytest.mark.parametrize("name", ["gan_gallery", "gan_training"])
def test_the_page_offers_every_class_the_model_knows(model, name):
    html = (FOLDER / f"{name}.html").read_text("utf-8")
    offered = re.findall(r'<option value="(\w+)" data-text="gan\.class', html)
    assert offered == ["all", *model.classes]
