"""The energy distance is that of its definition, and tells samples of one distribution from others."""

import numpy as np
import pytest

from hsicli.algorithms.twosample import energy_distance, room_of


def test_the_energy_distance_by_hand():
    """Points 0, 2 and 1, 5: pairs 1 5 1 3 across; 2 and 4 within: 2 · 10/4 − 2 − 4 = −1."""
    first, second = np.array([[0.0], [2.0]]), np.array([[1.0], [5.0]])
    assert energy_distance(first, second) == pytest.approx(-1.0)


def test_it_is_that_of_a_loop_over_all_pairs():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(700, 3)), rng.normal(size=(20, 3)) + 1

    def mean(a, b, pairs):
        return sum(np.linalg.norm(b - row, axis=1).sum() for row in a) / pairs

    expected = (
        2 * mean(first, second, 700 * 20) - mean(first, first, 700 * 699) - mean(second, second, 20 * 19)
    )
    assert energy_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_samples_of_one_distribution_are_at_no_distance_on_average():
    rng = np.random.default_rng(1)
    found = [energy_distance(rng.normal(size=(60, 4)), rng.normal(size=(60, 4))) for _ in range(200)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(200)
    shifted = energy_distance(rng.normal(size=(60, 4)), rng.normal(size=(60, 4)) + 1)
    assert shifted > max(found)


def test_a_room_has_unit_variance_along_each_direction_and_in_the_rest():
    rng = np.random.default_rng(2)
    spectra = rng.normal(size=(400, 12)) * np.geomspace(1, 0.01, 12)
    room = room_of(spectra, 5)
    found = room.coordinates(spectra)
    assert found.shape == (400, 6)
    np.testing.assert_allclose(found[:, :5].var(axis=0), 1, rtol=1e-6)
    assert np.square(found[:, 5]).mean() == pytest.approx(1)


def test_directions_without_variance_are_left_out():
    rng = np.random.default_rng(3)
    spectra = rng.normal(size=(50, 2)) @ rng.normal(size=(2, 9))
    assert room_of(spectra, 6).coordinates(spectra).shape == (50, 3)
