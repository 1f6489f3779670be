import numpy as np
import pytest

from hsicli.algorithms.hysime import signal_directions


def test_a_direction_is_kept_where_power_is_more_than_twice_the_noise():
    found = signal_directions(np.diag([9.0, 1.9, 2.1]), np.eye(3), np.diag([8.0, 0.9, 1.1]), floor=0)
    assert found.kept == 2
    np.testing.assert_allclose(found.power, [9.0, 2.1, 1.9])
    np.testing.assert_allclose(found.noise, [1, 1, 1])
    np.testing.assert_array_equal(np.abs(found.vectors), np.eye(3)[[0, 2, 1]])


def test_those_kept_come_first_though_noise_is_not_the_same_everywhere():
    found = signal_directions(
        np.diag([9.0, 5.0, 2.0]), np.diag([5.0, 1, 0.1]), np.diag([4.0, 4.1, 1.9]), floor=0
    )
    assert found.kept == 2
    assert (found.power[:2] > 2 * found.noise[:2]).all()
    assert (found.power[2:] <= 2 * found.noise[2:]).all()


def test_the_floor_keeps_rounding_from_counting():
    power = np.diag([1.0, 1e-9, 0.0])
    assert signal_directions(power, np.zeros((3, 3)), power, floor=0).kept == 2
    assert signal_directions(power, np.zeros((3, 3)), power, floor=1e-5).kept == 1


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_the_dimension_ignores_the_unit(rng, scale):
    spectra = rng.random((500, 4)) @ rng.random((4, 12)) + rng.normal(size=(500, 12)) * 0.01
    correlation, noise = spectra.T @ spectra / 500, np.eye(12) * 1e-4
    found = signal_directions(correlation * scale, noise * scale, (correlation - noise) * scale, floor=1e-5)
    assert found.kept == 4


def test_directions_are_orthonormal_with_a_sign_that_is_fixed(rng):
    signal = np.cov(rng.normal(size=(9, 40)))
    found = signal_directions(signal, np.eye(9) * 0.1, signal, floor=1e-5)
    np.testing.assert_allclose(found.vectors @ found.vectors.T, np.eye(9), atol=1e-12)
    assert (found.vectors[np.arange(9), np.abs(found.vectors).argmax(axis=1)] > 0).all()
