"""The callbacks of the station Gallery and its part of the API, without a browser."""

import copy
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from demo.api import all_functions
from demo.checks import UserError
from demo.contract import LARGEST_SEED
from demo.gan import codes
from demo.gan import gallery as station
from demo.gan import scores as figures
from tests.calls import for_api, for_page
from tests.shipped import MODELS
from tests.sprites import pictures


@pytest.fixture(scope="module")
def models():
    return MODELS


@pytest.fixture(scope="module")
def gan(models):
    return models.get("gan/fashion/regularised")


@pytest.fixture(scope="module")
def reals(models):
    return station.RealPictures(models.get("pictures/fashion"))


@pytest.fixture(scope="module")
def record(gan, reals):
    return station.gallery(gan, 5, 16, "all", 1.0, reals)


# --- pictures and scores ----------------------------------------------------------------------------------


def test_one_seed_is_one_picture_whatever_the_batch(gan):
    alone = pictures(station.sample(gan, seed=40, count=1, label="boot"))[0]
    among = pictures(station.sample(gan, seed=7, count=100, label="boot"))[40 - 7]
    assert np.abs(alone - among).max() <= 1  # the sums of another batch may round another way


def test_a_record_holds_one_of_each_a_picture(gan):
    record = station.sample(gan, seed="18446744073709551600", count=12)
    assert record["seeds"] == [str(18446744073709551600 + i) for i in range(12)]
    assert record["labels"] == [gan.classes[i % 10] for i in range(12)]  # every class in turn
    assert len(record["scores"]) == len(record["beliefs"]) == len(pictures(record)) == 12
    assert record["snapshot"] == gan.snapshots[-1]
    json.dumps(record, allow_nan=False)


def test_truncation_0_leaves_one_picture_a_class(gan):
    shown = pictures(station.sample(gan, count=20, truncation_psi=0))
    assert np.abs(shown[:10] - shown[10:]).max() <= 1
    assert len({picture.tobytes() for picture in shown[:10]}) == 10


def test_scores_are_the_discriminators_own(gan):
    step = gan.snapshots[1]
    record = station.sample(gan, seed=3, count=5, label="bag", truncation_psi=0.5, snapshot=step)
    label = [gan.classes.index("bag")] * 5
    again = gan.score(gan.sample(range(3, 8), label, 0.5, step), label, step)
    assert record["scores"] == pytest.approx(again.tolist(), abs=1e-5)
    assert record["beliefs"] == pytest.approx((1 / (1 + (-again).exp())).tolist(), abs=1e-5)


def test_a_picture_sent_back_gets_the_score_it_came_with(gan):
    record = station.sample(gan, seed=3, count=1, label="bag")
    answer = codes.score(gan, (pictures(record)[0] / 255).tolist(), "bag")
    assert answer["logit"] == pytest.approx(record["scores"][0], abs=0.02)  # the PNG has 256 greys only
    assert answer["belief"] == pytest.approx(1 / (1 + math.exp(-answer["logit"])))


# --- what is said of each picture -------------------------------------------------------------------------


def test_the_code_sent_makes_the_picture_shown(gan, record):
    assert record["z"].shape == (16, gan.config.z_dim)
    z = record["z"]
    labels = [gan.classes.index(name) for name in record["labels"]]
    again = np.rint(255 * gan.generate(torch.from_numpy(z.copy()), labels).numpy()[:, 0])
    assert np.abs(pictures(record) - again).max() <= 1


def test_the_code_is_the_one_before_truncation(gan):
    whole, half = (station.gallery(gan, 1, 2, "bag", psi) for psi in (1.0, 0.5))
    assert (whole["z"] == half["z"]).all() and whole["png"] != half["png"]


def test_the_nearest_real_picture_is_the_nearest(models, gan, record):
    shipped = models.get("pictures/fashion")
    made = gan.sample(range(5, 21), [i % 10 for i in range(16)]).numpy()
    nearest = record["nearest"]
    shown = pictures(nearest["sprite"])
    for i, picture in enumerate(made):
        distances = [float(np.linalg.norm(picture - real / 255.0)) for real in shipped.images]
        best = int(np.argmin(distances))
        assert nearest["distances"][i] == pytest.approx(distances[best], abs=2e-3)
        assert nearest["labels"][i] == shipped.names[shipped.label[best]]
        assert np.array_equal(shown[nearest["position"][i]], shipped.images[best, 0])


def small_set():
    """Three pictures of 1 x 2 pixels: (0, 0), (0, 255) and (255, 255), of two classes."""
    images = np.array([[[[0, 0]]], [[[0, 255]]], [[[255, 255]]]], np.uint8)
    return SimpleNamespace(images=images, label=np.array([0, 0, 1]), names=["a", "b"])


def test_distances_by_hand():
    reals = station.RealPictures(small_set())
    assert reals.typical == pytest.approx(1)  # every one has another that differs in one pixel, by 1
    # from (0.6, 0.2): 0.63 to (0, 0), 1 to (0, 1), sqrt(0.16 + 0.64) to (1, 1)
    between = reals.distances(np.array([[0.6, 0.2]], np.float32))
    assert between[0] == pytest.approx([math.sqrt(0.4), 1, math.sqrt(0.8)], abs=1e-6)


def test_a_real_picture_is_nearest_to_itself(reals):
    assert reals.distances(reals.rows).argmin(1).tolist() == list(range(len(reals.rows)))


def test_the_place_counts_those_below():
    crowd = np.array([[9.0, 9, 9, 9], [4, 1, 2, 3]])  # the first snapshot is not in view
    measured = SimpleNamespace(real=crowd, made=crowd - 10)
    # 2.5 is above 1 and 2 of the real, and above all the made; -7.5 above -9 and -8; 1 is not above itself
    assert station.place(measured, [2.5, -7.5, 1.0]) == {"real": [0.5, 0, 0], "made": [1, 0.5, 1]}


def test_the_scores_measured_are_those_of_the_samples_shown(gan):
    """GAN.scores.made are the samples of seeds from 0 on, class by class: the gallery gives them the same score."""
    record = station.sample(gan, seed=0, count=3, label=gan.classes[gan.scores.labels[0]])
    assert record["scores"] == pytest.approx(gan.scores.made[-1][:3].tolist(), abs=0.02)  # kept as float16


def test_without_measured_scores_there_is_no_histogram_and_no_error(gan):
    own = copy.copy(gan)
    own.scores = own.quality = None
    record = station.gallery(own, 1, 2, "all", 1.0)
    assert record["histogram"] is record["place"] is record["nearest"] is None
    assert len(pictures(record)) == 2


# --- the histogram ----------------------------------------------------------------------------------------


def test_the_histogram_counts_every_picture(gan):
    made, real = figures.histogram(gan.scores.real[-1], gan.scores.made[-1])["data"]
    assert sum(made["y"]) == sum(real["y"]) == 500
    assert made["fill"] != real["fill"] and made["meta"] != real["meta"]
    assert len(made["x"]) == len(made["y"])


def test_a_step_of_the_histogram_stands_over_its_bin():
    real, made = np.full(10, 0.4), np.full(7, -0.4)
    figure = figures.histogram(real, made)
    low, high = figure["layout"]["xaxis"]["range"]
    width = (high - low) / figures.BINS
    for trace, at, count in zip(figure["data"], (-0.4, 0.4), (7, 10), strict=True):
        # "hv": the height holds from its x to the next one
        (i,) = np.flatnonzero(trace["y"])
        assert trace["y"][i] == count
        assert trace["x"][i] <= at <= trace["x"][i + 1] == pytest.approx(trace["x"][i] + width, abs=1e-3)


def test_ticks_stand_where_the_sigmoid_says():
    axis = figures.histogram(np.linspace(-2, 6, 50), np.linspace(-6, 1, 50))["layout"]["xaxis"]
    assert 0.5 in axis["ticktext"] and len(axis["ticktext"]) >= 3
    for at, belief in zip(axis["tickvals"], axis["ticktext"], strict=True):
        assert 1 / (1 + math.exp(-at)) == pytest.approx(belief, abs=1e-4)
        assert axis["range"][0] < at < axis["range"][1]


def test_scores_that_are_all_alike_still_have_a_histogram():
    figure = figures.histogram(np.zeros(5), np.zeros(5))
    json.dumps(figure, allow_nan=False)
    assert sum(figure["data"][0]["y"]) == 5 and figure["layout"]["xaxis"]["ticktext"] == [0.4, 0.5, 0.6]


# --- what a person may get wrong --------------------------------------------------------------------------


def test_a_step_that_was_not_kept_is_told_with_those_that_were(gan):
    with pytest.raises(UserError) as mistake:
        station.sample(gan, snapshot=5)
    assert mistake.value.key == "error.choice"
    assert mistake.value.values == {"name": "snapshot", "options": ", ".join(map(str, gan.snapshots))}


def test_seeds_end_at_the_largest(gan):
    with pytest.raises(UserError) as mistake:
        station.sample(gan, seed=LARGEST_SEED, count=2)
    assert mistake.value.key == "error.gan_seeds"
    assert mistake.value.values == {"count": 2, "high": LARGEST_SEED - 1}


def test_the_very_last_seed_is_a_seed(gan):
    assert station.sample(gan, seed=str(LARGEST_SEED), count=1)["seeds"] == [str(LARGEST_SEED)]
    assert station.sample(gan, seed=LARGEST_SEED - 1, count=2)["seeds"][-1] == str(LARGEST_SEED)


BLACK = [[0.0] * 28] * 28


def test_a_score_needs_one_class(gan):
    with pytest.raises(UserError, match="Choose label from: tshirt"):
        codes.score(gan, BLACK, "all")


# --- as the page and programs ask -------------------------------------------------------------------------


def page_function(models):
    """What the page calls."""
    return for_page(station.functions(models)["gan_gallery"])


def test_clothes_come_with_a_real_neighbour_and_digits_without(models):
    ask = page_function(models)
    wish = {"seed": "1", "count": 3, "label": "all", "truncation_psi": 1}
    clothes, digits = (json.loads(ask(wish | {"dataset": name})) for name in ("fashion", "digits"))
    assert clothes["nearest"]["total"] == 500 and len(clothes["nearest"]["labels"]) == 3
    assert digits["nearest"] is None and digits["labels"] == ["0", "1", "2"]
    assert clothes["histogram"]["data"] and len(clothes["place"]["real"]) == 3


def published(models, name):
    """The API function /`name`."""
    return for_api(all_functions(models)[name])


def test_the_api_gives_what_it_says(models, gan):
    sample = published(models, "gan_sample")
    fields = {
        "png",
        "size",
        "columns",
        "count",
        "seeds",
        "labels",
        "scores",
        "beliefs",
        "truncation_psi",
        "snapshot",
    }
    assert set(sample(seed="5", count=2)) == fields
    assert set(published(models, "gan_score")(BLACK, "bag", gan.snapshots[0])) == {"logit", "belief"}
