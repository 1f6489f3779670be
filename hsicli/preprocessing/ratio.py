"""Ratioing: bland pixels, found without labels, and the spectra divided by them.

What all pixels of an image share, the residue of the atmosphere and of the detector's columns, cancels in the
ratio with pixels that show no absorption of their own.
"""

import itertools
import warnings
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from hsicli.cube import Block
from hsicli.preprocessing.continuum import continuum, remove_continuum
from hsicli.preprocessing.spectra import running_mean

GATE_WINDOW = (1050.0, 2550.0)
"""nm. Olivine, pyroxene and ices absorb broadly somewhere in it, also where 1.85–2.55 µm is smooth."""

SMOOTHING = 35.0
"""nm, about five bands of CRISM: width of the running mean before a hull, as noise alone deepens one."""

DARK_SHARE = 0.25
"""The darkest quarter is left out: shadows are noisy, and lit by the sky."""


LEVEL_REACH = 15
"""Columns to either side that one is compared with: wider than a stripe, narrower than the ground changes."""

BLAND_SHARE = 0.05
"""Of the candidates, so many are taken to be bland whatever the image shows."""

BLAND_DEPTH = 0.002
"""A pixel within this mean depth of these, or a standard deviation of the noise, is as bland as they."""

NEARLY = 4.0
"""And nearly so, within as many times that."""

NORMAL = 1.4826
"""Standard deviation over median absolute deviation, of normal noise."""

LEVEL_ROWS = 64
"""Rows that are compared at a time, for memory's sake."""


class Absorption(NamedTuple):
    """The deepest band between two contacts of a spectrum with its continuum."""

    wavelength: float
    """nm."""
    depth: float
    """Share of the continuum."""


def mean_depth(spectra: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    """Area between each spectrum, continuum removed, and 1, over the width of the axis.

    Parameters
    ----------
    spectra : (n, bands) float32
        Reflectance, positive.
    wavelengths : (bands,) float
        Strictly ascending, nm.

    Returns
    -------
    (n,) float32
        0 for a spectrum without any absorption; NaN where a band is missing.
    """
    removed = remove_continuum(spectra, wavelengths)
    steps = np.diff(wavelengths) / (wavelengths[-1] - wavelengths[0])
    weights = (np.r_[steps, 0] + np.r_[0, steps]) / 2  # of the trapezoidal rule
    area: np.ndarray = 1 - np.einsum("ij,j->i", removed, weights.astype(np.float32))
    return area


def bland_scores(
    blocks: Iterable[Block], wavelengths: np.ndarray, window: tuple[float, float], columns: np.ndarray
) -> np.ndarray:
    """How little each pixel absorbs within `window`; NaN for pixels that are no candidates.

    A candidate is valid, is not among the darkest quarter of its detector column, and absorbs over the whole
    axis no more than the column's median pixel: gates that need neither labels nor a table of minerals, in
    place of the thirteen summary parameters of Baker and Ehlmann. Where columns differ, it is as bland as
    the blandest `BLAND_SHARE` of the image, but for noise: the least absorbing pixel of a column that has no
    bland one would take away what the column is made of.

    Parameters
    ----------
    blocks : iterable of Block
        Clipped reflectance, bands within `GATE_WINDOW`.
    wavelengths : (bands,) float
        Of the blocks, strictly ascending, nm.
    window : tuple of 2 float
        Where absorptions count, nm: 1850–2550 holds those of hydrated minerals and carbonates.
    columns : (rows, cols) int
        Detector column of each pixel, as columns differ; all the same where it is not known.

    Returns
    -------
    (rows, cols) float32
        Mean depth, less what its detector column adds to it; the smaller, the blander.

    References
    ----------
    Baker and Ehlmann 2026: area under the hull, blandest pixels of a column.
    Plebani et al., Icarus 376, 2022: bland pixels within 50 rows.
    """
    scores = np.full(columns.shape, np.nan, dtype=np.float32)
    broad, brightness = scores.copy(), scores.copy()
    inside = (wavelengths >= window[0]) & (wavelengths <= window[1])
    width = 2 * int(SMOOTHING / (2 * np.median(np.diff(wavelengths)))) + 1
    for block in blocks:
        smooth = running_mean(block.data[block.valid], width)
        scores[block.rows][block.valid] = mean_depth(smooth[:, inside], wavelengths[inside])
        broad[block.rows][block.valid] = mean_depth(smooth, wavelengths)
        brightness[block.rows][block.valid] = smooth.mean(axis=1)

    scores, noise = _level_columns(scores, columns)
    there = np.flatnonzero(np.isfinite(scores) & np.isfinite(broad))
    there = there[np.argsort(columns.ravel()[there], kind="stable")]
    for column in np.split(there, np.flatnonzero(np.diff(columns.ravel()[there])) + 1):
        if len(column):
            absorbs = broad.ravel()[column] > np.median(broad.ravel()[column])
            dark = brightness.ravel()[column] < np.quantile(brightness.ravel()[column], DARK_SHARE)
            scores.ravel()[column[absorbs | dark]] = np.nan
    return _bland_enough(scores, columns, noise) if np.isfinite(noise) else scores


def _bland_enough(scores: np.ndarray, columns: np.ndarray, noise: float) -> np.ndarray:
    """The scores of pixels as bland as the blandest of the image, but for noise; NaN for the others.

    A column with none may have those that are nearly so: how its stripe was levelled is uncertain, too.
    """
    known = np.isfinite(scores)
    if not known.any():
        return scores
    least, step = np.quantile(scores[known], BLAND_SHARE), max(noise, BLAND_DEPTH)
    bland = scores <= least + step
    poor = np.setdiff1d(columns[known], columns[bland])
    bland |= (scores <= least + NEARLY * step) & np.isin(columns, poor)
    return np.where(bland, scores, np.float32(np.nan))


def _level_columns(scores: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, float]:
    """The scores less what a detector column adds to all of its pixels, and the noise that they have then.

    A stripe looks like an absorption in every pixel of its column; ground does not keep to one column. So
    what the pixels of a column differ by from those beside them, in the median, is the stripe's. Without
    columns the noise is infinite.
    """
    known = np.unique(columns[np.isfinite(scores)])
    if len(known) < 2:
        return scores, np.inf
    apart = np.empty_like(scores)
    wide = np.pad(scores, ((0, 0), (LEVEL_REACH, LEVEL_REACH)), constant_values=np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rows without any data
        for first in range(0, len(scores), LEVEL_ROWS):
            part = slice(first, first + LEVEL_ROWS)
            around = np.lib.stride_tricks.sliding_window_view(wide[part], 2 * LEVEL_REACH + 1, axis=1)
            apart[part] = scores[part] - np.nanmedian(around, axis=2)
    order = np.argsort(columns, axis=None, kind="stable")
    starts = np.searchsorted(columns.ravel()[order], [*known, known[-1] + 1])
    level = scores.copy()
    for members in (order[first:last] for first, last in itertools.pairwise(starts)):
        stripe = np.nanmedian(apart.ravel()[members])
        level.ravel()[members] -= stripe
    steps = np.abs(np.diff(level, axis=1))
    return level, float(NORMAL * np.median(steps[np.isfinite(steps)]) / np.sqrt(2))


def best_pixels(scores: np.ndarray, count: int) -> np.ndarray:
    """(≤ count,) int64: flat indices of the lowest scores, ascending by index; NaN is no score."""
    flat = scores.ravel()
    order = np.argsort(flat, kind="stable")[: min(count, np.isfinite(flat).sum())]
    return np.sort(order)


def gather(blocks: Iterable[Block], pixels: np.ndarray) -> np.ndarray:
    """(m, bands) float32: the spectra of some pixels, given by ascending flat indices."""
    parts = []
    for block in blocks:
        cols = block.valid.shape[1]
        first, end = np.searchsorted(pixels, [block.rows.start * cols, block.rows.stop * cols])
        parts.append(block.data.reshape(-1, block.data.shape[2])[pixels[first:end] - block.rows.start * cols])
    return np.concatenate(parts)


def absorptions(spectrum: np.ndarray, wavelengths: np.ndarray, least: float) -> list[Absorption]:
    """The absorptions of one spectrum, deepest first: what it would imprint, upside down, as a denominator.

    Parameters
    ----------
    spectrum : (bands,) float
        Reflectance.
    wavelengths : (bands,) float
        Strictly ascending, nm.
    least : float
        Depth from which on one counts, share of the continuum.

    Returns
    -------
    list of Absorption
        One for each stretch between contacts with the continuum.
    """
    values = np.asarray(spectrum, dtype=np.float32)
    depth = 1 - remove_continuum(values, wavelengths)
    contacts = np.flatnonzero(values >= continuum(values, wavelengths))
    deepest = [
        first + int(np.nanargmax(depth[first : last + 1])) for first, last in itertools.pairwise(contacts)
    ]
    found = [
        Absorption(float(wavelengths[band]), float(depth[band])) for band in deepest if depth[band] >= least
    ]
    return sorted(found, key=lambda one: -one.depth)
