import math

import numpy as np
import pytest
import torch

from models.vae import VAE, Examples, VAEConfig, kl, kl_per_dim, recon_loss, slerp

SHIPPED = "pretrained/vae/digits"


@pytest.fixture(scope="module")
def vae():
    return VAE.from_pretrained(SHIPPED)


def pictures(count, seed=0):
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


def test_recon_loss_of_a_coin_is_ln_2_a_pixel():
    # logit 0 is p = 1/2: every pixel, whatever its grey, costs ln 2 nats; 784 pixels
    assert recon_loss(torch.zeros(2, 1, 28, 28), pictures(2)).tolist() == pytest.approx(
        [784 * math.log(2)] * 2
    )


def test_kl_of_the_prior_is_zero_and_of_a_shifted_one_is_half_its_square():
    zero = torch.zeros(1, 4)
    assert kl(zero, zero).item() == 0
    # mu = 2, sigma = 1: -1/2 (1 + 0 - 4 - 1) = 2 nats
    assert kl_per_dim(torch.tensor([[2.0]]), torch.zeros(1, 1)).item() == pytest.approx(2)
    # mu = 0, sigma = 1/2: -1/2 (1 + ln 1/4 - 1/4) = -0.375 + ln 2
    logvar = torch.tensor([[2 * math.log(0.5)]])
    assert kl(torch.zeros(1, 1), logvar).item() == pytest.approx(math.log(2) - 0.375)


def test_losses_are_those_of_the_parts(vae):
    x = pictures(3)
    recon, divergence = vae.losses(x)
    mu, logvar = vae.encode(x)
    # -sum x ln p + (1 - x) ln(1 - p), from the decoded means
    p = vae.decode_logits(mu).double().sigmoid()
    by_hand = -(x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3))
    assert recon.tolist() == pytest.approx(by_hand.tolist(), rel=1e-4)
    assert divergence.tolist() == pytest.approx(kl(mu, logvar).tolist())


def test_a_reconstruction_is_the_decoded_mean_and_has_no_noise(vae):
    x = vae.sample([3])
    assert torch.equal(vae.reconstruct(x), vae.decode(vae.encode(x)[0]))
    # a picture the model made itself comes back nearly as it was: far nearer than another one
    error = (vae.reconstruct(x) - x).square().mean()
    assert error < 0.25 * (vae.sample([4]) - x).square().mean()


def test_noise_comes_from_the_generator_only(vae):
    mu, logvar = vae.encode(pictures(1))
    first, second, other = (
        vae.reparameterize(mu, logvar, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second) and not torch.equal(first, other)


def test_prior_log_prob_at_the_origin(vae):
    # each of 32 dimensions gives -1/2 ln(2 pi)
    z = torch.zeros(1, vae.config.latent_dim)
    assert vae.prior_log_prob(z).item() == pytest.approx(-vae.config.latent_dim / 2 * math.log(2 * math.pi))


@pytest.mark.parametrize("method", ["linear", "spherical"])
def test_ends_of_a_walk_are_the_ends(vae, method):
    z = torch.from_numpy(vae.examples.z)
    path = vae.interpolate(z[0], z[50], 7, method)
    assert path.shape == (7, vae.config.latent_dim)
    assert torch.equal(path[0], z[0]) and torch.equal(path[-1], z[50])
    assert torch.equal(vae.interpolate(z[0], z[50], 2, method), torch.stack([z[0], z[50]]))


def test_linear_middle_is_the_mean_and_spherical_middle_keeps_the_length():
    t = torch.tensor([[0.5]])
    east, north = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    # a quarter turn: the middle lies at 45 degrees, still 2 away: (sqrt 2, sqrt 2)
    assert slerp(east, north, t)[0].tolist() == pytest.approx([math.sqrt(2)] * 2)
    # lengths 1 and 3: the middle is 2 away
    assert slerp(east / 2, 1.5 * north, t).norm().item() == pytest.approx(2)


@pytest.mark.parametrize("end", [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [3.0, 0.0]])
def test_spherical_falls_back_to_the_line_where_there_is_no_angle(end):
    start, end, t = torch.tensor([1.0, 0.0]), torch.tensor(end), torch.tensor([[0.25]])
    assert torch.isfinite(slerp(start, end, t)).all()
    assert slerp(start, end, t)[0].tolist() == pytest.approx((0.75 * start + 0.25 * end).tolist(), abs=1e-5)


def test_one_seed_one_image_whatever_the_batch(vae):
    alone, among = vae.sample([7]), vae.sample([1, 7, 2**64 - 1])
    assert torch.allclose(alone[0], among[1], atol=1e-5)
    assert not torch.allclose(among[0], among[1], atol=1e-2)


def test_temperature_zero_is_the_middle_of_the_prior(vae):
    images = vae.sample([1, 2], temperature=0)
    middle = vae.decode(torch.zeros(1, vae.config.latent_dim))
    assert torch.allclose(images, middle.expand(2, -1, -1, -1), atol=1e-5)


def test_images_are_images(vae):
    images = vae.sample(range(4))
    assert images.shape == (4, 1, 28, 28) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1


def test_examples_are_codes_by_class(vae):
    examples = vae.examples
    assert examples.z.shape == (len(examples.label), vae.config.latent_dim)
    assert sorted(set(examples.label.tolist())) == list(range(10)) and len(examples.names) == 10
    assert examples.position.shape == (len(examples.label), 2)


def test_loaded_is_frozen_and_in_eval_mode(vae):
    assert not vae.training and not any(p.requires_grad for p in vae.parameters())


def test_saved_and_read_back_decodes_the_same(tmp_path):
    torch.manual_seed(0)
    tiny = VAE(VAEConfig(latent_dim=3, width=8))
    z = np.zeros((2, 3), np.float32)
    tiny.save_pretrained(tmp_path, {}, Examples(z, np.array([0, 1]), z[:, :2], ["a", "b"]))
    back = VAE.from_pretrained(tmp_path)
    codes = torch.randn(2, 3, generator=torch.Generator().manual_seed(1))
    # weights are kept in half precision
    assert torch.allclose(back.decode(codes), tiny.eval().decode(codes), atol=5e-3)
    assert back.examples.names == ["a", "b"]


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda v: v.encode(torch.zeros(1, 28, 28)), "shape"),
        (lambda v: v.encode(torch.full((1, 1, 28, 28), math.nan)), "finite"),
        (lambda v: v.encode(torch.full((1, 1, 28, 28), 1.5)), "from 0 to 1"),
        (lambda v: v.decode(torch.zeros(1, 5)), "shape"),
        (lambda v: v.decode(torch.full((1, v.config.latent_dim), math.inf)), "finite"),
        (lambda v: v.sample([-1]), "seed"),
        (lambda v: v.sample([2**64]), "seed"),
        (lambda v: v.sample([1.5]), "seed"),
        (lambda v: v.sample([True]), "seed"),
        (lambda v: v.sample([]), "at least one"),
        (lambda v: v.sample([1], temperature=math.nan), "temperature"),
        (lambda v: v.sample([1], temperature=-1), "temperature"),
        (lambda v: v.interpolate(torch.zeros(32), torch.zeros(32), 1), "steps"),
        (lambda v: v.interpolate(torch.zeros(32), torch.zeros(32), 10**6), "steps"),
        (lambda v: v.interpolate(torch.zeros(32), torch.zeros(32), 5, "zigzag"), "method"),
        (lambda v: v.interpolate(torch.zeros(3), torch.zeros(32), 5), "shape"),
    ],
)
def test_a_mistake_is_one_sentence(vae, call, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        call(vae)
    assert "\n" not in str(error.value)
