"""The minimum noise fraction with nothing thrown away: directions shrunk by what of them is noise."""

import numpy as np

LEAST_KEPT = 0.05
"""Of a direction that is all noise: none is lost, so no covariance becomes singular."""


def noise_shrunk(spectra: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of spectra with their noise shrunk, by what the first tells of it.

    The noise of a band is what all others do not explain of it: R_n = diag(1/(Σ⁻¹)_ii). With λ, V the
    eigenpairs of R_n^(−½) Σ R_n^(−½), direction j keeps a share max(1 − 1/λ_j, 0.05) of its deviation from
    the mean (Wiener's): ŷ = ȳ + R_n^½ V G Vᵀ R_n^(−½) (y − ȳ).

    Parameters
    ----------
    spectra : (n, b) float
        More of them than bands.
    others : (h, b) float
        Spectra that tell nothing of the noise.

    Returns
    -------
    spectra : (n, b) float64
    others : (h, b) float64

    References
    ----------
    A. A. Green et al., "A transformation for ordering multispectral data in terms of image quality with
    implications for noise removal", IEEE TGRS, 1988. The noise by regression: Bioucas-Dias & Nascimento,
    "Hyperspectral subspace identification", IEEE TGRS, 2008.
    """
    centre = spectra.mean(axis=0)
    n, bands = spectra.shape
    covariance = np.cov(spectra.T, bias=True)
    ridge = 1e-10 * np.trace(covariance) / bands * np.eye(bands)
    left = 1 / np.diagonal(np.linalg.inv(covariance + ridge))
    noise = np.sqrt(left * n / max(n - bands + 1, 1))
    values, vectors = np.linalg.eigh(covariance / np.outer(noise, noise))
    kept = np.maximum(1 - 1 / np.maximum(values, 1e-12), LEAST_KEPT)
    turn = (noise[:, None] * vectors * kept) @ (vectors.T / noise)
    return centre + (spectra - centre) @ turn.T, centre + (others - centre) @ turn.T
