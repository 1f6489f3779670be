"""The second look finds what has few pixels."""

import numpy as np
import torch

from hsicli.algorithms.gaussians import Mixture, assign
from hsicli.algorithms.mixture import fit_mixture
from hsicli.algorithms.rare import add_components


def heaps(rng):
    """A large heap, and one of 0.5 % far from it."""
    return torch.from_numpy(np.concatenate([rng.normal(size=(4000, 3)), rng.normal(6, 0.3, size=(20, 3))]))


ONE = Mixture(
    torch.ones(1, dtype=torch.float64),
    torch.zeros(1, 3, dtype=torch.float64),
    torch.eye(3, dtype=torch.float64)[None],
)


def test_a_rare_heap_becomes_a_component(rng):
    codes = heaps(rng)
    start = add_components(codes, ONE, 4, share=0.02, seed=0)
    *_, last = fit_mixture(codes, start, floor=0.01, shrinkage=5, max_iterations=20)
    labels = assign(codes, last.mixture).labels
    [rare] = labels[4000:].unique()
    assert (labels == rare).sum() == 20


def test_the_old_components_stand_first_and_the_shares_still_sum_to_one(rng):
    start = add_components(heaps(rng), ONE, 4, share=0.02, seed=0)
    assert len(start.weights) == 5
    assert abs(float(start.weights.sum()) - 1) < 1e-12
    assert torch.equal(start.means[0], ONE.means[0])
    assert torch.equal(start.covariances[4], ONE.covariances[0])


def test_no_components_and_too_few_codes_change_nothing(rng):
    codes = heaps(rng)
    assert add_components(codes, ONE, 0, share=0.02, seed=0) is ONE
    assert add_components(codes, ONE, 4, share=0.001, seed=0) is ONE
