"""Joining classes whose mean spectra point the same way: the whole path, and where to cut it.

A path is a binary tree over k old classes, made by joining the closest pair of means k − 1 times. Its heights
are the spectral angles of those joins; whatever the largest angle allowed, the classes are a cut of the one
tree.
"""

from dataclasses import dataclass

import numpy as np

from hsicli.algorithms.angles import spectral_angle


@dataclass(frozen=True, eq=False)
class MergePath:
    """Every join from k classes to one, in the order they were made.

    Attributes
    ----------
    pairs : (k − 1, 2) int
        What join t made one: old classes are 0…k − 1, and join t makes number k + t.
    heights : (k − 1,) float64
        Spectral angle of the two means, radians. A join can be lower than the one before it, as means move.
    """

    pairs: np.ndarray
    heights: np.ndarray


def merge_path(means: np.ndarray, counts: np.ndarray) -> MergePath:
    """Join the two classes with the smallest angle between their means, until one is left.

    A joined class has the mean of its pixels. Of pairs at the same angle, the one with the lowest numbers is
    first.

    Parameters
    ----------
    means : (k, bands) float
        Mean spectrum of each class.
    counts : (k,) int or float
        Pixels of each class (or responsibilities, summed); all positive: leave empty classes out.

    Returns
    -------
    MergePath

    Raises
    ------
    ValueError
        If the shapes differ, a class is empty or a mean is not finite.

    References
    ----------
    GyPSUM, §4.4 "Post-Processing".
    """
    k = len(means)
    if means.ndim != 2 or counts.shape != (k,):
        raise ValueError(f"means of shape {means.shape} with counts of shape {counts.shape}")
    if not (counts > 0).all() or not np.isfinite(means).all():
        raise ValueError("every class needs pixels and a finite mean")
    nodes = max(2 * k - 1, 0)
    total, alive = np.zeros((nodes, means.shape[1])), np.zeros(nodes, dtype=bool)
    total[:k], alive[:k] = means * counts[:, None], True
    angles = np.full((nodes, nodes), np.inf)  # of pairs (i, j), i < j, that are both alive
    angles[:k, :k] = np.where(np.tri(k, dtype=bool), np.inf, spectral_angle(total[:k], total[:k]))
    pairs, heights = np.zeros((max(k - 1, 0), 2), dtype=int), np.zeros(max(k - 1, 0))
    for join, new in enumerate(range(k, nodes)):
        pair = np.unravel_index(angles.argmin(), angles.shape)
        pairs[join], heights[join] = pair, angles[pair]
        total[new] = total[pairs[join]].sum(axis=0)
        alive[pairs[join]] = False
        angles[pairs[join], :], angles[:, pairs[join]] = np.inf, np.inf
        angles[alive, new] = spectral_angle(total[alive], total[new : new + 1])[:, 0]
        alive[new] = True
    return MergePath(pairs, heights)


def cut_path(path: MergePath, max_angle: float) -> np.ndarray:
    """The classes that are left when joins up to an angle have been made.

    The joins are made in order, and end before the first one above the angle, so that a low join that only a
    high one made possible is not made.

    Parameters
    ----------
    path : MergePath
    max_angle : float
        Largest angle between means that are joined, radians (λ).

    Returns
    -------
    (k,) int
        For each old class its new one, numbered from 0 without gaps in the order of their first members.
    """
    k = len(path.heights) + 1
    parent = np.arange(2 * k - 1)
    joins = int(np.searchsorted(np.maximum.accumulate(path.heights), max_angle, side="right"))
    for join in reversed(range(joins)):  # from the root down, so that every node finds its root in one step
        parent[path.pairs[join]] = parent[k + join]
    _, first, new_class = np.unique(parent[:k], return_index=True, return_inverse=True)
    rank: np.ndarray = np.argsort(np.argsort(first))[new_class]
    return rank
