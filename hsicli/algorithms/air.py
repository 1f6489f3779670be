"""The whole atmosphere that an uncorrected image is seen through, otherwise in each detector column."""

from typing import NamedTuple

import numpy as np

from hsicli.algorithms.synthesis import Sheet, generator, smooth_field

COLUMN, PATH = 53, 54
"""Streams of random numbers: what each is for."""

HEIGHTS = 90.0
"""Pixels from hill to hill."""

LINES = (
    (1205.0, 30.0, 0.02),
    (1441.0, 25.0, 0.09),
    (1575.0, 25.0, 0.07),
    (1605.0, 25.0, 0.05),
    (1960.0, 32.0, 0.32),
    (2008.0, 30.0, 0.70),
    (2060.0, 34.0, 0.26),
    (2600.0, 60.0, 0.07),
    (2690.0, 70.0, 0.55),
    (2780.0, 60.0, 0.60),
)
"""Absorptions of Mars's atmosphere, most of them of carbon dioxide: centre, full width, nm; optical depth.

About those of the volcano scans, which look through it at the foot of Olympus Mons and at its top.
"""


class Air(NamedTuple):
    """The atmosphere of one scene, drawn once."""

    depth: np.ndarray
    """(cols, bands) float32: optical depth at path 1, as each column sees it."""
    path: float
    spread: float
    seed: int


def optical_depth(wavelengths: np.ndarray) -> np.ndarray:
    """Optical depth of the built-in atmosphere at path 1.

    Parameters
    ----------
    wavelengths : (..., bands) float
        nm.

    Returns
    -------
    (..., bands) float64
    """
    depth = np.zeros(np.shape(wavelengths))
    for centre, width, peak in LINES:
        sigma = width / np.sqrt(8 * np.log(2))
        depth += peak * np.exp(-0.5 * np.square((wavelengths - centre) / sigma))
    return depth


def column_air(
    depth: np.ndarray, wavelengths: np.ndarray, cols: int, *, smile: float, error: float, seed: int
) -> np.ndarray:
    """What each column of a detector makes of an optical depth.

    A column's bands are shifted by a parabola over the columns, 0 in the middle, and its depths are off by a
    factor of their own.

    Parameters
    ----------
    depth : (bands,) float
        Optical depth in the middle column.
    wavelengths : (bands,) float
        nm, ascending.
    cols : int
    smile : float
        Shift of the outermost columns, nm.
    error : float
        Standard deviation of the factor.
    seed : int

    Returns
    -------
    (cols, bands) float32
    """
    place = (np.arange(cols) + 0.5) / cols * 2 - 1
    out = np.empty((cols, len(wavelengths)), dtype=np.float32)
    for col in range(cols):
        factor = 1 + error * generator(seed, COLUMN, col).standard_normal(len(wavelengths))
        out[col] = np.interp(wavelengths + smile * place[col] ** 2, wavelengths, depth) * factor
    return out


def see_through(spectra: np.ndarray, row: int, air: Air) -> None:
    """Let the atmosphere absorb in the spectra of one row, in place.

    Parameters
    ----------
    spectra : (cols, bands) float32
    row : int
    air : Air
    """
    y, x = Sheet(slice(row, row + 1), len(spectra)).coordinates
    heights = smooth_field(y, x, (HEIGHTS, HEIGHTS), air.seed, PATH, octaves=2)[0]
    path = np.maximum(air.path * (1 + air.spread * heights), 0).astype(np.float32)
    spectra *= np.exp(-path[:, None] * air.depth)
