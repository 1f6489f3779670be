"""Logarithms of reflectance, and the trend of residuals."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.preprocessing.logarithms import local_trend, log_spectra


def test_what_has_no_logarithm_is_missing_and_interpolated():
    values = np.array([[0.1, np.nan, 0.4, 0.0, 0.2], [np.nan] * 5], dtype=np.float32)

    y, present = log_spectra(values)

    assert_array_equal(present, [[True, False, True, False, True], [False] * 5])
    assert_allclose(np.exp(y[0]), [0.1, 0.2, 0.4, np.sqrt(0.08), 0.2], rtol=1e-5)
    assert_array_equal(y[1], 0)


def test_a_spike_is_no_trend_and_a_wide_misfit_is(rng):
    place = np.arange(100)
    wide = 0.05 * np.exp(-0.5 * ((place - 50) / 12) ** 2)
    residuals = (wide + 0.001 * rng.standard_normal((5, 100))).astype(np.float32)
    residuals[:, 20:22] += 0.3

    assert_allclose(local_trend(residuals), np.broadcast_to(wide, (5, 100)), atol=0.004)
