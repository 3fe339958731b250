import math

import numpy as np
import pytest
import torch

from models.paths import slerp
from models.vae import (
    VAE,
    Examples,
    RealNVP,
    VAEConfig,
    kl,
    kl_per_dim,
    load_snapshots,
    recon_loss,
    standard_log_prob,
)

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


def test_prior_log_prob_at_the_origin():
    # each of 4 dimensions of N(0, I) gives -1/2 ln(2 pi); 3 away from it 9/2 less
    vae = VAE(VAEConfig(latent_dim=4))
    z = torch.tensor([[0.0, 0, 0, 0], [0, 3, 0, 0]])
    assert vae.prior_log_prob(z).tolist() == pytest.approx([-2 * math.log(2 * math.pi) - r for r in (0, 4.5)])


# --- the learned prior ------------------------------------------------------------------------------------


SHARES = torch.tensor([0.5, 0.2, 0.3])


def random_flow(dim):
    """A RealNVP of three classes that is far from the standard normal it starts as."""
    torch.manual_seed(dim)
    flow = RealNVP(dim, couplings=3, hidden=16, classes=3)
    for weight in flow.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    flow.shares.copy_(SHARES)
    return flow.requires_grad_(False)


def test_an_untrained_flow_is_the_standard_normal():
    z = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))
    flow, labels = RealNVP(6, couplings=2, classes=3), torch.tensor([0, 1, 2, 0, 1])
    for found in (flow.log_prob(z), flow.log_prob(z, labels)):
        assert found.tolist() == pytest.approx(standard_log_prob(z).tolist())
    made = flow.decode(z, labels)
    assert made.abs().sum().item() == pytest.approx(z.abs().sum().item())  # only turned round


@pytest.mark.parametrize("dim", [2, 5])
@pytest.mark.parametrize("label", [0, 2])
def test_a_flow_scores_what_it_makes_by_the_change_of_variables(dim, label):
    # log p(z) = log N(u) - log |det dz/du| (equation 2), with the Jacobian that autograd finds
    flow, labels = random_flow(dim), torch.tensor([label])
    for u in torch.randn(4, dim, generator=torch.Generator().manual_seed(1)):
        jacobian = torch.autograd.functional.jacobian(lambda one: flow.decode(one[None], labels)[0], u)
        expected = standard_log_prob(u[None]) - torch.linalg.slogdet(jacobian)[1]
        found = flow.log_prob(flow.decode(u[None], labels), labels)
        assert found.item() == pytest.approx(expected.item(), abs=1e-3)


def test_the_density_over_all_classes_is_their_mean_by_share():
    flow = random_flow(4)
    z = torch.randn(6, 4, generator=torch.Generator().manual_seed(3))
    each = torch.stack([flow.log_prob(z, torch.full((6,), label)).exp() for label in range(3)])
    assert torch.allclose(flow.log_prob(z).exp(), SHARES @ each)


def test_seeds_draw_classes_by_share():
    flow = random_flow(2)
    drawn = flow.labels(range(3000))
    assert torch.allclose(torch.bincount(drawn, minlength=3) / 3000, SHARES, atol=0.03)
    assert flow.labels([7, 8]).tolist() == drawn[7:9].tolist()


def test_the_density_of_a_flow_is_one_in_all():
    flow = random_flow(2)
    with torch.inference_mode():
        u = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(2))
        z = flow.decode(u, torch.arange(len(u)) % 3)
        low, high = z.min(0).values, z.max(0).values
        side = 800
        axes = [torch.linspace(a, b, side) for a, b in zip(low.tolist(), high.tolist())]
        grid = torch.cartesian_prod(*axes)
        cell = ((high - low) / (side - 1)).prod()
        assert (flow.log_prob(grid).exp().sum() * cell).item() == pytest.approx(1, abs=0.05)


def test_all_priors_use_the_same_noise(vae):
    seeds = [3, 4]
    noise = vae.latents(seeds, prior="standard")
    labels = vae.prior.labels(seeds)
    assert torch.equal(vae.latents(seeds, prior="learned"), vae.prior.decode(noise, labels))
    told = torch.tensor([7, 1])
    assert torch.equal(vae.latents(seeds, prior="learned", labels=told), vae.prior.decode(noise, told))
    assert torch.equal(labels, vae.flow.labels(seeds))  # one seed, one class
    assert torch.equal(vae.latents(seeds, prior="flow"), vae.flow.path(seeds)[-1])
    assert torch.equal(vae.latents(seeds), vae.latents(seeds, prior="flow"))
    assert torch.allclose(vae.latents(seeds, 0.5, "standard"), 0.5 * noise)
    assert torch.equal(vae.sample(seeds, 0.5), vae.decode(vae.latents(seeds, 0.5)))


def test_the_learned_prior_explains_codes_of_test_pictures_better(vae):
    z = torch.from_numpy(vae.examples.z)
    assert vae.prior_log_prob(z).mean() > standard_log_prob(z).mean() + 1


def test_a_prior_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="no learned prior"):
        VAE(VAEConfig(latent_dim=4)).latents([1], prior="learned")
    with pytest.raises(ValueError, match="prior must be"):
        VAE(VAEConfig(latent_dim=4)).latents([1], prior="uniform")


# --- colour, sizes and the way through the encoder ---------------------------------------------------------


def test_recon_loss_of_gaussian_pixels_is_half_the_squared_error_over_the_variance():
    # logit 0 is a mean of 1/2; a black picture of 12 numbers is 1/2 away in each: 12 * 1/2 * (0.5 / 0.25)^2
    assert recon_loss(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), 0.25).item() == pytest.approx(24)
    assert recon_loss(torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5), 0.25).item() == 0


def test_a_colour_vae_of_any_depth_keeps_the_pictures_size():
    config = VAEConfig(image_size=32, channels=3, latent_dim=5, width=8, levels=4, pixel_noise=0.25)
    vae = VAE(config)
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert config.widths == [8, 16, 32, 64, 64] and config.smallest == 2
    assert vae.reconstruct(x).shape == x.shape
    recon, divergence = vae.losses(x)
    by_hand = ((vae.reconstruct(x) - x) / 0.25).square().sum((1, 2, 3)) / 2
    assert recon.tolist() == pytest.approx(by_hand.tolist()) and (divergence > 0).all()


def test_a_decoder_of_patches_paints_squares_of_pixels_from_maps_that_are_smaller():
    config = VAEConfig(image_size=32, channels=3, latent_dim=5, width=8, pixel_noise=0.25, patch=4)
    vae = VAE(config).eval()
    z = torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    sizes = []
    hooks = [
        layer.register_forward_hook(lambda _, __, out: sizes.append((out.shape[-1], out.shape[1])))
        for layer in (vae.decoder.stem, vae.decoder.features[2])
    ]
    assert vae.decode(z).shape == (2, 3, 32, 32)
    for hook in hooks:
        hook.remove()
    assert sizes == config.decoder_maps == [(4, 64), (8, 48)]
    # a square is painted from its place in the last map: what the last layer adds there changes that square alone
    before = vae.decode_logits(z)
    last = vae.decoder.features[-2]
    handle = last.register_forward_hook(lambda _, __, out: out + at_place(out, 2, 5))
    changed = (vae.decode_logits(z) != before).any(1)
    handle.remove()
    assert changed[:, 8:12, 20:24].all() and changed.sum() == 2 * 16


def test_the_maps_of_a_decoder_of_patches_may_be_narrower():
    config = VAEConfig(patch=2, patch_width=16)
    assert config.decoder_maps == [(7, 32), (14, 16)]
    vae = VAE(config).eval()
    assert vae.decode(torch.randn(3, 32)).shape == (3, 1, 28, 28)
    default = VAE(VAEConfig(patch=2))
    count = [sum(p.numel() for p in model.decoder.parameters()) for model in (vae, default)]
    assert count[0] < count[1] / 2


def at_place(maps, row, column):
    """1 at one place of every map (B, C, H, W), 0 elsewhere."""
    one = torch.zeros_like(maps)
    one[:, :, row, column] = 1
    return one


def test_activations_end_where_mu_begins(vae):
    x = pictures(2)
    stages = vae.activations(x)
    assert [kind for kind, _ in stages[:3]] == ["conv", "residual", "stride"]
    assert stages[-1][0] == "flatten" and stages[-1][1].ndim == 2
    mu = vae.encoder.head(stages[-1][1])[:, : vae.config.latent_dim]
    assert torch.allclose(mu, vae.encode(x)[0], atol=1e-5)
    sides = [tensor.shape[-1] for _, tensor in stages[:-1]]
    assert sides == sorted(sides, reverse=True) and sides[0] == 28


def test_examples_lie_on_their_plane(vae):
    examples = vae.examples
    expected = (examples.z - examples.center) @ examples.axes.T
    assert np.abs(examples.position - expected).max() < 1e-3
    assert examples.axes @ examples.axes.T == pytest.approx(np.eye(2), abs=1e-4)
    # no other direction holds more of the variance than the first
    spread = np.linalg.eigvalsh(np.cov(examples.z, rowvar=False))
    assert examples.position[:, 0].var() == pytest.approx(spread[-1], rel=0.01)


def test_a_model_of_two_numbers_is_its_own_plane():
    z = np.array([[1.0, 2], [3, 4]], np.float32)
    examples = Examples.of(z, z, np.array([0, 1]), ["0", "1"])
    assert (examples.position == z).all()


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
    zero, label = torch.zeros(1, vae.config.latent_dim), torch.tensor([3])
    middles = {
        "standard": zero,
        "learned": vae.prior.decode(zero, label),
        "flow": vae.flow.move(zero, label)[-1],
    }
    for prior, middle in middles.items():
        images = vae.sample([1, 2], 0, prior, labels=None if prior == "standard" else [3, 3])
        assert torch.allclose(images, vae.decode(middle).expand(2, -1, -1, -1), atol=1e-5)


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
    tiny.save_pretrained(tmp_path, {"set": "digits"})
    tiny.save_examples(tmp_path, Examples.of(z, z, np.array([0, 1]), ["a", "b"]))
    tiny.prior = RealNVP(3, couplings=2, hidden=8, classes=2)
    tiny.save_prior(tmp_path, {"prior": {"couplings": 2, "hidden": 8, "classes": 2}})
    tiny.save_snapshot(tmp_path, 7, {"snapshots": [7]})
    back = VAE.from_pretrained(tmp_path)
    codes = torch.randn(2, 3, generator=torch.Generator().manual_seed(1))
    # weights are kept in half precision
    assert torch.allclose(back.decode(codes), tiny.eval().decode(codes), atol=5e-3)
    assert back.examples.names == ["a", "b"] and back.examples.pictures is None
    labels = torch.tensor([0, 1])
    assert torch.equal(back.prior.decode(codes, labels), tiny.prior.decode(codes, labels))
    assert list(load_snapshots(tmp_path)) == [7] and torch.equal(
        load_snapshots(tmp_path)[7].decode(codes), back.decode(codes)
    )


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
