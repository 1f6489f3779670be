"""What part of a Gaussian says of the rest: conditional Gaussians, and mixtures of them, exact, in float64.

Symbols: x (m numbers) is seen, y (b numbers) is not; a joint Gaussian of (x, y) has mean μ and covariance Σ.
Covariances are handed on as scales D (a positive diagonal) and factors U (unit lower triangular):
Σ⁻¹ = C Cᵀ with C = D U.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import logsumexp


class Conditional(NamedTuple):
    """What x says of y under one Gaussian: mean + slope·x, and a covariance that x does not change."""

    intercept: np.ndarray
    """(b,)"""
    slope: np.ndarray
    """(b, m)"""
    covariance: np.ndarray
    """(b, b)"""


def conditional_gaussian(mean: np.ndarray, covariance: np.ndarray, m: int) -> Conditional:
    """The rest given x, of a joint Gaussian: μ_y + Σ_yx Σ_xx⁻¹ (x − μ_x), and Σ_yy − Σ_yx Σ_xx⁻¹ Σ_xy.

    Parameters
    ----------
    mean : (m + b,) float
    covariance : (m + b, m + b) float
        Symmetric, positive definite.
    m : int
        So many of the first numbers are seen.

    Returns
    -------
    Conditional

    References
    ----------
    M. L. Eaton, "Multivariate statistics: a vector space approach", 1983, ch. 3.
    """
    factor = cholesky(covariance[:m, :m], lower=True)
    half = solve_triangular(factor, covariance[:m, m:], lower=True)
    slope = solve_triangular(factor, half, lower=True, trans="T").T
    left = covariance[m:, m:] - half.T @ half
    return Conditional(mean[m:] - slope @ mean[:m], slope, (left + left.T) / 2)


def precision_factor(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales and factor of a covariance, without inverting it twice.

    Σ = R Rᵀ with R upper triangular, so C = R⁻ᵀ is lower triangular and Σ⁻¹ = C Cᵀ.

    Parameters
    ----------
    covariance : (b, b) float
        Symmetric, positive definite.

    Returns
    -------
    scales : (b,) float64
        D, the diagonal of C.
    factor : (b, b) float64
        U = D⁻¹ C, unit lower triangular.
    """
    upper = cholesky(covariance[::-1, ::-1].astype(np.float64), lower=True)[::-1, ::-1]
    whole = solve_triangular(upper, np.eye(len(upper)), lower=False).T
    scales = np.diagonal(whole).copy()
    factor = whole / scales[:, None]
    return scales, factor


def floored(covariance: np.ndarray, floor: float) -> np.ndarray:
    """A covariance with a noise of deviation `floor` added to every number: it has a density, however flat.

    Parameters
    ----------
    covariance : (b, b) float
    floor : float
        τ, in the unit of the numbers; not zero if the covariance is singular.

    Returns
    -------
    (b, b) float64
    """
    return covariance + floor**2 * np.eye(len(covariance))


class ConditionalMixture(NamedTuple):
    """What x says of y under a mixture of K Gaussians."""

    log_weights: np.ndarray
    """(K,): of the mixture."""
    seen_means: np.ndarray
    """(K, m)"""
    seen_scales: np.ndarray
    """(K, m): D of x."""
    seen_factors: np.ndarray
    """(K, m, m): U of x."""
    intercepts: np.ndarray
    """(K, b)"""
    slopes: np.ndarray
    """(K, b, m)"""
    scales: np.ndarray
    """(K, b): D of y given x."""
    factors: np.ndarray
    """(K, b, b): U of y given x."""


def conditional_mixture(
    weights: np.ndarray, means: np.ndarray, covariances: np.ndarray, m: int
) -> ConditionalMixture:
    """What the first m numbers of a mixture of Gaussians say of the rest.

    Parameters
    ----------
    weights : (K,) float
    means : (K, m + b) float
    covariances : (K, m + b, m + b) float
        Symmetric, positive definite.
    m : int

    Returns
    -------
    ConditionalMixture

    References
    ----------
    A. Gilardi, S. Bengio, M. Kanevski, "Conditional Gaussian mixture models for environmental risk mapping",
    NNSP, 2002.
    """
    seen = [precision_factor(c[:m, :m]) for c in covariances]
    given = [conditional_gaussian(mean, c, m) for mean, c in zip(means, covariances, strict=True)]
    left = [precision_factor(g.covariance) for g in given]
    return ConditionalMixture(
        np.log(np.maximum(weights, 1e-300)),
        means[:, :m],
        np.stack([s[0] for s in seen]),
        np.stack([s[1] for s in seen]),
        np.stack([g.intercept for g in given]),
        np.stack([g.slope for g in given]),
        np.stack([s[0] for s in left]),
        np.stack([s[1] for s in left]),
    )


def mixture_given(seen: np.ndarray, mixture: ConditionalMixture) -> tuple[np.ndarray, np.ndarray]:
    """Weights and means of the components of y, given x.

    log w̄_k = log w_k + log N(x; μ_kx, Σ_kxx) − log of their sum.

    Parameters
    ----------
    seen : (n, m) float
        x.
    mixture : ConditionalMixture

    Returns
    -------
    log_weights : (n, K) float64
    means : (n, K, b) float64
    """
    apart = (seen[:, None] - mixture.seen_means) * mixture.seen_scales
    white = np.einsum("nkm,kml->nkl", apart, mixture.seen_factors, optimize=True)
    joint = mixture.log_weights + np.log(mixture.seen_scales).sum(axis=1) - (white**2).sum(axis=2) / 2
    means = np.einsum("nm,kbm->nkb", seen, mixture.slopes, optimize=True) + mixture.intercepts
    return joint - logsumexp(joint, axis=1, keepdims=True), means
