"""The callback of the station Collapse, without a browser."""

import copy
import json

import numpy as np
import pytest
import torch

from demo.checks import UserError
from demo.contract import LARGEST_SEED
from demo.gan import collapse as station
from tests.shipped import MODELS
from tests.sprites import pictures


@pytest.fixture(scope="module")
def models():
    return MODELS


@pytest.fixture(scope="module")
def runs(models):
    return models.get("gan/fashion/regularised"), models.get("gan/fashion/unregularised")


@pytest.fixture(scope="module")
def real(models):
    return station.real_distances(models.get("pictures/fashion"))


@pytest.fixture(scope="module")
def record(runs, real):
    return station.compare(*runs, real, seed=4, count=12, label="dress")


def flat(gan, seeds, labels, step):
    return gan.sample(seeds, labels, snapshot=step).flatten(1).double()


# --- pictures ---------------------------------------------------------------------------------------------


def test_every_picture_is_its_seed_its_run_and_its_moment(runs, record):
    label = runs[0].classes.index("dress")
    assert record["seeds"] == [str(seed) for seed in range(4, 16)] and set(record["labels"]) == {"dress"}
    for run, gan in enumerate(runs):
        shown = pictures(record["sides"][run]["sprite"])
        assert len(shown) == 12 * len(record["moments"])
        for moment, i in ((0, 11), (1, 3), (-1, 0)):
            alone = gan.sample([4 + i], [label], snapshot=record["moments"][moment][run])[0, 0].numpy()
            at = range(len(record["moments"]))[moment] * 12 + i
            assert np.abs(shown[at] - np.rint(255 * alone)).max() <= 1
    json.dumps(record, allow_nan=False)


def test_all_classes_come_in_turn_at_the_same_places_of_both_walls(runs, real):
    record = station.compare(*runs, real, count=13, label="all")
    assert record["labels"] == [runs[0].classes[i % 10] for i in range(13)]
    for side in record["sides"]:
        for row in side["nearest"]:  # only the first three classes are there twice
            assert [i for i, nearest in enumerate(row) if nearest is not None] == [0, 1, 2, 10, 11, 12]
            assert row[0] == row[10]


def test_one_picture_has_no_neighbour_and_that_is_no_error(runs, real):
    record = station.compare(*runs, real, count=1, label="bag")
    for side in record["sides"]:
        assert set(side["spread"]) == {None} and {row[0] for row in side["nearest"]} == {None}
    json.dumps(record, allow_nan=False)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_one_moment_alone_is_that_of_the_film(runs, real, record, place):
    steps = [step for _, step in record["moments"]]
    alone = station.compare(*runs, real, seed=4, count=12, label="dress", step=steps[place])
    at = alone["only"]
    assert steps[at] == steps[place]
    for one, all_of_them in zip(alone["sides"], record["sides"], strict=True):
        assert (pictures(one["sprite"]) == pictures(all_of_them["sprite"])[12 * at : 12 * at + 12]).all()
        for name in ("nearest", "spread"):
            assert one[name] == [value if i == at else None for i, value in enumerate(all_of_them[name])]
    assert {name for name in record if record[name] != alone[name]} == {"only", "sides"}


# --- which moments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "healthy, other, pairs",
    [
        ([0, 1, 3, 10, 20], [0, 1, 2, 3, 10], [(0, 0), (1, 1), (3, 3), (10, 10)]),
        # few in common: the other run's, each with the last healthy one before it
        ([0, 100, 1000], [0, 50, 100, 300, 2000], [(0, 0), (0, 50), (100, 100), (100, 300), (1000, 2000)]),
        ([10, 20], [5, 10, 15], [(10, 10), (10, 15)]),
    ],
)
def test_moments(healthy, other, pairs):
    assert station.moments(healthy, other) == pairs


# --- what is said of them ---------------------------------------------------------------------------------


def test_distances_are_shares_of_what_real_pictures_of_the_class_do():
    # two dresses 3-4-5 apart, a third on top of the second, and a bag as far away as can be
    pictures = np.zeros((4, 1, 2, 2))
    pictures[1, 0, 0] = pictures[2, 0, 0] = (3, 4)
    pictures[3] = 100
    share = station.apart(pictures, [3, 3, 3, 8], [2.0] * 10)
    far = 5 / 2
    assert share[0, 1] == share[0, 2] == pytest.approx(far) and share[1, 2] == 0
    assert np.isnan(share[3]).all() and np.isnan(np.diag(share)).all() and np.isnan(share[0, 3])


def test_nearest_and_spread_recomputed(runs, record, real):
    labels = [runs[1].classes.index("dress")] * 12
    x = flat(runs[1], range(4, 16), labels, record["moments"][-1][1])
    apart = torch.cdist(x, x) / real[labels[0]]
    side = record["sides"][1]
    assert side["spread"][-1] == pytest.approx(apart.sum().item() / (12 * 11), abs=1e-3)
    nearest = (apart + 9 * torch.eye(12)).min(1).values
    assert side["nearest"][-1] == pytest.approx(nearest.tolist(), abs=1e-3)


def test_the_twins_among_real_pictures_are_as_stated(models, real):
    """The sentence gan.collapse.near.fashion, of the shipped real pictures."""
    shipped = models.get("pictures/fashion")
    x = torch.from_numpy(shipped.images).flatten(1).double() / 255
    twins = 0
    for label in range(len(shipped.names)):
        of_class = x[torch.from_numpy(shipped.label == label)]
        apart = torch.cdist(of_class[:36], of_class[:36]) + 1e3 * torch.eye(36)
        twins += int((apart.min(1).values < station.NEAR * real[label]).sum())
    assert twins == 8


def test_the_plainest_class_is_the_one_whose_pictures_differ_least(runs, record, real):
    step = record["moments"][-1][1]
    seeds = range(1, station.TRIED + 1)
    spread = {}
    for label, name in enumerate(runs[1].classes):
        x = flat(runs[1], seeds, [label] * len(seeds), step)
        spread[name] = torch.pdist(x).mean().item() / x.norm(dim=1).mean().item()
    opened = station.compare(*runs, real, count=2, label=station.PLAINEST)
    assert opened["label"] == min(spread, key=spread.get) == opened["labels"][0]


def test_quality_is_cut_at_the_last_moment_and_may_be_missing(runs, record, real):
    healthy = runs[0]
    for run, gan in enumerate(runs):
        shown = record["sides"][run]["quality"]
        assert shown["step"] == [s for s in gan.quality["step"] if s <= record["moments"][-1][run]]
        rows = len(shown["step"])
        assert shown["coverage"] == gan.quality["coverage"][:rows]
    assert record["real"]["coverage"] == healthy.quality["real"]["coverage"]
    bare = [copy.copy(gan) for gan in runs]
    for gan in bare:
        gan.quality = None
    record = station.compare(*bare, real, count=2)
    assert record["real"] is None and record["samples"] is None
    assert [side["quality"] for side in record["sides"]] == [None, None]


@pytest.mark.parametrize(
    "healthy, other, found",
    [
        ({}, {}, {"penalty": None, "average": None, "rate": None, "momentum": None}),
        ({"lr": None}, {"lr": 2e-3}, {"penalty": None, "average": None, "rate": None, "momentum": None}),
        (
            {"lr": 5e-4, "momentum": 0.0},
            {"lr": 2e-3, "momentum": 0.5},
            {"penalty": None, "average": None, "rate": [5e-4, 2e-3], "momentum": [0.0, 0.5]},
        ),
        # what both runs had is no cure
        ({"momentum": 0}, {"momentum": 0.0}, {"penalty": None, "average": None, "rate": None}),
    ],
)
def test_the_settings_that_differ(healthy, other, found):
    assert station.differences(healthy, other) == found


# --- the digits -------------------------------------------------------------------------------------------


def test_the_digits_are_compared_with_what_was_measured_of_real_ones(models):
    ask = station.functions(models)["gan_collapse"]
    record = ask(1, 36, "plainest", None, "digits")
    healthy, other = (models.get(f"gan/digits/{variant}") for variant in ("regularised", "unregularised"))
    assert set(record["labels"]) == {record["label"]} <= set(healthy.classes)
    label = healthy.classes.index(record["label"])
    for gan, side, step in zip((healthy, other), record["sides"], record["moments"][-1], strict=True):
        x = flat(gan, range(1, 37), [label] * 36, step)
        share = torch.pdist(x).mean().item() / healthy.quality["real"]["distance_by_class"][label]
        assert side["spread"][-1] == pytest.approx(share, abs=1e-3)
    # it fails by the numbers, at the same step
    at = [gan.quality["step"].index(record["moments"][-1][0]) for gan in (healthy, other)]
    cfid, coverage = (
        [gan.quality[name][i] for gan, i in zip((healthy, other), at, strict=True)]
        for name in ("cfid", "coverage")
    )
    assert cfid[1] > 5 * cfid[0] and coverage[1] < coverage[0] - 0.15
    assert record["sides"][1]["spread"][-1] < 0.5 < record["sides"][0]["spread"][-1]


def test_without_measures_of_real_digits_one_sentence_is_said(models):
    bare = copy.copy(models.get("gan/digits/regularised"))
    bare.quality = None
    with pytest.raises(UserError) as mistake:
        station.measured_distances(bare)
    assert mistake.value.key == "gan.collapse.no_distances"


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad, key",
    [
        ({"seed": LARGEST_SEED}, "error.gan_seeds"),  # of two pictures the second has no seed
        ({"label": "3"}, "error.choice"),  # a class of digits
    ],
)
def test_bad_input_is_one_sentence(runs, real, bad, key):
    with pytest.raises(UserError) as mistake:
        station.compare(*runs, real, **({"count": 2} | bad))
    assert mistake.value.key == key
