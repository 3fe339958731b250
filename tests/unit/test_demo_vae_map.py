"""The map's callbacks, without a browser."""

import base64
import io
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from demo import figures
from demo.contract import METHODS
from demo.vae import map as station
from models.vae import Examples
from tests.shipped import MODELS

SETS = ("digits", "digits-2d", "emoji")


@pytest.fixture(scope="module")
def models():
    return MODELS


def flat_model(axes, center=(0.0, 0.0, 0.0), logvar=None):
    """A made-up model: its examples' plane only."""
    z = np.zeros((1, len(center)), np.float32)
    examples = Examples(z, z, np.zeros(1, int), z[:, :2], np.array(center), np.array(axes, float), ["0"])
    return SimpleNamespace(examples=examples, config=SimpleNamespace(latent_dim=len(center)))


def sheet(record):
    data = base64.b64decode(record.get("png") or record["webp"])
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


# --- the plane --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", SETS)
def test_a_cell_of_the_sprite_is_the_decode_of_its_place(models, dataset):
    vae = models.get(f"vae/{dataset}")
    plane = station.plane(vae)
    cells, size = plane["sprite"]["columns"], plane["sprite"]["size"]
    picture = sheet(plane["sprite"])
    for row, column in ((0, 0), (3, 8), (cells - 1, 2)):
        # the middle of the cell, counted from the upper left corner of the square
        x = plane["low"][0] + (column + 0.5) * plane["side"] / cells
        y = plane["low"][1] + plane["side"] - (row + 0.5) * plane["side"] / cells
        z = np.array(plane["center"]) + np.array([x, y]) @ np.array(plane["axes"])
        wanted = vae.decode(torch.tensor(z[None], dtype=torch.float32)).numpy()[0].transpose(1, 2, 0) * 255
        tile = picture[row * size : (row + 1) * size, column * size : (column + 1) * size].reshape(
            wanted.shape
        )
        difference = np.abs(tile - wanted)
        if vae.config.channels == 1:
            assert difference.max() <= 1
        else:  # the WebP loses a little
            assert difference.mean() < 6


@pytest.mark.parametrize("dataset", SETS)
def test_every_example_lies_in_the_square_and_is_named_by_its_place_in_its_class(models, dataset):
    vae = models.get(f"vae/{dataset}")
    plane = station.plane(vae)
    for label, trace in enumerate(plane["figure"]["data"]):
        z = vae.examples.z[vae.examples.label == label]
        # index i of trace `label` is "example:label-i", on the map where the projection of its code lies
        wanted = (z - plane["center"]) @ np.array(plane["axes"]).T
        assert np.stack([trace["x"], trace["y"]], 1) == pytest.approx(wanted, abs=2e-3)
        for axis, low in zip("xy", plane["low"], strict=True):
            assert low < min(trace[axis]) and max(trace[axis]) < low + plane["side"]


def test_a_z_of_two_is_its_own_plane(models):
    vae = models.get("vae/digits-2d")
    plane = station.plane(vae)
    assert plane["center"] == [0, 0] and plane["axes"] == [[1, 0], [0, 1]] and plane["share"] is None
    radii = [shape["x1"] for shape in plane["figure"]["layout"]["shapes"]]
    assert radii == [1, 2]  # one and two sigma of N(0, I)
    assert plane["low"][0] < -2 and plane["low"][0] + plane["side"] > 2
    assert "shapes" not in station.plane(models.get("vae/digits"))["figure"]["layout"]


def test_the_share_of_variance_is_that_of_the_two_largest_components(models):
    examples = models.get("vae/digits").examples
    variances = np.linalg.eigvalsh(np.cov(examples.z.T))  # ascending
    assert station.share(models.get("vae/digits")) == pytest.approx(
        variances[-2:].sum() / variances.sum(), abs=1e-4
    )


def test_the_plane_of_a_model_is_made_once(models):
    vae = models.get("vae/digits")
    assert station.plane(vae) is station.plane(vae)
    json.dumps(station.plane(vae), allow_nan=False)


# --- the posterior ----------------------------------------------------------------------------------------


def test_the_ellipse_of_a_made_up_posterior_has_its_true_size():
    # sigma 0.5 and 2 along z1 and z2: variances 0.25 and 4, so log variances -log 4 and log 4
    vae = flat_model([[1, 0, 0], [0, 1, 0]])
    covariance = station.spread(vae, np.array([-math.log(4), math.log(4), 5.0]))
    assert covariance == pytest.approx(np.diag([0.25, 4]))
    for sigmas in (1, 2):
        ring = station.ellipse(covariance, sigmas)
        assert np.abs(ring).max(0) == pytest.approx([0.5 * sigmas, 2 * sigmas], rel=2e-3)
        # every point is as many sigmas from the mean: x^2 / 0.25 + y^2 / 4 = sigmas^2
        assert (ring**2 / [0.25, 4]).sum(1) == pytest.approx(sigmas**2)
        assert ring[0] == pytest.approx(ring[-1])


def test_a_gaussian_seen_from_a_turned_plane_has_the_shadow_of_its_spread():
    # the first axis lies between z1 and z2, the second along z3; variances 1, 9 and 16
    vae = flat_model([[math.sqrt(0.5), math.sqrt(0.5), 0], [0, 0, 1]])
    covariance = station.spread(vae, np.log([1.0, 9.0, 16.0]))
    assert covariance == pytest.approx(np.diag([(1 + 9) / 2, 16]))
    assert np.abs(station.ellipse(covariance, 1)).max(0) == pytest.approx([math.sqrt(5), 4], rel=2e-3)


def test_only_what_was_encoded_has_a_posterior(models):
    vae = models.get("vae/digits-2d")
    record = station.path(vae, "example:3-1", "[0.5, -1]")
    assert list(record["sigma"]) == ["a"]
    row = np.flatnonzero(vae.examples.label == 3)[1]
    assert record["sigma"]["a"] == pytest.approx(np.exp(0.5 * vae.examples.logvar[row]).tolist(), rel=1e-4)
    rings = [trace for trace in record["figure"]["data"] if trace["name"] == "posterior"]
    assert len(rings) == 2  # one and two sigma of A
    across = [max(ring["x"]) - min(ring["x"]) for ring in rings]
    assert across == pytest.approx(
        [2 * record["sigma"]["a"][0], 4 * record["sigma"]["a"][0]], rel=0.02, abs=1e-4
    )


# --- the path ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", ["digits", "digits-2d"])
def test_both_ways_run_from_a_to_b(models, dataset):
    vae = models.get(f"vae/{dataset}")
    record = station.path(vae, "example:3-1", "example:8-1")
    ends = [vae.examples.position[np.flatnonzero(vae.examples.label == label)[1]] for label in (3, 8)]
    ways = {
        t["name"]: np.stack([t["x"], t["y"]], 1) for t in record["figure"]["data"] if t["name"] in METHODS
    }
    assert set(ways) == {"linear", "spherical"}
    for way in ways.values():
        assert way[[0, -1]] == pytest.approx(np.array(ends), abs=1e-3)
    assert ways["linear"][20] == pytest.approx(np.mean(ends, 0), abs=1e-3)  # of 41 points the middle one
    letters = [(note["text"], note["x"], note["y"]) for note in record["figure"]["layout"]["annotations"]]
    for (letter, *at), name, end in zip(letters, "AB", ends, strict=True):
        assert letter == name and at == pytest.approx(end.tolist(), abs=1e-3)
    assert record["pictures"]["count"] == 2
    json.dumps(record, allow_nan=False)


# --- the losses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["digits", "fashion"])
def test_a_z_of_2_rebuilds_worse_and_says_less_as_the_page_claims(models, name):
    plane, longer = (station.losses(models.get(f"vae/{name}{size}")) for size in ("-2d", ""))
    assert (plane["latent_dim"], longer["latent_dim"]) == (2, 32)
    assert plane["held_out"] and longer["held_out"]
    assert plane["recon_loss"] > longer["recon_loss"] and plane["kl"] < longer["kl"]


def test_classes_differ_in_mark_as_well_as_in_colour(models):
    assert len(set(figures.SYMBOLS)) == 10
    digits = station.plane(models.get("vae/digits"))["figure"]["data"]
    assert [trace["text"] for trace in digits] == list("0123456789")
    emoji = station.plane(models.get("vae/emoji"))["figure"]["data"]
    assert [trace["marker"]["symbol"] for trace in emoji] == list(figures.SYMBOLS)
    assert [trace["meta"] for trace in emoji] == [f"--class-{label}" for label in range(10)]
