"""What a detector column adds to every spectrum that it sees, and how far its noise reaches."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

SAMPLE = 101
"""Pixels of a column that are looked at, evenly spaced: enough for a median to a tenth of the noise."""

WHOLE = 2048
"""Pixels that are looked at where the columns are not known."""

ROWS = 201
"""Rows that are compared across the columns, evenly spaced."""

LEAST = 15
"""A column with fewer pixels is taken for an average one."""

NEAR = 31
"""Columns that see the same ground: what they share is no stripe."""

SURE = 5.0
"""Standard errors that one step at least must have, or none is believed."""

MEDIAN_ERROR = 1.2533
"""Standard error of a median, in that of a mean of normal numbers."""

GAUSSIAN = 1.4826
"""Median absolute deviation to standard deviation, of normal numbers."""


class Columns(NamedTuple):
    """The residuals of each detector column."""

    numbers: np.ndarray
    """(k,) int: the columns, ascending; one number, 0, where they are not known."""
    stripes: np.ndarray
    """(k, bands) float32: what a column adds to the shape of the logarithm of every spectrum."""
    deviations: np.ndarray
    """(k, bands) float32: robust standard deviation of what is rough."""
    air: np.ndarray | None = None
    """(k, bands) float32: logarithm of the transmission that a column sees through, where it was fitted."""

    def places(self, columns: np.ndarray) -> np.ndarray:
        """(…,) int: rows of `stripes` and `deviations` for some columns; any row for an unknown one."""
        found: np.ndarray = np.clip(np.searchsorted(self.numbers, columns), 0, len(self.numbers) - 1)
        return found


def sample_pixels(valid: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
    """Pixels that stand for the image, evenly spaced: of each detector column, or of the whole.

    Parameters
    ----------
    valid : (rows, cols) bool
    columns : (rows, cols) int, optional
        Detector column of each pixel; negative where it has none.

    Returns
    -------
    (m,) int
        Flat indices, ascending.
    """
    inside = np.flatnonzero(valid)
    if columns is None:
        return inside[_evenly(len(inside), WHOLE)]
    members = inside[np.argsort(columns.ravel()[inside], kind="stable")]
    parts = np.split(members, np.flatnonzero(np.diff(columns.ravel()[members])) + 1)
    found: np.ndarray = np.sort(np.concatenate([part[_evenly(len(part), SAMPLE)] for part in parts]))
    return found


def _evenly(count: int, wanted: int) -> np.ndarray:
    return np.linspace(0, count - 1, min(count, wanted)).astype(int)


def sample_rows(valid: np.ndarray) -> np.ndarray:
    """(≤ ROWS,) int: rows that stand for the image, evenly spaced among those with a valid pixel."""
    inside = np.flatnonzero(valid.any(axis=1))
    chosen: np.ndarray = inside[_evenly(len(inside), ROWS)]
    return chosen


def steps_across(y: np.ndarray, present: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """What changes from each detector column to the next in one row, whatever the brightness.

    Parameters
    ----------
    y : (cols, bands) float32
        Logarithms of reflectance, finite.
    present : (cols, bands) bool
    columns : (cols,) int
        Detector column of each pixel.

    Returns
    -------
    (cols, bands) float16
        Shape of the spectrum less that of the pixel before; NaN where either lacks the band, or their columns
        are no neighbours.
    """
    shape = np.where(present, y, np.float32(np.nan))
    seen = present.any(axis=1)
    shape[seen] -= np.nanmedian(shape[seen], axis=1, keepdims=True)  # which a few bands do not move
    steps = np.full(y.shape, np.nan, dtype=np.float16)
    steps[1:] = np.diff(shape, axis=0)
    steps[1:][np.diff(columns) != 1] = np.nan
    return steps


def column_stripes(steps: np.ndarray, columns: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """What each detector column adds to the shape of all of its spectra, wide or narrow along the bands.

    Neighbours see nearly the same ground, so what changes from one column to the next in most rows is the
    columns' own. The sum of these steps, less its mean over some `NEAR` columns, is the stripe: what is
    shared by so many is ground. A model of a spectrum cannot find a stripe that is as wide as an absorption.

    Parameters
    ----------
    steps : (rows, cols, bands) float16
        `steps_across` of some rows.
    columns : (rows, cols) int
        Detector column of each of their pixels.
    numbers : (k,) int
        Detector columns, ascending.

    Returns
    -------
    (k, bands) float32
        A column with fewer than `LEAST` steps is taken for one like that before it. All 0 where the ground
        changes so much from pixel to pixel, or rows are so few, that the steps may be chance.
    """
    each = np.zeros((len(numbers), steps.shape[2]), dtype=np.float32)
    errors = np.full_like(each, np.nan)
    for place, number in enumerate(numbers):
        members = steps[columns == number]
        members = members[np.isfinite(members).any(axis=1)].astype(np.float32)
        if len(members) >= LEAST:
            each[place] = _median(members)
            errors[place] = MEDIAN_ERROR * _deviation(members) / np.sqrt(len(members))
    if (np.abs(each) <= SURE * _median(errors)).all():
        return np.zeros_like(each)
    along = np.cumsum(each, axis=0)
    stripes: np.ndarray = along - gaussian_filter1d(along, NEAR / 4, axis=0, mode="nearest")
    return stripes


def column_noise(rough: np.ndarray, columns: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Noise of each detector column, from the residuals of some of its pixels.

    Parameters
    ----------
    rough : (m, bands) float32
        What of the logarithm of observation over model is rough along the bands: noise and spikes; NaN where
        a band is missing.
    columns : (m,) int, optional
        Detector column of each; without it, the noise is that of the whole image.

    Returns
    -------
    numbers : (k,) int
        The columns, ascending; 0 where they are not known.
    deviations : (k, bands) float32
        Robust standard deviation; of a column with fewer than `LEAST` pixels, that of all.

    Raises
    ------
    ValueError
        If the shapes disagree.
    """
    if columns is not None and len(columns) != len(rough):
        raise ValueError(f"residuals of {rough.shape} for {len(columns)} columns")
    spread = _deviation(rough)
    if columns is None:
        return np.zeros(1, dtype=int), spread[None]
    numbers = np.unique(columns)
    deviations = np.repeat(spread[None], len(numbers), axis=0)
    for place, number in enumerate(numbers):
        members = columns == number
        if members.sum() >= LEAST:
            deviations[place] = _deviation(rough[members])
    return numbers, deviations


def _median(residuals: np.ndarray) -> np.ndarray:
    """(bands,): 0 where a band is always missing."""
    here = np.where(np.isfinite(residuals).any(axis=0), residuals, np.float32(0))
    median: np.ndarray = np.nanmedian(here, axis=0)
    return median


def _deviation(rough: np.ndarray) -> np.ndarray:
    """(bands,): standard deviation that spikes do not move."""
    return np.float32(GAUSSIAN) * _median(np.abs(rough - _median(rough)))
