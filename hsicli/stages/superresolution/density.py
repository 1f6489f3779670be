"""What is said of a high-resolution spectrum: a mixture of Gaussians a pixel, and what follows from it.

Component k of pixel i has the precision Σ⁻¹ = C Cᵀ with C = D U: D = diag(scales[i, k]) positive, U unit
lower triangular, shared by all pixels or one for each. To scale band j of a spectrum by r is to divide scale
j by r: U does not change with units.
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
    """(n, K, b): D, 1 over the deviation of each band where those after it are known."""
    factors: np.ndarray
    """(K, b, b): U, shared by all pixels; or (n, K, b, b)."""

    @property
    def shared(self) -> bool:
        """The factors are those of every pixel."""
        return self.factors.ndim == 3


def mean(density: Density) -> np.ndarray:
    """(n, b): of the mixture."""
    return np.einsum("nk,nkb->nb", np.exp(density.log_weights), density.means)


def likeliest(density: Density) -> np.ndarray:
    """(n, b): the mean of the component of the largest weight."""
    best = density.log_weights.argmax(axis=1)
    return density.means[np.arange(len(best)), best]


def component_deviations(density: Density) -> np.ndarray:
    """(n, K, b): of each band in each component: √diag(D⁻¹ U⁻ᵀ U⁻¹ D⁻¹)."""
    inverse = _inverted(density.factors)
    within = np.sqrt((inverse**2).sum(axis=-2))
    return (within[None] if density.shared else within) / density.scales


def deviations(density: Density) -> np.ndarray:
    """(n, b): of each band under the whole mixture, within its components and between their means."""
    apart = density.means - mean(density)[:, None]
    second = component_deviations(density) ** 2 + apart**2
    return np.sqrt(np.einsum("nk,nkb->nb", np.exp(density.log_weights), second))


def covariance(density: Density, pixel: int) -> np.ndarray:
    """(b, b): of one pixel under the whole mixture."""
    weights = np.exp(density.log_weights[pixel])
    apart = density.means[pixel] - weights @ density.means[pixel]
    inverse = _inverted(density.factors if density.shared else density.factors[pixel])
    inverse = inverse / density.scales[pixel][:, None, :]  # C⁻¹ = U⁻¹ D⁻¹
    return np.einsum("k,kai,kaj->ij", weights, inverse, inverse) + np.einsum(
        "k,ki,kj->ij", weights, apart, apart
    )


def whitened_residuals(density: Density, truth: np.ndarray) -> np.ndarray:
    """(n, K, b): Cᵀ (y − μ), standard normal numbers if the component is true."""
    scaled = (truth[:, None] - density.means) * density.scales
    if density.shared:
        return np.einsum("nkb,kbc->nkc", scaled, density.factors, optimize=True)
    return np.einsum("nkb,nkbc->nkc", scaled, density.factors, optimize=True)


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
    drawn = np.empty((count, n, bands))
    inverse = _inverted(density.factors)
    for k in range(components):
        chosen, pixel = np.nonzero(which == k)
        if density.shared:
            correlated = noise[chosen, pixel] @ inverse[k]  # rows of U⁻ᵀ ε
        else:
            correlated = np.einsum("sa,sab->sb", noise[chosen, pixel], inverse[pixel, k])
        drawn[chosen, pixel] = density.means[pixel, k] + correlated / density.scales[pixel, k]
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
