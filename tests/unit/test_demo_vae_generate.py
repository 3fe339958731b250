"""The callbacks of the station Generate, without a browser."""

import copy
import json

import numpy as np
import pytest

from demo.checks import UserError
from demo.contract import LARGEST_SEED, PRIORS
from demo.vae import generate as station
from demo.vae.endpoints import code as code_of_end
from tests.shipped import MODELS
from tests.sprites import pictures


@pytest.fixture(scope="module")
def models():
    return MODELS


@pytest.fixture(scope="module")
def vae(models):
    return models.get("vae/digits")


@pytest.fixture(scope="module")
def record(vae):
    """At all temperatures but 1."""
    return station.generate(vae, 5, 16, 1, others=True)


def decoded(vae, z):
    return np.rint(255 * vae.decode(z).numpy()[:, 0]).astype(int)


@pytest.mark.parametrize("prior", PRIORS)
def test_every_picture_is_the_decode_of_its_seed_temperature_and_prior(vae, record, prior):
    shown = pictures(record["walls"][prior]["sprite"])
    assert record["seeds"] == [str(seed) for seed in range(5, 21)]
    assert record["temperatures"] == [0, 0.25, 0.5, 0.75, 1.25, 1.5, 1.75, 2] and len(shown) == 8 * 16
    for row, i in ((2, 0), (4, 7), (7, 15)):
        alone = decoded(vae, vae.latents([5 + i], record["temperatures"][row], prior))[0]
        assert np.abs(shown[row * 16 + i] - alone).max() <= 1


def test_the_own_prior_s_wall_and_the_rest_are_all_walls(vae):
    whole, own, rest = (station.generate(vae, 5, 4, 0.5, part=part) for part in ("all", "own", "rest"))
    assert own["walls"] | rest["walls"] == whole["walls"] and own["walls"].keys() == {"flow"}
    assert list(whole["walls"]) == list(PRIORS)
    for answer in (whole, own, rest):
        assert answer["priors"] == list(PRIORS)
        assert {**answer, "walls": {}} == {**whole, "walls": {}}


def test_all_walls_start_from_the_same_noise(vae, record):
    noise = vae.latents([9], 0.5, "standard")
    codes = {
        "standard": noise,
        "learned": vae.prior.decode(noise, vae.prior.labels([9])),
        "flow": vae.flow.move(noise, vae.flow.labels([9]))[-1],
    }
    for prior in PRIORS:
        shown = pictures(record["walls"][prior]["sprite"])[2 * 16 + 4]
        assert np.abs(shown - decoded(vae, codes[prior])[0]).max() <= 1


@pytest.mark.parametrize("prior", PRIORS)
def test_one_seed_is_one_picture_whatever_the_wall(vae, record, prior):
    other = station.generate(vae, 12, 3, 1.25)
    assert other["temperatures"] == [1.25]
    one = pictures(record["walls"][prior]["sprite"])[4 * 16 + 7]  # seed 12
    assert np.abs(one - pictures(other["walls"][prior]["sprite"])[0]).max() <= 1
    assert record["walls"][prior]["nearest"][4][7] == other["walls"][prior]["nearest"][0][0]


def test_temperature_0_is_one_picture_and_of_what_knows_classes_one_for_each(vae, record):
    cold = {prior: pictures(record["walls"][prior]["sprite"])[:16] for prior in PRIORS}
    assert np.abs(cold["standard"] - cold["standard"][0]).max() <= 1
    assert record["walls"]["standard"]["classes"][0] == 1
    labels = vae.flow.labels(range(5, 21)).tolist()
    first = [labels.index(label) for label in labels]
    assert np.abs(cold["learned"] - cold["learned"][first]).max() <= 1
    assert np.abs(cold["flow"] - cold["flow"][first]).max() <= 1
    assert len(np.unique(cold["flow"].reshape(16, -1) // 64, axis=0)) == len(set(labels)) > 5


def test_what_is_said_of_a_picture_is_true(vae, record):
    wall = record["walls"]["standard"]
    z = vae.latents([8], 1.75, "standard")[0].numpy()  # temperature number 6, picture number 3
    distances = np.linalg.norm(vae.examples.z - z, axis=1)
    assert wall["length"][6][3] == pytest.approx(np.linalg.norm(z), abs=0.006)
    assert wall["away"][6][3] == pytest.approx(distances.min(), abs=0.006)
    assert np.array_equal(code_of_end(vae, wall["nearest"][6][3], "a"), vae.examples.z[distances.argmin()])
    # the mean of the sixteen, each rounded to two digits
    assert wall["distance"][6] == pytest.approx(np.mean(wall["away"][6]), abs=0.006)
    assert wall["classes"][6] == len({example.split("-")[0] for example in wall["nearest"][6]})
    json.dumps(record, allow_nan=False)


def test_the_code_of_a_picture_is_an_end_of_a_walk(vae):
    for prior in PRIORS:
        answer = station.code(vae, "7", 0.75, prior)
        wanted = vae.latents([7], 0.75, prior)[0].numpy()
        assert code_of_end(vae, answer["z"], "a") == pytest.approx(wanted, abs=6e-4)
    own = station.code(vae, 7, 1, "flow")["z"]  # what "seed:7" stands for
    assert code_of_end(vae, "seed:7", "a") == pytest.approx(np.array(own), abs=6e-4)


def test_without_other_priors_there_is_one_wall(vae):
    plain = copy.copy(vae)
    plain._modules = vae._modules | {"prior": None, "flow": None}
    record = station.generate(plain, 1, 16)
    assert list(record["walls"]) == ["standard"]
    assert station.code(plain, 1, 1, "standard")["z"]
    with pytest.raises(UserError):
        station.code(plain, 1, 1, "learned")


def test_colour_pictures_are_the_model_s(models):
    emoji = models.get("vae/emoji")
    record = station.generate(emoji, 1, 4, 0.5)
    for prior in emoji.priors():
        wanted = 255 * emoji.sample([1, 2, 3, 4], 0.5, prior).numpy().transpose(0, 2, 3, 1)
        assert (
            np.abs(pictures(record["walls"][prior]["sprite"]) - wanted).mean() < 6
        )  # the WebP loses a little


def test_without_measures_none_are_shown(vae):
    plain = copy.copy(vae)
    plain.info = {"quality": {"standard": {"cfid": 1.0}}}
    assert station.measured(plain) is None


def test_the_last_seed_can_be_the_last_of_a_wall(vae):
    record = station.generate(vae, str(LARGEST_SEED - 15), 16)
    assert record["seeds"][-1] == str(LARGEST_SEED)


def test_a_wall_that_runs_out_of_seeds_is_a_mistake(vae):
    with pytest.raises(UserError) as mistake:
        station.generate(vae, LARGEST_SEED - 34)  # 36 pictures
    assert mistake.value.key == "error.vae_seeds_last"
    assert mistake.value.values == {"count": 36, "high": LARGEST_SEED - 35}


@pytest.mark.parametrize("dataset", ["digits", "fashion", "emoji"])
def test_near_the_middle_of_32_dimensions_lies_hardly_any_code(models, dataset):
    """As vae.generate.fold_3 says: the middle is not a safe place."""
    lengths = np.linalg.norm(models.get(f"vae/{dataset}").examples.z, axis=1)
    assert (lengths < 0.5 * np.median(lengths)).mean() < 0.02
