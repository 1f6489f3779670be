"""Purity: endmembers by how often a pixel is extreme, or by how much those before leave of it."""

from typing import NamedTuple

import numpy as np

from hsicli.algorithms.endmembers import checked
from hsicli.errors import InputError

TOGETHER = 64
"""Skewers that are projected on at once."""


class Sequential(NamedTuple):
    """Endmembers found one after another, and what each pixel has of them."""

    rows: np.ndarray
    """(p,) int64: of the spectra, brightest first."""
    coefficients: np.ndarray
    """(n, p) float64, not negative: x ≈ Σ coefficient × endmember; the sum is free."""
    residuals: np.ndarray
    """(n,) float64: length of what is left of each spectrum."""


def extreme_counts(spectra: np.ndarray, skewers: np.ndarray) -> np.ndarray:
    """How often each spectrum is the first or the last along a skewer.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite; where their mean lies does not matter.
    skewers : (m, bands) float
        Directions.

    Returns
    -------
    (n,) int64
        Sum 2 m.

    References
    ----------
    Boardman, Kruse and Green, "Mapping target signatures via partial unmixing of AVIRIS data", JPL, 1995.
    """
    counts = np.zeros(len(spectra), dtype=np.int64)
    for start in range(0, len(skewers), TOGETHER):
        along = spectra @ skewers[start : start + TOGETHER].T
        np.add.at(counts, along.argmin(axis=0), 1)
        np.add.at(counts, along.argmax(axis=0), 1)
    return counts


def ppi(spectra: np.ndarray, p: int, *, rng: np.random.Generator, skewers: int = 2000) -> np.ndarray:
    """The p purest pixels that are no copies of each other, by the pixel purity index.

    Where a person would look at the pixels that are often extreme and pick a few, this takes the one that is
    so most often, and then, again and again, the one with the largest product of that count and the squared
    distance from the affine hull of those taken.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite.
    p : int
        Endmembers.
    rng : Generator
    skewers : int
        Random directions in the p − 1 principal ones.

    Returns
    -------
    (p,) int64
        Rows of `spectra`, in the order of choice.

    Raises
    ------
    InputError
        If the spectra do not extend in p − 1 dimensions, or fewer than p pixels are ever extreme.

    References
    ----------
    Boardman, Kruse and Green, as for `extreme_counts`.
    """
    cloud = checked(spectra, p)
    axes = cloud.axes[: p - 1].T
    points = spectra @ axes - cloud.mean @ axes
    counts = extreme_counts(points, rng.standard_normal((skewers, p - 1)))
    rows = np.flatnonzero(counts)
    if len(rows) < p:
        raise InputError(
            f"{p} endmembers, but only {len(rows)} pixels are extreme in any of {skewers} directions",
            hint="ask for fewer endmembers, or use more skewers",
        )
    chosen = [int(counts[rows].argmax())]
    rest = points[rows] - points[rows[chosen[0]]]
    while len(chosen) < p:
        worth = counts[rows] * (rest**2).sum(axis=1)
        worth[chosen] = -1
        chosen.append(int(worth.argmax()))
        direction = rest[chosen[-1]] / np.linalg.norm(rest[chosen[-1]])
        rest = rest - np.outer(rest @ direction, direction)
    return rows[chosen]


def smacc(spectra: np.ndarray, p: int) -> Sequential:
    """Sequential maximum angle convex cone: each next endmember is the longest residual.

    What a pixel has of it is its residual's projection, lowered where its share of an earlier endmember would
    become negative (the new endmember is part earlier ones). Endmembers are explained by themselves alone.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite; reflectance, not negative.
    p : int
        Endmembers.

    Returns
    -------
    Sequential

    Raises
    ------
    InputError
        If the spectra are spanned by fewer than p of them.

    References
    ----------
    Gruninger, Ratkowski and Hoke, "The sequential maximum angle convex cone (SMACC) endmember model", SPIE
    5425, 2004.
    """
    residual = np.array(spectra, dtype=np.float64)
    shares = np.zeros((len(residual), p))
    lengths = np.linalg.norm(residual, axis=1)
    rows = np.empty(p, dtype=np.int64)
    least = 1e-10 * lengths.max(initial=0.0)
    for k in range(p):
        rows[k] = new = int(lengths.argmax())
        if not lengths[new] > least:
            raise InputError(
                f"{p} endmembers, but these spectra are mixtures of {k} of them",
                hint="ask for fewer endmembers; mask what is not finite",
            )
        towards = residual[new].copy()
        onto = np.maximum(residual @ towards / (towards @ towards), 0)
        inside = shares[new, :k]  # the new endmember is these parts of earlier ones and `towards`
        bound = onto[:, None] * inside > 0
        limit = np.divide(shares[:, :k], inside, out=np.full((len(onto), k), np.inf), where=bound)
        onto = np.minimum(onto, limit.min(axis=1, initial=np.inf))
        onto[new] = 1.0
        residual -= np.outer(onto, towards)
        shares[:, :k] = np.maximum(shares[:, :k] - np.outer(onto, inside), 0)
        shares[:, k] = onto
        lengths = np.linalg.norm(residual, axis=1)
    shares[rows] = np.eye(p)
    return Sequential(rows, shares, lengths)
