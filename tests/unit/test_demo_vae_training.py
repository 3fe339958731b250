"""The training of three networks side by side, and the curves, without a browser."""

import json
import math

import numpy as np
import pytest
import torch

from demo.checks import UserError
from demo.vae import endpoints, figures, training
from tests.shipped import MODELS
from tests.unit.test_demo_vae_dimensions import pictures

LAST = {"epoch": 2, "step": 20, "recon_loss": 80.0, "kl": 20.0}


def snapshots(beta):
    return MODELS.get(f"vae/digits-beta{beta}")


@pytest.fixture(scope="module")
def digits():
    return MODELS.get("vae/digits")


@pytest.fixture(scope="module")
def record(digits):
    return training.compare(digits, snapshots)


@pytest.fixture
def drawing():
    """A prepared picture, as the text of an end: a bar."""
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 4:24, 13:16] = 1
    return image, endpoints.pack(image)


def rounded(images):
    return np.rint(255 * images.numpy()[:, 0]).astype(int)


def test_the_four_pictures_are_black_and_white_as_in_training(digits):
    x = training.pictures(digits)
    assert x.shape == (4, 1, 28, 28) and set(np.unique(x)) == {0, 1}


# --- the three networks -----------------------------------------------------------------------------------


def test_the_numbers_are_the_models_own_losses(digits, record):
    x = torch.from_numpy(training.pictures(digits))
    assert [network["beta"] for network in record["networks"]] == [float(beta) for beta in training.BETAS]
    for beta, network in zip(training.BETAS, record["networks"], strict=True):
        moments = snapshots(beta)
        assert network["steps"] == list(moments) == sorted(moments)
        for i, vae in enumerate(moments.values()):
            recon_loss, kl = vae.losses(x)
            assert network["recon_loss"][i] == pytest.approx(recon_loss.mean().item(), rel=1e-5)
            assert network["kl"][i] == pytest.approx(kl.mean().item(), rel=1e-5)
    json.dumps(record, allow_nan=False)


def test_every_moment_rebuilds_the_same_pictures_and_makes_up_the_same_codes(digits, record):
    x = torch.from_numpy(training.pictures(digits))
    for beta, network in zip(training.BETAS, record["networks"], strict=True):
        rebuilt, samples = pictures(network["rebuilt"]), pictures(network["samples"])
        for i, vae in enumerate(snapshots(beta).values()):
            row = slice(4 * i, 4 * i + 4)
            assert np.abs(rebuilt[row] - rounded(vae.reconstruct(x))).max() <= 1
            z = vae.latents(training.SEEDS, prior="standard")
            assert np.abs(samples[row] - rounded(vae.decode(z))).max() <= 1
            assert torch.equal(
                z, snapshots("1")[network["steps"][0]].latents(training.SEEDS, prior="standard")
            )


def test_an_epoch_is_counted_by_the_steps_it_took(record):
    for network in record["networks"]:
        assert network["epochs"][0] == 0 == network["steps"][0]
        assert network["epochs"] == sorted(network["epochs"])
    moments = snapshots("1")
    last = list(moments.values())[-1].info["history"][-1]
    at = record["networks"][1]["epochs"][record["networks"][1]["steps"].index(last["step"])]
    assert at == pytest.approx(last["epoch"])


def test_the_dead_are_those_of_the_last_moment(record):
    for beta, network in zip(training.BETAS, record["networks"], strict=True):
        kl = list(snapshots(beta).values())[-1].info["kl_per_dim"]
        assert network["dead"] == sum(value < 0.01 for value in kl) and network["dimensions"] == len(kl)


# --- the four pictures ------------------------------------------------------------------------------------


def test_a_drawing_takes_the_place_of_the_first(digits, record, drawing):
    image, end = drawing
    with_drawing = training.compare(digits, snapshots, end)
    before, after = pictures(record["pictures"]), pictures(with_drawing["pictures"])
    assert (after[0] == 255 * image[0]).all() and (after[1:] == before[1:]).all()
    one = with_drawing["networks"][1]
    vae = snapshots("1")[one["steps"][-1]]
    redrawn = rounded(vae.reconstruct(torch.from_numpy(image[None])))[0]
    assert np.abs(pictures(one["rebuilt"])[-4] - redrawn).max() <= 1


@pytest.mark.parametrize("a", [None, "example:0-0", "seed:3", "[1]", 7, ["picture:"]])
def test_any_other_end_leaves_the_four_as_they_are(digits, record, a):
    assert (255 * training.pictures(digits, a)[:, 0]).round().astype(int).tolist() == pictures(
        record["pictures"]
    ).tolist()


def test_a_damaged_drawing_is_refused(digits):
    with pytest.raises(UserError):
        training.compare(digits, snapshots, "picture:AAAA")


# --- the curves -------------------------------------------------------------------------------------------


def test_a_curve_shows_held_out_losses_where_all_were_logged():
    plain = [LAST | {"epoch": 1, "recon_loss": 90.0}, LAST]
    held_out = [row | {"held_out_recon_loss": 85.0, "held_out_kl": 21.0} for row in plain]
    assert figures.losses(plain, "recon_loss") == [90.0, 80.0]
    assert figures.losses(held_out, "recon_loss") == [85.0, 85.0]
    # one epoch without: a curve of two kinds would show a step that no training made
    assert figures.losses([plain[0], held_out[1]], "kl") == [20.0, 20.0]
    assert not figures.has_held_out([]) and figures.has_held_out(held_out)
    figure = figures.loss_curves([(held_out, "--vae"), (plain, "--muted")], "kl", cursor=True)
    assert [trace["y"] for trace in figure["data"]] == [[21.0, 21.0], [20.0, 20.0]]
    assert [trace["x"] for trace in figure["data"]] == [[1, 2], [1, 2]]
    assert len({trace["line"]["dash"] for trace in figure["data"]}) == 2  # told apart without their colours
    assert len(figure["layout"]["shapes"]) == 1


def test_an_axis_is_logarithmic_only_where_the_start_would_flatten_the_rest():
    even = figures.loss_curves([([LAST | {"epoch": 1, "kl": 100.0}, LAST], "--vae")], "kl")["layout"]["yaxis"]
    assert even["type"] == "linear" and even["range"][0] < 20 < 100 < even["range"][1]
    steep = figures.loss_curves([([LAST | {"epoch": 1, "kl": 2000.0}, LAST], "--vae")], "kl")["layout"][
        "yaxis"
    ]
    assert steep["type"] == "log" and steep["range"][0] < math.log10(20) < 3.3 < steep["range"][1]
    assert steep["tickvals"] == steep["ticktext"] and 2 <= len(steep["tickvals"]) <= 6


@pytest.mark.parametrize("dataset", ["digits", "emoji", "fashion-2d"])
def test_the_curves_are_those_of_the_model_in_view_and_of_the_three(dataset):
    vae = MODELS.get(f"vae/{dataset}")
    curves = training.curves(vae, snapshots)
    history = vae.info["history"]
    for name in ("recon_loss", "kl"):
        (own,) = curves["view"][name]["data"]
        assert own["y"] == figures.losses(history, name) and own["x"] == [row["epoch"] for row in history]
        assert [trace["meta"] for trace in curves["betas"][name]["data"]] == list(training.COLORS)
    assert curves["view"]["held_out"] == figures.has_held_out(history)
    json.dumps(curves, allow_nan=False)
