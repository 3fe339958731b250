"""The dimensions of z, without a browser."""

import json
import math

import numpy as np
import pytest
import torch

from demo.vae import figures
from demo.vae.dimensions import (
    BETAS,
    DEAD_BELOW,
    STOPS,
    dead,
    dimensions,
    functions,
    of_network,
    ranking,
    varied,
)
from demo.vae.endpoints import code, picture
from tests.calls import for_page
from tests.shipped import MODELS
from tests.sprites import pictures


@pytest.fixture(scope="module", params=["digits", "emoji", "digits-2d"])
def vae(request):
    return MODELS.get(f"vae/{request.param}")


def decoded(vae, z):
    """One code decoded alone, as bytes."""
    picture = vae.decode(torch.tensor(np.asarray(z, np.float32))[None]).numpy()[0]
    return np.rint(255 * (picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0))).astype(int)


# --- counting ---------------------------------------------------------------------------------------------


def test_a_dimension_is_dead_below_a_hundredth_of_a_nat():
    # 0.0099 and 0 lie below 0.01; 0.01 itself does not
    assert DEAD_BELOW == 0.01
    assert dead([2.5, 0.0099, 0.01, 0.0, 0.3]) == 2
    assert dead([0.02, 1.0]) == 0


def test_the_most_active_come_first():
    assert ranking([0.5, 2.0, 0.0, 1.0]) == [1, 3, 0, 2]


def test_the_bars_show_every_dimension_on_its_side_of_the_line():
    kl = [0.25, 0.0, 4.0, 0.0025]
    figure = figures.kl_bars(kl, 0.01)
    active, below = figure["data"]
    # numbered from 1, the most active first; heights are square roots: sqrt(4) = 2, sqrt(0.25) = 0.5
    assert active["customdata"] == [[3, 4.0], [1, 0.25]] and active["y"] == [2.0, 0.5]
    assert below["customdata"] == [[4, 0.0025], [2, 0.0]] and below["y"] == pytest.approx([0.05, 0])
    assert active["x"] + below["x"] == [0, 1, 2, 3]
    (line,) = figure["layout"]["shapes"]
    assert line["y0"] == line["y1"] == pytest.approx(math.sqrt(0.01))
    assert figure["layout"]["yaxis"]["range"][1] > 2


# --- strips -----------------------------------------------------------------------------------------------


def test_a_strip_changes_one_number_and_no_other():
    z = np.array([1.5, -0.5, 7.0], np.float32)
    codes = varied(z, [2, 0]).reshape(2, len(STOPS), 3)
    assert codes[0, :, 2].tolist() == STOPS.tolist() == np.linspace(-3, 3, 9).tolist()
    assert (codes[0, :, :2] == z[:2]).all() and (codes[1, :, 1:] == z[1:]).all()


def test_every_picture_of_a_strip_is_the_decoders(vae):
    record = dimensions(vae, "example:3-0")
    kl = vae.info["kl_per_dim"]
    shown = record["dims"]
    assert shown == ranking(kl)[: record["first"]] and len(shown) == min(record["first"], len(kl))
    assert record["z"] == code(vae, "example:3-0", "A").tolist()
    assert np.abs(pictures(record["here"])[0] - decoded(vae, record["z"])).max() <= 1
    strips = pictures(record["strips"])
    assert len(strips) == len(shown) * len(STOPS) and record["strips"]["columns"] == len(STOPS)
    for row, dim in enumerate(shown[:2]):
        for stop in (0, 4, 8):  # the ends and the middle, where the number is 0
            z = list(record["z"])
            z[dim] = record["stops"][stop]
            # the sums of another batch may round another way
            assert np.abs(strips[row * len(STOPS) + stop] - decoded(vae, z)).max() <= 1
    assert record["stops"][4] == 0
    json.dumps(record, allow_nan=False)


def test_the_dimensions_asked_for_come_in_their_order(vae):
    record = dimensions(vae, "seed:7", [1, 0])
    assert record["dims"] == [1, 0] and record["strips"]["count"] == 2 * len(STOPS)
    alone = dimensions(vae, "seed:7", [0])
    same = pictures(record["strips"])[len(STOPS) :] - pictures(alone["strips"])
    assert np.abs(same).max() <= 1


def test_a_code_is_taken_as_it_is(vae):
    z = [0.5] * vae.config.latent_dim
    assert dimensions(vae, z, [0])["z"] == z
    assert dimensions(vae, json.dumps(z), [0])["z"] == z


BAD_DIMS = [[], [0, 0], [-1], [10**30], [0.0], [True], ["0"], "0", 3, {}, [None], [[0]], list(range(100))]


def test_bad_dimensions_are_refused_in_one_sentence(vae):
    for dims in BAD_DIMS:
        told = json.loads(for_page(lambda dims: dimensions(vae, "seed:7", dims))({"dims": dims}))["error"]
        assert told == {"key": "error.vae_dims", "values": {"last": vae.config.latent_dim - 1}}, dims


# --- the small networks -----------------------------------------------------------------------------------


def network(beta):
    return max(MODELS.vae_snapshots(beta).items())[1]


def test_the_dearer_the_kl_the_more_dimensions_are_dead():
    counts = [dead(network(beta).info["kl_per_dim"]) for beta in BETAS]
    assert BETAS == ("0.1", "1", "4") and counts == sorted(counts)
    assert counts[0] == 0 < counts[-1]  # vae.dimensions.answer: with beta 4 some are dead


def test_a_dead_dimension_changes_hardly_anything_and_an_active_one_much():
    vae = network("4")
    order = ranking(vae.info["kl_per_dim"])
    active, unused = (
        pictures(of_network(vae, MODELS.vae("digits"), "example:3-1", [dim])["strips"])
        for dim in (order[0], order[-1])
    )
    # from -3 to 3, means over the pixels
    assert np.abs(active[0] - active[-1]).mean() > 10 * np.abs(unused[0] - unused[-1]).mean()


@pytest.mark.parametrize("a", ["example:3-1", "seed:7", json.dumps([0.5] * 32)])
def test_a_small_network_has_its_own_code_for_the_same_picture(a):
    digits, vae = MODELS.vae("digits"), network("1")
    record = of_network(vae, digits, a)
    mu, _ = vae.encode(torch.from_numpy(picture(digits, a, "A")[0])[None])
    assert record["z"] == pytest.approx(mu[0].tolist(), abs=1e-5)
    assert record["nearest"]["distance"] >= 0 and record["kl"] == vae.info["kl_per_dim"]
    if a.startswith("example:"):  # it is its own nearest example
        assert record["nearest"]["example"] == a and record["nearest"]["distance"] < 0.01


def test_numbers_are_a_code_of_the_network_itself():
    z = [0.25] * 32
    assert of_network(network("4"), MODELS.vae("digits"), z)["z"] == z


@pytest.mark.parametrize(
    ("wrong", "name"), [({"beta": "2"}, "beta"), ({"beta": "4", "dataset": "emoji"}, "dataset")]
)
def test_only_digits_have_small_networks(wrong, name):
    told = json.loads(for_page(functions(MODELS)["vae_dimensions"])({"at": "seed:7", **wrong}))["error"]
    assert told["key"] == "error.choice" and told["values"]["name"] == name
