"""Sparse regression: spectra as mixtures of a few members of a whole library (m may exceed the bands)."""

import numpy as np

from hsicli.algorithms.leastsquares import fcls, nnls
from hsicli.errors import InputError

BALANCE_EVERY, IMBALANCE = 10, 10.0
"""How often the two residuals of ADMM are compared, and by how much they may differ before μ is changed."""

TOGETHER, ROUNDS = 16, 60
"""Members that are let in at once, and how often at most."""

SLACK = 1e-3
"""Share of λ by which a gradient must exceed it: less is the inexactness of ADMM."""


def sunsal(spectra: np.ndarray, library: np.ndarray, *, sparsity: float) -> np.ndarray:
    """Non-negative sparse regression (SUnSAL): min ½‖x − Dᵀa‖² + λ Σa, a ≥ 0.

    The optimum itself, by the active set of `nnls`: the published ADMM is thousands of iterations away from
    it on a library of minerals, as many of its members are alike.

    Parameters
    ----------
    spectra : (n, bands) float
    library : (m, bands) float
        D; finite, no member zero.
    sparsity : float
        λ, in units of spectra squared: a member alone is kept where its product with x exceeds λ.

    Returns
    -------
    (n, m) float64
        Not negative; the sum is free.

    Raises
    ------
    InputError
        If a member is zero or not finite.

    References
    ----------
    Bioucas-Dias and Figueiredo, "Alternating direction algorithms for constrained sparse regression:
    application to hyperspectral unmixing", WHISPERS 2010.
    """
    _check(spectra, library)
    return nnls(spectra, library, sparsity=sparsity)


def sunsal_on_simplex(spectra: np.ndarray, library: np.ndarray) -> np.ndarray:
    """SUnSAL with a ≥ 0 and Σa = 1. The penalty λ Σa is then a constant: exactly FCLS over the library.

    Parameters
    ----------
    spectra : (n, bands) float
    library : (m, bands) float

    Returns
    -------
    (n, m) float64
        On the simplex.

    Raises
    ------
    InputError
        If a member is zero or not finite.
    """
    _check(spectra, library)
    return fcls(spectra, library)


def collaborative(
    spectra: np.ndarray,
    library: np.ndarray,
    *,
    sparsity: float,
    iterations: int = 1000,
    tolerance: float = 1e-6,
) -> np.ndarray:
    """Collaborative sparse regression (CLSUnSAL): members are used by many of the spectra, or by none.

    min ½‖X − A D‖² + λ Σₖ ‖column k of A‖₂, A ≥ 0. The spectra given are one group: in blocks, each block has
    its own members. By ADMM, as published; a copy U = A takes penalty and sign, and is what is returned::

        A ← (X Dᵀ + μ(U + V))(D Dᵀ + μI)⁻¹,   U ← prox(A − V),   V ← V − (A − U)

    It runs on few members at a time. A member without a share is let in where its column of the gradient,
    positive part, is longer than λ: with all such let in, the answer is that of the whole library.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite.
    library : (m, bands) float
        D; finite, no member zero.
    sparsity : float
        λ, in units of spectra squared; to be raised with √n for the same effect.
    iterations : int
        At most, of ADMM each time that members are let in.
    tolerance : float
        Largest root mean square of both residuals of ADMM at which it ends.

    Returns
    -------
    (n, m) float64
        Not negative; the sum is free.

    Raises
    ------
    InputError
        If a member is zero or not finite.

    References
    ----------
    Iordache, Bioucas-Dias and Plaza, "Collaborative sparse regression for hyperspectral unmixing", IEEE TGRS
    52, 2014.
    """
    _check(spectra, library)
    members, x = np.asarray(library, dtype=np.float64), np.asarray(spectra, dtype=np.float64)
    products, gram = x @ members.T, members @ members.T
    shares = np.zeros_like(products)
    inside: np.ndarray = np.zeros(len(members), dtype=bool)
    for _ in range(ROUNDS):
        pull = np.linalg.norm(np.maximum(products - shares @ gram, 0), axis=0)
        worth = np.where(inside, 0, pull - (1 + SLACK) * sparsity)
        entering = np.argsort(-worth, kind="stable")[:TOGETHER]
        entering = entering[worth[entering] > 0]
        if not len(entering):
            break
        inside = np.asarray(shares.any(axis=0))
        inside[entering] = True
        few = np.flatnonzero(inside)
        shares[:, few] = _admm(
            products[:, few], gram[np.ix_(few, few)], shares[:, few], sparsity, (iterations, tolerance)
        )
    return shares


def _admm(
    products: np.ndarray, gram: np.ndarray, start: np.ndarray, sparsity: float, end: tuple[int, float]
) -> np.ndarray:
    """U when both residuals are small, or after the last iteration."""
    values, vectors = np.linalg.eigh(gram)
    values = np.maximum(values, 0)
    penalty = float(values.mean())
    copy, dual = start, np.zeros_like(products)
    iterations, tolerance = end
    for iteration in range(1, iterations + 1):
        coefficients = ((products + penalty * (copy + dual)) @ vectors / (values + penalty)) @ vectors.T
        before, copy = copy, _shrunk(coefficients - dual, sparsity / penalty)
        dual -= coefficients - copy
        apart = np.linalg.norm(coefficients - copy) / np.sqrt(copy.size)
        moved = np.linalg.norm(copy - before) / np.sqrt(copy.size)
        if max(apart, moved) <= tolerance:
            break
        if iteration % BALANCE_EVERY == 0 and not 1 / IMBALANCE <= apart / max(moved, 1e-300) <= IMBALANCE:
            factor = 2.0 if apart > moved else 0.5
            penalty *= factor
            dual /= factor
    return copy


def _shrunk(values: np.ndarray, threshold: float) -> np.ndarray:
    """Positive part (n, m), each column shortened by the threshold."""
    positive = np.maximum(values, 0)
    length = np.linalg.norm(positive, axis=0)
    kept = np.maximum(length - threshold, 0)
    shrunk: np.ndarray = positive * np.divide(kept, length, out=np.zeros_like(length), where=length > 0)
    return shrunk


def _check(spectra: np.ndarray, library: np.ndarray) -> None:
    if spectra.ndim != 2 or library.ndim != 2 or spectra.shape[1] != library.shape[1]:
        raise ValueError(f"spectra of shape {spectra.shape} for a library of {library.shape}")
    bad = np.flatnonzero(~(np.isfinite(library).all(axis=1) & library.any(axis=1)))
    if len(bad):
        raise InputError(
            f"member {bad[0] + 1} of the library is zero, or not finite in some bands",
            hint="leave it out, or those bands",
        )
