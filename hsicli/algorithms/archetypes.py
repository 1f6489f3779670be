"""Archetypes: endmembers that are mixtures of pixels, of which every pixel is a mixture (Y ≈ A B Y).

Spectra are taken at unit length, so that brightness is nobody's abundance. Both factors are stepped by
entropic descent (each step multiplies them by an exponential and divides by the sum, so rows stay on the
simplex), from several random starts; of those that fit about equally well, the least coherent endmembers win.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numba
import numpy as np

from hsicli.errors import InputError

SPARE = 6
"""Directions kept beyond the number of endmembers."""

STEPS = 5
"""Steps on one factor before the other's turn."""

TINY = 1e-30
"""Keeps the steps finite where all spectra are one."""

CHUNKS = 64
"""Pieces of the work that threads take in turn."""


class Archetypes(NamedTuple):
    """One run."""

    weights: np.ndarray
    """B (p, n) float64, rows on the simplex: endmembers = weights @ spectra, as bright as the spectra."""
    abundances: np.ndarray
    """A (n, p) float64, rows on the simplex: of unit-length endmembers in unit-length spectra."""
    misfit: float
    """Mean |Y − A B Y| over pixels and bands."""
    coherence: float
    """Largest cosine between two endmembers."""


def archetypes(
    spectra: np.ndarray, p: int, *, restarts: int, rounds: int = 100, rng: np.random.Generator
) -> Iterator[Archetypes]:
    """Entropic archetypal analysis, from one random start after another.

    min ½ ‖Y − A B Y‖² over A (n, p) and B (p, n) with rows on the simplex. Step of A: f/r², r² the squared
    distance of the farthest endmember from the mean spectrum, at least that of the pixels on average, and
    f = 2^u, u uniform in −3…1, a run; up to f = 1 no step on A raises the error. Step of B: that of A times
    √(p/n). (The authors divide by the length of the endmembers, not their distance: spectra that are nearly
    parallel, as of minerals, then do not move in a hundred rounds.) Run on p + 6 directions of the spectra.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite; none of them zero.
    p : int
        Endmembers.
    restarts : int
        Runs.
    rounds : int
        Of five steps on A and five on B, a run.
    rng : Generator

    Yields
    ------
    Archetypes

    Raises
    ------
    InputError
        If a spectrum is zero or not finite, or there are fewer bands or spectra than endmembers.

    References
    ----------
    Zouaoui, Muhawenayo, Rasti, Chanussot and Mairal, "Entropic descent archetypal analysis for blind
    hyperspectral unmixing", IEEE TIP, 2023.
    """
    unit = _unit(spectra, p)
    points = _points(unit, p)
    for _ in range(restarts):
        exponents = 0.1 * rng.random((p, len(points)))
        yield _judged(unit, *_run(points, exponents, float(2 ** rng.uniform(-3, 1)), rounds))


def continued(spectra: np.ndarray, run: Archetypes, *, rounds: int) -> Archetypes:
    """The same run, further: its endmembers go on from where they stand, by steps of f = 2.

    Parameters
    ----------
    spectra : (n, bands) float
        Those of the run.
    run : Archetypes
    rounds : int

    Returns
    -------
    Archetypes
    """
    p = len(run.weights)
    unit = _unit(spectra, p)
    exponents = np.log(np.maximum(run.weights, TINY))
    return _judged(unit, *_run(_points(unit, p), exponents, 2.0, rounds))


def _points(unit: np.ndarray, p: int) -> np.ndarray:
    """(n, p + 6): the spectra along their leading directions."""
    _, axes = np.linalg.eigh(unit.T @ unit)
    return np.ascontiguousarray(unit @ axes[:, : -p - SPARE - 1 : -1])


def _judged(unit: np.ndarray, weights: np.ndarray, abundances: np.ndarray) -> Archetypes:
    endmembers = weights @ unit
    lengths = np.linalg.norm(endmembers, axis=1)
    cosines = endmembers @ endmembers.T / np.outer(lengths, lengths)
    misfit = float(np.abs(unit - abundances @ endmembers).mean())
    return Archetypes(weights, abundances, misfit, float((cosines - 2 * np.eye(len(weights))).max()))


def least_coherent(runs: Sequence[Archetypes], *, within: float = 0.05) -> Archetypes:
    """Of the runs that fit nearly as well as the best, the one whose endmembers are least alike.

    Fit alone also rewards two endmembers for one material.

    Parameters
    ----------
    runs : sequence of Archetypes
        At least one.
    within : float
        A run takes part if its misfit exceeds the least by at most this share.

    Returns
    -------
    Archetypes
    """
    least = min(run.misfit for run in runs)
    return min((run for run in runs if run.misfit <= (1 + within) * least), key=lambda run: run.coherence)


def _unit(spectra: np.ndarray, p: int) -> np.ndarray:
    """(n, bands) float64 of unit length."""
    if spectra.ndim != 2:
        raise ValueError(f"spectra of shape {spectra.shape}, (n, bands) expected")
    if not 2 <= p <= min(spectra.shape):
        raise InputError(
            f"{p} endmembers from {len(spectra)} spectra of {spectra.shape[1]} bands",
            hint="ask for at least two, and no more than there are bands or spectra",
        )
    values = np.asarray(spectra, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise InputError(
            "some spectra are zero or not finite, and have no direction", hint="mask them in the cube"
        )
    unit: np.ndarray = values / lengths
    return unit


def _run(
    points: np.ndarray, exponents: np.ndarray, scale: float, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """B (p, n) and A (n, p) after all rounds, from logarithms of B, changed in place.

    Both are kept as logarithms: what underflows may come back.
    """
    n, p = len(points), len(exponents)
    weights = _softmax(exponents)
    shares, abundances = np.zeros((n, p)), np.full((n, p), 1 / p)
    endmembers = weights @ points
    mean = points.mean(axis=0)
    spread = float(((points - mean) ** 2).sum(axis=1).mean())
    for _ in range(rounds):
        rate = scale / max(spread, float(((endmembers - mean) ** 2).sum(axis=1).max()), TINY)
        _step_abundances(points @ endmembers.T, endmembers @ endmembers.T, rate, shares, abundances)
        moment, gram = abundances.T @ points, abundances.T @ abundances
        for _ in range(STEPS):
            exponents += rate * np.sqrt(p / n) * ((moment - gram @ endmembers) @ points.T)
            weights = _softmax(exponents)
            endmembers = weights @ points
    return weights, abundances


def _softmax(exponents: np.ndarray) -> np.ndarray:
    """(p, n): rows on the simplex."""
    values = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    values /= values.sum(axis=1, keepdims=True)
    return values


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _step_abundances(
    products: np.ndarray, gram: np.ndarray, rate: float, exponents: np.ndarray, abundances: np.ndarray
) -> None:
    """Steps of A for every pixel by itself, given Y Eᵀ (n, p) and E Eᵀ (p, p)."""
    n, p = products.shape
    for chunk in numba.prange(CHUNKS):
        for row in range(chunk * n // CHUNKS, (chunk + 1) * n // CHUNKS):
            here, a = exponents[row], abundances[row]
            for _ in range(STEPS):
                top = -np.inf
                for k in range(p):
                    slope = products[row, k]
                    for j in range(p):
                        slope -= gram[k, j] * a[j]
                    here[k] += rate * slope
                    top = max(top, here[k])
                total = 0.0
                for k in range(p):
                    a[k] = np.exp(here[k] - top)
                    total += a[k]
                for k in range(p):
                    a[k] /= total
