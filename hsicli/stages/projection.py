"""A cube in sensor space laid on a map grid: spectra are taken whole from the nearest pixel, never mixed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hsicli.cube import BLOCK_BYTES, Cube, Grid, Stream
from hsicli.errors import ConfigError


@dataclass(frozen=True)
class ProjectConfig:
    """Whether an image in sensor space is laid on a map grid, and on which."""

    method: Literal["none", "nearest"] = "none"  # nearest: each cell has the spectrum of one pixel
    pixel_size: float | None = None  # metres; None: the finer of the usual distances of neighbours
    parallel: float | None = None  # standard parallel, degrees; None: the mean latitude in steps of 5

    def __post_init__(self) -> None:
        if self.pixel_size is not None and not 0 < self.pixel_size < math.inf:
            raise ConfigError(
                f"project.pixel_size: {self.pixel_size:g} is no length in metres", hint="write, say, 18"
            )
        if self.method == "none" and (self.pixel_size, self.parallel) != (None, None):
            raise ConfigError(
                "project: a grid is described, but nothing is projected",
                hint="give --project, or leave out --pixel-size and project.parallel",
            )


def project_cube(cube: Cube, index: np.ndarray, grid: Grid) -> Cube:
    """The cube on another grid, nearest neighbour, made block by block while it is written.

    Parameters
    ----------
    cube : Cube
        Its good bands only are kept, in ascending wavelength.
    index : (rows, cols) int
        For each cell of the grid the flat index of a pixel of the cube; −1 = none.
    grid : Grid
        Where the cells lie.

    Returns
    -------
    Cube
        float32; `data` is a Stream, and `valid` is filled in while it is walked. Cells without a pixel are
        NaN and not valid.

    Raises
    ------
    ValueError
        If the index names a pixel that the cube does not have.
    """
    pixels = cube.shape[0] * cube.shape[1]
    if index.max(initial=-1) >= pixels:
        raise ValueError(f"an index up to {index.max()} for a cube of {pixels} pixels")
    order = cube.order
    valid = np.zeros(index.shape, dtype=bool)
    shape = (*index.shape, len(order))

    def blocks() -> Iterator[tuple[slice, np.ndarray]]:
        step = max(1, BLOCK_BYTES // max(1, index.shape[1] * len(order) * 4))
        for first in range(0, index.shape[0], step):
            rows = slice(first, min(first + step, index.shape[0]))
            block, valid[rows] = _taken(cube, index[rows])
            yield rows, block

    return replace(
        cube,
        data=Stream(shape, blocks),
        wavelengths=None if cube.wavelengths is None else cube.wavelengths[order],
        fwhm=None if cube.fwhm is None else cube.fwhm[order],
        good_bands=np.ones(len(order), dtype=bool),
        valid=valid,
        columns=None if cube.columns is None else _gathered(cube.columns, index),
        latlon=None,
        grid=grid,
        denominator=None if cube.denominator is None else cube.denominator[order],
        scale=1.0,
        fill=(),
    )


def _taken(cube: Cube, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows, cols, bands) float32 and (rows, cols) bool: the spectra of these pixels."""
    cols = cube.shape[1]
    block = np.full((*index.shape, len(cube.order)), np.nan, dtype=np.float32)
    valid = np.zeros(index.shape, dtype=bool)
    if not (index >= 0).any():
        return block, valid
    needed = index[index >= 0]
    source = slice(int(needed.min() // cols), int(needed.max() // cols) + 1)
    part = replace(
        cube,
        data=cube.data[source],  # type: ignore[index]
        valid=cube.valid[source],
        columns=None,
        latlon=None,
    )
    for rows, data, usable in part.blocks():
        low, high = ((source.start + edge) * cols for edge in (rows.start, rows.stop))
        here = (index >= low) & (index < high)
        data[~part.valid[rows]] = np.nan  # a pixel that lacks some bands keeps the others
        block[here] = data.reshape(-1, data.shape[2])[index[here] - low]
        valid[here] = usable.ravel()[index[here] - low]
    return block, valid


def _gathered(columns: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(rows, cols) int32: the detector column of each cell; −1 for none."""
    found = np.asarray(columns).reshape(-1)[np.maximum(index, 0)]
    return np.where(index >= 0, found, -1).astype(np.int32)
