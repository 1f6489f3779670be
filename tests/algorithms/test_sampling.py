"""A few of many points: k-means by a sample, and points far from each other."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from hsicli.algorithms.sampling import farthest_points, kmeans_labels


def test_every_point_gets_the_nearest_centre(rng):
    truth = np.repeat([0, 1, 2], 3000)
    points = np.array([[0, 0], [10, 0], [0, 10]])[truth] + rng.normal(size=(9000, 2))
    labels = kmeans_labels(points.astype(np.float32), 3, seed=0)
    assert adjusted_rand_score(truth, labels) > 0.99
    centres = np.stack([points[labels == j].mean(0) for j in range(3)])
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(1)
    assert (nearest == labels).mean() > 0.995


def test_the_same_seed_gives_the_same_labels(rng):
    points = rng.normal(size=(500, 4)).astype(np.float32)
    np.testing.assert_array_equal(kmeans_labels(points, 7, seed=3), kmeans_labels(points, 7, seed=3))


def test_every_point_drawn_is_the_farthest_from_those_before(rng):
    points = rng.normal(size=(200, 3))
    drawn = farthest_points(points, 25, 7)
    assert drawn[0] == 7
    for count in range(1, 25):
        near = np.linalg.norm(points[:, None] - points[drawn[:count]], axis=2).min(axis=1)
        assert drawn[count] == near.argmax()


def test_points_are_drawn_once_however_few_differ():
    points = np.repeat([[0.0], [1.0], [5.0]], 4, axis=0)
    assert farthest_points(points, 12, 0).tolist() == [0, 8, 4]
    with pytest.raises(ValueError, match="13 of 12 points"):
        farthest_points(points, 13, 0)
