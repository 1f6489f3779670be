"""Exemplars: reference spectra taken from a cube, each the mean of a few windows of pixels."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hsicli.cube import Cube, Stream
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library

log = logging.getLogger(__name__)

WILD = 10.0
"""No band of a spectrum is so many times its median: what is, comes from a dead or saturated element."""


def take_exemplar(
    cube: Cube, name: str, places: Sequence[tuple[int, int]], *, window: int
) -> tuple[Library, int]:
    """The mean spectrum of square windows around some pixels.

    Bands are averaged one by one over the valid pixels that have them, so a channel that one pixel lacks is
    taken from the others; a pixel that lies in two windows counts once.

    Parameters
    ----------
    cube : Cube
        With wavelengths.
    name : str
        Of the spectrum.
    places : sequence of (row, col)
        Centres, counted from 0. Windows are cut off at the edges of the image.
    window : int
        Pixels a side; odd.

    Returns
    -------
    Library
        One spectrum on the good bands, ascending; NaN in a band that no pixel has, or that is `WILD`.
    int
        Pixels that it is the mean of.

    Raises
    ------
    ConfigError
        If the window is even or smaller than 1.
    InputError
        If a centre lies outside of the image, or no pixel is valid.
    """
    if window < 1 or window % 2 == 0:
        raise ConfigError(
            f"--window {window}: a window around a pixel has an odd number of pixels a side",
            hint=f"give {max(1, window - 1)} or {max(1, window + 1)}",
        )
    axis, order = cube.axis, cube.order
    rows, cols, _ = cube.shape
    wanted = np.zeros((rows, cols), dtype=bool)
    half = window // 2
    for row, col in places:
        if not (0 <= row < rows and 0 <= col < cols):
            raise InputError(
                f"pixel {row},{col} is outside of the image of {rows} rows and {cols} columns",
                hint=f"give a row of 0…{rows - 1} and a column of 0…{cols - 1}",
            )
        wanted[max(0, row - half) : row + half + 1, max(0, col - half) : col + half + 1] = True
    total, count = np.zeros(len(axis)), np.zeros(len(axis))
    pixels = 0
    for part in _runs(wanted):
        for block in _cut(cube, part).blocks():
            chosen = block.data[wanted[part][block.rows] & cube.valid[part][block.rows]].astype(np.float64)
            chosen = chosen[chosen.any(axis=1)]  # zeros in every band are no data
            known = np.isfinite(chosen)
            pixels += int(known.any(axis=1).sum())
            total += np.where(known, chosen, 0).sum(axis=0)
            count += known.sum(axis=0)
    if not pixels:
        raise InputError(
            f"no pixel of the window around {places[0][0]},{places[0][1]} holds data",
            hint="choose another pixel, or a wider window",
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    wild = np.abs(mean) > WILD * np.nanmedian(np.abs(mean))
    if wild.any():
        where = ", ".join(f"{centre:g}" for centre in axis[wild][:8])
        log.info("%s: %d bands far beyond the others are left out (%s nm)", name, wild.sum(), where)
        mean[wild] = np.nan
    missing = int(np.isnan(mean).sum() - wild.sum())
    if missing:
        log.info("%s: %d of %d bands have no data in the window", name, missing, len(mean))
    widths = None if cube.fwhm is None else cube.fwhm[order]
    return Library((name,), mean[None], axis, widths), pixels


def _runs(wanted: np.ndarray) -> list[slice]:
    """The stretches of consecutive rows in which a pixel of (rows, cols) is wanted."""
    inside = np.asarray(wanted.any(axis=1))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [slice(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _cut(cube: Cube, rows: slice) -> Cube:
    """The cube of these rows only; nothing else is read."""
    if isinstance(cube.data, Stream):
        raise TypeError("a cube that is still being made has no pixels to look at")
    return replace(cube, data=cube.data[rows], valid=cube.valid[rows], columns=None, latlon=None)
