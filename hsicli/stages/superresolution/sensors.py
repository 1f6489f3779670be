"""A sensor of low resolution: what it makes of spectra of high resolution, and its noise."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Sensor:
    """The bands of a sensor on the axis of a cube.

    Attributes
    ----------
    names : (m,) tuple of str
    centres, widths : (m,) float64
        nm, ascending; widths are full ones at half maximum.
    weights : (m, bands) float64
        Rows sum to one; `bands` are the cube's good ones, ascending.
    """

    names: tuple[str, ...]
    centres: np.ndarray
    widths: np.ndarray
    weights: np.ndarray


def seen(spectra: np.ndarray, sensor: Sensor) -> np.ndarray:
    """(n, m) float32: what the sensor sees of (n, bands) spectra, without noise."""
    return (spectra @ sensor.weights.T).astype(np.float32)


def noise_deviations(low: np.ndarray, snr: float) -> np.ndarray:
    """(m,): of a sensor whose signal-to-noise ratio is `snr` at the mean of each band; 0: no noise."""
    return np.abs(low).mean(axis=0, dtype=np.float64) / snr if snr else np.zeros(low.shape[1])


def noisy(low: np.ndarray, deviations: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, m) float32: with white noise of these deviations."""
    drawn = rng.standard_normal(low.shape, dtype=np.float32) * deviations.astype(np.float32)
    return np.asarray(low + drawn, dtype=np.float32)
