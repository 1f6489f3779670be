"""Mixtures: the simplex, the law of linear mixing, and the strength of the noise."""

import numpy as np
import pytest

from hsicli.algorithms.mixing import dominant, mix, noise_deviation, random_abundances, signal_to_noise
from hsicli.errors import ConfigError


@pytest.mark.parametrize("seed", range(20))
def test_abundances_lie_on_the_simplex(seed: int) -> None:
    rng = np.random.default_rng(seed)
    abundances = random_abundances(200, rng.uniform(0.01, 3, size=5), rng)
    assert (abundances >= 0).all()
    np.testing.assert_allclose(abundances.sum(axis=1), 1, atol=1e-12)


def test_abundances_have_the_mean_and_variance_of_a_dirichlet(rng: np.random.Generator) -> None:
    concentration = np.array([0.5, 2.0, 6.0])
    abundances = random_abundances(200_000, concentration, rng)
    total = concentration.sum()
    mean = concentration / total
    np.testing.assert_allclose(abundances.mean(axis=0), mean, atol=2e-3)
    np.testing.assert_allclose(abundances.var(axis=0), mean * (1 - mean) / (total + 1), rtol=0.02)


def test_each_draw_may_have_its_own_distribution(rng: np.random.Generator) -> None:
    abundances = random_abundances(2, np.array([[1.0, 0, 0], [0, 3, 3]]), rng)
    np.testing.assert_array_equal(abundances[0], [1, 0, 0])
    assert abundances[1, 0] == 0


def test_vanishing_concentrations_still_give_abundances(rng: np.random.Generator) -> None:
    abundances = random_abundances(100, np.full(3, 1e-4), rng)
    np.testing.assert_allclose(abundances.sum(axis=1), 1, atol=1e-12)


def test_a_pure_pixel_is_its_endmember_and_a_half_is_the_mean() -> None:
    endmembers = np.array([[1.0, 2, 3], [3, 2, 1]])
    np.testing.assert_allclose(mix(np.array([[1.0, 0], [0.5, 0.5]]), endmembers), [[1, 2, 3], [2, 2, 2]])


def test_mixing_refuses_another_number_of_endmembers() -> None:
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(2, 5\)"):
        mix(np.ones((4, 3)), np.ones((2, 5)))


def test_labels_name_the_largest_abundance() -> None:
    labels = dominant(np.array([[[0.2, 0.5, 0.3], [0.5, 0.5, 0.0]]]))
    np.testing.assert_array_equal(labels, [[2, 1]])
    assert labels.dtype == np.int32


@pytest.mark.parametrize("snr", [0.0, 20.0, 30.0, 50.0])
def test_the_measured_ratio_is_the_one_asked_for(snr: float, rng: np.random.Generator) -> None:
    clean = rng.uniform(0.1, 0.6, size=(4000, 60))
    profile = np.linspace(1, 4, 60)
    deviation = noise_deviation(np.mean(clean**2), snr, profile)
    noisy = clean + deviation * rng.standard_normal(clean.shape)
    assert signal_to_noise(clean, noisy) == pytest.approx(snr, abs=0.1)
    np.testing.assert_allclose(deviation / deviation[0], profile)


def test_an_infinite_ratio_means_no_noise() -> None:
    np.testing.assert_array_equal(noise_deviation(1.0, np.inf, np.ones(3)), 0)


def test_a_ratio_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigError, match="snr"):
        noise_deviation(1.0, float("nan"), np.ones(3))


def test_the_planted_scene_knows_its_truth(planted) -> None:
    valid = planted.cube.valid
    np.testing.assert_allclose(planted.abundances[valid].sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(planted.labels[valid], dominant(planted.abundances[valid]))
    residual = planted.cube.data[valid] - planted.abundances[valid] @ planted.endmembers.spectra
    assert residual.std() == pytest.approx(planted.noise[0], rel=0.02)
    assert np.linalg.matrix_rank(planted.clean[valid], tol=1e-6) == 4
