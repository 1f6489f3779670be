"""Clusters of many points, learnt from a sample of them."""

import warnings

import numpy as np

SAMPLES_PER_CENTRE = 1024
"""Points that k-means sees for each centre."""

BLOCK_ROWS = 65536
"""Points that are compared with the centres together."""


def kmeans_labels(points: np.ndarray, clusters: int, *, seed: int) -> np.ndarray:
    """The nearest of k centres for every point; the centres are those of k-means on a sample.

    Parameters
    ----------
    points : (n, d) float
        Finite.
    clusters : int
        k ≤ n.
    seed : int
        Of the sample and the first centres.

    Returns
    -------
    (n,) int32
        From 0.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    drawn = np.random.default_rng(seed).permutation(len(points))[: SAMPLES_PER_CENTRE * clusters]
    # More threads would add up the centres in whatever order they finish.
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than clusters
        centres = KMeans(clusters, n_init=1, random_state=seed).fit(points[np.sort(drawn)]).cluster_centers_
    labels = np.empty(len(points), dtype=np.int32)
    half = (centres**2).sum(axis=1) / 2
    for first in range(0, len(points), BLOCK_ROWS):
        block = points[first : first + BLOCK_ROWS]
        labels[first : first + len(block)] = (half - block @ centres.T).argmin(axis=1)
    return labels
