"""Ratioing: bland pixels, found without labels, and the spectra divided by them.

What all pixels of an image share, the residue of the atmosphere and of the detector's columns, cancels in the
ratio with pixels that show no absorption of their own.
"""

import itertools
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
    place of the thirteen summary parameters of Baker and Ehlmann.

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
        Mean depth; the smaller, the blander.

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

    there = np.flatnonzero(np.isfinite(scores) & np.isfinite(broad))
    there = there[np.argsort(columns.ravel()[there], kind="stable")]
    for column in np.split(there, np.flatnonzero(np.diff(columns.ravel()[there])) + 1):
        if len(column):
            absorbs = broad.ravel()[column] > np.median(broad.ravel()[column])
            dark = brightness.ravel()[column] < np.quantile(brightness.ravel()[column], DARK_SHARE)
            scores.ravel()[column[absorbs | dark]] = np.nan
    return scores


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
