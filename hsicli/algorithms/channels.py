"""Few bands out of many, spectrum by spectrum: medians of neighbours, quantiles, areas below a line."""

import numba
import numpy as np

STEP = 6.55
"""nm from one band of CRISM to the next: what a kernel of k channels was meant to span."""


def channel_windows(axis: np.ndarray, wavelengths: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """The nearest band of each channel, and the bands whose median stands for it.

    ⌊k/2⌋ bands to either side where there are any, but none farther than these would be on the axis of
    CRISM: a kernel reaches across no gap between detectors, and is as wide in nm on a coarser sensor.

    Parameters
    ----------
    axis : (bands,) float
        Band centres, nm, ascending.
    wavelengths : (channels,) float
        nm.
    kernels : (channels,) int
        k.

    Returns
    -------
    (channels, 3) int64
        Nearest band; first band of the median; the band after its last.
    """
    windows = np.empty((len(wavelengths), 3), dtype=np.int64)
    for channel, (wavelength, kernel) in enumerate(zip(wavelengths, kernels, strict=True)):
        centre = int(np.abs(axis - wavelength).argmin())
        half = int(kernel) // 2
        near = np.flatnonzero(np.abs(axis - axis[centre]) <= (half + 0.5) * STEP)
        windows[channel] = centre, max(near[0], centre - half), min(near[-1], centre + half) + 1
    return windows


def medians(spectra: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """The median of some bands of each spectrum, for many choices of bands.

    Parameters
    ----------
    spectra : (n, bands) float32
        NaN where a band is missing: it is left out.
    windows : (channels, 3) int64
        As `channel_windows` returns them.

    Returns
    -------
    (channels, n) float64
        NaN where all bands of a window are missing.
    """
    out = np.empty((len(windows), len(spectra)))
    _medians(np.ascontiguousarray(spectra), windows, 8 * numba.get_num_threads(), out)
    return out


def quantile(spectra: np.ndarray, share: float) -> np.ndarray:
    """A quantile over the bands of each spectrum, between two of them by a straight line.

    Parameters
    ----------
    spectra : (n, bands) float32
        NaN is left out.
    share : float
        0 for the least, 1 for the greatest.

    Returns
    -------
    (n,) float64
        NaN for a spectrum without a number.
    """
    out = np.empty(len(spectra))
    _quantiles(np.ascontiguousarray(spectra), share, 8 * numba.get_num_threads(), out)
    return out


def area_below(spectra: np.ndarray, axis: np.ndarray, level: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """∫ (1 − R / line) dλ of each spectrum over its bands, by trapezoids.

    Parameters
    ----------
    spectra : (n, bands) float32
        NaN is passed over.
    axis : (bands,) float64
        Ascending.
    level, slope : (n,) float64
        The line: level + slope · axis.

    Returns
    -------
    (n,) float64
        In the unit of the axis; NaN with fewer than two bands, or where the line touches 0.
    """
    out = np.empty(len(spectra))
    lines = np.stack([level, slope])
    _areas(np.ascontiguousarray(spectra), axis, lines, 8 * numba.get_num_threads(), out)
    return out


def squares_about(spectra: np.ndarray, axis: np.ndarray, level: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Σ (R − line)² of each spectrum over its bands.

    Parameters
    ----------
    spectra : (n, bands) float32
        NaN is passed over.
    axis : (bands,) float64
    level, slope : (n,) float64
        The line: level + slope · axis.

    Returns
    -------
    (n,) float64
        NaN for a spectrum without a number.
    """
    out = np.empty(len(spectra))
    lines = np.stack([level, slope])
    _squares(np.ascontiguousarray(spectra), axis, lines, 8 * numba.get_num_threads(), out)
    return out


@numba.njit(cache=True)
def _middle(values: np.ndarray, count: int) -> float:
    """Median of the first `count` numbers, few: by insertion."""
    if count == 0:
        return np.nan
    for i in range(1, count):
        value, j = values[i], i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value
    if count % 2:
        return float(values[count // 2])
    return float((values[count // 2 - 1] + values[count // 2]) / 2)


@numba.njit(cache=True, parallel=True)
def _medians(spectra: np.ndarray, windows: np.ndarray, chunks: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    for chunk in numba.prange(chunks):
        kept = np.empty(bands)
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            for channel in range(len(windows)):
                count = 0
                for band in range(windows[channel, 1], windows[channel, 2]):
                    if np.isfinite(spectra[row, band]):
                        kept[count] = spectra[row, band]
                        count += 1
                out[channel, row] = _middle(kept, count)


@numba.njit(cache=True, parallel=True)
def _quantiles(spectra: np.ndarray, share: float, chunks: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    for chunk in numba.prange(chunks):
        kept = np.empty(bands)
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            count = 0
            for band in range(bands):
                if np.isfinite(spectra[row, band]):
                    kept[count] = spectra[row, band]
                    count += 1
            if count == 0:
                out[row] = np.nan
                continue
            kept[:count].sort()
            place = share * (count - 1)
            below = min(int(place), count - 1)
            above = min(below + 1, count - 1)
            out[row] = kept[below] + (place - below) * (kept[above] - kept[below])


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _areas(spectra: np.ndarray, axis: np.ndarray, lines: np.ndarray, chunks: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    for chunk in numba.prange(chunks):
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            total, count, last_x, last_depth = 0.0, 0, 0.0, 0.0
            for band in range(bands):
                if not np.isfinite(spectra[row, band]):
                    continue
                depth = 1 - spectra[row, band] / (lines[0, row] + lines[1, row] * axis[band])
                if count:
                    total += (axis[band] - last_x) * (depth + last_depth) / 2
                last_x, last_depth, count = axis[band], depth, count + 1
            out[row] = total if count > 1 and np.isfinite(total) else np.nan


@numba.njit(cache=True, parallel=True)
def _squares(spectra: np.ndarray, axis: np.ndarray, lines: np.ndarray, chunks: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    for chunk in numba.prange(chunks):
        for row in range(chunk * n // chunks, (chunk + 1) * n // chunks):
            total, count = 0.0, 0
            for band in range(bands):
                if np.isfinite(spectra[row, band]):
                    total += (spectra[row, band] - lines[0, row] - lines[1, row] * axis[band]) ** 2
                    count += 1
            out[row] = total if count else np.nan
