"""Joining clusters that are one heap of points: no valley lies between them.

A mixture covers one material with several clusters, and the mixed pixels between two materials with more.
How far apart the means of such clusters are says little: halves of one material differ by its own spread,
and that may be more than the distance of two other materials. Whether the points thin out between them
says more.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from hsicli.algorithms.angles import spectral_angle

HALF_WINDOW = 0.15
"""Half the width of the windows in which points are counted, as a share of the way between two clusters."""

POINTS = 1000
"""Points of a cluster that are looked at."""

BETWEEN = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Centres of the windows in which a valley is looked for."""


RARE = 0.01
"""Share of all pixels below which a class is rare."""


class Heap(NamedTuple):
    """A cluster on its way: points drawn from it, and what all of it comes to."""

    points: np.ndarray
    """(m, d)"""
    size: float
    total: np.ndarray
    """(bands,): the sum of its spectra."""
    members: tuple[int, ...]


def valley_depth(first: np.ndarray, second: np.ndarray, counts: tuple[float, float]) -> float:
    """Density at the thinnest place between two clusters, as a share of the thinner one's own.

    The points are projected on the line through both means; their medians are 0 and 1 on it. A cluster beside
    the end of a long one is not seen as apart from it: Fisher's direction would see it, but kept mixed pixels
    apart too, and found fewer planted classes.

    Parameters
    ----------
    first : (m, d) float
        Points drawn from one cluster.
    second : (n, d) float
        Points drawn from the other.
    counts : (float, float)
        Points that the two clusters have in all.

    Returns
    -------
    float
        Near 0 where nothing lies between them, 1 or more where they are one heap.
    """
    line = second.mean(axis=0) - first.mean(axis=0)
    ends = first @ line, second @ line
    start, end = (float(np.median(values)) for values in ends)
    if end <= start:
        return 1.0
    places = [np.sort((values - start) / (end - start)) for values in ends]
    shares = [count / len(values) for count, values in zip(counts, ends, strict=True)]

    def near(place: float) -> float:
        window = place - HALF_WINDOW, place + HALF_WINDOW
        inside = [np.diff(np.searchsorted(values, window))[0] for values in places]
        return float(np.dot(shares, inside))

    # Counts vary: as many as there may be between, by two deviations, so that few make no valley by chance.
    point = shares[1]
    between = min(map(near, BETWEEN)) / point
    most = between + 2 * np.sqrt(between + 1)
    return float(most / max(min(near(0), near(1)) / point, 1.0))


def join_heaps(
    means: np.ndarray,
    counts: np.ndarray,
    points: list[np.ndarray],
    *,
    depth: float,
    rng: np.random.Generator,
    max_angle: float = np.inf,
) -> np.ndarray:
    """Join clusters, the closest pair of mean spectra first, unless there is a valley between the two.

    Parameters
    ----------
    means : (k, bands) float
        Mean spectrum of each cluster.
    counts : (k,) int
        Pixels of each, all positive.
    points : list of (m, d) float
        Some of each cluster's points in the space in which it was found: at least one.
    depth : float
        Two clusters stay apart if the density between them is less than this share of the thinner one's own.
    rng : Generator
        Draws the points of joined clusters.
    max_angle : float
        Radians: clusters whose mean spectra are farther apart stay apart.

    Returns
    -------
    (k,) int
        For each cluster its class, numbered from 0 without gaps in the order of their first members.

    References
    ----------
    C. Hennig, "Methods for merging Gaussian mixture components", Advances in Data Analysis and
    Classification, 2010: components are one class unless there is a valley between them. The measure here
    is our own.
    """
    k = len(means)
    heaps = {i: Heap(points[i], float(counts[i]), means[i] * counts[i], (i,)) for i in range(k)}
    angles = spectral_angle(means, means)
    apart = {(i, j): float(angles[i, j]) for i in range(k) for j in range(i + 1, k)}
    new = k
    while apart:
        first, second = min(apart, key=lambda pair: (apart[pair], pair))
        if apart[first, second] > max_angle:
            break
        one, other = heaps[first], heaps[second]
        if valley_depth(one.points, other.points, (one.size, other.size)) < depth:
            del apart[first, second]  # for good: only a join makes a pair of them again
            continue
        del heaps[first], heaps[second]
        apart = {pair: angle for pair, angle in apart.items() if not {first, second} & set(pair)}
        joined = _joined(one, other, rng)
        others = list(heaps)
        if others:
            angle = spectral_angle(np.stack([heaps[i].total for i in others]), joined.total[None])[:, 0]
            apart |= {(i, new): float(value) for i, value in zip(others, angle, strict=True)}
        heaps[new] = joined
        new += 1
    classes = np.empty(k, dtype=np.intp)
    for number, heap in enumerate(sorted(heaps.values(), key=lambda heap: min(heap.members))):
        classes[list(heap.members)] = number
    return classes


def rare_clusters(
    classes: np.ndarray, means: np.ndarray, counts: np.ndarray, errors: np.ndarray, *, angle: float
) -> list[int]:
    """Small clusters in large classes whose spectra are no mixture of large classes.

    Few pixels beside many look like the tail of a heap. But a tail leads to other heaps, as its pixels are
    mixed of their materials; and a rare material has a feature that none of these has.

    Parameters
    ----------
    classes : (k,) int
        Class of each cluster, numbered from 0 without gaps.
    means : (k, bands) float
        Mean spectrum of each cluster.
    counts : (k,) int
        Pixels of each cluster; one is small, and a class large, by `RARE`.
    errors : (k,) float
        Radians: how far noise may have turned the mean of a cluster.
    angle : float
        Radians: how far a mean is, at least, from every mixture (nonnegative sum) of the means of large
        classes.

    Returns
    -------
    list of int
        The clusters to take out.
    """
    sizes, least = np.bincount(classes, weights=counts), RARE * counts.sum()
    large = np.flatnonzero(sizes >= least)
    total = np.stack([(means * counts[:, None])[classes == number].sum(axis=0) for number in large])
    references = (total / np.linalg.norm(total, axis=1, keepdims=True)).T
    own = []
    for cluster in np.flatnonzero((counts < least) & np.isin(classes, large)):
        _, residual = nnls(references, means[cluster] / np.linalg.norm(means[cluster]))
        if np.hypot(angle, errors[cluster]) < np.arcsin(min(1.0, residual)):
            own.append(int(cluster))
    return own


def _joined(one: Heap, other: Heap, rng: np.random.Generator) -> Heap:
    """Both together; the points of each in proportion to its size."""
    size = one.size + other.size
    room = min(POINTS, len(one.points) + len(other.points))
    drawn = []
    for heap in (one, other):
        wanted = min(len(heap.points), max(1, round(room * heap.size / size)))
        drawn.append(heap.points[rng.permutation(len(heap.points))[:wanted]])
    return Heap(np.concatenate(drawn), size, one.total + other.total, one.members + other.members)
