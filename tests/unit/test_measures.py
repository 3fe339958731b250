"""The measures of samples, by cases that can be worked out by hand."""

import math

import numpy as np
import pytest
import torch

from models.vae import VAE, VAEConfig, recon_loss, standard_log_prob
from training import measures


def test_the_frechet_distance_of_two_gaussians_is_the_formula():
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((4000, 3))
    cloud = (cloud - cloud.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(cloud, rowvar=False))).T
    # means differ by (3, 0, 4); covariances are I and 4 I: 25 + 3 (1 + 4 - 2 * 2)
    assert measures.frechet(cloud, 2 * cloud + np.array([3, 0, 4])) == pytest.approx(28, abs=1e-6)
    assert measures.frechet(cloud, cloud) == pytest.approx(0, abs=1e-6)


def test_coverage_counts_the_real_points_that_have_a_made_one_within_reach():
    real = torch.tensor([[0.0], [1.0], [2.0], [10.0], [11.0], [13.0]])
    reach = measures.radii(real, k=1)
    assert reach.tolist() == [1, 1, 1, 1, 1, 2]
    made = torch.tensor([[1.5], [14.9]])  # near 1, 2 and 13
    assert measures.coverage(real, made, reach) == pytest.approx(3 / 6)
    assert measures.coverage(real, real, reach) == 1
    assert measures.radii(real, k=2).tolist() == [2, 1, 2, 3, 2, 3]


def test_one_picture_again_and_again_has_no_distance():
    labels = torch.tensor([0, 0, 1, 1])
    same = torch.full((4, 1, 2, 2), 255, dtype=torch.uint8)
    assert measures.pairwise_distances(same, labels) == [0, 0]
    # class 0: all 4 pixels differ by 1, a distance of 2; class 1: one pixel does, a distance of 1
    same[1] = 0
    same[3, 0, 0, 0] = 0
    assert measures.pairwise_distances(same, labels) == pytest.approx([2, 1])


def test_a_class_is_seen_from_one_picture_in_twenty_on():
    found = torch.tensor([0] * 90 + [1] * 5 + [2] * 4 + [3])
    assert measures.classes_seen(found, 10) == 2


def test_edges_are_sharp_and_plain_pictures_are_not():
    plain = torch.full((1, 1, 28, 28), 77, dtype=torch.uint8)
    checks = (torch.arange(28)[:, None] + torch.arange(28)) % 2 * 255
    checks = checks.to(torch.uint8)[None, None]
    assert measures.sharpness(plain) == 0
    # of a checkerboard the Laplacian is 4 and -4 by turns: a variance of 16
    assert measures.sharpness(checks) == pytest.approx(16, rel=0.01)


def test_the_nearest_picture_is_found_by_its_distance():
    others = torch.zeros(3, 1, 2, 2, dtype=torch.uint8)
    others[1], others[2] = 255, 51
    mine = torch.zeros(2, 1, 2, 2, dtype=torch.uint8)
    mine[1] = 153
    # 153 is 0.6: from 0.2 (51) it differs by 0.4 in each of 4 pixels, a distance of 0.8, as from 1
    assert measures.nearest(mine, others).tolist() == pytest.approx([0, 0.8], abs=1e-3)


def test_the_importance_weighted_bound_is_the_elbo_of_one_sample_and_the_likelihood_of_many():
    torch.manual_seed(0)
    vae = VAE(VAEConfig(image_size=8, latent_dim=1, width=8)).eval()
    vae.decoder.stem[0].weight.data *= 8  # z shall matter
    x = (torch.rand(2, 1, 8, 8) < 0.5).float()
    one = measures.log_weights(vae, x, 1, torch.Generator().manual_seed(1))
    assert measures.importance_bound(one).tolist() == pytest.approx((-one[:, 0]).tolist())
    # p(x) by the trapezoid rule: z has one dimension
    z = torch.linspace(-8, 8, 4001)[:, None]
    with torch.inference_mode():
        log_p_x_given_z = -torch.cat(
            [recon_loss(vae.decode_logits(z), x[[i]].expand(4001, -1, -1, -1))[None] for i in (0, 1)]
        )
    exact = -torch.logsumexp(log_p_x_given_z.double() + standard_log_prob(z), 1) - math.log(16 / 4000)
    many = measures.log_weights(vae, x, 20_300, torch.Generator().manual_seed(1))
    assert many.shape == (2, 20_300)
    assert measures.importance_bound(many).tolist() == pytest.approx(exact.tolist(), abs=0.02)
    assert (-many.mean(1) > measures.importance_bound(many)).all()  # the ELBO costs more
