"""The callbacks of the station Diffusion, without a browser."""

import base64
import copy

import numpy as np
import pytest
import torch

from demo.checks import UserError
from demo.contract import DIFFUSION_COUNT, DIFFUSION_POINTS, LARGEST_SEED
from demo.vae import diffusion as station
from models.seeds import latents
from tests.shipped import MODELS
from tests.sprites import pictures


@pytest.fixture(scope="module")
def vae():
    return MODELS.get("vae/digits")


@pytest.fixture(scope="module")
def flat():
    return MODELS.get("vae/digits-2d")


@pytest.fixture(scope="module")
def wall(vae):
    return station.wall(vae, 5)


def decoded(vae, z):
    return np.rint(255 * vae.decode(z).numpy()[:, 0]).astype(int)


def floats(packed):
    """What images.floats packed."""
    return np.frombuffer(base64.b64decode(packed["f32"]), "<f4").reshape(packed["shape"])


def test_a_wall_shows_every_seed_at_every_step_of_its_own_way(vae, wall):
    shown = pictures(wall["frames"])
    assert wall["moments"] == list(range(11)) and len(shown) == 11 * DIFFUSION_COUNT
    assert wall["seeds"] == [str(seed) for seed in range(5, 41)]
    alone = vae.flow.path([9])  # the fifth picture, whatever the others are
    assert wall["labels"][4] == vae.flow.labels([9]).item()
    for step in (0, 3, 10):
        picture = shown[step * DIFFUSION_COUNT + 4]
        assert np.abs(picture - decoded(vae, alone[step])[0]).max() <= 1
    assert torch.equal(alone[0, 0], torch.from_numpy(latents([9], 32))[0])


def test_a_class_and_guidance_keep_the_noise(vae, wall):
    other = station.wall(vae, 5, label="3", guidance=2)
    assert other["labels"] == [3] * DIFFUSION_COUNT
    first, last = slice(0, DIFFUSION_COUNT), slice(-DIFFUSION_COUNT, None)
    before, after = pictures(wall["frames"]), pictures(other["frames"])
    assert np.abs(before[first] - after[first]).max() <= 1
    assert np.abs(before[last] - after[last]).max() > 100


def test_many_steps_are_taken_and_thirteen_moments_of_them_shown(vae):
    record = station.wall(vae, steps=25)
    assert record["moments"][0] == 0 and record["moments"][-1] == 25 and len(record["moments"]) == 13
    end = vae.flow.path([1], steps=25)[-1]
    assert np.abs(pictures(record["frames"])[-DIFFUSION_COUNT] - decoded(vae, end)[0]).max() <= 1


def test_one_step_is_a_beginning_and_an_end(vae):
    assert station.wall(vae, steps=1)["moments"] == [0, 1]
    assert station.one(vae, steps=1)["way"]["count"] == 2


def test_the_chosen_one_has_its_way_its_ends_and_the_other_classes(vae):
    record = station.one(vae, seed="7", label=4, guidance=1.5, steps=6)
    way = vae.flow.path([7], [4], 1.5, 6)
    assert record["label"] == 4 and record["seed"] == "7"
    shown, ends, others = (pictures(record[name]) for name in ("way", "ends", "others"))
    assert len(shown) == len(ends) == 7 and len(others) == 10
    assert np.abs(shown - decoded(vae, way[:, 0])).max() <= 1
    assert np.abs(ends - decoded(vae, vae.flow.ends(way, [4], 1.5)[:, 0])).max() <= 1
    # at t = 1 nothing is left to believe; the chosen class is one of all
    assert np.abs(ends[-1] - shown[-1]).max() <= 1 and np.abs(others[4] - shown[-1]).max() <= 1
    assert record["parameters"] == sum(weight.numel() for weight in vae.flow.parameters())


def test_the_way_alone_is_that_of_the_whole(vae):
    settings = {"seed": "7", "label": 4, "guidance": 1.5, "steps": 6}
    alone, whole = (station.one(vae, **settings, part=part) for part in ("way", "all"))
    assert np.abs(pictures(alone.pop("way")) - pictures(whole.pop("way"))).max() <= 1
    assert alone.pop("ends") is None and alone.pop("others") is None
    assert np.allclose(floats(alone.pop("z")), floats(whole.pop("z")), atol=1e-5)
    assert alone.items() <= whole.items()


def test_the_chosen_one_takes_the_flow_no_longer_than_its_way(vae):
    # two passes for a step of the midpoint rule, with all classes in each, and one for all ends
    passes = []
    hook = vae.flow.leave.register_forward_hook(lambda *_: passes.append(1))
    station.one(vae, seed=2, steps=6)
    hook.remove()
    assert len(passes) == 2 * 6 + 1


def test_what_a_seed_draws_is_the_same_on_the_wall_and_alone(vae, wall):
    alone = station.one(vae, seed=9)
    assert alone["label"] == wall["labels"][4]
    assert np.abs(pictures(alone["way"])[-1] - pictures(wall["frames"])[-DIFFUSION_COUNT + 4]).max() <= 1


def test_points_of_a_plane_start_from_the_standard_normal_and_arrows_are_the_velocity(flat):
    record = station.plane(flat, seed=3, label="2", guidance=2, steps=4)
    points, arrows = record["points"], record["arrows"]
    assert points["shape"] == [5, DIFFUSION_POINTS, 2] and arrows["shape"] == [5, record["side"] ** 2, 2]
    values = {name: floats(record[name]) for name in ("points", "arrows")}
    assert np.allclose(values["points"][0], latents(range(3, 3 + DIFFUSION_POINTS), 2))
    assert np.allclose(values["points"][:, 7], flat.flow.path([10], [2], 2, 4)[:, 0].numpy(), atol=1e-5)
    corner = torch.from_numpy(station.places(*station.square(flat), record["side"])[:1].astype(np.float32))
    for step in (0, 2, 4):
        expected = flat.flow.velocity(corner, step / 4, [2], 2)[0].numpy()
        assert np.allclose(values["arrows"][step, 0], expected, atol=1e-4)


def test_without_a_chosen_class_the_arrows_are_those_of_no_class(flat):
    record = station.plane(flat)
    corner = torch.from_numpy(station.places(*station.square(flat), record["side"])[:1].astype(np.float32))
    assert np.allclose(floats(record["arrows"])[5, 0], flat.flow.velocity(corner, 0.5)[0].numpy(), atol=1e-4)
    assert len(set(record["labels"])) == 10


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"seed": -1}, "error.whole"),
        ({"seed": LARGEST_SEED - 3}, "error.vae_seeds_last"),
        ({"label": "10"}, "error.choice"),
        ({"label": None}, "error.choice"),
        ({"label": True}, "error.choice"),
        ({"guidance": 4.5}, "error.real"),
        ({"guidance": float("nan")}, "error.real"),
        ({"steps": 0}, "error.whole"),
        ({"steps": 26}, "error.whole"),
    ],
)
@pytest.mark.parametrize("function", [station.wall, station.plane])
def test_what_cannot_be_taken_is_one_sentence(flat, function, arguments, key):
    with pytest.raises(UserError) as error:
        function(flat, **arguments)
    assert error.value.key == key


def test_a_plane_needs_a_z_of_two_and_every_function_a_flow(vae):
    with pytest.raises(UserError, match="z of 2"):
        station.plane(vae)
    plain = copy.copy(vae)
    plain._modules = vae._modules | {"flow": None}
    for function in (station.wall, station.one):
        with pytest.raises(UserError, match="no flow"):
            function(plain)


def test_of_larger_pictures_fewer_moments_are_shown():
    emoji = MODELS.vae("emoji")
    assert station.wall(emoji)["moments"] == [0, 1, 2, 4, 5, 6, 8, 9, 10]
