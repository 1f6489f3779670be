import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hsicli.algorithms.conditional import (
    conditional_gaussian,
    conditional_mixture,
    floored,
    mixture_given,
    precision_factor,
)

RNG = np.random.default_rng(0)


def a_covariance(size: int, rng: np.random.Generator) -> np.ndarray:
    root = rng.standard_normal((size, size))
    return root @ root.T + 0.1 * np.eye(size)


def test_two_numbers_by_hand():
    # Deviations 1 and 2, correlation ½: E(y | x) = 3 + ½ · 2 · (x − 1), Var = 4 · (1 − ¼).
    given = conditional_gaussian(np.array([1.0, 3.0]), np.array([[1.0, 1.0], [1.0, 4.0]]), 1)
    assert given.slope == pytest.approx(np.array([[1.0]]))
    assert given.intercept == pytest.approx([2.0])
    assert given.covariance == pytest.approx(np.array([[3.0]]))


def test_joint_density_is_that_of_x_times_that_of_y_given_x():
    mean, covariance = RNG.standard_normal(6), a_covariance(6, RNG)
    given = conditional_gaussian(mean, covariance, 2)
    point = RNG.standard_normal(6)
    joint = multivariate_normal(mean, covariance).logpdf(point)
    seen = multivariate_normal(mean[:2], covariance[:2, :2]).logpdf(point[:2])
    rest = multivariate_normal(given.intercept + given.slope @ point[:2], given.covariance).logpdf(point[2:])
    assert seen + rest == pytest.approx(joint, rel=1e-10)


def test_scales_and_factor_rebuild_the_precision():
    covariance = a_covariance(7, RNG)
    scales, factor = precision_factor(covariance)
    whole = scales[:, None] * factor
    assert np.diagonal(factor) == pytest.approx(np.ones(7))
    assert np.triu(factor, 1) == pytest.approx(np.zeros((7, 7)))
    assert whole @ whole.T @ covariance == pytest.approx(np.eye(7), abs=1e-9)


def test_a_floor_makes_a_flat_covariance_definite():
    flat = np.ones((4, 4))
    scales, _ = precision_factor(floored(flat, 0.1))
    assert (scales > 0).all()
    assert scales.max() <= 10 + 1e-9  # no more certain than the floor


def test_a_mixture_in_two_dimensions_equals_brute_force_on_a_grid():
    weights = np.array([0.5, 0.3, 0.2])
    means = np.array([[0.0, 0.0], [1.0, 2.0], [-1.0, 1.5]])
    covariances = np.stack([a_covariance(2, RNG) for _ in range(3)])
    x = 0.4
    y = np.linspace(-15, 15, 6001)
    points = np.column_stack([np.full_like(y, x), y])
    joint = sum(
        w * multivariate_normal(m, c).pdf(points) for w, m, c in zip(weights, means, covariances, strict=True)
    )
    brute = joint / np.trapezoid(joint, y)
    mixture = conditional_mixture(weights, means, covariances, 1)
    log_weights, centres = mixture_given(np.array([[x]]), mixture)
    ours = sum(
        np.exp(log_weights[0, k]) * multivariate_normal(centres[0, k], 1 / mixture.scales[k] ** 2).pdf(y)
        for k in range(3)
    )
    assert np.exp(log_weights).sum() == pytest.approx(1)
    assert ours == pytest.approx(brute, abs=1e-8)


def test_one_component_is_the_gaussian():
    mean, covariance = RNG.standard_normal(5), a_covariance(5, RNG)
    given = conditional_gaussian(mean, covariance, 2)
    log_weights, centres = mixture_given(
        np.array([[0.3, -1.0]]), conditional_mixture(np.ones(1), mean[None], covariance[None], 2)
    )
    assert log_weights[0, 0] == 0
    assert centres[0, 0] == pytest.approx(given.intercept + given.slope @ [0.3, -1.0])
