"""Neighbours: by hand, and as scikit-learn finds them."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from hsicli.algorithms.neighbours import neighbour_distances, principal_axes, suits_tree


def test_by_hand():
    points = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert neighbour_distances(points, 2).tolist() == [[1, 3], [1, 2], [2, 3], [4, 6]]


@pytest.mark.parametrize(("axes", "tree"), [(3, True), (30, False)])
def test_as_scikit_learn_with_and_without_a_tree(axes, tree, rng):
    points = rng.standard_normal((700, 30)) * np.where(np.arange(30) < axes, 1.0, 1e-3) + 5
    assert suits_tree(principal_axes(points)[1]) == tree
    expected = NearestNeighbors(n_neighbors=9, algorithm="brute").fit(points).kneighbors(points)[0][:, 1:]
    np.testing.assert_allclose(neighbour_distances(points, 8), expected, rtol=1e-5)


@pytest.mark.parametrize("bands", [2, 40])
def test_duplicates_count_each_other_and_not_themselves(bands, rng):
    points = np.repeat(rng.standard_normal((60, bands)), 3, axis=0) + 100
    distances = neighbour_distances(points, 4)
    assert (distances[:, :2] == 0).all()
    assert (distances[:, 2:] > 0).all()


def test_more_duplicates_than_neighbours_are_all_at_no_distance():
    assert (neighbour_distances(np.ones((30, 3)), 5) == 0).all()


def test_there_are_no_more_neighbours_than_others():
    assert neighbour_distances(np.arange(3.0)[:, None], 10).shape == (3, 2)
    assert neighbour_distances(np.ones((1, 2)), 10).shape == (1, 0)


def test_turning_leaves_distances_and_orders_variance(rng):
    points = rng.standard_normal((50, 4)) @ rng.standard_normal((4, 4))
    turned, variance = principal_axes(points)
    assert (np.diff(variance) <= 0).all()
    np.testing.assert_allclose(
        np.linalg.norm(turned[0] - turned[1:], axis=1), np.linalg.norm(points[0] - points[1:], axis=1)
    )
