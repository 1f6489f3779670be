"""What a cube holds before it is touched: which pixels, which bands, which range of numbers."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hsicli.cube import Block, Cube
from hsicli.preprocessing.spectra import clip

log = logging.getLogger(__name__)

Limits = tuple[float, float]
"""Lower and upper limit of the numbers, either may be infinite."""


class Survey(NamedTuple):
    """One walk over a cube."""

    seen: np.ndarray
    """(rows, cols) bool: at least half of the bands are there, and not all of them are zero."""
    missing: np.ndarray
    """(bands,) int: seen pixels that lack the band."""
    below: int
    """Numbers under the lower limit, in all seen pixels and bands."""
    above: int
    """Numbers over the upper limit."""

    @property
    def numbers(self) -> int:
        """Numbers that are there, in all seen pixels and bands."""
        return int(self.seen.sum()) * len(self.missing) - int(self.missing.sum())


def survey(blocks: Iterable[Block], inside: np.ndarray, limits: Limits, bands: int) -> Survey:
    """Walk a cube once and count.

    Parameters
    ----------
    blocks : iterable of Block
        The whole cube.
    inside : (rows, cols) bool
        Pixels to look at.
    limits : tuple of 2 float
        Numbers below and above are counted.
    bands : int
        Bands of the blocks.
    """
    seen = np.zeros(inside.shape, dtype=bool)
    missing = np.zeros(bands, dtype=np.int64)
    below = above = 0
    for block in blocks:
        here = block.valid & inside[block.rows]
        odd = inside[block.rows] & ~block.valid
        if odd.any():
            spectra = block.data[odd]
            present = np.isfinite(spectra)
            usable = (2 * present.sum(axis=1) >= bands) & (np.nan_to_num(spectra) != 0).any(axis=1)
            missing += (~present[usable]).sum(axis=0)
            here[odd] = usable
        seen[block.rows] = here
        data = block.data if here.all() else block.data[here]
        below += int(np.count_nonzero(data < limits[0]))
        above += int(np.count_nonzero(data > limits[1]))
    return Survey(seen, missing, below, above)


def sane_limits(found: Survey, limits: Limits) -> Limits:
    """The limits that fit the numbers: one that more than half of them exceed is no limit of spikes."""
    half = found.numbers / 2
    sane = (-np.inf if found.below > half else limits[0], np.inf if found.above > half else limits[1])
    if sane != limits:
        log.info("most numbers lie beyond %g to %g: no reflectances, so not clipped there", *limits)
    return sane


def clipped_blocks(
    cube: Cube, limits: Limits, rows: slice | None = None
) -> Iterator[tuple[Block, np.ndarray]]:
    """Walk a cube, or some of its rows, with clipped spectra.

    Parameters
    ----------
    cube : Cube
    limits : tuple of 2 float
    rows : slice, optional
        Start and stop; all rows unless given.

    Yields
    ------
    block : Block
        Rows counted from the first of the whole cube.
    share : (rows, cols) float32
        Share of the bands of each pixel that were clipped.
    """
    first = 0
    if rows is not None:
        first = rows.start
        part = cube.data[rows]  # type: ignore[index]  # a Stream has no rows yet, and `blocks` says so
        cube = replace(cube, data=part, valid=cube.valid[rows], columns=None, latlon=None)
    for block in cube.blocks():
        spectra = block.data.reshape(-1, block.data.shape[2])
        _, share = clip(spectra, *limits, out=spectra)
        there = slice(block.rows.start + first, block.rows.stop + first)
        yield Block(there, block.data, block.valid), share.reshape(block.valid.shape)
