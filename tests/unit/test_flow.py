"""The flow on codes: closed forms, the ends of its path, guidance, seeds."""

import pytest
import torch

from models.flow import Flow, FlowConfig
from models.seeds import latents
from models.vae import VAE, VAEConfig

DIM = 3


def tiny(spread=0.3, **sizes):
    """A flow with random weights."""
    torch.manual_seed(0)
    flow = Flow(FlowConfig(DIM, 4, width=16, condition=8, **sizes))
    for weight in flow.parameters():
        torch.nn.init.normal_(weight, std=spread)
    return flow.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def flow():
    return tiny()


@pytest.fixture(scope="module")
def z():
    return torch.randn(5, DIM, generator=torch.Generator().manual_seed(1))


M, A = torch.tensor([1.0, -0.5, 0.0]), torch.tensor([0.5, 1.0, 1.5])  # mean and deviation of Gaussian codes


@pytest.fixture(scope="module")
def gaussian():
    """An untrained flow: it knows mean and deviation of the codes and nothing else."""
    flow = Flow(FlowConfig(DIM))
    flow.center.copy_(M)
    flow.spread.copy_(A)
    return flow.eval().requires_grad_(False)


@pytest.mark.parametrize("t", [0, 0.25, 0.5, 0.9, 1])
def test_an_untrained_flow_has_the_velocity_from_the_standard_normal_to_a_gaussian(gaussian, z, t):
    # codes from N(m, a^2): z_t = (1 - t) e + t z has mean t m and variance s = (1 - t)^2 + t^2 a^2, and its covariance
    # with z - e is t a^2 - (1 - t), so the mean of z - e for a given z_t is m + (t a^2 - (1 - t)) / s * (z_t - t m)
    s = (1 - t) ** 2 + t**2 * A**2
    expected = M + (t * A**2 - (1 - t)) / s * (z - t * M)
    assert torch.allclose(gaussian.velocity(z, t), expected, atol=1e-6)


def test_the_way_from_the_standard_normal_to_a_gaussian_is_the_exact_one(gaussian, z):
    # dz/dt = m + s' / (2 s) * (z_t - t m) has the solution z_t = t m + sqrt(s) z_0; s is 1 at first and a^2 at last
    way = gaussian.move(z, steps=60)
    half = (0.25 + 0.25 * A**2).sqrt()
    assert torch.allclose(way[30], 0.5 * M + half * z, atol=3e-3)
    assert torch.allclose(way[-1], M + A * z, atol=3e-3)


def test_guidance_0_ignores_the_class_and_1_is_the_class_alone(flow, z):
    labels = torch.tensor([0, 1, 2, 3, 0])
    t = torch.full((5,), 0.4)
    without, told = flow(z, t, torch.full((5,), 4)), flow(z, t, labels)
    assert torch.equal(flow.velocity(z, 0.4, labels, 0), without)
    assert torch.equal(flow.velocity(z, 0.4), without)
    assert torch.equal(flow.velocity(z, 0.4, labels, 1), told)
    assert not torch.allclose(told, without)
    # further away from the velocity without a class, on the same line
    assert torch.allclose(flow.velocity(z, 0.4, labels, 3), without + 3 * (told - without), atol=1e-5)


@pytest.mark.parametrize(("labels", "guidance"), [(None, 1), ([0, 3, 1, 1, 2], 1), ([0, 3, 1, 1, 2], 2.5)])
def test_a_way_is_the_midpoint_rule_with_the_velocity(flow, z, labels, guidance):
    way = flow.move(z, labels, guidance, steps=3)
    for step in range(3):
        middle = way[step] + flow.velocity(way[step], step / 3, labels, guidance) / 6
        last = way[step] + flow.velocity(middle, step / 3 + 1 / 6, labels, guidance) / 3
        assert torch.allclose(way[step + 1], last, atol=1e-5)


def test_one_seed_is_one_way_whatever_the_batch(flow):
    alone = flow.path([7])
    assert torch.allclose(flow.path([3, 7, 2**64 - 1])[:, 1:2], alone, atol=1e-5)
    assert torch.allclose(flow.path(iter([7])), alone)


def test_a_way_begins_at_the_noise_and_ends_where_it_is_believed_to_end(flow):
    way = flow.path([1, 2], [0, 3], guidance=2, steps=4)
    ends = flow.ends(way, [0, 3], 2)
    assert way.shape == ends.shape == (5, 2, DIM)
    assert torch.equal(way[0], torch.from_numpy(latents([1, 2], DIM)))
    assert torch.equal(ends[-1], way[-1])
    # an end is one step of Euler's rule over the rest of the way
    for step in range(5):
        left = (1 - step / 4) * flow.velocity(way[step], step / 4, [0, 3], 2)
        assert torch.allclose(ends[step], way[step] + left, atol=1e-5)
    untold = flow.ends(way)
    assert torch.allclose(untold[1], way[1] + 0.75 * flow.velocity(way[1], 0.25), atol=1e-5)


def test_an_end_is_for_a_class_that_there_is(flow):
    way = flow.path([1, 2], steps=4)
    for labels in ([0], [0, 4], [0] * 10):
        with pytest.raises(ValueError, match="label"):
            flow.ends(way, labels)


def test_more_steps_come_closer_to_the_exact_end(gaussian, z):
    # the midpoint rule: steps of a third of the length make about a ninth of the error
    errors = [(gaussian.move(z, steps=steps)[-1] - (M + A * z)).norm().item() for steps in (5, 15, 45)]
    assert errors[0] > 7 * errors[1] > 49 * errors[2]


def test_seeds_draw_the_classes_as_often_as_they_occur(flow):
    flow = tiny()
    flow.shares.copy_(torch.tensor([0.5, 0.0, 0.25, 0.25]))
    labels = flow.labels(range(4000))
    found = torch.bincount(labels, minlength=4) / 4000
    assert found.tolist() == pytest.approx([0.5, 0, 0.25, 0.25], abs=0.03)  # 4 standard deviations
    assert torch.equal(flow.labels([5, 3]), torch.stack([labels[5], labels[3]]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda flow, z: flow.velocity(z, 1.1), "t must be a number from 0 to 1"),
        (lambda flow, z: flow.velocity(z, float("nan")), "t must be"),
        (lambda flow, z: flow.velocity(z[:, :2], 0), "z must have shape"),
        (lambda flow, z: flow.velocity(z, 0, [0, 1, 2, 3, 4]), "A label must be from 0 to 3"),
        (lambda flow, z: flow.velocity(z, 0, [0]), "labels must be 5"),
        (lambda flow, z: flow.velocity(z, 0, [0] * 5, -1), "guidance must be"),
        (lambda flow, z: flow.move(z, steps=0), "steps must be a whole number from 1"),
        (lambda flow, z: flow.move(z, steps=2.5), "steps must be"),
        (lambda flow, z: flow.path([]), "at least one seed"),
        (lambda flow, z: flow.path([-1]), "A seed must be"),
        (lambda flow, z: flow.path([1], [4]), "A label must be"),
    ],
)
def test_what_cannot_be_taken_is_told(flow, z, call, words):
    with pytest.raises(ValueError, match=words):
        call(flow, z)


# --- as a prior of the VAE ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    vae = VAE(VAEConfig(latent_dim=DIM, width=8)).eval().requires_grad_(False)
    vae.flow = tiny()
    return vae


def test_the_flow_is_a_prior_of_the_vae_and_the_default_where_there_is_one(vae):
    seeds = [4, 9]
    way = vae.flow.path(seeds, vae.flow.labels(seeds))
    assert vae.priors() == ("standard", "flow")
    assert torch.equal(vae.latents(seeds), way[-1])
    assert torch.equal(vae.latents(seeds, prior="flow", labels=[1, 1]), vae.flow.path(seeds, [1, 1])[-1])
    assert torch.equal(vae.sample(seeds, steps=3), vae.decode(vae.latents(seeds, steps=3)))
    noise = torch.from_numpy(latents(seeds, DIM))
    assert torch.equal(vae.latents(seeds, 0.5), vae.flow.move(0.5 * noise, vae.flow.labels(seeds))[-1])


def test_the_standard_normal_knows_no_classes_and_only_the_flow_is_guided(vae):
    with pytest.raises(ValueError, match="knows no classes"):
        vae.latents([1], prior="standard", labels=[0])
    for prior in ("standard", "learned"):
        with pytest.raises(ValueError, match="no learned prior" if prior == "learned" else "can be guided"):
            vae.latents([1], prior=prior, guidance=2)
    with pytest.raises(ValueError, match="no flow"):
        VAE(VAEConfig(latent_dim=DIM)).latents([1], prior="flow")


def test_a_saved_flow_is_read_beside_its_vae(tmp_path, vae):
    vae.save_pretrained(tmp_path, {"set": "digits"})
    vae.save_flow(tmp_path, {})
    back = VAE.from_pretrained(tmp_path)
    assert torch.allclose(back.latents([1, 2]), vae.latents([1, 2]), atol=0.02)  # weights in half precision
    assert back.decode(back.latents([1])).shape == (1, 1, 28, 28)
