"""Whether two samples could be of one distribution: the energy distance, and the room to take it in."""

from dataclasses import dataclass

import numpy as np

BLOCK = 512
"""Rows compared at a time."""


@dataclass(frozen=True, eq=False)
class Room:
    """Coordinates fixed by one sample: its principal directions, each of unit variance, and what is left.

    Attributes
    ----------
    mean : (bands,) float64
    directions : (d, bands) float64
        Each divided by the standard deviation along it.
    spread : float
        Root mean square of what the directions leave of a spectrum.
    """

    mean: np.ndarray
    directions: np.ndarray
    spread: float

    def coordinates(self, spectra: np.ndarray) -> np.ndarray:
        """(n, d + 1): along each direction, and the length of the rest over its root mean square."""
        centred = spectra - self.mean
        along = centred @ self.directions.T
        lengths = np.square(self.directions).sum(axis=1)
        rest = centred - (along / lengths) @ self.directions
        return np.concatenate([along, np.linalg.norm(rest, axis=1, keepdims=True) / self.spread], axis=1)


def room_of(spectra: np.ndarray, dimension: int) -> Room:
    """The room of a sample.

    Parameters
    ----------
    spectra : (n, bands) float
    dimension : int
        d, at most; directions along which nothing varies are left out.

    Returns
    -------
    Room
    """
    mean = spectra.mean(axis=0, dtype=np.float64)
    centred = spectra - mean
    variance, vectors = np.linalg.eigh(centred.T @ centred / len(spectra))
    variance, vectors = variance[::-1], vectors.T[::-1]
    kept = int((variance[:dimension] > 1e-12 * max(float(variance[0]), 1e-300)).sum())
    left = float(variance[kept:].clip(0).sum())
    return Room(mean, vectors[:kept] / np.sqrt(variance[:kept, None]), max(np.sqrt(left), 1e-12))


def energy_distance(first: np.ndarray, second: np.ndarray) -> float:
    """2 E‖X − Y‖ − E‖X − X'‖ − E‖Y − Y'‖, without bias: about 0 for samples of one distribution.

    Parameters
    ----------
    first : (n, d) float
        n ≥ 2.
    second : (m, d) float
        m ≥ 2.

    Returns
    -------
    float
        May be a little below 0.

    References
    ----------
    Székely and Rizzo, "Energy statistics: a class of statistics based on distances", JSPI 143, 2013.
    """
    n, m = len(first), len(second)
    between = _total(first, second) / (n * m)
    within = _total(first, first) / (n * (n - 1)) + _total(second, second) / (m * (m - 1))
    return 2 * between - within


def _total(first: np.ndarray, second: np.ndarray) -> float:
    """Sum of the Euclidean distances of all pairs."""
    squares = np.square(second).sum(axis=1)
    total = 0.0
    for start in range(0, len(first), BLOCK):
        rows = first[start : start + BLOCK]
        apart = np.square(rows).sum(axis=1)[:, None] + squares - 2 * rows @ second.T
        total += float(np.sqrt(apart.clip(0)).sum())
    return total
