"""k-means of many points by a sample."""

import numpy as np
from sklearn.metrics import adjusted_rand_score

from hsicli.algorithms.sampling import kmeans_labels


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
