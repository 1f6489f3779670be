"""The visible maximum of a spectrum, found on a polynomial through its bands."""

import numba
import numpy as np

GRID = 2001
"""Points at which a polynomial is looked at for its maximum."""

COARSE = 20
"""Points of the grid in a step that no two turns of the polynomial share."""

LATE = 900.0
"""nm: a maximum from here on is the far side of an absorption near 1 µm, not the visible peak."""


def polynomials(spectra: np.ndarray, x: np.ndarray, degree: int) -> np.ndarray:
    """The polynomial that fits each spectrum best, in least squares over the bands that it has.

    Parameters
    ----------
    spectra : (n, bands) float
        NaN where a band is missing.
    x : (bands,) float64
        Place of each band, from −1 to 1.
    degree : int

    Returns
    -------
    (n, degree + 1) float64
        Coefficients from the constant up; NaN for a spectrum with fewer than twice as many bands.
    """
    powers = np.vander(x, degree + 1, increasing=True)
    values = np.asarray(spectra, dtype=np.float64)
    coefficients: np.ndarray = values @ np.linalg.pinv(powers).T
    missing = np.isnan(values)
    partly = missing.any(axis=1)
    if not partly.any():
        return coefficients
    there = ~missing[partly]
    products = (powers[:, :, None] * powers[:, None, :]).reshape(len(x), -1)
    normal = (there.astype(np.float64) @ products).reshape(-1, degree + 1, degree + 1)
    few = there.sum(axis=1) < 2 * (degree + 1)
    normal[few] = np.eye(degree + 1)
    right = np.where(there, values[partly], 0.0) @ powers
    solved = np.linalg.solve(normal, right[..., None])[..., 0]
    solved[few] = np.nan
    coefficients[partly] = solved
    return coefficients


def visible_peaks(coefficients: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a polynomial over the visible bands is highest, and how high.

    If that is at an end, or from 900 nm on, the first maximum between the ends takes its place; where there
    is none, the highest point remains.

    Parameters
    ----------
    coefficients : (n, degree + 1) float64
        Over −1…1, from the constant up.
    low, high : float
        Wavelengths that −1 and 1 stand for, nm.

    Returns
    -------
    wavelengths : (n,) float64
        nm, NaN for NaN.
    heights : (n,) float64
    """
    grid = np.linspace(-1, 1, GRID)
    late = 2 * (LATE - low) / (high - low) - 1
    out = np.empty((2, len(coefficients)))
    _peaks(np.ascontiguousarray(coefficients), grid, late, 8 * numba.get_num_threads(), out)
    return low + (out[0] + 1) / 2 * (high - low), out[1]


@numba.njit(cache=True, parallel=True)
def _peaks(coefficients: np.ndarray, grid: np.ndarray, late: float, chunks: int, out: np.ndarray) -> None:
    """Look at every `COARSE`-th point first, and at all points only about those above their neighbours."""
    n = len(coefficients)
    last = len(grid) - 1
    for chunk in numba.prange(chunks):
        coarse = np.empty(last // COARSE + 1)
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            for i in range(len(coarse)):
                coarse[i] = _value(coefficients[row], grid[i * COARSE])
            best, first, height, first_height = -1, -1, -np.inf, -np.inf
            for i in range(len(coarse)):
                rises = i == 0 or coarse[i] > coarse[i - 1]
                if not rises or (i < len(coarse) - 1 and coarse[i] < coarse[i + 1]):
                    continue
                top, top_value = i * COARSE, coarse[i]
                for j in range(max(0, (i - 1) * COARSE), min(last, (i + 1) * COARSE) + 1):
                    value = _value(coefficients[row], grid[j])
                    if value > top_value:
                        top, top_value = j, value
                if top_value > height:
                    best, height = top, top_value
                if first < 0 and 0 < top < last:
                    first, first_height = top, top_value
            if first >= 0 and (best in (0, last) or grid[best] >= late):
                best, height = first, first_height
            out[0, row] = np.nan if best < 0 else grid[best]
            out[1, row] = np.nan if best < 0 else height


@numba.njit(cache=True)
def _value(coefficients: np.ndarray, x: float) -> float:
    """A polynomial, from the constant up, at x."""
    value = 0.0
    for term in range(len(coefficients) - 1, -1, -1):
        value = value * x + coefficients[term]
    return value
