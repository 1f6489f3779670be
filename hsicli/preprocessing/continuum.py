"""Continuum: the upper convex hull of a spectrum over its wavelengths, and the spectrum divided by it."""

import numba
import numpy as np

MAX_MISSING = 0.2
"""A spectrum that lacks this share of its bands, or more, has no continuum."""

_MISSING = (
    -1e300
)  # below every chord, so a missing band is never a vertex; finite, so arithmetic stays defined


def continuum(spectra: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    """The upper convex hull of each spectrum, at every band.

    The least concave function on or above the spectrum: straight lines between vertices, the first and last
    finite band among them. A missing band (NaN or infinite) is skipped, its hull interpolated. NaN outside
    the first and last finite band, and everywhere if a fifth of the bands or more is missing.

    Parameters
    ----------
    spectra : (…, bands) float
        Any unit; one spectrum or many.
    wavelengths : (bands,) float
        Strictly ascending, any unit.

    Returns
    -------
    (…, bands) float32
        Never below the spectrum.

    Raises
    ------
    ValueError
        If the shapes disagree, or the wavelengths do not ascend strictly.

    References
    ----------
    Clark and Roush, "Reflectance spectroscopy: quantitative analysis techniques", J. Geophys. Res. 89, 1984.
    Barber, Dobkin and Huhdanpaa, "The quickhull algorithm for convex hulls", ACM TOMS 22, 1996: the search.
    """
    rows, axis = _checked(spectra, wavelengths)
    out = np.empty_like(rows)
    _hulls(rows, axis, 8 * numba.get_num_threads(), out)
    return out.reshape(spectra.shape)


def remove_continuum(
    spectra: np.ndarray, wavelengths: np.ndarray, out: np.ndarray | None = None
) -> np.ndarray:
    """Each spectrum divided by its upper convex hull: at most 1, absorptions below.

    The first and last finite band become exactly 1 in every spectrum, also if they are 0. NaN where the band
    is missing, where the hull is not positive otherwise, and where `continuum` is NaN.

    Parameters
    ----------
    spectra : (…, bands) float
        Reflectance, or anything that is positive where it matters.
    wavelengths : (bands,) float
        Strictly ascending, any unit.
    out : (…, bands) float32, optional
        Contiguous; receives the result, and may be `spectra` itself.

    Returns
    -------
    (…, bands) float32

    Raises
    ------
    ValueError
        If the shapes disagree, or the wavelengths do not ascend strictly.

    References
    ----------
    Clark and Roush, as for `continuum`; GyPSUM, Algorithm 1.
    """
    rows, axis = _checked(spectra, wavelengths)
    if out is None:
        out = np.empty(spectra.shape, dtype=np.float32)
    elif out.shape != spectra.shape or out.dtype != np.float32 or not out.flags.c_contiguous:
        raise ValueError(f"out must be contiguous float32 of shape {spectra.shape}")
    _quotients(rows, axis, 8 * numba.get_num_threads(), out.reshape(rows.shape))
    return out


def _checked(spectra: np.ndarray, wavelengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, bands) float32 contiguous, and (bands,) float64."""
    axis = np.ascontiguousarray(wavelengths, dtype=np.float64)
    if axis.ndim != 1 or not spectra.ndim or spectra.shape[-1] != len(axis):
        raise ValueError(f"spectra of shape {spectra.shape} for wavelengths of shape {axis.shape}")
    if not (np.diff(axis) > 0).all():
        raise ValueError("wavelengths must ascend strictly: sort the bands, and leave out equal neighbours")
    rows = np.ascontiguousarray(spectra, dtype=np.float32)
    return rows.reshape(-1, len(axis)), axis


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _hulls(spectra: np.ndarray, wavelengths: np.ndarray, chunks: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    for chunk in numba.prange(chunks):
        values, hull, pending = np.empty(bands), np.empty(bands), np.empty((bands, 2), np.int32)
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            _hull(spectra[row], wavelengths, values, hull, pending)
            for band in range(bands):
                out[row, band] = hull[band]


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _quotients(spectra: np.ndarray, wavelengths: np.ndarray, chunks: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    for chunk in numba.prange(chunks):
        values, hull, pending = np.empty(bands), np.empty(bands), np.empty((bands, 2), np.int32)
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            whole = _hull(spectra[row], wavelengths, values, hull, pending)
            for band in range(bands):
                out[row, band] = values[band] / hull[band]
            if not whole:
                shows = np.nanmax(hull) > 0
                for band in range(bands):
                    if shows and hull[band] == 0 and values[band] == 0:
                        out[row, band] = 1  # a dark end: 0/0, yet the spectrum touches its hull there
                    elif not hull[band] > 0 or values[band] == _MISSING:
                        out[row, band] = np.nan


@numba.njit(cache=True, error_model="numpy")
def _hull(spectrum: np.ndarray, x: np.ndarray, y: np.ndarray, hull: np.ndarray, pending: np.ndarray) -> bool:
    """Fill `hull` in float64; True if every band is there and the hull is positive.

    Start with the chord from end to end; split each chord at the band farthest above it until none is above.
    """
    bands = len(x)
    missing = 0
    for i in range(bands):
        y[i] = spectrum[i]
        if not np.isfinite(y[i]):
            y[i] = _MISSING
            missing += 1
    first, last = 0, bands - 1
    if missing:
        while first < last and y[first] == _MISSING:
            first += 1
        while last > first and y[last] == _MISSING:
            last -= 1
        hull[:first] = np.nan
        hull[last + 1 :] = np.nan
    if first == last or missing >= MAX_MISSING * bands:
        hull[:] = np.nan
        return False

    pending[0, 0], pending[0, 1] = first, last
    top = 0
    while top >= 0:
        left, right = pending[top, 0], pending[top, 1]
        top -= 1
        origin, height = x[left], y[left]
        slope = (y[right] - height) / (x[right] - origin)
        farthest, split = 0.0, -1
        for i in range(left + 1, right):
            above = y[i] - (height + slope * (x[i] - origin))
            if above > farthest:
                farthest, split = above, i
        if split < 0:
            for i in range(left, right):
                hull[i] = height + slope * (x[i] - origin)
        else:
            pending[top + 1, 0], pending[top + 1, 1] = split, right
            pending[top + 2, 0], pending[top + 2, 1] = left, split
            top += 2
    hull[last] = y[last]
    # A hull is concave: it is positive everywhere if it is at both ends.
    return missing == 0 and hull[first] > 0 and hull[last] > 0
