"""Densities and representatives, by hand."""

import numpy as np

from hsicli.algorithms.densities import bandwidth, densest_pixels, density


def test_the_bandwidth_is_a_percentile_of_positive_distances():
    distances = np.array([[0.0, 1.0], [2.0, 3.0], [0.0, 4.0]])
    assert bandwidth(distances, 50) == 2.5
    assert bandwidth(np.zeros((3, 2)), 50) == 1


def test_density_by_hand():
    found = density(np.array([[1.0, 2.0], [1.0, 1.0]]), 2.0)
    expected = np.array([np.exp(-0.25) + np.exp(-1), 2 * np.exp(-0.25)])
    np.testing.assert_allclose(found, expected / expected.sum())


def test_density_is_never_zero():
    found = density(np.array([[1.0], [1e6]]), 1.0)
    assert found[1] == found[0] == 0.5
    np.testing.assert_allclose(density(np.array([[1e6], [1e6]]), 1.0), 0.5)


def test_the_densest_pixels_of_each_superpixel():
    superpixels = np.array([0, 1, 0, 0, 1, 2])
    found = densest_pixels(superpixels, np.array([0.1, 0.2, 0.3, 0.3, 0.1, 0.5]), 2)
    assert found.pixels.tolist() == [2, 3, 1, 4, 5]
    assert found.superpixels.tolist() == [0, 0, 1, 1, 2]


def test_a_short_superpixel_may_be_filled_with_the_first_pixels_that_are_not_its_own():
    superpixels = np.array([0, 1, 1, 0, 1])
    found = densest_pixels(superpixels, np.array([0.1, 0.2, 0.3, 0.2, 0.1]), 3, fill=np.arange(5))
    assert found.pixels.tolist() == [3, 0, 1, 2, 1, 4]
    assert found.superpixels.tolist() == [0, 0, 0, 1, 1, 1]
