"""dirichlet: divergences and draws against torch, closed forms and each other."""

import pytest
import torch
from torch.distributions import Dirichlet, Gamma, kl_divergence

from hsicli.models.dirichlet import approximate_draws, dirichlet_divergence, gamma_divergence

PAIRS = [([50.0, 1.0, 1.0], [1 / 3] * 3), ([0.1, 2.0, 7.0], [1.0] * 3), ([0.5] * 3, [0.5] * 3)]


@pytest.mark.parametrize(("posterior", "prior"), PAIRS)
def test_the_exact_divergence_is_that_of_torch(posterior, prior):
    a, b = (torch.tensor(values, dtype=torch.float64) for values in (posterior, prior))
    found = dirichlet_divergence(a, b)
    torch.testing.assert_close(found, kl_divergence(Dirichlet(a), Dirichlet(b)), rtol=1e-9, atol=1e-12)
    assert found >= -1e-12


@pytest.mark.parametrize(("posterior", "prior"), PAIRS)
def test_the_papers_divergence_exceeds_it_by_that_of_the_sums(posterior, prior):
    a, b = (torch.tensor(values, dtype=torch.float64) for values in (posterior, prior))
    sums = kl_divergence(Gamma(a.sum(), torch.ones(())), Gamma(b.sum(), torch.ones(())))
    torch.testing.assert_close(gamma_divergence(a, b), dirichlet_divergence(a, b) + sums)


def test_of_one_distribution_with_itself_both_are_zero():
    a = torch.tensor([0.3, 4.0, 20.0], dtype=torch.float64)
    assert dirichlet_divergence(a, a) == pytest.approx(0, abs=1e-12)
    assert gamma_divergence(a, a) == pytest.approx(0, abs=1e-12)


def test_the_gradient_of_draws_is_that_of_the_closed_form():
    """E Σ c_k z_k² = Σ c_k α_k (α_k + 1) / (α_0 (α_0 + 1)): its gradient, by drawing and by hand."""
    torch.manual_seed(0)
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    alpha = torch.tensor([0.5, 2.0, 6.0], dtype=torch.float64, requires_grad=True)
    total = alpha.sum()
    exact = (weights * alpha * (alpha + 1)).sum() / (total * (total + 1))
    (by_hand,) = torch.autograd.grad(exact, alpha)
    drawn = Dirichlet(alpha.expand(400_000, 3)).rsample()
    (by_drawing,) = torch.autograd.grad((weights * drawn.square()).sum(-1).mean(), alpha)
    torch.testing.assert_close(by_drawing, by_hand, atol=3e-3, rtol=0)


def test_the_papers_draws_are_good_for_small_concentrations_only():
    torch.manual_seed(0)
    for value, ratio in ((0.02, 1.0), (10.0, 0.31)):  # of deviations, by the second moment of a Dirichlet
        alpha = torch.full((100_000, 3), value, dtype=torch.float64)
        drawn = approximate_draws(alpha, torch.rand_like(alpha))
        torch.testing.assert_close(drawn.sum(-1), torch.ones(100_000, dtype=torch.float64))
        true = (2 / 9 / (3 * value + 1)) ** 0.5
        assert drawn.std(dim=0).mean().item() / true == pytest.approx(ratio, abs=0.05)
