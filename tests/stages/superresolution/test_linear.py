import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hsicli.stages.superresolution.density import covariance, log_likelihood, mean
from hsicli.stages.superresolution.linear import (
    constrained,
    error_arrays,
    fit_gaussian,
    fit_ridge,
    line_density,
)

RNG = np.random.default_rng(0)
SLOPE = RNG.standard_normal((3, 8))
LOW = RNG.standard_normal((4000, 3))
ERRORS = RNG.standard_normal((4000, 8)) @ (0.1 * (np.tril(RNG.standard_normal((8, 8)), -1) + np.eye(8)))
HIGH = LOW @ SLOPE + 2 + ERRORS


def test_a_planted_line_and_its_covariance_are_found_by_both():
    for arrays in (
        fit_gaussian(LOW, HIGH, "full", 1e-6),
        fit_ridge(LOW[:3000], HIGH[:3000], LOW[3000:], HIGH[3000:], kind="full", floor=1e-6),
    ):
        assert arrays["slope"] == pytest.approx(SLOPE.T, abs=0.03)
        density = line_density(arrays, LOW[:5])
        assert mean(density) == pytest.approx(LOW[:5] @ SLOPE + 2, abs=0.05)
        true = np.cov(ERRORS.T)
        assert covariance(density, 0) == pytest.approx(true, abs=0.08 * true.max())


def test_the_gaussian_says_what_scipy_says_of_the_joint():
    joint = np.hstack([LOW, HIGH])
    centre, whole = joint.mean(axis=0), np.cov(joint.T, bias=True)
    density = line_density(fit_gaussian(LOW, HIGH, "full", 1e-9), LOW[:20])
    scipys = multivariate_normal(centre, whole).logpdf(joint[:20]) - multivariate_normal(
        centre[:3], whole[:3, :3]
    ).logpdf(LOW[:20])
    assert log_likelihood(density, HIGH[:20]) == pytest.approx(scipys, rel=1e-6)


def test_a_joint_gaussian_without_correlations_says_the_mean():
    for kind in ("spherical", "diagonal"):
        density = line_density(fit_gaussian(LOW, HIGH, kind, 1e-6), LOW[:7])
        assert mean(density) == pytest.approx(np.tile(HIGH.mean(axis=0), (7, 1)))


def test_kinds_of_covariance():
    whole = np.array([[4.0, 1.0], [1.0, 2.0]])
    assert (constrained(whole, "full") == whole).all()
    assert (constrained(whole, "diagonal") == np.diag([4.0, 2.0])).all()
    assert (constrained(whole, "spherical") == 3 * np.eye(2)).all()


def test_fewer_errors_than_bands_still_have_a_covariance():
    arrays = error_arrays(RNG.standard_normal((5, 20)), "full", 1e-3)
    assert np.isfinite(arrays["scales"]).all()
    assert (arrays["scales"] > 0).all()
