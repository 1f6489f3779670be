"""Planted geology: random fields, and the shapes of rock units that are cut from them.

Every function is asked for some rows of an endless sheet and gives the same numbers for a pixel whatever
rows are asked for with it: a field is interpolated from lattice nodes that depend on the seed and their place
alone, and pixels never see each other. So a scene of any length is made in blocks, the same whatever their
size. For the same reason only arithmetic that rounds alike everywhere is used on arrays (no powers, no BLAS).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

CELL = 256
"""Rows of the sheet in which each kind of deposit is planted anew."""

GENTLE = 0.5
"""Amplitude of an octave relative to the one twice as coarse."""


class Sheet(NamedTuple):
    """Some rows of the endless sheet."""

    rows: slice
    cols: int

    @property
    def coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        """Row (rows, 1) and column (1, cols) of the pixels, float64."""
        rows = np.arange(self.rows.start, self.rows.stop, dtype=float)
        return rows[:, None], np.arange(self.cols, dtype=float)[None]


def generator(seed: int, stream: int, place: int) -> np.random.Generator:
    """The generator of one purpose (`stream`) at one place (a row, a column), independent of all others.

    Parameters
    ----------
    seed, stream, place : int

    Returns
    -------
    Generator
    """
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, 0, place]))


def smooth_field(
    y: np.ndarray, x: np.ndarray, scale: tuple[float, float], seed: int, stream: int, *, octaves: int = 3
) -> np.ndarray:
    """A stationary Gaussian field: smooth, of mean 0 and variance 1 at every point.

    Sum over octaves o of ½ᵒ times cubic B-splines on a lattice of independent normal numbers whose spacing is
    scale/2ᵒ; each octave is divided by the standard deviation that it has at the point.

    Parameters
    ----------
    y, x : arrays that broadcast together
        Place, pixels.
    scale : (float, float)
        Lattice spacing along y and x, pixels: the size of the features.
    seed, stream : int
        Which field.
    octaves : int
        Levels of detail.

    Returns
    -------
    array of the shape of y + x, float64
    """
    total = np.zeros(np.broadcast_shapes(y.shape, x.shape))
    for octave in range(octaves):
        total += GENTLE**octave * _octave(y, x, [s / 2**octave for s in scale], seed, (stream << 8) + octave)
    return total / np.sqrt(sum(GENTLE ** (2 * octave) for octave in range(octaves)))


def _octave(y: np.ndarray, x: np.ndarray, scale: list[float], seed: int, stream: int) -> np.ndarray:
    """One octave: nodes (i−1…i+2) × (j−1…j+2) around each point, each with its two weights."""
    i, wy = _spline_weights(y / scale[0])
    j, wx = _spline_weights(x / scale[1])
    top, left = int(i.min()) - 1, int(j.min()) - 1
    lattice = _lattice(np.arange(top, i.max() + 3), np.arange(left, j.max() + 3), seed, stream)
    i, j = i - top, j - left
    if x.shape[0] == 1 and y.shape[-1] == 1:  # straight rows and columns: one axis after the other
        along = sum(wx[b] * lattice[:, j[0] + b - 1] for b in range(4))
        value = sum(wy[a] * along[i[:, 0] + a - 1] for a in range(4))
    else:
        value = sum(wy[a] * sum(wx[b] * lattice[i + a - 1, j + b - 1] for b in range(4)) for a in range(4))
    deviation = np.sqrt(sum(w * w for w in wy) * sum(w * w for w in wx))
    return value / deviation


def _spline_weights(u: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The node below each coordinate, and the weights of the cubic B-spline for the four nodes around it."""
    node = np.floor(u)
    t = u - node
    r = 1 - t
    return node.astype(np.int64), [
        r * r * r / 6,
        (3 * t * t * t - 6 * t * t + 4) / 6,
        (3 * r * r * r - 6 * r * r + 4) / 6,
        t * t * t / 6,
    ]


def _lattice(rows: np.ndarray, cols: np.ndarray, seed: int, stream: int) -> np.ndarray:
    """Independent normal numbers for lattice nodes, by hashing seed, stream and place."""
    code = _scrambled(_scrambled(np.array([seed], dtype=np.uint64)) + np.uint64(stream))
    code = _scrambled(_scrambled(code + rows.astype(np.uint64))[:, None] + cols.astype(np.uint64))
    return ndtri(((code >> np.uint64(11)).astype(float) + 0.5) / 2**53)


def _scrambled(code: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every bit depends on every bit."""
    code = code + np.uint64(0x9E3779B97F4A7C15)
    code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return code ^ (code >> np.uint64(31))


def warped(sheet: Sheet, scale: float, bend: float, seed: int, stream: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the pixels, displaced by smooth fields of `scale` by `bend` pixels (one sigma).

    Parameters
    ----------
    sheet : Sheet
    scale, bend : float
        Pixels.
    seed, stream : int
        Which fields; they take `stream` and `stream` + 1.

    Returns
    -------
    y, x : (rows, cols) float64
    """
    y, x = sheet.coordinates
    return (
        y + bend * smooth_field(y, x, (scale, scale), seed, stream, octaves=2),
        x + bend * smooth_field(y, x, (scale, scale), seed, stream + 1, octaves=2),
    )


def turned(y: np.ndarray, x: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates across and along lines that dip from left to right.

    Parameters
    ----------
    y, x : arrays that broadcast together
    angle : float
        Dip, radians.

    Returns
    -------
    across, along : arrays of the shape of y + x
    """
    return np.cos(angle) * y - np.sin(angle) * x, np.cos(angle) * x + np.sin(angle) * y


def distance_to_zero(
    y: np.ndarray, x: np.ndarray, scale: tuple[float, float], seed: int, stream: int
) -> np.ndarray:
    """Pixels to the nearest zero of a field, |f|/|∇f| to first order: small on long thin lines.

    Parameters
    ----------
    y, x, scale, seed, stream
        As `smooth_field` takes them.

    Returns
    -------
    array of the shape of y + x, float64
        Pixels.
    """
    here = smooth_field(y, x, scale, seed, stream, octaves=2)
    down = smooth_field(y + 0.5, x, scale, seed, stream, octaves=2) - here
    right = smooth_field(y, x + 0.5, scale, seed, stream, octaves=2) - here
    slope = 2 * np.sqrt(down * down + right * right)
    return np.abs(here) / np.maximum(slope, 1e-6)


def soft_step(distance: np.ndarray) -> np.ndarray:
    """From 0 at −½ through ½ at 0 to 1 at ½, smoothly: 3t² − 2t³ with t = distance + ½.

    Parameters
    ----------
    distance : array

    Returns
    -------
    array of the same shape
    """
    t = np.clip(distance + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


class Deposit(NamedTuple):
    """A small body of ore: a turned ellipse."""

    row: float
    col: float
    half_length: float
    half_width: float
    angle: float


def deposits(
    shares: tuple[float, ...],
    sizes: tuple[float, ...],
    cell: int,
    shape: tuple[int, int],
    margin: int,
    *,
    seed: int,
    stream: int,
) -> list[list[Deposit]]:
    """Where the deposits of each kind lie in one cell of the sheet.

    Each kind gets as many bodies of about its size as its share of the area asks for, at least one; each body
    goes where, of twelve random places, it is farthest from those before it.

    Parameters
    ----------
    shares : tuple of float
        Share of the cell's area, by kind.
    sizes : tuple of float
        Radius, pixels, by kind.
    cell : int
        Which cell, counted down the sheet.
    shape : (rows, cols)
        Of the cell.
    margin : int
        Columns to keep free at either side.
    seed, stream : int

    Returns
    -------
    list by kind of lists of Deposit
    """
    rng = generator(seed, stream, cell)
    rows, cols = shape
    taken: list[tuple[float, float]] = []
    kinds = []
    for share, size in zip(shares, sizes, strict=True):
        area = share * rows * cols
        count = max(1, round(area / (np.pi * size**2)))
        radius = np.sqrt(area / (np.pi * count))
        bodies = []
        for _ in range(count):
            edge = min(1.5 * radius, 0.4 * rows, 0.4 * (cols - 2 * margin))
            tries = rng.uniform([edge, margin + edge], [rows - edge, cols - margin - edge], (12, 2))
            if taken:
                apart = np.linalg.norm(tries[:, None] - np.array(taken), axis=-1).min(axis=1)
                tries = tries[[apart.argmax()]]
            row, col = tries[0]
            taken.append((row, col))
            stretch = np.sqrt(rng.uniform(1.0, 2.2))
            angle = rng.uniform(0, np.pi)
            bodies.append(Deposit(row + cell * rows, col, radius * stretch, radius / stretch, angle))
        kinds.append(bodies)
    return kinds


def inside(sheet: Sheet, bodies: list[Deposit], edge: float, ragged: np.ndarray) -> np.ndarray:
    """How far each pixel lies within one of the bodies.

    Parameters
    ----------
    sheet : Sheet
    bodies : list of Deposit
    edge : float
        Width of the transition, pixels.
    ragged : (rows, cols) float
        A field of variance 1 that frays the outlines.

    Returns
    -------
    (rows, cols) float64
        0…1, ½ on the outline.
    """
    y, x = sheet.coordinates
    within = np.zeros((len(y), sheet.cols))
    for body in bodies:
        reach = 2 * body.half_length + edge
        if body.row + reach < sheet.rows.start or body.row - reach > sheet.rows.stop:
            continue
        down, right = y - body.row, x - body.col
        along = (np.cos(body.angle) * right + np.sin(body.angle) * down) / body.half_length
        across = (np.cos(body.angle) * down - np.sin(body.angle) * right) / body.half_width
        radius = np.sqrt(along * along + across * across)
        depth = np.where(radius < 2, (1 - radius + 0.2 * ragged) * body.half_width, -edge)
        np.maximum(within, soft_step(depth / edge), out=within)
    return within
