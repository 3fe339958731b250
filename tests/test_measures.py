"""The measures of samples, by cases that can be worked out by hand."""

import numpy as np
import pytest
import torch

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
