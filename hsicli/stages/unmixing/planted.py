"""Mixtures of library members, made unlike each other as real spectra are: what transfer learns from."""

from dataclasses import dataclass

import numpy as np

from hsicli.algorithms.mixing import random_abundances


@dataclass(frozen=True)
class TransferConfig:
    """Synthetic mixtures, and what is done to them so that a network does not learn the library by heart."""

    mixtures: int = 20_000  # spectra made
    concentration: float = 0.5  # α of the Dirichlet that draws abundances; 1: uniform on the simplex
    gain: float = 0.3  # each mixture times e^(gain · N(0, 1))
    slope: float = 0.1  # each mixture times 1 + slope · N(0, 1) · (−1…1 over its bands)
    variability: float = 0.03  # each member of each mixture times such a smooth curve of this deviation
    snr: float = 40.0  # dB, of white noise
    image_pixels: int = 10_000  # spectra of the cube in the fit, their abundances unknown (paper: none)

    def __post_init__(self) -> None:
        if self.mixtures < 1 or self.image_pixels < 0:
            raise ValueError("transfer.mixtures must be positive, transfer.image_pixels not negative")


def planted_mixtures(
    members: np.ndarray, n: int, config: TransferConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mixtures with their abundances.

    x = gain · slope · Σ a_k v_k e_k + noise, v_k a smooth curve about one of its own for every mixture.

    Parameters
    ----------
    members : (p, bands) float
    n : int
    config : TransferConfig
    rng : Generator

    Returns
    -------
    (n, bands) float64
    (n, p) float64
    """
    p, bands = members.shape
    abundances = random_abundances(n, np.full(p, config.concentration), rng)
    place = np.linspace(-1, 1, bands)
    waves = np.stack([np.ones(bands), place, 1.5 * place**2 - 0.5])  # constant, slope, bow
    spectra = np.zeros((n, bands))
    for k in range(p):
        curves = 1 + config.variability / np.sqrt(3) * rng.standard_normal((n, 3)) @ waves
        spectra += abundances[:, k : k + 1] * members[k] * curves
    spectra *= np.exp(config.gain * rng.standard_normal((n, 1)))
    spectra *= 1 + config.slope * rng.standard_normal((n, 1)) * place
    power = np.square(spectra).mean(axis=1, keepdims=True)
    noise = np.sqrt(power / 10 ** (config.snr / 10)) if np.isfinite(config.snr) else 0.0
    return spectra + noise * rng.standard_normal((n, bands)), abundances
