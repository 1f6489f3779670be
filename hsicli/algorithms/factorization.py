"""Non-negative matrix factorisation with sparse abundances: X ≈ A E, both unknown, neither negative."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from hsicli.errors import InputError

TINY = 1e-12
"""Keeps quotients finite; below it an abundance has no pull of its own."""


class Factors(NamedTuple):
    """After one round."""

    endmembers: np.ndarray
    """E (p, bands) float64"""
    abundances: np.ndarray
    """A (n, p) float64, not negative; they sum to about one."""
    loss: float
    """½ ‖X − A E‖² + λ Σ a^q, with δ² ‖Σa − 1‖²/2 for the sum."""


def sparse_nmf(
    spectra: np.ndarray,
    endmembers: np.ndarray,
    abundances: np.ndarray,
    *,
    sparsity: float,
    exponent: float = 0.5,
    sum_weight: float = 1.0,
) -> Iterator[Factors]:
    """Non-negative factors by multiplicative rounds, without end: take as many as are wanted.

    min ½ ‖X − A E‖² + λ Σ a^q + ½ δ² ‖A 1 − 1‖², A ≥ 0, E ≥ 0. With q = 1 and Σa = 1 the penalty is nearly a
    constant; q = ½ prefers few endmembers a pixel. No round raises the loss.

    Parameters
    ----------
    spectra : (n, bands) float
        X; negative values are taken for zero.
    endmembers : (p, bands) float
        Where E starts; positive, as zeros stay.
    abundances : (n, p) float
        Where A starts; zeros stay.
    sparsity : float
        λ, in units of spectra squared; `band_sparseness` gives the authors' choice.
    exponent : float
        q, 0…1.
    sum_weight : float
        δ, as a share of the root of the mean square of a spectrum's length.

    Yields
    ------
    Factors

    Raises
    ------
    InputError
        If a value is not finite, or the exponent or a weight is out of range.

    References
    ----------
    Qian, Jia, Zhou and Robles-Kelly, "Hyperspectral unmixing via L1/2 sparsity-constrained nonnegative matrix
    factorization", IEEE TGRS 49, 2011.
    """
    if not 0 < exponent <= 1 or sparsity < 0 or sum_weight < 0:
        raise InputError(
            f"exponent {exponent:g}, sparsity {sparsity:g}, sum_weight {sum_weight:g}",
            hint="use an exponent in 0…1, and weights that are not negative",
        )
    x = np.maximum(np.asarray(spectra, dtype=np.float64), 0)
    if not np.isfinite(x).all():
        raise InputError("some spectra are not finite", hint="mask them, or leave those bands out")
    e = np.maximum(np.asarray(endmembers, dtype=np.float64), 0)
    a = np.maximum(np.asarray(abundances, dtype=np.float64), 0)
    delta = sum_weight * np.sqrt(np.einsum("ij,ij->", x, x) / len(x))
    while True:
        e *= (a.T @ x) / np.maximum(a.T @ a @ e, TINY)
        pull = sparsity * exponent * np.maximum(a, TINY) ** (exponent - 1)
        down = a @ (e @ e.T) + delta**2 * a.sum(axis=1, keepdims=True) + pull
        a *= (x @ e.T + delta**2) / np.maximum(down, TINY)
        gap, excess = x - a @ e, a.sum(axis=1) - 1
        loss = 0.5 * np.einsum("ij,ij->", gap, gap) + sparsity * (a**exponent).sum()
        yield Factors(e.copy(), a.copy(), float(loss + 0.5 * delta**2 * excess @ excess))


def band_sparseness(spectra: np.ndarray) -> float:
    """λ from how unevenly each band is lit: mean over bands of (√n − ‖x‖₁/‖x‖₂)/√(n − 1), times √bands.

    Parameters
    ----------
    spectra : (n, bands) float

    Returns
    -------
    float

    References
    ----------
    Qian and others, as for `sparse_nmf`, equation 21 (after Hoyer, 2004).
    """
    n, bands = spectra.shape
    absolute = np.abs(spectra).sum(axis=0, dtype=np.float64)
    length = np.sqrt(np.square(spectra, dtype=np.float64).sum(axis=0))
    uneven = (np.sqrt(n) - absolute / np.maximum(length, TINY)) / np.sqrt(max(n - 1, 1))
    return float(uneven.sum() / np.sqrt(bands))
