"""A few of many points: clusters learnt from a sample, and points as far from each other as can be."""

import warnings

import numba
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


def farthest_points(points: np.ndarray, count: int, first: int) -> np.ndarray:
    """Points that are drawn one by one, each the farthest from all that were drawn before.

    Parameters
    ----------
    points : (n, d) float
        Finite.
    count : int
        At most n.
    first : int
        The point to begin at.

    Returns
    -------
    (m,) int64
        In the order of drawing; of equally far ones the first. Fewer if no more points differ.

    References
    ----------
    Eldar et al., "The farthest point strategy for progressive image sampling", IEEE Trans. Image Processing,
    1997.
    """
    if not (0 <= first < len(points) and count <= len(points)):
        raise ValueError(f"{count} of {len(points)} points, the first of them number {first}")
    points = np.ascontiguousarray(points, dtype=np.float64)
    distances = np.full(len(points), np.inf)
    drawn = [first]
    while len(drawn) < count:
        last = _farthest(points, drawn[-1], distances)
        if distances[last] == 0:
            break
        drawn.append(last)
    return np.array(drawn, dtype=np.int64)


@numba.njit(cache=True)
def _farthest(points: np.ndarray, last: int, distances: np.ndarray) -> int:
    """Bring the squared distances (n,) to the points drawn up to date; the farthest one."""
    best = 0
    for i in range(len(points)):
        square = 0.0
        for j in range(points.shape[1]):
            square += (points[i, j] - points[last, j]) ** 2
        distances[i] = min(distances[i], square)
        if distances[i] > distances[best]:
            best = i
    return best
