"""Stripes and noise of detector columns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.preprocessing.destripe import column_statistics, sample_pixels


def test_a_stripe_is_what_a_column_has_and_its_neighbours_have_not(rng):
    columns = np.repeat(np.arange(50), 60)
    residuals = 0.002 * rng.standard_normal((3000, 8)).astype(np.float32)
    residuals += 0.03  # ground that the model does not know, everywhere
    residuals[columns == 20] += 0.02
    residuals[columns == 20, 3] -= 0.05

    found = column_statistics(residuals, residuals, columns)

    expected = np.full(8, 0.02)
    expected[3] = -0.03
    assert_allclose(found.stripes[20], expected, atol=0.001)
    assert np.abs(np.delete(found.stripes, 20, axis=0)).max() < 0.0015
    assert_allclose(found.deviations, 0.002, rtol=0.6)


def test_spikes_and_gaps_do_not_count(rng):
    residuals = 0.002 * rng.standard_normal((4000, 4)).astype(np.float32)
    residuals[::10] = 1
    residuals[1::10, 2] = np.nan
    residuals[:, 3] = np.nan

    found = column_statistics(residuals, residuals, None)

    assert_allclose(found.deviations[0], [0.0023, 0.0023, 0.0023, 0], atol=0.0003)
    assert_array_equal(found.stripes, 0)
    assert_array_equal(found.places(np.array([-1, 0, 7])), 0)


def test_a_short_column_is_an_average_one(rng):
    residuals = rng.standard_normal((1003, 2)).astype(np.float32)
    residuals[1000:] += 9
    columns = np.r_[np.repeat(np.arange(10), 100), np.full(3, 77)]

    found = column_statistics(residuals, residuals, columns)

    assert_array_equal(found.numbers, [*range(10), 77])
    assert np.abs(found.stripes[-1]).max() < 0.3
    assert found.places(np.array([77])) == 10


def test_the_sample_is_even_within_each_column():
    valid = np.ones((500, 6), dtype=bool)
    valid[:, 2] = False
    columns = np.broadcast_to(np.arange(6), (500, 6))

    pixels = sample_pixels(valid, columns)

    assert_array_equal(np.bincount(pixels % 6), [101, 101, 0, 101, 101, 101])
    assert (np.diff(pixels) > 0).all()
    assert len(sample_pixels(valid, None)) == 2048


def test_shapes_that_do_not_agree_are_refused():
    with pytest.raises(ValueError, match="columns"):
        column_statistics(np.zeros((5, 3)), np.zeros((5, 3)), np.zeros(4, dtype=int))
