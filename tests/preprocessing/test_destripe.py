"""Stripes and noise of detector columns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.preprocessing.destripe import (
    Columns,
    column_noise,
    column_stripes,
    sample_pixels,
    sample_rows,
    steps_across,
)


def ground(rng, rows=200, cols=60, bands=40):
    """Logarithms of spectra that change over tens of pixels, in brightness and in shape, with noise."""
    y, x = np.mgrid[:rows, :cols] / 20.0
    bright = 0.3 * np.sin(y + 1) * np.cos(x)
    band = np.exp(-0.5 * ((np.arange(bands) - 20) / 4) ** 2)
    deep = -0.1 * (1 + np.sin(1.3 * y - 0.7 * x))
    noise = 0.005 * rng.standard_normal((rows, cols, bands))
    return (-1.5 + bright[..., None] + deep[..., None] * band + noise).astype(np.float32)


def stripes_of(y, columns):
    present = np.isfinite(y)
    steps = np.stack([steps_across(*each) for each in zip(y, present, columns, strict=True)])
    return column_stripes(steps, columns, np.unique(columns))


def shape_of(stripes):
    """Brightness is no part of a stripe."""
    return stripes - stripes.mean(axis=-1, keepdims=True)


def test_stripes_are_found_on_changing_ground_though_they_look_like_absorptions(rng):
    planted = 0.01 * rng.standard_normal((60, 1)) * np.exp(-0.5 * ((np.arange(40) - 12) / 5) ** 2)
    planted[25, 30] += 0.05  # one element
    columns = np.tile(np.arange(60), (200, 1))

    found = stripes_of(ground(rng) + planted.astype(np.float32), columns)

    left = np.diff(shape_of(planted - found), axis=0)[3:-3]
    noise_of_a_median = 1.2533 * 0.005 * np.sqrt(2 / 200)
    assert np.std(left) < 1.3 * noise_of_a_median  # and stripes are 0.004
    assert abs(shape_of(planted - found)[25, 30]) < 0.004


def test_ground_alone_has_next_to_no_stripes(rng):
    smooth = stripes_of(ground(rng), np.tile(np.arange(60), (200, 1)))
    rough = rng.uniform(-2, -1, (40, 60, 40)).astype(np.float32)  # every pixel another rock

    assert np.std(np.diff(smooth, axis=0)) < 0.001
    assert_array_equal(stripes_of(rough, np.tile(np.arange(60), (40, 1))), 0)


def test_gaps_slanted_columns_and_brightness_do_not_matter(rng):
    y = ground(rng)
    columns = np.arange(60) + np.arange(200)[:, None] // 50  # as on a map: shifted by a pixel now and then
    stripe = np.zeros((64, 40), dtype=np.float32)
    stripe[30, 5:15] = 0.02
    y += stripe[columns]
    gain = 0.1 * rng.standard_normal(60).astype(np.float32)[None, :, None]
    y[::7] = np.nan
    y[:, :, 35] = np.nan

    found = stripes_of(y + gain, columns)

    keep = np.delete(np.arange(40), 35)
    itself = 1 / (31 / 4 * np.sqrt(2 * np.pi))  # its share in the mean of those near
    assert_allclose(shape_of(found[30, keep]), shape_of((1 - itself) * stripe[30, keep]), atol=0.002)
    assert_array_equal(found[:, 35], 0)


def test_columns_seen_too_seldom_have_no_stripe():
    y = np.random.default_rng(1).normal(-1, 1, (5, 8, 4)).astype(np.float32)
    assert_array_equal(stripes_of(y, np.tile(np.arange(8), (5, 1))), 0)


def test_spikes_and_gaps_do_not_count_as_noise(rng):
    rough = 0.002 * rng.standard_normal((4000, 4)).astype(np.float32)
    rough[::10] = 1
    rough[1::10, 2] = np.nan
    rough[:, 3] = np.nan

    numbers, deviations = column_noise(rough, None)

    assert_allclose(deviations[0], [0.0023, 0.0023, 0.0023, 0], atol=0.0003)
    assert_array_equal(numbers, 0)
    columns = Columns(numbers, np.zeros((1, 4)), deviations)
    assert_array_equal(columns.places(np.array([-1, 0, 7])), 0)


def test_a_short_column_is_as_noisy_as_an_average_one(rng):
    rough = rng.standard_normal((1003, 2)).astype(np.float32)
    rough[1000:] *= 9
    columns = np.r_[np.repeat(np.arange(10), 100), np.full(3, 77)]

    numbers, deviations = column_noise(rough, columns)

    assert_array_equal(numbers, [*range(10), 77])
    assert_allclose(deviations[-1], 1, atol=0.15)
    assert Columns(numbers, deviations, deviations).places(np.array([77])) == 10


def test_the_sample_is_even_within_each_column():
    valid = np.ones((500, 6), dtype=bool)
    valid[:, 2] = False
    columns = np.broadcast_to(np.arange(6), (500, 6))

    pixels = sample_pixels(valid, columns)

    assert_array_equal(np.bincount(pixels % 6), [101, 101, 0, 101, 101, 101])
    assert (np.diff(pixels) > 0).all()
    assert len(sample_pixels(valid, None)) == 2048
    valid[:100] = False
    assert sample_rows(valid)[0] == 100
    assert len(sample_rows(valid)) == 201


def test_shapes_that_do_not_agree_are_refused():
    with pytest.raises(ValueError, match="columns"):
        column_noise(np.zeros((5, 3)), np.zeros(4, dtype=int))
