"""The callback of the station Beside the VAE, without a browser."""

import copy
import json

import numpy as np
import pytest

from demo.checks import UserError
from demo.contract import LARGEST_SEED
from demo.gan import beside as station
from tests.shipped import MODELS
from tests.sprites import pictures

QUALITY = {
    prior: {"sharpness": 0.1, "coverage": 0.8, "cfid": 40.0, "classes_seen": 10}
    for prior in station.BESIDE_PRIORS
}


@pytest.fixture(scope="module")
def models():
    return MODELS


@pytest.fixture(scope="module", params=["fashion", "digits"])
def families(models, request):
    """The GAN and a copy of the VAE without measurements."""
    vae = copy.copy(models.get(f"vae/{request.param}"))
    vae.info = {k: v for k, v in vae.info.items() if k != "quality"}
    return models.get(f"gan/{request.param}/regularised"), vae


def in_bytes(picture):
    return np.rint(255 * picture.numpy()).astype(int)


def test_every_picture_is_its_familys_own_sample_of_its_seed(families):
    gan, vae = families
    record = station.beside(gan, vae, 5, 12)
    assert record["seeds"] == [str(seed) for seed in range(5, 17)]
    assert record["labels"][:11] == [*gan.classes, gan.classes[0]]
    assert np.abs(pictures(record["gan"])[10] - in_bytes(gan.sample([15], [0])[0, 0])).max() <= 1
    assert list(record["vae"]) == ["learned", "standard"]
    for prior, sprite in record["vae"].items():
        shown = pictures(sprite)
        assert len(shown) == 12
        told = [3] if prior == "learned" else None  # the GAN's class
        assert np.abs(shown[3] - in_bytes(vae.sample([8], prior=prior, labels=told)[0, 0])).max() <= 1
    json.dumps(record, allow_nan=False)


def test_a_vae_without_a_learned_prior_has_one_wall(families, monkeypatch):
    gan, vae = families
    both = station.beside(gan, vae, 1, 2)["vae"]
    monkeypatch.setitem(vae._modules, "prior", None)
    alone = station.beside(gan, vae, 1, 2)["vae"]
    assert list(alone) == ["standard"]
    assert (pictures(alone["standard"]) == pictures(both["standard"])).all()


def measured(families, quality, of_gan="its own"):
    gan, vae = (copy.copy(family) for family in families)
    vae.info = vae.info | {"quality": quality}
    if of_gan != "its own":
        gan.quality = of_gan
    return gan, station.beside(gan, vae, 1, 1)["measured"]


def test_measures_are_those_of_the_last_moment_and_of_both_priors(families):
    of_gan = {
        "step": [0, 9],
        "samples": 10_000,
        "real": {"sharpness": 0.2, "coverage": 0.97, "cfid": 7.0},
        "sharpness": [0.01, 0.19],
        "coverage": [0.1, 0.9],
        "cfid": [600.0, 8.0],
    }
    quality = copy.deepcopy(QUALITY)
    quality["standard"]["coverage"] = 0.5
    _, found = measured(families, quality, of_gan)
    assert found["gan"] == {"sharpness": 0.19, "coverage": 0.9, "cfid": 8.0}
    assert found["real"] == of_gan["real"] and found["samples"] == 10_000
    assert found["vae"]["learned"] == {"sharpness": 0.1, "coverage": 0.8, "cfid": 40.0}
    assert found["vae"]["standard"]["coverage"] == 0.5


@pytest.mark.parametrize("quality", [None, {}, {"learned": QUALITY["learned"]}, QUALITY | {"standard": {}}])
def test_what_was_not_measured_is_left_out(families, quality):
    assert measured(families, quality)[1] is None
    assert measured(families, QUALITY, None)[1] is None


def test_the_last_seeds_that_fill_a_wall_are_seeds(families):
    last = LARGEST_SEED - 1
    assert station.beside(*families, last, 2)["seeds"] == [str(last), str(LARGEST_SEED)]
    with pytest.raises(UserError) as mistake:
        station.beside(*families, last, 3)
    assert mistake.value.key == "error.gan_seeds"
