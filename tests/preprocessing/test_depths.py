"""Absorptions of one depth."""

import numpy as np
from numpy.testing import assert_allclose

from hsicli.preprocessing.depths import normalize_depth


def test_the_deepest_absorption_gets_the_depth_by_hand():
    removed = np.array([[1, 1 / 3, 1, 2 / 3, 1]], dtype=np.float32)

    assert_allclose(normalize_depth(removed, 0.1), [[1, 0.9, 1, 0.95, 1]], rtol=1e-6)


def test_above_the_continuum_is_on_it_and_without_absorption_is_nothing():
    removed = np.array([[1.2, 0.8, 1], [1.1, 1, 1], [np.nan, 0.5, 1]], dtype=np.float32)

    out = normalize_depth(removed, 0.2, out=removed)

    assert out is removed
    assert_allclose(out[0], [1, 0.8, 1], rtol=1e-6)
    assert np.isnan(out[1:]).all()
