import numpy as np
import pytest

from hsicli.stages.superresolution.density import covariance, deviations, log_likelihood, mean
from hsicli.stages.superresolution.linear import fit_gaussian, line_density
from hsicli.stages.superresolution.mixtures import fit_joint_mixture, mixture_density, unimodal_density


def two_branches(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """For each x two kinds of y: what x does not say."""
    rng = np.random.default_rng(seed)
    low = rng.standard_normal((n, 2))
    branch = np.where(rng.random(n) < 0.5, 1.0, -1.0)[:, None]
    high = low @ np.ones((2, 4)) * 0.3 + branch * [1.0, -1.0, 0.5, 0.0] + 0.05 * rng.standard_normal((n, 4))
    return low, high


LOW, HIGH = two_branches(1500, 0)
HELD = two_branches(500, 1)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return fit_joint_mixture(LOW, HIGH, *HELD, kind="full", floor=1e-3, components=None, seed=0)


def test_held_out_pairs_choose_more_than_one_component_for_two_branches(arrays):
    assert len(arrays["mixture.log_weights"]) >= 2
    whole = log_likelihood(mixture_density(arrays, HELD[0]), HELD[1]).mean()
    one = log_likelihood(line_density(fit_gaussian(LOW, HIGH, "full", 1e-3), HELD[0]), HELD[1]).mean()
    assert whole > one + 1


def test_the_unimodal_one_has_the_moments_of_the_mixture(arrays):
    mixture, single = mixture_density(arrays, HELD[0][:6]), unimodal_density(arrays, HELD[0][:6])
    assert single.log_weights.shape == (6, 1)
    assert mean(single) == pytest.approx(mean(mixture))
    assert deviations(single) == pytest.approx(deviations(mixture))
    for pixel in range(6):
        assert covariance(single, pixel) == pytest.approx(covariance(mixture, pixel), abs=1e-9)


def test_one_component_is_the_gaussian():
    arrays = fit_joint_mixture(LOW, HIGH, *HELD, kind="full", floor=1e-3, components=1, seed=0)
    gaussian = line_density(fit_gaussian(LOW, HIGH, "full", 1e-3), HELD[0])
    assert log_likelihood(mixture_density(arrays, HELD[0]), HELD[1]) == pytest.approx(
        log_likelihood(gaussian, HELD[1]), rel=1e-6
    )


@pytest.mark.parametrize("kind", ["spherical", "diagonal"])
def test_simpler_covariances_learn_from_x_by_the_weights_alone(kind):
    arrays = fit_joint_mixture(LOW, HIGH, *HELD, kind=kind, floor=1e-3, components=4, seed=0)
    assert (arrays["mixture.slopes"] == 0).all()
    density = mixture_density(arrays, HELD[0])
    assert np.ptp(density.log_weights, axis=0).max() > 0.1
    assert np.isfinite(log_likelihood(density, HELD[1])).all()
