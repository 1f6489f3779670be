"""The spectral angle: how far two spectra differ in shape, whatever their brightness."""

import numpy as np

BLOCK_VALUES = 2**21
"""Numbers that one temporary may hold."""


def spectral_angle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spectral angle between every spectrum of `first` and every one of `second`.

    θ = 2 atan2(‖u − v‖, ‖u + v‖), u and v the spectra at unit length.

    Exact for small angles too, where arccos(u·v) keeps half of the digits and may be NaN. A spectrum of zeros
    has no direction: its angle to anything, itself included, is π/2, so that it is never anyone's nearest.
    What is not finite gives NaN.

    Parameters
    ----------
    first : (n, bands) float
    second : (m, bands) float

    Returns
    -------
    (n, m) float64
        Radians, 0…π.

    Raises
    ------
    ValueError
        If the two do not have the same number of bands.

    References
    ----------
    W. Kahan, "How futile are mindless assessments of roundoff in floating-point computation?", 2006, §12.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"spectra of shape {first.shape} and {second.shape} have no angle")
    if len(first) < len(second):
        return spectral_angle(second, first).T
    angles = np.empty((len(first), len(second)))
    units = _unit(second)
    rows = max(1, BLOCK_VALUES // max(1, first.shape[1]))
    for start in range(0, len(first), rows):
        block = _unit(first[start : start + rows])
        for column, unit in enumerate(units):
            across = np.linalg.norm(block - unit, axis=1)
            along = np.linalg.norm(block + unit, axis=1)
            angles[start : start + rows, column] = 2 * np.arctan2(across, along)
    # Two spectra of zeros would come to atan2(0, 0) = 0; one alone comes to π/2 by itself.
    angles[np.ix_(~first.any(axis=1), ~second.any(axis=1))] = np.pi / 2
    return angles


def _unit(spectra: np.ndarray) -> np.ndarray:
    """(n, bands) float64 of unit length; zeros stay zeros."""
    spectra = np.asarray(spectra, dtype=np.float64)
    # The largest band first, so that squares of 1e-200 or 1e200 neither vanish nor overflow.
    peak = np.abs(spectra).max(axis=1, keepdims=True, initial=0.0)
    with np.errstate(invalid="ignore"):
        scaled = spectra / np.where(peak > 0, peak, 1.0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit: np.ndarray = scaled / np.where(length > 0, length, 1.0)
    return unit
