"""The transmission of a column: looked up, and fitted to what a model leaves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar

from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.atmosphere import fitted_transmission, log_transmission

NM = np.linspace(1000, 2600, 81)
GAS = 1 - 0.5 * np.exp(-0.5 * ((NM - 2010) / 40) ** 2)


def test_the_mean_of_a_table_is_taken_and_is_nowhere_above_1():
    table = Library(("a", "b"), np.stack([GAS * 1.1, GAS * 0.95]), NM)
    depth = log_transmission(table, NM)
    assert_allclose(depth, np.minimum(np.log(GAS * 1.025), 0), atol=1e-6)


def test_a_table_of_other_bands_or_without_gas_is_refused():
    with pytest.raises(InputError, match="1000 to 2600 nm"):
        log_transmission(Library(("a",), GAS[None], NM), np.linspace(2500, 3900, 50))
    with pytest.raises(InputError, match="no absorption"):
        log_transmission(Library(("a",), np.ones((1, 81)), NM), NM)


def test_the_fit_has_the_least_sum_of_weighted_distances(rng):
    paths = rng.uniform(0.5, 1.5, 31).astype(np.float32)
    weights = rng.uniform(0, 1, (31, 6)).astype(np.float32)
    left = (rng.standard_normal((31, 6)) - 0.4 * paths[:, None]).astype(np.float32)

    found = fitted_transmission(left, weights, paths)

    for band in range(6):

        def cost(t, band=band):
            return (weights[:, band] * np.abs(left[:, band] - t * paths)).sum()

        assert cost(found[band]) <= minimize_scalar(cost, bounds=(-5, 5), method="bounded").fun * (1 + 1e-5)


def test_spikes_pixels_without_air_and_bands_without_weight_do_not_count(rng):
    paths = rng.uniform(0.5, 1.5, 101).astype(np.float32)
    truth = np.array([-0.4, -0.01, -0.2], dtype=np.float32)
    left = truth * paths[:, None]
    weights = np.ones_like(left)
    left[:20, 0] += 3
    paths[90:] = 0
    weights[:, 2] = 0

    found = fitted_transmission(left, weights, paths)

    assert_allclose(found[:2], truth[:2], atol=1e-6)
    assert np.isnan(found[2])
