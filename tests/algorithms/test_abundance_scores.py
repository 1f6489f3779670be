from itertools import permutations

import numpy as np
import pytest

from hsicli.algorithms.abundance_scores import (
    abundance_distances,
    best_pairs,
    best_scales,
    interval_coverage,
    paired,
    quartiles_and_mean,
    squared_errors,
)
from hsicli.algorithms.leastsquares import converted


@pytest.mark.parametrize("shape", [(4, 4), (6, 4), (3, 5)])
def test_pairs_are_the_cheapest_of_all(shape, rng):
    costs = rng.random(shape)
    partners = best_pairs(costs)
    p, q = shape
    if p >= q:
        best = min(sum(costs[i, j] for j, i in enumerate(order)) for order in permutations(range(p), q))
    else:
        best = min(sum(costs[i, j] for i, j in enumerate(order)) for order in permutations(range(q), p))
    has = partners >= 0
    assert has.sum() == min(shape)
    assert len(set(partners[has].tolist())) == has.sum()
    assert costs[partners[has], np.flatnonzero(has)].sum() == pytest.approx(best)


def test_costs_that_are_not_finite_are_no_costs():
    with pytest.raises(ValueError, match="finite"):
        best_pairs(np.array([[np.nan]]))


def test_distances_are_root_mean_squares(rng):
    a, b = rng.random((50, 3)), rng.random((50, 4))
    by_hand = [[np.sqrt(np.mean((a[:, i] - b[:, j]) ** 2)) for j in range(4)] for i in range(3)]
    np.testing.assert_allclose(abundance_distances(a, b), by_hand)


def test_what_has_no_partner_is_found_nowhere():
    found = np.array([[0.2, 0.3, 0.5]])
    np.testing.assert_array_equal(paired(found, np.array([2, -1, 0])), [[0.5, 0, 0.2]])


def test_errors_by_hand():
    errors = squared_errors(np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[0.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_allclose(errors, [0.125, 0.625])


def test_scales_are_found_again(rng):
    truth = rng.dirichlet(np.ones(4), 500)
    scales = np.array([0.5, 1.0, 2.0, 4.0])
    found = converted(truth, 1 / scales)
    fitted = best_scales(found, truth)
    np.testing.assert_allclose(fitted, scales / np.exp(np.log(scales).mean()), rtol=1e-4)
    np.testing.assert_allclose(converted(found, fitted), truth, atol=1e-5)


def test_no_other_scales_are_nearer(rng):
    found, truth = rng.dirichlet(np.ones(3), 200), rng.dirichlet(np.ones(3), 200)
    best = squared_errors(converted(found, best_scales(found, truth)), truth).sum()
    for _ in range(50):
        assert best <= squared_errors(converted(found, np.exp(rng.normal(0, 1, 3))), truth).sum() + 1e-9


@pytest.mark.parametrize("concentration", [0.3, 1.0, 5.0])
def test_intervals_of_true_posteriors_hold_what_they_should(concentration, rng):
    alpha = concentration * rng.uniform(0.5, 4, (3000, 4))
    draws = rng.standard_gamma(alpha)
    truth = draws / draws.sum(axis=1, keepdims=True)
    total = alpha.sum(axis=1, keepdims=True)
    mean = alpha / total
    deviation = np.sqrt(mean * (1 - mean) / (total + 1))
    levels = np.array([0.5, 0.9])
    np.testing.assert_allclose(interval_coverage(mean, deviation, truth, levels), levels, atol=0.03)


def test_intervals_too_narrow_or_too_wide_are_seen(rng):
    mean = np.full((2000, 1), 0.5)
    truth = np.clip(rng.normal(0.5, 0.1, (2000, 1)), 0, 1)
    narrow, right, wide = (
        interval_coverage(mean, np.full_like(mean, s), truth, np.array([0.9]))[0] for s in (0.03, 0.1, 0.3)
    )
    assert narrow < 0.6
    assert right == pytest.approx(0.9, abs=0.03)
    assert wide > 0.99


def test_an_absent_endmember_may_lie_in_an_interval_that_piles_up_at_zero():
    sure = interval_coverage(np.array([0.01]), np.array([0.02]), np.array([0.0]), np.array([0.9]))
    assert sure == 1
    off = interval_coverage(np.array([0.5]), np.array([0.02]), np.array([0.0]), np.array([0.9]))
    assert off == 0


def test_a_mean_at_the_end_has_a_normal_interval():
    mean, deviation = np.zeros(2), np.full(2, 0.1)
    found = interval_coverage(mean, deviation, np.array([0.16, 0.17]), np.array([0.9]))  # 1.645 deviations
    assert found == 0.5


def test_without_deviations_nothing_is_told():
    assert np.isnan(interval_coverage(np.ones(3), np.zeros(3), np.ones(3), np.array([0.9]))).all()


def test_quartiles_are_of_what_is_finite():
    np.testing.assert_allclose(quartiles_and_mean(np.array([[0, 1, 2], [3, 4, np.nan]])), [1, 2, 3, 2])
    assert np.isnan(quartiles_and_mean(np.array([np.nan]))).all()
