"""Spectra without their albedo: what they are divided by before a model sees them, and how it comes back."""

from typing import Literal, NamedTuple

import numpy as np

Scaling = Literal["none", "level", "minmax"]

LEAST_GAIN = 1e-6
"""A spectrum is divided by no less: flat ones have no range."""


class Scale(NamedTuple):
    """Of n spectra: spectrum = offset + gain · scaled spectrum."""

    offset: np.ndarray
    """(n, 1)"""
    gain: np.ndarray
    """(n, 1), positive"""

    def inward(self, spectra: np.ndarray) -> np.ndarray:
        """(n, bands): scaled."""
        scaled: np.ndarray = (spectra - self.offset) / self.gain
        return scaled


def scale_of(spectra: np.ndarray, scaling: Scaling) -> Scale:
    """What (n, bands) spectra are scaled by: their mean; their lowest band and range; or nothing."""
    n = len(spectra)
    match scaling:
        case "none":
            return Scale(np.zeros((n, 1)), np.ones((n, 1)))
        case "level":
            level = np.abs(spectra.mean(axis=1, keepdims=True, dtype=np.float64))
            return Scale(np.zeros((n, 1)), np.maximum(level, LEAST_GAIN))
        case "minmax":
            low = spectra.min(axis=1, keepdims=True).astype(np.float64)
            return Scale(low, np.maximum(spectra.max(axis=1, keepdims=True) - low, LEAST_GAIN))


def restoration(low: np.ndarray, high: np.ndarray, scaling: Scaling) -> np.ndarray:
    """(1 + m, 2): offset and gain of a high-resolution spectrum as linear functions of the low one.

    Needed for `minmax` alone, whose offset and range are those of the spectrum that is not seen.

    Parameters
    ----------
    low : (n, m) float
    high : (n, b) float
    scaling : {"none", "level", "minmax"}
    """
    told = np.column_stack([np.ones(len(low)), low])
    wanted = np.hstack(scale_of(high, scaling))
    return np.asarray(np.linalg.lstsq(told, wanted, rcond=1e-6)[0])  # a band may never vary


def high_scale(low: np.ndarray, scaling: Scaling, restored: np.ndarray) -> Scale:
    """What the high-resolution partners of (n, m) spectra are scaled by, as far as the low ones tell."""
    if scaling != "minmax":
        return scale_of(low, scaling)
    found = np.column_stack([np.ones(len(low)), low]) @ restored
    own = scale_of(low, scaling).gain  # the range of what is blurred is hardly more
    return Scale(found[:, :1], np.maximum(found[:, 1:], own / 2))


def scaled_pairs(low: np.ndarray, high: np.ndarray, scaling: Scaling) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of pairs as a model sees them, float64: by the scale of the low one, or each by its own."""
    scale = scale_of(low, scaling)
    own = scale_of(high, scaling) if scaling == "minmax" else scale
    return scale.inward(low), own.inward(high)
