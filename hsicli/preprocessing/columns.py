"""Detector columns: each pixel divided by bland pixels that the same column of the detector saw.

A push-broom detector leaves its own stripe in every column; only a pixel of the same column cancels it.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numba
import numpy as np

from hsicli.cube import Block
from hsicli.preprocessing.ratio import gather

LEAST = 3
"""Fewer bland neighbours than this are no mean to divide by."""

SAMPLE = 101
"""Pixels of a column that its median is taken of, evenly spaced: the memory it may take."""


def best_in_columns(scores: np.ndarray, columns: np.ndarray, *, reach: int, count: int) -> np.ndarray:
    """For each pixel the blandest pixels of its detector column nearby.

    Its own row and the two beside it are left out, lest a pixel be divided by itself or its blur.

    Parameters
    ----------
    scores : (rows, cols) float32
        NaN for pixels that are no candidates.
    columns : (rows, cols) int
        Detector column; negative where there is none.
    reach : int
        Rows to either side that are searched.
    count : int
        Pixels wanted (K).

    Returns
    -------
    (rows, cols, count) int32
        Flat indices, best first; −1 where there are fewer.
    """
    if scores.shape != columns.shape:
        raise ValueError(f"scores of shape {scores.shape} for columns of shape {columns.shape}")
    members = np.argsort(columns, axis=None, kind="stable")  # by column, then by row
    members = members[np.searchsorted(columns.ravel()[members], 0) :]
    starts = np.flatnonzero(np.diff(columns.ravel()[members], prepend=-1, append=-1))
    picks = np.full((scores.size, count), -1, dtype=np.int32)
    _search_columns(scores, members, starts, reach, picks)
    return picks.reshape(*scores.shape, count)


@numba.njit(cache=True, parallel=True)
def _search_columns(
    image: np.ndarray, members: np.ndarray, starts: np.ndarray, reach: int, picks: np.ndarray
) -> None:
    cols, scores = image.shape[1], image.ravel()
    for group in numba.prange(len(starts) - 1):
        column = members[starts[group] : starts[group + 1]]
        first = 0
        for pixel in column:
            row = pixel // cols
            while column[first] // cols < row - reach:
                first += 1
            for other in column[first:]:
                distance = other // cols - row
                if distance > reach:
                    break
                if abs(distance) <= 1 or np.isnan(scores[other]):
                    continue
                place = picks.shape[1]
                while place > 0 and (
                    picks[pixel, place - 1] < 0 or scores[other] < scores[picks[pixel, place - 1]]
                ):
                    if place < picks.shape[1]:
                        picks[pixel, place] = picks[pixel, place - 1]
                    place -= 1
                if place < picks.shape[1]:
                    picks[pixel, place] = other


def column_medians(blocks: Iterable[Block], columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The median spectrum of some detector columns, over at most `SAMPLE` evenly spaced valid pixels of each.

    Parameters
    ----------
    blocks : iterable of Block
        The whole image.
    columns : (rows, cols) int
        Detector column of each pixel; negative where it is not to be used.
    wanted : (k,) int
        Columns.

    Returns
    -------
    (k, bands) float32
        NaN for a column with no valid pixel.
    """
    samples = []
    for column in wanted:
        members = np.flatnonzero(columns.ravel() == column)
        evenly = np.linspace(0, len(members) - 1, min(SAMPLE, len(members))).astype(int)
        samples.append(members[evenly])
    pixels = np.unique(np.concatenate(samples))
    spectra = gather(blocks, pixels)
    medians = np.full((len(wanted), spectra.shape[1]), np.nan, dtype=np.float32)
    for row, sample in enumerate(samples):
        members = spectra[np.searchsorted(pixels, sample)]
        members = members[np.isfinite(members).all(axis=1)]
        if len(members):
            medians[row] = np.median(members, axis=0)
    return medians


class Neighbours(NamedTuple):
    """What each pixel of an image is divided by."""

    picks: np.ndarray
    """(rows, cols, count) int32: see `best_in_columns`."""
    columns: np.ndarray
    """(k,) int: detector columns where a pixel has fewer than `LEAST` picks, ascending."""
    medians: np.ndarray
    """(k, bands) float32: what the pixels with too few picks are divided by."""


def find_neighbours(
    blocks: Iterable[Block], scores: np.ndarray, columns: np.ndarray, *, reach: int, count: int
) -> Neighbours:
    """For each pixel the blandest of its detector column; the column's median where they are too few.

    Parameters
    ----------
    blocks : iterable of Block
        The whole image; walked only if a median is needed.
    scores, columns, reach, count
        As for `best_in_columns`.
    """
    picks = best_in_columns(scores, columns, reach=reach, count=count)
    lacking = (picks[:, :, LEAST - 1] < 0) & (columns >= 0)
    wanted = np.unique(columns[lacking])
    if not len(wanted):
        return Neighbours(picks, wanted, np.empty((0, 0), dtype=np.float32))
    return Neighbours(picks, wanted, column_medians(blocks, columns, wanted))


def divide_block(block: Block, nearby: Iterable[Block], neighbours: Neighbours, columns: np.ndarray) -> None:
    """Divide the spectra of a block, in place, by the mean of their bland neighbours.

    Parameters
    ----------
    block : Block
        Changed in place; NaN where there is nothing positive to divide by.
    nearby : iterable of Block
        All rows that the picks of this block lie in.
    neighbours : Neighbours
    columns : (rows, cols) int
        Of the whole image.
    """
    picks = neighbours.picks[block.rows]
    pixels = np.unique(picks[picks >= 0])
    bland = gather(nearby, pixels)
    rows = np.where(picks >= 0, np.searchsorted(pixels, picks), -1)
    if len(neighbours.columns):
        lacking = (picks[:, :, LEAST - 1] < 0) & (columns[block.rows] >= 0)
        rows[lacking] = -1
        rows[lacking, 0] = len(bland) + np.searchsorted(neighbours.columns, columns[block.rows][lacking])
        bland = np.concatenate([bland, neighbours.medians])
    spectra = block.data.reshape(-1, block.data.shape[2])
    divide_by_means(spectra, rows.reshape(-1, rows.shape[2]), bland)


def divide_by_means(spectra: np.ndarray, picks: np.ndarray, bland: np.ndarray) -> None:
    """Divide each spectrum, in place, by the mean of some bland ones.

    Parameters
    ----------
    spectra : (n, bands) float32
        Changed in place; NaN where there is nothing positive to divide by.
    picks : (n, count) int
        Rows of `bland`; −1 for none.
    bland : (m, bands) float32
        A row with NaN is in no mean.
    """
    whole = np.r_[np.isfinite(bland).all(axis=1), False]  # the last row stands for "none"
    _divide_by_means(spectra, np.where(whole[picks], picks, -1), bland)


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _divide_by_means(spectra: np.ndarray, picks: np.ndarray, bland: np.ndarray) -> None:
    n, bands = spectra.shape
    for row in numba.prange(n):
        mean = np.zeros(bands)
        count = 0
        for pick in picks[row]:
            if pick >= 0:
                mean += bland[pick]
                count += 1
        for band in range(bands):
            spectra[row, band] = spectra[row, band] / (mean[band] / count) if mean[band] > 0 else np.nan
