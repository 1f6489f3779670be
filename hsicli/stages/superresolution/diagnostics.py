"""Absorptions that tell minerals apart: how deep they are, and where."""

import numpy as np

from hsicli.preprocessing.continuum import remove_continuum

DIAGNOSTIC = (2170.0, 2200.0, 2250.0, 2330.0, 2350.0)
"""nm: alunite and kaolinite; Al–OH; Fe–OH and epidote; carbonate and Mg–OH; calcite and mica."""

AROUND = 25.0
"""nm to either side in which an absorption is looked for."""

LEAST_DEPTH = 0.02
"""A spectrum whose continuum is absorbed less does not have the absorption."""


def covered(wavelengths: np.ndarray) -> np.ndarray:
    """(features,): the diagnostic absorptions with three bands or more about them, none of them the last."""
    low, high = wavelengths[0], wavelengths[-1]
    return np.array(
        [
            centre
            for centre in DIAGNOSTIC
            if low < centre - AROUND
            and centre + AROUND < high
            and (np.abs(wavelengths - centre) <= AROUND).sum() >= 3
        ]
    )


def measured(
    spectra: np.ndarray, wavelengths: np.ndarray, features: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Depth and position of each absorption in each spectrum.

    Depth is 1 − spectrum/continuum at its deepest band within `AROUND`; position is the vertex of the
    parabola through that band and its neighbours.

    Parameters
    ----------
    spectra : (n, bands) float
    wavelengths : (bands,) float
        nm, strictly ascending.
    features : (features,) float
        nm.

    Returns
    -------
    depths : (n, features) float64
    positions : (n, features) float64
        nm; NaN where the deepest band is at the edge of where it is looked for.
    """
    absorbed = 1 - remove_continuum(spectra, wavelengths).astype(np.float64)
    depths, positions = np.empty((len(spectra), len(features))), np.empty((len(spectra), len(features)))
    rows = np.arange(len(spectra))
    for number, centre in enumerate(features):
        near = np.flatnonzero(np.abs(wavelengths - centre) <= AROUND)
        best = near[absorbed[:, near].argmax(axis=1)]
        depths[:, number] = absorbed[rows, best]
        inside = (best > near[0]) & (best < near[-1])
        at = np.where(inside, best, near[1])
        x = wavelengths[at[:, None] + [-1, 0, 1]]
        y = absorbed[rows[:, None], at[:, None] + [-1, 0, 1]]
        positions[:, number] = np.where(inside, _vertex(x, y), np.nan)
    return depths, positions


def _vertex(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,): where the parabola through three points has its top; the middle point if they are on a line."""
    left, right = x[:, 1] - x[:, 0], x[:, 2] - x[:, 1]
    down, up = (y[:, 1] - y[:, 0]) / left, (y[:, 2] - y[:, 1]) / right
    bend = (up - down) / (left + right)
    slope = (down * right + up * left) / (left + right)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bend < 0, np.clip(x[:, 1] - slope / (2 * bend), x[:, 0], x[:, 2]), x[:, 1])
