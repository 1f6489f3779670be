import numpy as np
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from hsicli.algorithms.gaussians import Mixture, assign, log_density, responsibilities


def planted(rng, n=500, d=4, k=3, spread=3.0):
    """A mixture, and codes near it."""
    factors = torch.from_numpy(rng.normal(size=(k, d, d)) * 0.4 + np.eye(d))
    weights = torch.arange(1.0, k + 1, dtype=torch.float64)
    means = torch.from_numpy(rng.normal(size=(k, d)) * spread)
    codes = means[torch.from_numpy(rng.integers(k, size=n))] + torch.from_numpy(rng.normal(size=(n, d)))
    return codes, Mixture(weights / weights.sum(), means, factors @ factors.mT)


def test_densities_are_those_of_torch(rng):
    codes, mixture = planted(rng)
    law = MixtureSameFamily(
        Categorical(mixture.weights), MultivariateNormal(mixture.means, mixture.covariances)
    )
    np.testing.assert_allclose(log_density(codes, mixture), law.log_prob(codes), atol=1e-10)


def test_densities_of_narrow_components_far_away_keep_their_digits(rng):
    means = torch.tensor([[0.0, 0.0], [50.0, -30.0], [-1e3, 20.0]], dtype=torch.float64)
    covariances = torch.eye(2, dtype=torch.float64) * torch.tensor([1.0, 1e-4, 1e-3])[:, None, None]
    mixture = Mixture(torch.full((3,), 1 / 3, dtype=torch.float64), means, covariances)
    codes = means.repeat(100, 1) + torch.from_numpy(rng.normal(size=(300, 2))) * 0.01
    law = MixtureSameFamily(Categorical(mixture.weights), MultivariateNormal(means, covariances))
    np.testing.assert_allclose(log_density(codes, mixture), law.log_prob(codes), atol=1e-5)


def test_responsibilities_of_a_pixel_sum_to_one(rng):
    codes, mixture = planted(rng)
    for part, shares in responsibilities(codes, mixture):
        assert len(shares) == len(codes[part])
        np.testing.assert_allclose(shares.sum(1), 1, atol=1e-12)


def test_assignment_is_certain_at_a_centre_and_torn_half_way():
    means = torch.tensor([[-5.0, 0.0], [5.0, 0.0]], dtype=torch.float64)
    mixture = Mixture(
        torch.full((2,), 0.5, dtype=torch.float64), means, torch.eye(2, dtype=torch.float64).repeat(2, 1, 1)
    )
    found = assign(torch.tensor([[-5.0, 0.0], [0.0, 1.0], [5.0, 0.0]]), mixture)
    assert found.labels[0] == 0
    assert found.labels[2] == 1
    np.testing.assert_allclose(found.entropy, [0, np.log(2), 0], atol=1e-6)


def test_components_of_one_class_share_their_responsibility(rng):
    codes, mixture = planted(rng, k=4, spread=0.1)
    found = assign(codes, mixture, torch.tensor([0, 1, 0, 1]))
    shares = torch.cat([r for _, r in responsibilities(codes, mixture)])
    classes = torch.stack([shares[:, 0] + shares[:, 2], shares[:, 1] + shares[:, 3]], 1)
    assert torch.equal(found.labels.long(), classes.argmax(1))
    np.testing.assert_allclose(found.entropy, -(classes * classes.log()).sum(1), atol=1e-6)
    np.testing.assert_allclose(found.log_density, log_density(codes, mixture), atol=1e-12)
