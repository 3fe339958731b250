"""The GAN tab as a whole: its API, its files, its sentences. The stations have tests of their own."""

import re
import shutil
from pathlib import Path

import gradio as gr
import pytest

from demo.api import all_functions
from demo.component import FOLDER, template
from demo.loading import VARIANTS, Models
from demo.text import LANGUAGES, texts
from tests.calls import for_api
from tests.shipped import MODELS

FASHION = Path("pretrained/gan/fashion/regularised")
BLACK = [[0.0] * 28] * 28


@pytest.fixture(scope="module")
def models():
    return MODELS


@pytest.fixture
def weights(tmp_path):
    """A copy of the shipped weights that a test may damage: the folder for Models()."""
    shutil.copytree(FASHION, tmp_path / "gan/fashion/regularised")
    return tmp_path


def published(models, name):
    """The API function /`name` on `models`."""
    return for_api(all_functions(models)[name])


def test_a_missing_weight_file_is_named_with_the_command_that_restores_it(weights):
    path = sorted((weights / "gan/fashion/regularised").glob("*.safetensors"))[0]
    kept = path.read_bytes()
    path.unlink()
    (weights / ".git").mkdir()  # a clone
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


def test_a_missing_file_of_scores_is_named_too(weights):
    (weights / "gan/fashion/regularised/scores.safetensors").unlink()
    with pytest.raises(gr.Error, match=r"scores\.safetensors is missing"):
        published(Models(weights), "gan_sample")()


def test_the_api_is_typed_and_described(models):
    snapshots = models.get("gan/fashion/regularised").snapshots
    assert published(models, "gan_sample")(seed="5", count=2)["seeds"] == ["5", "6"]
    assert published(models, "gan_sample")(label="7", count=2, dataset="digits")["labels"] == ["7", "7"]
    assert set(published(models, "gan_score")(BLACK, "bag", 0)) == {"logit", "belief"}
    assert len(published(models, "gan_training")(count=1)["frames"]) == len(snapshots)


def test_a_set_of_another_family_is_told_in_one_sentence(models):
    with pytest.raises(gr.Error, match="Choose dataset from: fashion, digits"):
        published(models, "gan_sample")(dataset="emoji")


@pytest.mark.parametrize("name", ["gan/fashion/regularised", "gan/digits/regularised"])
def test_eight_moments_or_more_are_kept_with_what_they_are_worth(models, name):
    model = models.get(name)
    assert len(model.snapshots) >= 8 and model.snapshots[0] == 0
    assert model.quality["step"] == model.snapshots
    assert model.scores.real.shape == model.scores.made.shape == (len(model.snapshots), 500)


def test_the_run_without_regularisation_really_fails(models):
    """By the numbers: at the end it covers much less than the other, and one class has nearly one picture left."""
    healthy, other = (models.get(f"gan/fashion/{variant}").quality for variant in VARIANTS)
    assert other["coverage"][-1] < 0.6 * healthy["coverage"][-1]
    assert other["cfid"][-1] > 10 * healthy["cfid"][-1]
    assert other["cfid"][-1] > min(other["cfid"])  # it had been better before
    shares = [a / b for a, b in zip(other["distance_by_class"][-1], other["real"]["distance_by_class"])]
    assert min(shares) < 0.6 and min(other["classes_seen"][3:]) < 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_tab_is_a_sentence_in_both_languages(models, language):
    keys = set()
    for path in (FOLDER / "gan").glob("*.html"):
        keys |= set(re.findall(r'data-(?:text|title|label)="([^"]+)"', template(f"gan/{path.stem}")))
    for path in (FOLDER / "gan").glob("*.js"):
        keys |= set(re.findall(r'\bsentence\("([^"]+)"', path.read_text("utf-8")))
    keys |= {f"gan.class.{name}" for name in models.get("gan/fashion/regularised").classes}
    assert keys <= set(texts(language))
