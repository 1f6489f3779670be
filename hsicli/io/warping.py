"""From the cells of a grid to the pixels of a map: coordinate systems of one body, and places in them.

Maps of Mars lie on spheres of different radius where their standard parallels differ. What they share is
latitude and longitude: a cell becomes a place, and the place a pixel of each map.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from rasterio import Env
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.transform import Affine
from rasterio.warp import transform

from hsicli.cube import Grid
from hsicli.errors import InputError
from hsicli.io.georeference import read_crs
from hsicli.io.projection import MARS_RADIUS

NODES = 9
"""Cells along a side of a window whose place is computed; the rest are interpolated, if that is exact."""

EXACT = 0.01
"""Pixels of a map by which an interpolated place may be off."""

ROUNDING = 1e-4
"""Parts of that, which are rounding."""

EARTH_RADIUS = 6_378_137.0
"""Of the equator, metres; what a datum that names no radius means."""

Finder = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From latitudes and longitudes, degrees, to flat indices of pixels, −1 for none."""

Rule = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From coordinates in one system to those in another."""

Window = tuple[slice, slice]
"""Rows and columns of a grid."""


class Frame(NamedTuple):
    """A grid of so many cells, north up."""

    grid: Grid
    rows: int
    cols: int


@dataclass(frozen=True, eq=False)
class Place:
    """Where the pixels of one map lie.

    Attributes
    ----------
    where : str
        The file, for what must be said about it.
    crs : CRS
        Of its grid; latitude and longitude on a sphere where it has none.
    shape : (rows, cols)
    pixel : float
        Length of the shorter side of a pixel on the ground, metres.
    grid : Grid, optional
        With its transform.
    planes : (latitude, longitude), optional
        (rows, cols) degrees each, where there is no grid.
    find : function, optional
        The way back from these planes.
    """

    where: str
    crs: CRS
    shape: tuple[int, int]
    pixel: float
    grid: Grid | None = None
    planes: tuple[np.ndarray, np.ndarray] | None = None
    find: Finder | None = None


def grid_place(where: str, grid: Grid, shape: tuple[int, int]) -> Place:
    """The place of a map that has a grid.

    Raises
    ------
    InputError
        If the grid has no coordinate system that can be read, or no transform.
    """
    crs = read_crs(grid.wkt) or read_crs(grid.authority)
    if crs is None or grid.transform is None:
        what = "coordinate system that can be read" if crs is None else "corner and pixel size"
        raise InputError(
            f"{where}: its georeferencing has no {what}",
            hint="write it into the file (gdal_edit.py -a_srs), or name its DDR with --geometry",
        )
    a, b, _, d, e, _ = grid.transform
    return Place(where, crs, shape, min(math.hypot(a, d), math.hypot(b, e)) * metres(crs), grid)


def sensor_place(
    where: str, planes: tuple[np.ndarray, np.ndarray], find: Finder, steps: tuple[float, float]
) -> Place:
    """The place of a map of Mars in sensor space: a latitude and a longitude a pixel.

    Parameters
    ----------
    where : str
    planes : (latitude, longitude)
        (rows, cols) float each, degrees.
    find : function
        From places to pixels; see `Finder`.
    steps : (float, float)
        Usual distance of neighbours along rows and columns, radians. The shorter one is the size of a pixel,
        in two digits.
    """
    pixel = float(f"{min(steps) * MARS_RADIUS:.1e}")
    rows, cols = planes[0].shape
    return Place(where, sphere(MARS_RADIUS), (rows, cols), pixel, planes=planes, find=find)


def pixels_under(frame: Frame, window: Window, place: Place) -> tuple[np.ndarray, np.ndarray]:
    """The pixel of a map under the centre of each cell of a window.

    Returns
    -------
    rows, cols : (rows, cols) int64, or (rows, 1) and (1, cols) where one does not depend on the other
        Of the pixels; −1 in either where there is none.
    """
    own, (height, width) = _system(frame.grid.wkt), place.shape
    if place.find is not None:

        def degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            x, y = convert(own, place.crs, x, y)
            return wrapped(x, float(x[len(x) // 2, x.shape[1] // 2]), 360.0), y

        x, y = _mapped(frame, window, degrees, EXACT * place.pixel / metres(place.crs))
        found = place.find(*np.broadcast_arrays(y, x))
        return np.where(found < 0, -1, found // width), np.where(found < 0, -1, found % width)
    affine = Affine(*place.grid.transform)  # type: ignore[union-attr, misc]
    middle, turn = (affine @ (width / 2, height / 2))[0], period(place.crs)

    def pixels(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = convert(own, place.crs, x, y)
        col, row = ~affine @ (wrapped(x, middle, turn), y)
        return col, row

    col, row = _mapped(frame, window, pixels, EXACT)
    return _whole(row, height), _whole(col, width)


def _whole(at: np.ndarray, count: int) -> np.ndarray:
    """The number of the pixel that a coordinate lies in; −1 outside, and for NaN."""
    return np.where((at >= 0) & (at < count), np.nan_to_num(at, nan=-1.0), -1).astype(np.int64)


def _mapped(frame: Frame, window: Window, rule: Rule, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a rule puts the centres of cells: x and y of the shape of the window, or (1, cols), (rows, 1)."""

    def places(at_rows: np.ndarray, at_cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = Affine(*frame.grid.transform) @ tuple(np.meshgrid(at_cols, at_rows))  # type: ignore[misc]
        return rule(x, y)

    all_rows, all_cols = (np.arange(part.start, part.stop) + 0.5 for part in window)
    if min(len(all_rows), len(all_cols)) <= 2 * NODES:
        return places(all_rows, all_cols)
    net = places(*(np.linspace(every[0], every[-1], 2 * NODES - 1) for every in (all_rows, all_cols)))
    off = max(float(np.abs(_between(values[::2, ::2], values.shape) - values).max()) for values in net)
    if not off <= tolerance:  # NaN too
        return places(all_rows, all_cols)
    (x, y), (rows, cols) = net, (len(all_rows), len(all_cols))
    if max(float(np.ptp(x, axis=0).max()), float(np.ptp(y, axis=1).max())) <= ROUNDING * tolerance:
        return _between(x[:1], (1, cols)), _between(y[:, :1], (rows, 1))
    return _between(x, (rows, cols)), _between(y, (rows, cols))


def _between(nodes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Linear interpolation from even nodes to so many even places between the same ends, along both axes.

    By steps, not as a matrix product: threads of a BLAS wait for each other longer than this takes.
    """
    values = nodes
    for count in shape:  # along the first axis, which then becomes the last
        at = np.linspace(0, len(values) - 1, count)
        low = np.clip(at.astype(np.intp), 0, max(len(values) - 2, 0))
        part = (at - low)[:, None]
        values = (values[low] * (1 - part) + values[np.minimum(low + 1, len(values) - 1)] * part).T
    return values


@functools.lru_cache(maxsize=8)
def _system(wkt: str | None) -> CRS:
    crs = read_crs(wkt)
    if crs is None:
        raise ValueError("a frame has a coordinate system")
    return crs


def convert(source: CRS, target: CRS, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates in another system of the same body; NaN where it has no such place.

    On a sphere of another radius a place keeps its latitude and longitude.

    Raises
    ------
    InputError
        If there is no way from one to the other.
    """
    if source == target:
        return np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    try:
        with Env():
            ends = transform(source, target, np.ravel(x), np.ravel(y))
    except (CRSError, RasterioError, CPLE_BaseError) as error:
        raise InputError(
            f"there is no way from {source.to_string()[:60]} to {target.to_string()[:60]}",
            hint="give maps of one body, or another --crs",
        ) from error
    there = [np.asarray(end, dtype=np.float64).reshape(np.shape(x)) for end in ends]
    for values in there:
        values[~np.isfinite(values)] = np.nan
    return there[0], there[1]


def sphere(radius: float) -> CRS:
    """Latitude and longitude on a sphere."""
    return CRS.from_dict({"proj": "longlat", "R": radius, "no_defs": True})


def geographic(crs: CRS) -> CRS:
    """Latitude and longitude on the same body."""
    shape = crs.to_dict()
    own: dict[str, Any] = {key: shape[key] for key in ("R", "a", "b", "rf", "datum", "ellps") if key in shape}
    return CRS.from_dict({"proj": "longlat", **(own or {"datum": "WGS84"}), "no_defs": True})


def radius_of(crs: CRS) -> float:
    """Of the equator, metres."""
    shape = crs.to_dict()
    return float(shape.get("R", shape.get("a", EARTH_RADIUS)))


def metres(crs: CRS) -> float:
    """Length of one unit of the coordinates, metres; of a degree of latitude."""
    return math.radians(radius_of(crs)) if crs.is_geographic else float(crs.linear_units_factor[1])


def period(crs: CRS) -> float:
    """The x after which a cylindrical map begins again; NaN for any other."""
    shape = crs.to_dict()
    if crs.is_geographic:
        return 360.0
    if shape.get("proj") != "eqc":
        return math.nan
    around = 2 * math.pi * radius_of(crs) * math.cos(math.radians(float(shape.get("lat_ts", 0))))
    return around / metres(crs)


def wrapped(x: np.ndarray, centre: float, turn: float) -> np.ndarray:
    """The same places, within half a turn of the centre; unchanged where the turn is NaN."""
    if math.isnan(turn) or math.isnan(centre):
        return x
    around: np.ndarray = x + turn * np.round((centre - x) / turn)
    return around


def pixel_index(frame: Frame, place: Place, rows: int = 256) -> np.ndarray:
    """(rows, cols) int64: for every cell of a frame the flat index of the pixel under it, −1 for none.

    Parameters
    ----------
    frame : Frame
    place : Place
    rows : int
        Rows at a time, for memory's sake.
    """
    index = np.full((frame.rows, frame.cols), -1, dtype=np.int64)
    for first in range(0, frame.rows, rows):
        part = slice(first, min(first + rows, frame.rows))
        row, col = pixels_under(frame, (part, slice(0, frame.cols)), place)
        index[part] = np.where((row < 0) | (col < 0), -1, row * place.shape[1] + col)
    return index
