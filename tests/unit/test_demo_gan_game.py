"""The callbacks of the station Real or fake?, without a browser."""

import copy
import json

import numpy as np
import pytest
import torch

from demo.checks import UserError
from demo.gan import game as station
from tests.shipped import MODELS
from tests.sprites import pictures


@pytest.fixture(scope="module")
def gan():
    return MODELS.get("gan/fashion/regularised")


@pytest.fixture(scope="module")
def real_pictures():
    return MODELS.get("pictures/fashion")


@pytest.fixture(scope="module")
def record(gan, real_pictures):
    return station.play(gan, real_pictures, "7K3Q-4")


# --- codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "letters, draw",
    # by hand, in base 32: 7·32³ + K(19)·32² + 3·32 + Q(23)
    [("0000", 0), ("0001", 1), ("000Z", 31), ("0010", 32), ("7K3Q", 248_951), ("ZZZZ", 1_048_575)],
)
def test_a_code_is_a_number_in_base_32_and_a_moment(gan, letters, draw):
    for i, step in enumerate(gan.snapshots, 1):
        assert station.decode(gan, f"{letters}-{i}") == (draw, step)
        assert station.encode(gan, draw, step) == f"{letters}-{i}"


@pytest.mark.parametrize("typed", ["7k3q-1", "7K3Q1", " 7 K3 Q 1 ", "7K3Q—1", "7k-3q-1", "7K3Q-l", "7K3Q-i"])
def test_a_code_may_be_typed_in_any_manner(gan, typed):
    assert station.decode(gan, typed) == station.decode(gan, "7K3Q-1")


def test_letters_that_look_like_digits_are_read_as_digits(gan):
    assert station.decode(gan, "oIl0-1") == station.decode(gan, "0110-1")


BAD_CODES = [
    "",
    " ",
    "-",
    "7K3Q",
    "7K3Q-0",
    "7K3Q-Z",
    "7K3Q-99",
    "7K3U-1",
    "7K3Q1234",
    "🎲🎲🎲🎲-1",
    "١٢٣٤-1",
]
BAD_CODES += ["7K3Q-1" * 1000, "NaN", "7K3Q-1; x", 7, 1.5, True, ["7K3Q-1"], {"code": "7K3Q-1"}, float("nan")]


@pytest.mark.parametrize("code", BAD_CODES, ids=lambda code: repr(code)[:20])
def test_what_is_no_code_is_one_mistake(gan, real_pictures, code):
    with pytest.raises(UserError) as mistake:
        station.play(gan, real_pictures, code)
    assert mistake.value.key == "error.gan_game_code"
    assert str(len(gan.snapshots)) in str(mistake.value)


# --- the ten rounds ---------------------------------------------------------------------------------------


def test_a_code_gives_the_same_game_however_it_is_typed(gan, real_pictures, record):
    assert station.play(gan, real_pictures, "7k3q4") == record
    assert record["code"] == "7K3Q-4" and record["step"] == gan.snapshots[3]
    json.dumps(record, allow_nan=False)


def test_another_draw_or_moment_is_another_game(gan, real_pictures):
    games = [station.rounds(gan, real_pictures, draw, step) for draw in (1, 2) for step in gan.snapshots]
    assert len({json.dumps(game) for game in games}) == len(games)


def test_a_game_mixes_real_and_made_and_has_every_class_once(gan, real_pictures):
    counts, first = [], []
    for draw in range(300):
        labels, real, numbers = station.rounds(gan, real_pictures, draw, gan.snapshots[-1])
        assert sorted(labels) == list(range(10))
        assert all(0 <= n < (50 if is_real else 1_000_000) for is_real, n in zip(real, numbers, strict=True))
        counts.append(sum(real))
        first.append(real[0])
    assert set(counts) == set(range(2, 9))  # five and five is not the rule
    assert abs(np.mean(counts) - 5) < 0.5 and 100 < sum(first) < 200


def test_every_picture_is_what_the_record_says(gan, real_pictures, record):
    shown = pictures(record["sprite"])
    assert len(shown) == len(record["real"]) == len(record["labels"]) == len(record["seeds"]) == 10
    for picture, name, is_real, seed in zip(
        shown, record["labels"], record["real"], record["seeds"], strict=True
    ):
        label = gan.classes.index(name)
        if is_real:
            assert seed is None
            shipped = real_pictures.images[real_pictures.label == label][:, 0]
            assert (shipped == picture).all(axis=(1, 2)).any()
        else:
            alone = np.rint(255 * gan.sample([int(seed)], [label], 1.0, record["step"])[0, 0].numpy())
            assert np.abs(alone - picture).max() <= 1


@pytest.mark.parametrize("moment", [1, 2, 5])
def test_the_opinions_are_those_of_the_discriminator_of_the_same_moment(gan, real_pictures, moment):
    record = station.play(gan, real_pictures, f"0042-{moment}")
    shown = torch.from_numpy(pictures(record["sprite"])[:, None].astype(np.float32) / 255)
    labels = [gan.classes.index(name) for name in record["labels"]]
    again = gan.score(shown, labels, gan.snapshots[moment - 1])
    assert record["logits"] == pytest.approx(again.tolist(), abs=1e-4)
    assert record["beliefs"] == pytest.approx(torch.sigmoid(again).tolist(), abs=1e-4)


# --- a new game -------------------------------------------------------------------------------------------


def test_a_new_game_is_of_the_moment_asked_for_or_of_the_last(gan, real_pictures):
    usual = station.play(gan, real_pictures)
    assert usual["step"] == gan.snapshots[-1] and usual["moments"] == gan.snapshots
    asked = station.play(gan, real_pictures, step=gan.snapshots[2])
    assert asked["step"] == gan.snapshots[2] and asked["code"].endswith("-3")
    assert station.play(gan, real_pictures, asked["code"]) == asked
    assert len({station.by_chance(gan, None)[0] for _ in range(20)}) > 10


def test_a_new_game_at_a_step_that_was_not_kept_is_a_mistake(gan, real_pictures):
    with pytest.raises(UserError) as mistake:
        station.play(gan, real_pictures, step=17)
    assert mistake.value.key == "error.choice"


def test_the_accuracy_is_counted_over_the_shipped_scores(gan, real_pictures):
    known = copy.copy(gan)
    known.snapshots = gan.snapshots[:1]
    known.scores = type("Scores", (), {})()
    known.scores.real, known.scores.made = np.array([[1, 2, -1, 0.5]]), np.array([[0, -1, 3, -2]])
    assert station.accuracy(known, gan.snapshots[0]) == 6 / 8  # wrong: one real and one made-up picture
    known.scores = None
    assert station.accuracy(known, gan.snapshots[0]) is None
    assert station.play(known, real_pictures, "0042-1")["accuracy"] is None
