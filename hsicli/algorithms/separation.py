"""Separation: how far the classes of a map stand apart, and what a map knows that never saw the spectra.

Both ask what a clustering is worth: the first where there is no truth, the second where there is one.
"""

from collections.abc import Callable, Iterable

import numpy as np

from hsicli.algorithms.scores import agreement, contingency

COORDINATES, SCORED = 10_000, 200_000
"""Pixels that the blind baseline is fitted to and scored on at most, evenly spread over the scene."""

Blocks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]
"""Walks the pixels afresh at each call: labels (n,) int from 1 to k, values (n, d) float."""


def separation(blocks: Blocks, k: int) -> tuple[float, float, int]:
    """The Calinski–Harabasz and the Davies–Bouldin index, in two walks over the pixels.

    CH = tr B/tr W · (n − k)/(k − 1), the higher the better; DB = meanᵢ maxⱼ (sᵢ + sⱼ)/dᵢⱼ with s the mean
    distance to the class mean and d the distance of the means, the lower the better. Empty classes are left
    out. Neither says that the classes are materials: brightness alone separates well.

    Parameters
    ----------
    blocks : callable
        Walks the labelled pixels; called twice, in the same order.
    k : int
        Classes.

    Returns
    -------
    tuple
        CH, DB, and the pixels that they were computed on. Both are NaN with fewer than two classes, or as
        many classes as pixels.

    References
    ----------
    Caliński and Harabasz, Comm. in Statistics 3, 1974. Davies and Bouldin, IEEE TPAMI 1, 1979.
    """
    counts, means = _class_means(blocks, k)
    present = counts > 0
    total, classes = int(counts.sum()), int(present.sum())
    if classes < 2 or total <= classes:
        return np.nan, np.nan, total
    distance, within = np.zeros(k), 0.0
    for labels, values in blocks():
        squared = np.square(values - means[labels - 1]).sum(axis=1)
        within += float(squared.sum())
        distance += np.bincount(labels - 1, np.sqrt(squared), minlength=k)
    counts, means, spread = counts[present], means[present], distance[present] / counts[present]
    middle = np.average(means, axis=0, weights=counts)
    between = float(counts @ np.square(means - middle).sum(axis=1))
    calinski = 1.0 if within == 0 else between / within * (total - classes) / (classes - 1)

    apart = np.linalg.norm(means[:, None] - means[None], axis=2)
    apart[apart == 0] = np.inf  # a class and itself, or its double
    davies = ((spread[:, None] + spread[None]) / apart).max(axis=1).mean()
    return calinski, float(davies), total


def _class_means(blocks: Blocks, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(k,) pixels and (k, d) float64 mean of each class; the mean of an empty class is 0."""
    from scipy.sparse import csr_array

    counts, sums = np.zeros(k), np.zeros((k, 1))
    for labels, values in blocks():
        n = len(labels)
        member = csr_array((np.ones(n), (labels - 1, np.arange(n))), shape=(k, n))
        counts += np.bincount(labels - 1, minlength=k)
        sums = sums + member @ values.astype(np.float64, copy=False)
    return counts, sums / np.maximum(counts, 1)[:, None]


def blind_agreement(truth: np.ndarray, seen: np.ndarray, k: int, classes: int, seed: int) -> np.ndarray:
    """The scores of a map that is k-means on row and column: location alone, no spectrum.

    Parameters
    ----------
    truth : (rows, cols) int
        0 = unlabeled.
    seen : (rows, cols) bool
        Pixels that are clustered; those with truth > 0 outside it count as unlabeled.
    k : int
        Classes to make; fewer where there are fewer pixels.
    classes : int
        Classes of the truth.
    seed : int
        Of k-means.

    Returns
    -------
    (len(METRICS),) float64
        As `agreement`.
    """
    from sklearn.cluster import KMeans

    places = _spread(np.flatnonzero(seen), COORDINATES)
    scored = _spread(np.flatnonzero(truth), SCORED)
    labels = np.zeros(len(scored), dtype=np.int32)
    if len(places) and k:
        means = KMeans(min(k, len(places)), n_init=1, random_state=seed)
        means.fit(_coordinates(places, truth.shape))
        labels = means.predict(_coordinates(scored, truth.shape)) + 1
        labels[~seen.flat[scored]] = 0
    return agreement(contingency(labels, truth.flat[scored], k, classes))


def _spread(places: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the places, at even steps."""
    return places[np.linspace(0, len(places) - 1, min(len(places), most)).astype(np.int64)]


def _coordinates(places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(n, 2) float64: row and column of flat indices."""
    return np.stack(np.unravel_index(places, shape), axis=1).astype(np.float64)
