"""What a detector column adds to every spectrum that it sees, and how far its noise reaches."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import median_filter

SAMPLE = 101
"""Pixels of a column that are looked at, evenly spaced: enough for a median to a tenth of the noise."""

WHOLE = 2048
"""Pixels that are looked at where the columns are not known."""

LEAST = 15
"""A column with fewer pixels is taken for an average one."""

NEAR = 31
"""Columns that see the same ground: what they share is no stripe."""

GAUSSIAN = 1.4826
"""Median absolute deviation to standard deviation, of normal numbers."""


class Columns(NamedTuple):
    """The residuals of each detector column."""

    numbers: np.ndarray
    """(k,) int: the columns, ascending; one number, 0, where they are not known."""
    stripes: np.ndarray
    """(k, bands) float32: what a column adds to the logarithm of every spectrum."""
    deviations: np.ndarray
    """(k, bands) float32: robust standard deviation of what is rough."""

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


def column_statistics(residuals: np.ndarray, rough: np.ndarray, columns: np.ndarray | None) -> Columns:
    """Stripes and noise of each detector column, from the residuals of some of its pixels.

    The stripe is the median over the column, less the median of the columns near it: what neighbours share is
    ground that the model does not know, not the detector.

    Parameters
    ----------
    residuals : (m, bands) float32
        Logarithm of the observation less that of the model; NaN where a band is missing.
    rough : (m, bands) float32
        What of them is rough along the bands: noise and spikes.
    columns : (m,) int, optional
        Detector column of each; without it there are no stripes, and the noise is that of the whole image.

    Returns
    -------
    Columns

    Raises
    ------
    ValueError
        If the shapes disagree.
    """
    count = len(residuals) if columns is None else len(columns)
    if residuals.shape != rough.shape or count != len(residuals):
        raise ValueError(f"residuals of {residuals.shape} and {rough.shape} for {count} columns")
    middle, spread = _median(residuals), _deviation(rough)
    if columns is None:
        return Columns(np.zeros(1, dtype=int), np.zeros_like(middle)[None], spread[None])
    numbers = np.unique(columns)
    medians = np.repeat(middle[None], len(numbers), axis=0)
    deviations = np.repeat(spread[None], len(numbers), axis=0)
    for place, number in enumerate(numbers):
        members = columns == number
        if members.sum() >= LEAST:
            medians[place], deviations[place] = _median(residuals[members]), _deviation(rough[members])
    shared = median_filter(medians, size=(min(NEAR, 2 * len(numbers) - 1), 1), mode="nearest")
    return Columns(numbers, medians - shared, deviations)


def _median(residuals: np.ndarray) -> np.ndarray:
    """(bands,): 0 where a band is always missing."""
    here = np.where(np.isfinite(residuals).any(axis=0), residuals, np.float32(0))
    median: np.ndarray = np.nanmedian(here, axis=0)
    return median


def _deviation(rough: np.ndarray) -> np.ndarray:
    """(bands,): standard deviation that spikes do not move."""
    return np.float32(GAUSSIAN) * _median(np.abs(rough - _median(rough)))
