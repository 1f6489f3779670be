"""Which pixels to learn from: neighbours say the same twice, and so do the commonest spectra."""

import numpy as np

from hsicli.algorithms.sampling import kmeans_labels

COMPONENTS = 8
"""Principal components that clusters are found in."""


def thinned(valid: np.ndarray, step: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) int: one valid pixel, drawn at random, of every square of step × step; flat indices, ascending."""
    index = np.flatnonzero(valid)
    if step == 1:
        return index
    row, col = np.divmod(index, valid.shape[1])
    cell = row // step * (valid.shape[1] // step + 1) + col // step
    order = rng.permutation(len(index))
    _, first = np.unique(cell[order], return_index=True)
    return np.sort(index[order[first]])


def thinning_step(pixels: int, count: int) -> int:
    """The widest step that still leaves `count` of so many pixels, were they in a square."""
    return max(1, int(np.sqrt(pixels / count)))


def spectral_clusters(spectra: np.ndarray, clusters: int, *, seed: int) -> np.ndarray:
    """(n,) int32: clusters of the shapes of spectra, each scaled from 0 to 1 first, from 0."""
    shapes = spectra - spectra.min(axis=1, keepdims=True)
    shapes /= shapes.max(axis=1, keepdims=True)
    shapes -= shapes.mean(axis=0)
    vectors = np.linalg.eigh(shapes.T @ shapes)[1][:, -COMPONENTS:]
    return kmeans_labels(shapes @ vectors, min(clusters, len(spectra)), seed=seed)


def balanced(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) int: as many of every cluster as it has, up to a number that is the same for all.

    Parameters
    ----------
    labels : (n,) int
        From 0.
    count : int
        At most n.
    rng : Generator
    """
    sizes = np.bincount(labels)
    quota, left = np.zeros_like(sizes), count
    for place, cluster in enumerate(np.argsort(sizes, kind="stable")):
        quota[cluster] = min(sizes[cluster], left // (len(sizes) - place))
        left -= quota[cluster]
    chosen = [rng.permutation(np.flatnonzero(labels == k))[: quota[k]] for k in range(len(sizes))]
    return np.sort(np.concatenate(chosen))
