"""What surrounds the ground in a planted scene, and how light falls on it."""

import numpy as np

from hsicli.algorithms.synthesis import Sheet, generator, smooth_field

PIECE = 110
"""Rows from one break of a drill core to the next, on average."""

LIGHT, RELIEF, BREAKS = 71, 72, 73
"""Streams of random numbers: what each is for."""


def swath(rows: slice, total: int, shape: tuple[int, int], seed: int) -> np.ndarray:
    """Pixels that a swath across a map covers: narrow in the middle, ends aslant, as of a gimballed scanner.

    Parameters
    ----------
    rows : slice
        Which of the scene's rows.
    total : int
        Rows of the scene.
    shape : (cols, border)
        Columns of the scene; the most columns that stay empty at either side.
    seed : int

    Returns
    -------
    (rows, cols) bool
    """
    cols, border = shape
    y, x = Sheet(rows, cols).coordinates
    along = (y + 0.5) / total
    lean = generator(seed, LIGHT, 0).choice([-1.0, 1.0])
    waist = 1 - np.square(2 * along - 1)
    left = border * (0.5 * waist + 0.5 * (along if lean > 0 else 1 - along))
    right = border * (0.5 * waist + 0.5 * (1 - along if lean > 0 else along))
    slant = min(0.5 * border, 0.05 * total) / cols
    top, bottom = slant * x, total - slant * (cols - x)
    mask: np.ndarray = (x >= left) & (x < cols - right) & (y >= top) & (y < bottom)
    return mask


def core_stick(sheet: Sheet, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of a stick of drill core, in pieces with gaps between, and the light on its round side.

    Parameters
    ----------
    sheet : Sheet
    seed : int

    Returns
    -------
    mask : (rows, cols) bool
    light : (rows, cols) float64
        1 along the axis, less towards the sides.
    """
    y, x = sheet.coordinates
    mask = np.ones((len(y), sheet.cols), dtype=bool)
    ragged = 1.2 * smooth_field(y, x, (6.0, 6.0), seed, BREAKS, octaves=2)
    for piece in range(sheet.rows.start // PIECE - 1, sheet.rows.stop // PIECE + 2):
        if piece <= 0:
            continue
        rng = generator(seed, BREAKS, piece)
        place, tilt, half = (
            PIECE * (piece + rng.uniform(-0.4, 0.4)),
            rng.uniform(-0.35, 0.35),
            rng.uniform(0.6, 2.0),
        )
        mask &= np.abs(y - place - tilt * (x - sheet.cols / 2) + ragged) > half
    across = (2 * x + 1) / sheet.cols - 1
    return mask, np.broadcast_to(np.sqrt(1 - 0.75 * across * across), mask.shape)


def illumination(sheet: Sheet, brightness: float, relief: float, seed: int) -> np.ndarray:
    """How bright each pixel is: a smooth factor, and hills lit from the upper left.

    Parameters
    ----------
    sheet : Sheet
    brightness : float
        Standard deviation of the logarithm of the smooth factor.
    relief : float
        Standard deviation of the shading by slopes.
    seed : int

    Returns
    -------
    (rows, cols) float64
        0.5…1.6.
    """
    y, x = sheet.coordinates
    light = np.ones((len(y), sheet.cols))
    if brightness:
        light *= np.exp(brightness * smooth_field(y, x, (70.0, 70.0), seed, LIGHT))
    if relief:
        scale = 36.0
        higher, lower = (
            smooth_field(y + shift, x + shift, (scale, scale), seed, RELIEF, octaves=4)
            for shift in (0.5, -0.5)
        )
        light *= 1 + relief * (scale / 4) * (higher - lower)
    return np.clip(light, 0.5, 1.6)
