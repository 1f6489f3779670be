"""Densities: how crowded a pixel's features are, and the densest pixels of each superpixel."""

from typing import NamedTuple

import numpy as np


class Representatives(NamedTuple):
    """Pixels that stand for the superpixels, in the order of these."""

    pixels: np.ndarray
    """(m,) int: number of the pixel among the valid ones, in row order."""
    superpixels: np.ndarray
    """(m,) int: which superpixel it stands for, from 0."""


def bandwidth(distances: np.ndarray, percentile: float) -> float:
    """σ₀: a percentile of all positive distances to neighbours; 1 if there are none.

    Parameters
    ----------
    distances : (n, k) float
        Of every point to its nearest others.
    percentile : float
        q, 0…100.

    Returns
    -------
    float
    """
    positive = distances[distances > 0]
    return float(np.percentile(positive, percentile, method="hazen")) if len(positive) else 1.0


def density(distances: np.ndarray, scale: float) -> np.ndarray:
    """p(x) ∝ Σ exp(−‖x − y‖²/σ₀²) over the nearest neighbours y; sums to 1, and is never 0.

    Parameters
    ----------
    distances : (n, k) float
        Of every point to its nearest others.
    scale : float
        σ₀, from `bandwidth`.

    Returns
    -------
    (n,) float64
    """
    out = np.zeros(len(distances))
    for column in distances.T:
        out += np.exp(-((column.astype(np.float64) / scale) ** 2))
    positive = out[out > 0]
    if not len(positive):
        return np.full(len(out), 1 / max(len(out), 1))
    out[out == 0] = positive.min()  # too far from everything for a float
    return out / out.sum()


def densest_pixels(
    superpixels: np.ndarray, density: np.ndarray, count: int, *, fill: np.ndarray | None = None
) -> Representatives:
    """The `count` pixels of highest density in each superpixel; of equal ones the first.

    Parameters
    ----------
    superpixels : (n,) int
        Of each valid pixel, from 0 without gaps.
    density : (n,) float
    count : int
        n_k; a smaller superpixel has as many as it has pixels.
    fill : (f,) int, optional
        Pixels that a smaller superpixel is filled up with, in this order, save its own: what the published
        program does, unintended, with the first pixels of the image.

    Returns
    -------
    Representatives
    """
    order = np.lexsort((-density, superpixels))
    sizes = np.bincount(superpixels)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = order[rank < count]
    owner = superpixels[chosen]
    if fill is not None:
        for short in np.flatnonzero(sizes < count):
            more = fill[superpixels[fill] != short][: count - sizes[short]]
            chosen, owner = np.append(chosen, more), np.append(owner, np.full(len(more), short))
        blocks = np.argsort(owner, kind="stable")
        chosen, owner = chosen[blocks], owner[blocks]
    return Representatives(chosen, owner)
