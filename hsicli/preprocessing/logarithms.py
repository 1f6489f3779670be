"""Logarithms of reflectance, and what of their residuals is no spike."""

import numpy as np
from scipy.ndimage import median_filter

LEAST = 1e-4
"""Reflectance at or below this has no logarithm to speak of."""

TREND = 9
"""Bands of a median that a spike, one or two bands wide, does not move; an absorption is wider."""


def log_spectra(spectra: np.ndarray, least: float = LEAST) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of reflectance, and where there is any.

    Parameters
    ----------
    spectra : (n, bands) float32
        Reflectance.
    least : float
        At or below this, and where it is NaN, a reflectance says nothing.

    Returns
    -------
    y : (n, bands) float32
        What is missing is interpolated between its neighbours in the spectrum; 0 if nothing is there.
    present : (n, bands) bool
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        present = spectra > least
        y = np.log(spectra, dtype=np.float32, where=present, out=np.zeros_like(spectra, dtype=np.float32))
    place = np.arange(spectra.shape[1])
    for row in np.flatnonzero(~present.all(axis=1) & present.any(axis=1)):
        here = present[row]
        y[row, ~here] = np.interp(place[~here], place[here], y[row, here])
    return y, present


def local_trend(residuals: np.ndarray) -> np.ndarray:
    """What of residuals is no spike: their median over `TREND` bands.

    Where the library knows no such absorption the model is off over many bands, and the observation is right.

    Parameters
    ----------
    residuals : (n, bands) float32
        Finite.

    Returns
    -------
    (n, bands) float32
    """
    trend: np.ndarray = median_filter(residuals, size=(1, TREND), mode="nearest")
    return trend
