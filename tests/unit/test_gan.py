import math

import pytest
import torch

from models import checkpoint
from models.gan import GAN, Discriminator, GANConfig, Generator, save_snapshot

SHIPPED = "pretrained/gan/fashion"


@pytest.fixture(scope="module")
def gan():
    return GAN.from_pretrained(SHIPPED)


def test_one_seed_one_picture_whatever_the_batch(gan):
    alone = gan.sample([7], labels=[3])
    among = gan.sample([1, 7, 2**64 - 1], labels=[0, 3, 9])
    assert torch.allclose(alone[0], among[1], atol=1e-5)
    assert not torch.allclose(among[0], among[1], atol=1e-2)


def test_truncation_zero_gives_one_picture_a_class(gan):
    images = gan.sample(range(4), labels=[2, 2, 5, 5], truncation_psi=0)
    assert torch.allclose(images[0], images[1], atol=1e-5) and torch.allclose(images[2], images[3], atol=1e-5)
    assert not torch.allclose(images[0], images[2], atol=1e-2)


def test_truncation_is_a_scaling_of_z(gan):
    z = gan.latents([1, 2, 3])
    half = gan.generate(z, labels=[1, 1, 1], truncation_psi=0.5)
    assert torch.allclose(half, gan.generate(0.5 * z, labels=[1, 1, 1]), atol=1e-6)


def test_at_least_six_moments_are_kept_from_the_first_to_the_last(gan):
    assert len(gan.snapshots) >= 6 and gan.snapshots[0] == 0
    assert gan.snapshots[-1] == gan.history["step"][-1]


def test_the_first_moment_is_untrained(gan):
    # a fresh generator's last layer is small and its sigmoid near 1/2: grey noise, no black and no white
    untrained, trained = (gan.sample(range(20), snapshot=step) for step in (0, gan.snapshots[-1]))
    assert untrained.std() < 0.2 < trained.std()
    assert abs(untrained.mean().item() - 0.5) < 0.1


def test_images_are_images(gan):
    images = gan.sample(range(12))
    assert images.shape == (12, 1, 28, 28) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1


def test_scores_are_the_discriminators_own(gan):
    images = gan.sample(range(3), labels=[0, 1, 2])
    discriminator = gan.discriminator()
    with torch.inference_mode():
        by_hand = discriminator(images, torch.tensor([0, 1, 2]))
    assert torch.allclose(gan.score(images, [0, 1, 2]), by_hand)
    # another claim, another opinion: the discriminator looks at the class too
    assert not torch.allclose(gan.score(images, [1, 2, 0]), by_hand)


def test_the_discriminator_has_learned_to_doubt(gan):
    # untrained it says about 0 of everything; trained, it is better than a coin (2 ln 2) and doubts the samples
    def mean_score(snapshot):
        labels = torch.arange(100) % 10
        return gan.score(gan.sample(range(100), labels, snapshot=snapshot), labels, snapshot).mean().item()

    assert abs(mean_score(0)) < 0.1
    assert mean_score(gan.snapshots[-1]) < -0.1
    assert sum(gan.history["d_loss"][-20:]) / 20 < 2 * math.log(2) - 0.05


def test_losses_start_near_those_of_a_coin(gan):
    # D(x) = 1/2 everywhere: d_loss = 2 ln 2, g_loss = ln 2; the first mean is over 50 steps
    assert gan.history["d_loss"][0] == pytest.approx(2 * math.log(2), abs=0.6)
    assert len(gan.history["step"]) == len(gan.history["d_loss"]) == len(gan.history["g_loss"])


def test_saved_and_read_back_draws_the_same(tmp_path):
    torch.manual_seed(0)
    config = GANConfig(classes=3, z_dim=4, width=8)
    generator, discriminator = Generator(config).eval(), Discriminator(config).eval()
    info = {
        "model": config.__dict__,
        "classes": ["a", "b", "c"],
        "history": {"step": [], "d_loss": [], "g_loss": []},
        "snapshots": [5],
    }
    save_snapshot(tmp_path / "regularised", 5, generator, discriminator, info)
    back = GAN.from_pretrained(tmp_path)
    z, labels = back.latents([1, 2]), torch.tensor([0, 1])
    for module in (generator, discriminator):  # the matrices are kept in 8 bits, the rest in 16
        weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
        small = checkpoint.full(checkpoint.eight_bits(weights))
        module.load_state_dict({name: torch.from_numpy(array) for name, array in small.items()})
    with torch.no_grad():
        expected = generator(z, labels)
        opinion = discriminator(expected, labels)
    assert torch.allclose(back.generate(z, labels), expected, atol=1e-6)
    assert torch.allclose(back.score(expected, labels), opinion, atol=1e-5)
    assert back.snapshots == [5] and back.classes == ["a", "b", "c"]


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda g: g.sample([-1]), "seed"),
        (lambda g: g.sample([2**64]), "seed"),
        (lambda g: g.sample([]), "at least one"),
        (lambda g: g.sample([1], labels=[10]), "label"),
        (lambda g: g.sample([1], labels=[-1]), "label"),
        (lambda g: g.sample([1], labels=[0.5]), "labels"),
        (lambda g: g.sample([1, 2], labels=[0]), "labels"),
        (lambda g: g.sample([1], truncation_psi=math.nan), "truncation_psi"),
        (lambda g: g.sample([1], truncation_psi=9), "truncation_psi"),
        (lambda g: g.sample([1], snapshot=5), "No checkpoint was saved at step 5"),
        (lambda g: g.generate(torch.zeros(1, 3)), "shape"),
        (lambda g: g.generate(torch.full((1, g.config.z_dim), math.nan)), "finite"),
        (lambda g: g.score(torch.zeros(28, 28)), "shape"),
        (lambda g: g.score(torch.full((1, 1, 28, 28), math.nan)), "finite"),
    ],
)
def test_a_mistake_is_one_sentence(gan, call, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        call(gan)
    assert "\n" not in str(error.value)


# --- walks and mixed classes ------------------------------------------------------------------------------


def test_a_walk_starts_and_ends_at_its_ends_in_even_steps(gan):
    a, b = gan.latents([8, 10])
    straight, round_ = gan.interpolate(a, b, 5, "linear"), gan.interpolate(a, b, 5)
    for path in (straight, round_):
        assert path.shape == (5, gan.config.z_dim)
        assert (path[0] == a).all() and (path[-1] == b).all()
    assert torch.allclose(straight[1], 0.75 * a + 0.25 * b, atol=1e-6)
    # slerp: the length passes evenly from one to the other; the straight line is shorter in the middle
    assert round_[2].norm().item() == pytest.approx((a.norm() + b.norm()).item() / 2, rel=1e-4)
    assert straight[2].norm() < round_[2].norm()


def test_shares_that_are_all_one_class_are_that_class(gan):
    z = gan.latents([1, 2, 3])
    shares = torch.eye(10)[[4, 0, 9]]
    assert torch.allclose(gan.generate(z, shares), gan.generate(z, [4, 0, 9]), atol=1e-5)
    assert torch.allclose(gan.generate(z, shares.numpy()), gan.generate(z, [4, 0, 9]), atol=1e-5)


def test_a_mix_of_classes_mixes_their_embeddings(gan):
    z = gan.latents([7])
    mixed = 0.25 * torch.eye(10)[[1]] + 0.75 * torch.eye(10)[[8]]
    generator = gan._pair(gan.snapshots[-1])[0]
    weight = generator.embed.weight
    seen = []
    hook = generator.stem.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    picture = gan.generate(z, mixed)
    hook.remove()
    assert torch.allclose(seen[0][0, gan.config.z_dim :], 0.25 * weight[1] + 0.75 * weight[8], atol=1e-6)
    for label in (1, 8):
        assert not torch.allclose(picture, gan.generate(z, [label]), atol=1e-2)


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda g, z: g.interpolate(z[0], z[1], 1), "steps"),
        (lambda g, z: g.interpolate(z[0], z[1], 300), "steps"),
        (lambda g, z: g.interpolate(z[0], z[1], True), "steps"),
        (lambda g, z: g.interpolate(z[0], z[1], 5, "curved"), "method"),
        (lambda g, z: g.interpolate(z[0], z[1][:3], 5), "shape"),
        (lambda g, z: g.generate(z, torch.full((2, 10), 0.2)), "sum to 1"),
        (lambda g, z: g.generate(z, torch.full((2, 10), math.nan)), "sum to 1"),
        (lambda g, z: g.generate(z, torch.tensor([[2.0, -1] + 8 * [0]] * 2)), "sum to 1"),
        (lambda g, z: g.generate(z, torch.eye(10)[:1]), "labels"),
        (lambda g, z: g.generate(z, torch.eye(9)[:2]), "labels"),
        (lambda g, z: g.score(g.generate(z), torch.eye(10)[:2]), "labels"),
    ],
)
def test_a_mistake_on_a_walk_is_one_sentence(gan, call, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        call(gan, gan.latents([1, 2]))
    assert "\n" not in str(error.value)


def test_feature_maps_lead_to_the_score_and_let_gradients_pass(gan):
    images = gan.sample(range(2), labels=[7, 8]).clone().requires_grad_()
    maps = gan.feature_maps(images)
    sides = [found.shape[-1] for found in maps]
    assert sides == sorted(sides, reverse=True) and sides[0] == 14
    discriminator = gan.discriminator()
    hidden = torch.nn.functional.leaky_relu(discriminator.hidden(maps[-1].flatten(1)), 0.2)
    projected = (hidden * discriminator.embed(torch.tensor([7, 8]))).sum(1) / 128**0.5
    by_hand = discriminator.head(hidden)[:, 0] + projected
    assert torch.allclose(gan.score(images.detach(), [7, 8]), by_hand, atol=1e-4)
    maps[0].sum().backward()
    assert images.grad.abs().sum() > 0
