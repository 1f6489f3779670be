"""Constrained least squares: how much of each endmember is in each spectrum, exactly, for millions of them.

For given endmembers E (p, bands) and each spectrum x on its own::

    NNLS     min ½‖x − Eᵀa‖²,          a ≥ 0
    SUnSAL   min ½‖x − Eᵀa‖² + λ Σa,   a ≥ 0
    FCLS     min ½‖x − Eᵀa‖²,          a ≥ 0,  Σa = 1

All are solved by an active set that starts at the single best endmember and lets in one endmember at a time,
the one that lessens the error fastest, until none does; so the solution is exact up to rounding, not the
limit of an iteration. Spectra are projected on an orthonormal basis of the endmembers first, in float64.
"""

import numpy as np

from hsicli.algorithms.activeset import solve_rows

ROWS = 2**16
"""Spectra that are solved together."""

CACHED = 2**16
"""Numbers of spectra that are held in float64 at once: they fit in the cache."""

FEW = 32
"""Up to so many endmembers, those positive in the unconstrained optimum are a good guess of those present."""


def nnls(spectra: np.ndarray, endmembers: np.ndarray, *, sparsity: float = 0.0) -> np.ndarray:
    """Non-negative least squares: min ½‖x − Eᵀa‖² + λ Σa, a ≥ 0, for every spectrum.

    Parameters
    ----------
    spectra : (n, bands) float
        A spectrum with a value that is not finite gives NaN.
    endmembers : (p, bands) float
        Finite. Where some are mixtures of others, one of the solutions is returned.
    sparsity : float
        λ, in units of spectra squared; 0 for least squares alone.

    Returns
    -------
    (n, p) float64
        In units of the endmembers; the sum is free.

    Raises
    ------
    ValueError
        If the bands differ, or an endmember is not finite.

    References
    ----------
    Lawson and Hanson, "Solving Least Squares Problems", 1974, chapter 23.
    """
    return _solved(spectra, endmembers, np.inf, sparsity)


def fcls(spectra: np.ndarray, endmembers: np.ndarray) -> np.ndarray:
    """Fully constrained least squares: min ‖x − Eᵀa‖², a ≥ 0, Σa = 1, for every spectrum.

    The sum is a condition of the problem, not a heavy row of it.

    Parameters
    ----------
    spectra : (n, bands) float
        A spectrum with a value that is not finite gives NaN.
    endmembers : (p, bands) float
        Finite. Where some are mixtures of others, one of the solutions is returned.

    Returns
    -------
    (n, p) float64
        Not negative; rows sum to one to rounding.

    Raises
    ------
    ValueError
        If the bands differ, or an endmember is not finite.

    References
    ----------
    Heinz and Chang, "Fully constrained least squares linear spectral mixture analysis", IEEE TGRS, 2001.
    """
    return _solved(spectra, endmembers, 1.0)


def optimality(
    spectra: np.ndarray, endmembers: np.ndarray, abundances: np.ndarray, *, sparsity: float = 0.0
) -> np.ndarray:
    """How far non-negative abundances are from the optimum of `nnls`: the largest violated condition.

    With the gradient g = E(Eᵀa − x) + λ: a ≥ 0, g ≥ 0, a g = 0, each relative to ‖E‖ ‖x‖ (‖E‖ the longest
    endmember), a itself relative to its largest.

    Parameters
    ----------
    spectra : (n, bands) float
    endmembers : (p, bands) float
    abundances : (n, p) float
    sparsity : float
        λ

    Returns
    -------
    (n,) float64
        0 at the optimum.
    """
    gradient = _gradient(spectra, endmembers, abundances, sparsity)
    return _violation(abundances, gradient)


def optimality_on_simplex(spectra: np.ndarray, endmembers: np.ndarray, abundances: np.ndarray) -> np.ndarray:
    """The same for FCLS: the gradient is taken relative to its least value ν, the price of the sum.

    a ≥ 0, |Σa − 1|, a (g − ν) = 0.

    Parameters
    ----------
    spectra : (n, bands) float
    endmembers : (p, bands) float
    abundances : (n, p) float

    Returns
    -------
    (n,) float64
        0 at the optimum.
    """
    gradient = _gradient(spectra, endmembers, abundances)
    gradient -= gradient.min(axis=1, keepdims=True)
    return np.maximum(_violation(abundances, gradient), np.abs(abundances.sum(axis=1) - 1))


def fractions(coefficients: np.ndarray) -> np.ndarray:
    """Coefficients divided by their sum (n, p): parts of one; equal parts where all are zero."""
    total = coefficients.sum(axis=-1, keepdims=True)
    even = np.full_like(coefficients, 1 / coefficients.shape[-1])
    return np.divide(coefficients, total, out=even, where=~(total <= 0))


def converted(abundances: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Parts in other units of the endmembers: aₖ′ = aₖ sₖ / Σⱼ aⱼ sⱼ.

    Parts a of endmembers Eₖ are the parts a′ of the endmembers Eₖ/sₖ: with s = max over bands of E, those of
    endmembers at most one high; with 1/s back again.

    Parameters
    ----------
    abundances : (..., p) float
        Not negative.
    scales : (p,) float
        Positive.

    Returns
    -------
    (..., p) float
        Rows sum to one.
    """
    return fractions(abundances * scales)


def _solved(spectra: np.ndarray, endmembers: np.ndarray, total: float, sparsity: float = 0.0) -> np.ndarray:
    """Abundances (n, p) that sum to `total`, or to anything if that is infinite."""
    ends = np.asarray(endmembers, dtype=np.float64)
    if spectra.ndim != 2 or ends.ndim != 2 or spectra.shape[1] != ends.shape[1] or not ends.size:
        raise ValueError(f"spectra of shape {spectra.shape} for endmembers of {ends.shape}")
    if not np.isfinite(ends).all():
        raise ValueError("endmembers must be finite")
    # Mixtures of parts of one do not know where zero is: about the mean, endmembers are least alike.
    origin = ends.mean(axis=0) * np.isfinite(total)
    basis, triangle = np.linalg.qr((ends - origin).T)  # (bands, r), (r, p)
    gram = triangle.T @ triangle
    # One more coordinate, alike for all: on the simplex it changes nothing, and now mixtures of one sum are
    # dependent only if they are the same point.
    lift = (np.trace(gram) / len(ends) or 1.0) if np.isfinite(total) else 0.0
    gram += lift
    out = np.zeros((len(spectra), len(ends)))
    for start in range(0, len(spectra), ROWS):
        rows = slice(start, start + ROWS)
        along = _projected(spectra[rows], basis) - origin @ basis
        products = along @ triangle + (lift - sparsity)
        if len(ends) <= FEW:
            out[rows] = _unconstrained(products, gram, total)
        size = np.sqrt(np.einsum("ij,ij->i", along, along) + lift)
        solve_rows(products, gram, size, total, out[rows])
    return out


def _projected(spectra: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """(n, r): coordinates on an orthonormal basis (bands, r), float64 whatever the spectra are."""
    along = np.empty((len(spectra), basis.shape[1]))
    step = max(1, CACHED // len(basis))
    for start in range(0, len(spectra), step):
        np.matmul(spectra[start : start + step].astype(np.float64), basis, out=along[start : start + step])
    return along


def _unconstrained(products: np.ndarray, gram: np.ndarray, total: float) -> np.ndarray:
    """(n, p): the optimum were it not for the signs."""
    inverse = np.linalg.pinv(gram, hermitian=True)
    free = products @ inverse
    if np.isfinite(total):
        price = inverse.sum(axis=0)
        free -= np.outer((free.sum(axis=1) - total) / price.sum(), price)
    return free


def _gradient(
    spectra: np.ndarray, endmembers: np.ndarray, abundances: np.ndarray, sparsity: float = 0.0
) -> np.ndarray:
    ends, x = np.asarray(endmembers, dtype=np.float64), np.asarray(spectra, dtype=np.float64)
    gradient = (np.asarray(abundances, dtype=np.float64) @ ends - x) @ ends.T + sparsity
    size = np.linalg.norm(ends, axis=1).max() * np.linalg.norm(x, axis=1, keepdims=True)
    scaled: np.ndarray = gradient / np.where(size > 0, size, 1.0)
    return scaled


def _violation(abundances: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    size = np.maximum(np.abs(abundances).max(axis=1, keepdims=True), 1e-300)
    terms = np.stack([-abundances / size, -gradient, np.abs(abundances / size * gradient)])
    worst: np.ndarray = np.maximum(terms.max(axis=(0, 2)), 0)
    return worst
