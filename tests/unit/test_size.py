"""How big the models are, and how a text is cut."""

from itertools import pairwise
from pathlib import Path

import pytest

from demo import size
from demo.checks import UserError
from demo.loading import Models
from demo.text import texts
from models.gpt import GPT
from models.vae import VAE

PRETRAINED = Path("pretrained")


def of(family, name, kind):
    found = size.sizes(PRETRAINED, family)["models"]
    return next(one for one in found if (one["set"], one["kind"]) == (name, kind))


def test_parameters_are_those_of_the_networks():
    gpt = GPT.from_pretrained(PRETRAINED / "lm/shakespeare/gpt")
    assert of("lm", "shakespeare", "gpt")["parameters"] == sum(one.numel() for one in gpt.parameters())
    vae = VAE.from_pretrained(PRETRAINED / "vae/emoji")
    for kind, parts in (("flow", [vae.flow]), ("prior", [vae.prior]), ("vae", [vae.encoder, vae.decoder])):
        learned = sum(one.numel() for part in parts for one in part.parameters())
        assert of("vae", "emoji", kind)["parameters"] == learned
    assert (
        of("lm", "machado", "gpt")["bytes"]
        == (PRETRAINED / "lm/machado/gpt/model.safetensors").stat().st_size
    )


def test_times_are_those_that_training_wrote_down():
    for name, runs in (("emoji", ["distilled"]), ("digits", ["distilled", "decoder_tuned"])):
        training = VAE.from_pretrained(PRETRAINED / "vae" / name).info["training"]
        total = training["seconds"] + sum(training[run]["seconds"] for run in runs)
        assert of("vae", name, "vae")["seconds"] == total
    assert of("lm", "shakespeare", "counts")["seconds"] is None
    assert of("vae", "digits", "prior")["seconds"] is None
    digits = of("gan", "digits", "gan")
    assert digits["seconds"] > digits["gpu_seconds"] > 0  # its last steps were on a processor
    minutes = {of("gan", name, "gan")["gpu_seconds"] / 60 for name in ("digits", "fashion")}
    assert minutes == {7} and "seven minutes of each GAN" in texts("en")["size.how"]
    assert of("vae", "digits", "vae")["gpu_seconds"] == 0


def test_the_time_of_a_prior_is_that_of_all_its_runs():
    fitted, tuned = {"seconds": 60, "gpu_seconds": 50}, {"seconds": 30}
    assert size.seconds({"seconds": 500, "prior": fitted}, "prior") == 60
    training = {"seconds": 500, "prior": fitted, "importance": tuned}
    assert size.seconds(training, "prior") == 90
    assert [run.get("gpu_seconds", 0) for run in size.runs(training, "prior")] == [50, 0]
    assert size.seconds({"seconds": 500, "importance": tuned}, "prior") is None


@pytest.fixture(scope="module")
def cut():
    models = Models("pretrained")
    return size.functions(models)["lm_cut"]


def test_a_text_is_cut_in_three_ways(cut):
    found = cut("The cat sat.\nNão.")
    assert "".join(one["token"] for one in found["characters"]) == "The cat sat.\nNão."
    assert "".join(one["token"] for one in found["pieces"]) == "The cat sat.\nNão."
    assert [one["token"] for one in found["words"]] == ["The", "cat", "sat", ".", "\n", "Não", "."]
    assert [one["token"] for one in found["characters"] if one["id"] is None] == ["ã"]


def test_the_merges_lead_from_characters_to_the_piece(cut):
    for piece in cut("inacreditável Capitu olhou")["pieces"]:
        parts = list(piece["token"])
        for left, right in piece["merges"]:
            at = next(i for i, pair in enumerate(pairwise(parts)) if pair == (left, right))
            parts[at : at + 2] = [left + right]
        assert parts == [piece["token"]]


@pytest.mark.parametrize(
    "text, key", [("", "error.text"), (" \n", "error.text"), ("a" * 121, "size.cut.long")]
)
def test_a_text_that_cannot_be_cut_gets_a_sentence(cut, text, key):
    with pytest.raises(UserError) as error:
        cut(text)
    assert error.value.key == key
