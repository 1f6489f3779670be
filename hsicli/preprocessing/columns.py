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

OWN_ROWS = 3
"""A pixel's own row and the two beside it have no say in what it is divided by."""

SHOWN = 1000
"""Bland pixels in the mean that stands for all of them."""


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


class Neighbours(NamedTuple):
    """What each pixel of an image is divided by: the mean of some bland pixels."""

    picks: np.ndarray
    """(rows, cols, count) int32: flat indices, −1 for none; with fewer than `LEAST`, all bland ones count."""
    far: np.ndarray
    """(m,) int: those that lie beyond reach of a pixel they are for, ascending."""
    spectra: np.ndarray
    """(m, bands) float32: theirs."""
    middle: np.ndarray
    """(bands,) float32: the mean of bland pixels of the whole image."""
    farther: int
    """Pixels whose bland pixels lie beyond reach, but in their column."""
    columns: np.ndarray
    """(k,) int: detector columns with pixels that are divided by `middle`, ascending."""


def find_neighbours(
    blocks: Iterable[Block], scores: np.ndarray, columns: np.ndarray, *, reach: int, count: int
) -> Neighbours:
    """For each pixel the blandest of its detector column: nearby, else anywhere in it, else all of the image.

    Parameters
    ----------
    blocks : iterable of Block
        The whole image.
    scores, columns, reach, count
        As for `best_in_columns`; all that have a score are bland.
    """
    picks = best_in_columns(scores, columns, reach=reach, count=count)
    lacking = (picks[:, :, LEAST - 1] < 0) & (columns >= 0)
    _look_farther(picks, lacking, scores, columns)
    alone = (picks[:, :, LEAST - 1] < 0) & (columns >= 0)
    picks[alone] = -1
    bland = np.unique(picks[picks >= 0])
    bland = bland if len(bland) else np.flatnonzero(np.isfinite(scores))
    shown = bland[np.linspace(0, len(bland) - 1, min(SHOWN, len(bland))).astype(int)]
    far = np.unique(picks[lacking & ~alone])
    far = far[far >= 0]
    pixels = np.union1d(far, shown)
    spectra = gather(blocks, pixels)
    mean = spectra[np.searchsorted(pixels, shown)]
    mean = mean[np.isfinite(mean).all(axis=1)].mean(axis=0, dtype=np.float64)
    return Neighbours(
        picks=picks,
        far=far,
        spectra=spectra[np.searchsorted(pixels, far)],
        middle=mean.astype(np.float32),
        farther=int((lacking & ~alone).sum()),
        columns=np.unique(columns[alone]),
    )


def _look_farther(picks: np.ndarray, lacking: np.ndarray, scores: np.ndarray, columns: np.ndarray) -> None:
    """Give the pixels that lack neighbours the blandest of their whole column, in place."""
    count, cols = picks.shape[2], scores.shape[1]
    bland = np.flatnonzero(np.isfinite(scores))
    for column in np.unique(columns[lacking]):
        members = bland[columns.ravel()[bland] == column]
        best = members[np.argsort(scores.ravel()[members], kind="stable")][: count + OWN_ROWS]
        rows, at = np.nonzero(lacking & (columns == column))
        near = np.abs(best[None, :] // cols - rows[:, None]) <= 1
        first = np.argsort(near, axis=1, kind="stable")[:, :count]
        found = np.where(np.take_along_axis(near, first, axis=1), -1, best[first])
        picks[rows, at] = -1
        picks[rows, at, : found.shape[1]] = found


def divide_block(block: Block, nearby: Iterable[Block], neighbours: Neighbours, columns: np.ndarray) -> None:
    """Divide the spectra of a block, in place, by the mean of their bland neighbours.

    Parameters
    ----------
    block : Block
        Changed in place; NaN where there is nothing positive to divide by.
    nearby : iterable of Block
        All rows within reach.
    neighbours : Neighbours
    columns : (rows, cols) int
        Of the whole image.
    """
    picks = neighbours.picks[block.rows]
    pixels = np.setdiff1d(picks[picks >= 0], neighbours.far)
    near = gather(nearby, pixels)
    rows = np.searchsorted(pixels, picks).astype(np.int64)
    distant = np.isin(picks, neighbours.far)
    rows[distant] = len(pixels) + np.searchsorted(neighbours.far, picks[distant])
    rows[picks < 0] = -1
    alone = (picks[:, :, 0] < 0) & (columns[block.rows] >= 0)
    rows[alone, 0] = len(pixels) + len(neighbours.far)
    bland = np.concatenate([near, neighbours.spectra, neighbours.middle[None]])
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
