"""Pairs of spectra: the right partners, even samples, and nothing made of nothing."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.runtime import quiet
from hsicli.stages.superresolution.alignment import Alignment, unmoved
from hsicli.stages.superresolution.pairs import (
    PairsConfig,
    check_sides,
    in_window,
    pairs_of_cubes,
    pairs_of_sensor,
)
from hsicli.stages.superresolution.sensors import Sensor

AXIS = np.linspace(2000.0, 2450, 10)


def cube(rng, rows=12, cols=9, bands=10):
    data = rng.uniform(0.2, 0.6, (rows, cols, bands)).astype(np.float32)
    return Cube(data, wavelengths=AXIS[:bands] if bands <= 10 else np.linspace(2000, 2450, bands))


def test_partners_are_of_the_same_pixel_and_fill_is_in_none(rng):
    high, low = cube(rng), cube(rng, bands=3)
    high.data[2, 3] = np.nan
    low.data[5, 6, 1] = np.nan
    found = pairs_of_cubes(low, high, unmoved(), PairsConfig(), seed=0, track=quiet)
    assert len(found.low) == 12 * 9 - 2
    row, col = found.places.T
    np.testing.assert_array_equal(found.low, low.data[row, col])
    np.testing.assert_array_equal(found.high, high.data[row, col])
    assert not {(2, 3), (5, 6)} & {tuple(place) for place in found.places.tolist()}


def test_a_large_pixel_goes_with_the_mean_of_the_small_ones_in_it(rng):
    high, low = cube(rng), cube(rng, 4, 3, 3)
    high.data[0, 0] = np.nan
    # The centre of low pixel 0 is that of high pixel 1.
    third = Alignment(np.array([[-1 / 3, 1 / 3, 0], [-1 / 3, 0, 1 / 3]]))
    found = pairs_of_cubes(low, high, third, PairsConfig(), seed=0, track=quiet)
    assert len(found.low) == 12
    expected = np.nanmean(
        high.data.reshape(4, 3, 3, 3, 10).transpose(0, 2, 1, 3, 4).reshape(12, 9, 10), axis=1
    )
    np.testing.assert_allclose(found.high, expected, rtol=1e-5)


def test_a_sensor_sees_weighted_means_with_its_noise(rng):
    high = cube(rng, 60, 50)
    weights = np.zeros((2, 10))
    weights[0, :4], weights[1, 5:] = 0.25, 0.2
    sensor = Sensor(("a", "b"), np.array([2075.0, 2350]), np.array([200.0, 200]), weights)
    targets = np.arange(10) >= 3
    found = pairs_of_sensor(high, sensor, targets, PairsConfig(snr=50), seed=0, track=quiet)
    row, col = found.places.T
    whole = high.data[row, col]
    np.testing.assert_array_equal(found.high, whole[:, 3:])
    noise = found.low - whole @ weights.T
    np.testing.assert_allclose(noise.std(axis=0), (whole @ weights.T).mean(axis=0) / 50, rtol=0.05)
    np.testing.assert_allclose(found.noise, (whole @ weights.T).mean(axis=0) / 50, rtol=1e-3)


def test_rare_spectra_are_drawn_as_often_as_common_ones(rng):
    data = np.full((60, 50, 10), 0.5) + 0.005 * rng.standard_normal((60, 50, 10))
    data[..., 2] -= 0.3
    data[:3, :30, 2], data[:3, :30, 7] = 0.5, 0.2  # 3 % of the pixels are of another kind
    high = Cube(data.astype(np.float32), wavelengths=AXIS)
    found = pairs_of_cubes(high, high, unmoved(), PairsConfig(count=200, clusters=2), seed=0, track=quiet)
    rare = (found.places[:, 0] < 3) & (found.places[:, 1] < 30)
    assert len(found.low) == 200
    assert rare.sum() == 90


def test_the_same_seed_draws_the_same_pairs(rng):
    high = cube(rng, 40, 40)
    drawn = [
        pairs_of_cubes(high, high, unmoved(), PairsConfig(count=50, pool=200), seed=seed, track=quiet)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(drawn[0].places, drawn[1].places)
    assert not np.array_equal(drawn[0].places, drawn[2].places)


def test_constant_spectra_are_left_out_and_nothing_else_is_refused(rng):
    high = cube(rng)
    high.data[:6] = 0.3
    found = pairs_of_cubes(high, high, unmoved(), PairsConfig(), seed=0, track=quiet)
    assert found.places[:, 0].min() == 6
    high.data[:] = 0.3
    with pytest.raises(InputError, match="every spectrum is constant"):
        pairs_of_cubes(high, high, unmoved(), PairsConfig(), seed=0, track=quiet)


def test_cubes_that_cannot_be_paired_are_refused(rng):
    high = cube(rng)
    with pytest.raises(InputError, match=r"12×8 pixels.*12×9"):
        check_sides(cube(rng, cols=8), high, None)
    check_sides(cube(rng, cols=8), high, unmoved())
    far = Cube(high.data, wavelengths=AXIS - 1500)
    with pytest.raises(InputError, match="no wavelength is in both"):
        check_sides(far, high, None)
    with pytest.raises(InputError, match="no band within 400 to 900"):
        in_window(high, (400, 900), "high-resolution")
    high.data[:] = np.nan
    with pytest.raises(InputError, match="no pixel is valid"):
        pairs_of_cubes(high, high, unmoved(), PairsConfig(), seed=0, track=quiet)
