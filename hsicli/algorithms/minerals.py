"""Minerals as a few numbers: a continuum and the absorptions that publications report."""

from typing import NamedTuple

import numpy as np

FWHM_PER_SIGMA = float(np.sqrt(8 * np.log(2)))


class Absorption(NamedTuple):
    """One Gaussian absorption: where it lies, how wide it is at half its depth, and how deep."""

    centre: float
    """nm"""
    width: float
    """Full width at half depth, nm."""
    depth: float
    """Share of the continuum that is absorbed at the centre, 0…1."""


def reflectance(
    wavelengths: np.ndarray, continuum: tuple[tuple[float, float], ...], absorptions: tuple[Absorption, ...]
) -> np.ndarray:
    """Reflectance of a continuum with absorptions.

    R(λ) = C(λ) Π (1 − dⱼ exp(−½ ((λ − cⱼ)/σⱼ)²)), with C monotone between its nodes and constant beyond them.

    Parameters
    ----------
    wavelengths : (bands,) float
        nm, in any order.
    continuum : tuple of (nm, reflectance)
        Nodes by ascending wavelength.
    absorptions : tuple of Absorption

    Returns
    -------
    (bands,) float64
    """
    from scipy.interpolate import PchipInterpolator

    nodes, levels = np.array(continuum, dtype=float).T
    inside = np.clip(wavelengths, nodes[0], nodes[-1])
    spectrum: np.ndarray = PchipInterpolator(nodes, levels)(inside)
    for centre, width, depth in absorptions:
        sigma = width / FWHM_PER_SIGMA
        spectrum = spectrum * (1 - depth * np.exp(-0.5 * ((wavelengths - centre) / sigma) ** 2))
    return spectrum
