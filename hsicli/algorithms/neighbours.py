"""Nearest neighbours, exact: how far away the next points of a cloud are."""

import numba
import numpy as np
from scipy.spatial import cKDTree

AXES, TAIL = 8, 0.03
"""A tree is quick while so many principal axes leave no more than this share of the variance to the rest."""

BLOCK_VALUES = 2**25
"""Distances that are held together where every pair is looked at."""


def principal_axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points turned so that their variance falls from axis to axis; distances stay as they are.

    Parameters
    ----------
    points : (n, d) float

    Returns
    -------
    turned : (n, d) float64
        Centred.
    variance : (d,) float64
    """
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    variance, vectors = np.linalg.eigh(centred.T @ centred / max(len(points), 1))
    return centred @ vectors[:, ::-1], np.maximum(variance[::-1], 0)


def suits_tree(variance: np.ndarray) -> bool:
    """Whether a tree beats looking at every pair, from the variance (d,) along the principal axes."""
    return bool(variance[AXES:].sum() <= TAIL * variance.sum())


def neighbour_distances(points: np.ndarray, k: int, *, threads: int | None = None) -> np.ndarray:
    """Euclidean distances of every point to its k nearest others, exact.

    By a k-d tree on the principal axes where the points are of few dimensions in truth (`suits_tree`), else
    by looking at every pair. Of duplicates each counts the others, at distance 0, never itself.

    Parameters
    ----------
    points : (n, d) float
    k : int
        At least 1; n − 1 at most are found.
    threads : int, optional
        That the tree is asked by, numba's number unless given; the answer is the same.

    Returns
    -------
    (n, min(k, n − 1)) float32
        Nearest first.
    """
    turned, variance = principal_axes(points)
    k = min(k, len(points) - 1)
    out = np.empty((len(points), max(k, 0)), dtype=np.float32)
    if k < 1:
        return out
    rows = max(1, BLOCK_VALUES // len(points))
    tree = None
    if suits_tree(variance):
        tree, rows = cKDTree(turned, balanced_tree=False, compact_nodes=False), 2**16
    for first in range(0, len(points), rows):
        asked = np.arange(first, min(first + rows, len(points)))
        if tree is not None:
            distances, found = tree.query(turned[asked], k + 1, workers=threads or numba.get_num_threads())
        else:
            distances, found = _all_pairs(turned, asked, k + 1)
        own = found == asked[:, None]
        own[~own.any(axis=1), -1] = True  # among many duplicates the point itself may be left out
        out[asked] = distances[~own].reshape(len(asked), k)
    return out


def _all_pairs(points: np.ndarray, asked: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances (m, k) and indices of the nearest, itself among them; only of these are differences taken."""
    squares = np.einsum("ij,ij->i", points, points)
    near = squares - 2 * (points[asked] @ points.T)  # |a|² is the same for a whole row
    found = np.argpartition(near, k - 1, axis=1)[:, :k] if k < len(points) else np.argsort(near, axis=1)
    distances = np.linalg.norm(points[asked][:, None] - points[found], axis=2)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(found, order, axis=1)
