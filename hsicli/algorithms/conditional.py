"""What part of a Gaussian says of the rest: conditional Gaussians, and mixtures of them, exact, in float64.

Symbols: x (m numbers) is seen, y (b numbers) is not; a joint Gaussian of (x, y) has mean μ and covariance Σ.
Covariances are handed on as scales D (a positive diagonal) and factors U (unit lower triangular):
Σ⁻¹ = C Cᵀ with C = D U.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular


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
