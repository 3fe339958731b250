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
    assert not station.plane(models.get("vae/digits"))["figure"]["layout"]["shapes"]


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


def sizes(dataset):
    """What the page gets: a record for the z of 2, and one for the z of 32."""
    return station.functions(MODELS)["vae_map"](dataset)["sizes"]


def test_the_digits_have_one_likelihood_and_a_z_of_2_rebuilds_worse_as_the_page_says():
    two, many = sizes("digits")
    assert (two["latent_dim"], many["latent_dim"]) == (2, 32)
    assert two["copies"] is None and two["held_out"] and many["held_out"]
    assert two["recon_loss"] > many["recon_loss"] and two["kl"] < many["kl"]


def test_two_likelihoods_are_compared_by_the_errors_of_pixels():
    two, many = sizes("fashion")
    # Bernoulli and Gaussian pixels: the page must not put their nats side by side
    assert (
        MODELS.vae("fashion-2d").config.pixel_noise == 0 and MODELS.vae("fashion").config.pixel_noise == 0.1
    )
    assert two["copies"]["count"] == many["copies"]["count"] == 500
    assert two["copies"]["pixel_error"] > many["copies"]["pixel_error"] > 0
    assert two["copies"]["kl"] < many["copies"]["kl"]


def test_the_error_of_a_pixel_is_that_of_the_copies_of_the_shipped_pictures():
    vae = MODELS.vae("fashion")
    found = station.copies(vae)
    # encoded here from the pictures themselves, where the station uses the shipped codes
    images = torch.from_numpy(vae.examples.pictures.images.astype(np.float32) / 255)
    mu, logvar = (part.numpy() for part in vae.encode(images))
    error = (vae.reconstruct(images) - images).square().mean().sqrt().item()
    assert found["pixel_error"] == pytest.approx(error, rel=0.01)
    # KL(N(mu, sigma^2) || N(0, 1)) = (mu^2 + sigma^2 - 1 - log sigma^2) / 2, summed over z
    wanted = (mu**2 + np.exp(logvar) - 1 - logvar).sum(1).mean() / 2
    assert found["kl"] == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize(("dataset", "smaller"), [("digits", True), ("fashion", False)])
def test_the_rings_of_a_z_of_2_are_smaller_for_digits_and_larger_for_clothes(dataset, smaller):
    two, many = sizes(dataset)
    assert (two["ring"] < many["ring"]) == smaller  # as vae.map.answer.* say
    row = np.flatnonzero(MODELS.vae(dataset).examples.label == 3)
    sigmas = [
        station.path(MODELS.vae(dataset), f"example:3-{i}", "seed:1")["sigma"]["a"] for i in range(len(row))
    ]
    assert np.mean(sigmas) == pytest.approx(many["ring"], rel=0.3)  # one class of ten


# --- neighbours -------------------------------------------------------------------------------------------


def test_neighbours_on_the_plane_need_not_be_neighbours_in_z():
    # four codes: on the plane (x, y) 0 and 1 are close, and 2 and 3; in z (with a third number) 0 and 2, and 1 and 3
    z = np.array([[0, 0, 0], [1, 0, 9], [5, 0, 0], [6, 0, 9]], np.float32)
    label = np.array([0, 1, 0, 1])
    examples = Examples(z, z, label, z[:, :2], np.zeros(3), np.eye(2, 3), ["0", "1"])
    found = station.neighbours(SimpleNamespace(examples=examples))
    assert found == {"count": 4, "in_z": 1.0, "on_plane": 0.0, "same": 0.0}


def test_what_a_shadow_hides_completes_the_distance_in_z(models):
    vae = models.get("vae/digits")
    hidden = station.off_plane(vae)
    row = np.flatnonzero(vae.examples.label == 7)[12]
    place = np.array([0.7, 0.99])
    code = station.from_plane(vae, place[None])[0]
    wanted = np.linalg.norm(vae.examples.z[row] - code)
    found = math.hypot(*(vae.examples.position[row] - place), hidden[7][12])
    assert found == pytest.approx(wanted, abs=1e-3)
    assert max(map(max, station.off_plane(models.get("vae/digits-2d")))) < 1e-5


@pytest.mark.parametrize("dataset", SETS)
def test_colours_mix_on_a_shadow_and_the_nearest_face_is_seldom_the_nearest_code(models, dataset):
    found = station.neighbours(models.get(f"vae/{dataset}"))
    if dataset == "digits-2d":
        assert found["same"] == 1 and found["in_z"] == found["on_plane"]
    else:
        assert found["on_plane"] < 0.6 * found["in_z"] and found["same"] < 0.1


def test_classes_differ_in_mark_as_well_as_in_colour(models):
    assert len(set(figures.SYMBOLS)) == 10
    digits = station.plane(models.get("vae/digits"))["figure"]["data"]
    assert [trace["text"] for trace in digits] == list("0123456789")
    emoji = station.plane(models.get("vae/emoji"))["figure"]["data"]
    assert [trace["marker"]["symbol"] for trace in emoji] == list(figures.SYMBOLS)
    assert [trace["meta"] for trace in emoji] == [f"--class-{label}" for label in range(10)]
