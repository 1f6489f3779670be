"""Spectra, one by one: clipped, despiked, brought to one scale, and asked whether they show anything."""

from collections.abc import Iterable

import numba
import numpy as np


def clip(
    spectra: np.ndarray, low: float, high: float, out: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Values held between two limits, and the share of each spectrum that was not.

    Parameters
    ----------
    spectra : (n, bands) float32
        NaN stays NaN, and counts as within the limits.
    low, high : float
        Limits, unit of the spectra; may be infinite.
    out : (n, bands) float32, optional
        Receives the result, and may be `spectra` itself.

    Returns
    -------
    clipped : (n, bands) float32
    share : (n,) float32
        Bands that lay outside, over all bands.

    Raises
    ------
    ValueError
        If `low` is not below `high`.

    References
    ----------
    GyPSUM, Algorithm 1, "ClipReflectance".
    """
    if not low < high:
        raise ValueError(f"clip from {low} to {high}: the first limit must be the lower one")
    out = np.empty_like(spectra) if out is None else out
    share = np.empty(len(spectra), dtype=np.float32)
    _clip(spectra, np.array([low, high], dtype=np.float32), out, share)
    return out, share


@numba.njit(cache=True, parallel=True)
def _clip(spectra: np.ndarray, limits: np.ndarray, out: np.ndarray, share: np.ndarray) -> None:
    n, bands = spectra.shape
    low, high = limits
    for row in numba.prange(n):
        outside = 0
        for band in range(bands):
            value = spectra[row, band]
            outside += (value < low) | (value > high)
            value = low if value < low else value
            out[row, band] = high if value > high else value
        share[row] = outside / bands


def normalize_l2(spectra: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Each spectrum divided by its Euclidean length; NaN where that is zero.

    Parameters
    ----------
    spectra : (n, bands) float32
    out : (n, bands) float32, optional
        Receives the result, and may be `spectra` itself.

    References
    ----------
    GyPSUM, Algorithm 1: X ← X / ‖X‖₂.
    """
    length = np.sqrt(np.einsum("ij,ij->i", spectra, spectra))
    length[length == 0] = np.nan
    return np.divide(spectra, length[:, None], out=out)


def normalize_minmax(spectra: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Each spectrum stretched from its minimum, 0, to its maximum, 1; NaN where they are equal.

    Parameters
    ----------
    spectra : (n, bands) float32
    out : (n, bands) float32, optional
        Receives the result, and may be `spectra` itself.
    """
    low = spectra.min(axis=1, keepdims=True)
    extent = spectra.max(axis=1, keepdims=True) - low
    extent[extent == 0] = np.nan
    shifted = np.subtract(spectra, low, out=out)
    return np.divide(shifted, extent, out=shifted)


def despike(
    spectra: np.ndarray,
    windows: Iterable[int] = (11, 7, 3),
    sigmas: float = 5.0,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Spectra whose lone outliers are replaced by a moving median, one pass a window.

    A band is an outlier if its distance from the median of the window around it exceeds
    mean + `sigmas` · standard deviation of these distances over the spectrum.
    Towards the ends the window narrows, so that a slope is no outlier; NaN is skipped and stays.

    Parameters
    ----------
    spectra : (n, bands) float32
    windows : iterable of int
        Widths, bands, odd; from wide to narrow.
    sigmas : float
        Larger replaces fewer.
    out : (n, bands) float32, optional
        Receives the result, and may be `spectra` itself.

    Returns
    -------
    (n, bands) float32

    Raises
    ------
    ValueError
        If a width is even or not positive.

    References
    ----------
    Plebani, Ehlmann, Leask, Fox and Dundar, "A machine learning toolkit for CRISM image analysis",
    Icarus 376, 2022: windows 11, 7, 3 and five sigmas.
    """
    widths = tuple(windows)
    if any(width < 1 or width % 2 == 0 for width in widths):
        raise ValueError(f"windows of {widths} bands: each must be odd and positive")
    out = np.empty_like(spectra) if out is None else out
    np.copyto(out, spectra)
    for width in widths:
        _despike(out, width // 2, float(sigmas))
    return out


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _despike(spectra: np.ndarray, reach: int, sigmas: float) -> None:
    n, bands = spectra.shape
    for row in numba.prange(n):
        medians = np.empty(bands, np.float32)
        near = np.empty(2 * reach + 1, np.float32)
        total, squares, count = 0.0, 0.0, 0
        for band in range(bands):
            size = 0
            inside = min(reach, band, bands - 1 - band)
            for i in range(band - inside, band + inside + 1):
                value = spectra[row, i]
                if np.isfinite(value):
                    place = size
                    while place > 0 and near[place - 1] > value:
                        near[place] = near[place - 1]
                        place -= 1
                    near[place] = value
                    size += 1
            if size and np.isfinite(spectra[row, band]):
                medians[band] = (near[(size - 1) // 2] + near[size // 2]) / 2
                distance = abs(spectra[row, band] - medians[band])
                total += distance
                squares += distance * distance
                count += 1
        mean = total / count
        limit = mean + sigmas * np.sqrt(max(squares / count - mean * mean, 0.0))
        for band in range(bands):
            if abs(spectra[row, band] - medians[band]) > limit:
                spectra[row, band] = medians[band]


def running_mean(spectra: np.ndarray, width: int) -> np.ndarray:
    """Each band's mean over the `width` bands around it; towards the ends the window narrows.

    Parameters
    ----------
    spectra : (n, bands) float32
    width : int
        Bands, odd.

    Returns
    -------
    (n, bands) float32
    """
    if width < 1 or width % 2 == 0:
        raise ValueError(f"a window of {width} bands: it must be odd and positive")
    out = np.empty_like(spectra)
    _running_mean(spectra, width // 2, out)
    return out


@numba.njit(cache=True, parallel=True)
def _running_mean(spectra: np.ndarray, reach: int, out: np.ndarray) -> None:
    n, bands = spectra.shape
    scale = np.float32(1 / (2 * reach + 1))
    for row in numba.prange(n):
        out[row] = 0
        for shift in range(2 * reach + 1):
            for band in range(reach, bands - reach):
                out[row, band] += scale * spectra[row, band - reach + shift]
        for distance in range(min(reach, (bands + 1) // 2)):
            for band in (distance, bands - 1 - distance):
                out[row, band] = spectra[row, band - distance : band + distance + 1].mean()


def is_flat(removed: np.ndarray, depth: float) -> np.ndarray:
    """Which continuum-removed spectra have no absorption as deep as `depth`: min > 1 − depth.

    Parameters
    ----------
    removed : (n, bands) float
        Output of `remove_continuum`, smoothed: noise alone makes any spectrum deeper than 0.01.
    depth : float
        Least depth of a band that counts, share of the continuum.

    Returns
    -------
    (n,) bool
        False for a spectrum with NaN.
    """
    flat: np.ndarray = removed.min(axis=1) > 1 - depth
    return flat


def are_finite(spectra: np.ndarray) -> np.ndarray:
    """(…,) bool: which of (…, bands) float32 spectra have every band."""
    with np.errstate(invalid="ignore", over="ignore"):  # a sum is finite only if its terms are
        finite: np.ndarray = np.isfinite(spectra @ np.ones(spectra.shape[-1], dtype=np.float32))
    return finite
