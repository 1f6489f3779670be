"""HySime: how many directions of the spectra stand above the noise, and which.

Of all subspaces, the one that minimises the power lost by projecting on it plus the power of the noise left
in it. Direction e costs δ = −eᵀRe + 2 eᵀNe (R: correlation of the spectra, N: of the noise); those that cost
less than nothing are kept.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions of the signal, those that are kept first, by falling gain.

    Attributes
    ----------
    kept : int
        How many stand above the noise.
    vectors : (bands, bands) float64
        Rows: orthonormal directions; the largest entry of each is positive.
    power : (bands,) float64
        Of the spectra along each: eᵀRe.
    noise : (bands,) float64
        Of the noise along each: eᵀNe. A direction is kept where power > 2 noise.
    """

    kept: int
    vectors: np.ndarray
    power: np.ndarray
    noise: np.ndarray


def signal_directions(
    correlation: np.ndarray, noise: np.ndarray, signal: np.ndarray, *, floor: float
) -> Directions:
    """The directions of the signal in which the spectra have more than twice the power of the noise.

    Parameters
    ----------
    correlation : (bands, bands) float
        R: mean of y yᵀ.
    noise : (bands, bands) float
        N: the same of the noise.
    signal : (bands, bands) float
        The same of the signal; its eigenvectors are the directions.
    floor : float
        Noise added in every direction, as a share of the signal's mean power in a direction (ε): keeps
        rounding, and what is as weak as it, from counting.

    Returns
    -------
    Directions

    References
    ----------
    Bioucas-Dias & Nascimento, "Hyperspectral subspace identification", IEEE TGRS, 2008, algorithm 2.
    """
    bands = len(correlation)
    _, vectors = np.linalg.eigh(signal)
    vectors = vectors.T
    vectors *= np.sign(vectors[np.arange(bands), np.abs(vectors).argmax(axis=1)])[:, None]
    power = np.einsum("da,ab,db->d", vectors, correlation, vectors, optimize=True)
    level = np.einsum("da,ab,db->d", vectors, noise, vectors, optimize=True)
    level = level + floor * np.trace(signal) / bands
    order = np.argsort(2 * level - power, kind="stable")
    kept = int((power > 2 * level).sum())
    return Directions(kept, vectors[order], power[order], level[order])
