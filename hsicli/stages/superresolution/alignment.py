"""Where a pixel of one cube lies in another of the same ground: an affine map of places."""

import logging
from typing import NamedTuple

import numpy as np

from hsicli.errors import InputError

log = logging.getLogger(__name__)

LEAST_POINTS = 3


class Alignment(NamedTuple):
    """From a place in the cube of high resolution to one in the cube of low resolution.

    Places count from the centre of the first pixel, rows down, columns to the right.
    """

    matrix: np.ndarray
    """(2, 3): low place = matrix @ (1, row, col)."""


def unmoved() -> Alignment:
    """The same place in both."""
    return Alignment(np.array([[0.0, 1, 0], [0, 0, 1]]))


def shifted(rows: float, cols: float) -> Alignment:
    """So many rows further down and columns further to the right in the cube of low resolution."""
    return Alignment(np.array([[rows, 1.0, 0], [cols, 0, 1]]))


def fitted(points: np.ndarray) -> Alignment:
    """The affine map nearest to ground control points.

    Parameters
    ----------
    points : (k, 4) float
        Row and column in the cube of low resolution, then in that of high resolution.

    Raises
    ------
    InputError
        If there are fewer than three points, or they lie on a line.
    """
    known = np.c_[np.ones(len(points)), points[:, 2:]]
    if len(points) < LEAST_POINTS or np.linalg.matrix_rank(known - [0, *points[:, 2:].mean(axis=0)]) < 3:
        raise InputError(
            f"{len(points)} control points do not fix an affine map",
            hint="give three or more that do not lie on a line",
        )
    solved = np.linalg.lstsq(known, points[:, :2], rcond=None)[0]
    away = np.sqrt(np.square(known @ solved - points[:, :2]).sum(axis=1))
    log.info(
        "alignment: %d control points, %.2f pixels off (root mean square), the worst %.2f",
        len(points), np.sqrt(np.square(away).mean()), away.max(),
    )  # fmt: skip
    return Alignment(solved.T)


def low_pixels(alignment: Alignment, rows: slice, cols: int, shape: tuple[int, int]) -> np.ndarray:
    """(rows, cols) int64: the low pixel nearest to each high one, as a flat index; −1 outside.

    Parameters
    ----------
    alignment : Alignment
    rows : slice
        Of the cube of high resolution.
    cols : int
        Its columns.
    shape : (rows, cols)
        Of the cube of low resolution.
    """
    down, right = np.mgrid[rows, 0:cols]
    row, col = (np.rint(a + b * down + c * right).astype(np.int64) for a, b, c in alignment.matrix)
    inside = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    return np.where(inside, row * shape[1] + col, -1)
