"""What is said of a high-resolution spectrum: a mixture of Gaussians a pixel, and what follows from it.

Component k of pixel i has the precision Σ⁻¹ = C Cᵀ with C = B D U: B a rotation (none: bands as they are),
D = diag(scales[i, k]) positive, U unit lower triangular in the first q coordinates and unit beyond them;
shared by all pixels, or one for each. To scale spectra by r is to divide D by r: B and U do not change.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.special import logsumexp, ndtr


class Density(NamedTuple):
    """Of n pixels: mixtures of K Gaussians over b bands."""

    log_weights: np.ndarray
    """(n, K); their exponentials sum to one."""
    means: np.ndarray
    """(n, K, b)"""
    scales: np.ndarray
    """(n, K, b): D, 1 over the deviation of each coordinate where those after it are known."""
    factors: np.ndarray
    """(K, q, q): U, shared by all pixels; or (n, K, q, q)."""
    basis: np.ndarray | None = None
    """(b, b): B, its columns the coordinates in which D and U stand; None: the bands."""

    @property
    def shared(self) -> bool:
        """The factors are those of every pixel."""
        return self.factors.ndim == 3

    @property
    def correlated(self) -> int:
        """Coordinates that U correlates: q."""
        return int(self.factors.shape[-1])


def mean(density: Density) -> np.ndarray:
    """(n, b): of the mixture."""
    found: np.ndarray = (np.exp(density.log_weights)[:, None] @ density.means)[:, 0]
    return found


def likeliest(density: Density) -> np.ndarray:
    """(n, b): the mean of the component of the largest weight."""
    best = density.log_weights.argmax(axis=1)
    return density.means[np.arange(len(best)), best]


def component_deviations(density: Density) -> np.ndarray:
    """(n, K, b): of each band in each component, √diag Σ_k."""
    if density.basis is None and density.correlated == density.means.shape[2]:
        inverse = _inverted(density.factors)
        within = np.sqrt((inverse**2).sum(axis=-2))
        return np.asarray((within[None] if density.shared else within) / density.scales)
    first, alone = _variances(density)
    return np.sqrt(_band_variances(density, first, alone))


def deviations(density: Density) -> np.ndarray:
    """(n, b): of each band under the whole mixture, within its components and between their means."""
    weights = np.exp(density.log_weights)
    apart = density.means - mean(density)[:, None]
    between = (weights[:, None] @ apart**2)[:, 0]
    if density.basis is None:
        within = (weights[:, None] @ component_deviations(density) ** 2)[:, 0]
    else:  # averaged in the coordinates, then turned once
        first, alone = _variances(density)
        first = np.einsum("nk,nkab->nab", weights, first, optimize=True)[:, None]
        alone = weights[:, None] @ alone
        within = _band_variances(density, first, alone)[:, 0]
    return np.sqrt(within + between)


def covariance(density: Density, pixel: int) -> np.ndarray:
    """(b, b): of one pixel under the whole mixture."""
    one = pixel_density(density, pixel)
    weights = np.exp(one.log_weights[0])
    apart = one.means[0] - mean(one)[0]
    first, alone = _variances(one)
    q = one.correlated
    within = np.diag(np.concatenate([np.zeros(q), weights @ alone[0]]))
    within[:q, :q] = np.einsum("k,kab->ab", weights, first[0])
    if one.basis is not None:
        within = one.basis @ within @ one.basis.T
    return within + np.einsum("k,ki,kj->ij", weights, apart, apart)


def pixel_density(density: Density, pixel: int) -> Density:
    """Of one pixel alone, n = 1."""
    part = slice(pixel, pixel + 1)
    return Density(
        density.log_weights[part], density.means[part], density.scales[part],
        density.factors if density.shared else density.factors[part], density.basis,
    )  # fmt: skip


def whitened_residuals(density: Density, truth: np.ndarray) -> np.ndarray:
    """(n, K, b): Cᵀ (y − μ), standard normal numbers if the component is true."""
    residuals = truth[:, None] - density.means
    if density.basis is not None:
        residuals = residuals @ density.basis
    white = residuals * density.scales
    q = density.correlated
    if density.shared:
        for k, factor in enumerate(density.factors):
            white[:, k, :q] = white[:, k, :q] @ factor
    else:
        white[:, :, :q] = np.einsum("nkb,nkbc->nkc", white[:, :, :q], density.factors, optimize=True)
    return white


def log_likelihood(density: Density, truth: np.ndarray) -> np.ndarray:
    """(n,): log p(y | x) in nats: log Σ_k w_k (Π_j D_j) (2π)^(−b/2) exp(−½ ‖Cᵀ(y − μ)‖²).

    Parameters
    ----------
    density : Density
    truth : (n, b) float
        y, in the unit of the means.
    """
    distance = (whitened_residuals(density, truth) ** 2).sum(axis=2)
    log_scales = np.log(density.scales).sum(axis=2)
    constant = truth.shape[1] / 2 * np.log(2 * np.pi)
    found: np.ndarray = logsumexp(density.log_weights - distance / 2 + log_scales, axis=1) - constant
    return found


def sample(density: Density, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, n, b): spectra drawn from each pixel's mixture, y = μ + C⁻ᵀ ε."""
    n, components, bands = density.means.shape
    edges = np.exp(density.log_weights).cumsum(axis=1)
    which = (rng.random((count, n, 1)) * edges[:, -1:] > edges).sum(axis=2).clip(max=components - 1)
    noise = rng.standard_normal((count, n, bands))
    inverse, q = _inverted(density.factors), density.correlated
    drawn = np.empty((count, n, bands))
    for k in range(components):
        chosen, pixel = np.nonzero(which == k)
        white = noise[chosen, pixel]
        if density.shared:
            white[:, :q] = white[:, :q] @ inverse[k]  # rows of U⁻ᵀ ε
        else:
            white[:, :q] = np.einsum("sa,sab->sb", white[:, :q], inverse[pixel, k])
        apart = white / density.scales[pixel, k]
        drawn[chosen, pixel] = density.means[pixel, k] + (
            apart if density.basis is None else apart @ density.basis.T
        )
    return drawn


def ranks(density: Density, truth: np.ndarray) -> np.ndarray:
    """(n, b): the share of each band's marginal that lies below the truth; uniform if the density is right.

    The truth is in the central interval of a level where |rank − ½| ≤ level/2.
    """
    width = component_deviations(density)
    parts: np.ndarray = ndtr((truth[:, None] - density.means) / width)
    return np.einsum("nk,nkb->nb", np.exp(density.log_weights), parts)


def region_ranks(density: Density, truth: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(n,): the share of `count` drawn spectra that are likelier than the truth.

    The truth is in the highest-density region of a level where this is at most the level: for one Gaussian,
    in the ellipsoid of its χ².
    """
    drawn = sample(density, count, rng)
    own = log_likelihood(density, truth)
    above = np.stack([log_likelihood(density, spectra) > own for spectra in drawn])
    return np.asarray(above.mean(axis=0))


def crps(density: Density, truth: np.ndarray) -> np.ndarray:
    """(n, b): continuous ranked probability score of each band's marginal, in the unit of the truth.

    References
    ----------
    E. P. Grimit et al., "The continuous ranked probability score for circular variables and its application
    to mesoscale forecast ensemble verification", Q. J. R. Meteorol. Soc., 2006, eq. 5.
    """
    weights, width = np.exp(density.log_weights), component_deviations(density)
    score = np.einsum("nk,nkb->nb", weights, _spread(truth[:, None] - density.means, width))
    for k in range(weights.shape[1]):
        apart = _spread(density.means - density.means[:, k : k + 1], np.hypot(width, width[:, k : k + 1]))
        score -= 0.5 * weights[:, k : k + 1] * np.einsum("nj,njb->nb", weights, apart)
    return score


def _spread(distance: np.ndarray, width: np.ndarray) -> np.ndarray:
    """E|X| of normal X with this mean and deviation."""
    z = distance / width
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    spread: np.ndarray = width * (z * (2 * ndtr(z) - 1) + 2 * density)
    return spread


def _inverted(factors: np.ndarray) -> np.ndarray:
    """U⁻¹ of unit lower triangular (..., b, b)."""
    lower = torch.from_numpy(np.ascontiguousarray(factors))
    unit = torch.eye(lower.shape[-1], dtype=lower.dtype).expand_as(lower)
    return torch.linalg.solve_triangular(lower, unit, upper=False, unitriangular=True).numpy()


def _variances(density: Density) -> tuple[np.ndarray, np.ndarray]:
    """(n, K, q, q) covariances of the first coordinates, and (n, K, b − q) variances of the others."""
    inverse, q = _inverted(density.factors), density.correlated
    inner = np.swapaxes(inverse, -1, -2) @ inverse
    width = 1 / density.scales
    first = width[..., :q, None] * width[..., None, :q] * inner
    return first, width[..., q:] ** 2


def _band_variances(density: Density, first: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """(n, K, b): the diagonal of B Σ Bᵀ, Σ in coordinates."""
    q, bands = density.correlated, density.means.shape[2]
    basis = np.eye(bands) if density.basis is None else density.basis
    rows = basis[:, :q]
    found: np.ndarray = ((rows @ first) * rows).sum(axis=-1) + alone @ (basis[:, q:] ** 2).T
    return found
