"""The common grid of several maps: which coordinate system, how fine, from where to where."""

import logging
import math
from collections.abc import Sequence

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from hsicli.cube import Grid
from hsicli.errors import ConfigError, InputError
from hsicli.io.georeference import authority_of, body_of, read_crs
from hsicli.io.places import describe_grid
from hsicli.io.projection import EQUIRECTANGULAR, MARS_RADIUS, equirectangular_wkt
from hsicli.io.warping import (
    Frame,
    Place,
    Window,
    convert,
    geographic,
    metres,
    period,
    radius_of,
    wrapped,
)

log = logging.getLogger(__name__)

MOST_CELLS = 2_000_000_000
"""A larger grid is a mistake: maps of two places far apart, or too fine a pixel."""

PARALLEL_STEP = 5
"""Degrees: standard parallels are chosen in such steps, as CRISM's own are."""

ROUNDING = 1e-6
"""Of a cell: what a boundary may be off without a cell more."""

Box = tuple[float, float, float, float]
"""West, south, east, north."""


def common_frame(
    places: Sequence[Place],
    *,
    crs: str | None = None,
    parallel: float | None = None,
    pixel: float | None = None,
    extent: Box | None = None,
) -> Frame:
    """The grid that holds several maps.

    Parameters
    ----------
    places : sequence of Place
        Of the maps, the first one first.
    crs : str, optional
        Code or WKT of its coordinate system. Unless given: the one that all maps share; for maps of Mars
        that differ, equirectangular on the sphere of 3 396 190 m; else that of the first map.
    parallel : float, optional
        Standard parallel of an equirectangular grid of Mars, degrees; unless given, the mean latitude of the
        maps in steps of 5°.
    pixel : float, optional
        Metres; the finest of the maps' unless given.
    extent : (west, south, east, north), optional
        Degrees; all of the maps unless given.

    Raises
    ------
    InputError
        If the maps are of different bodies, or lie too far apart.
    ConfigError
        If what was asked for makes no grid.
    """
    _check_bodies(places)
    wkt, authority = _common_system(places, crs, parallel)
    system = read_crs(wkt)
    if system is None:
        raise ConfigError(f"--crs {crs}: cannot be used for a map", hint="give a projected system")
    length = min(place.pixel for place in places) if pixel is None else pixel
    if not 0 < length < math.inf:
        raise ConfigError(f"--pixel {length:g}: expected a length in metres", hint="write, say, --pixel 18")
    side = length / metres(system)
    boxes = [map_bounds(place, system) for place in places]
    boxes = [_near(box, boxes[0], period(system)) for box in boxes]
    box = _union(boxes)
    if extent is not None:
        box = _near(_box_of_degrees(extent, system), box, period(system))
    left, top = _origin(places, system, side)
    west, north = _down((box[0] - left) / side), _down((top - box[3]) / side)
    cols, rows = -_down((left - box[2]) / side) - west, -_down((box[1] - top) / side) - north
    if rows * cols > MOST_CELLS:
        raise InputError(
            f"the grid of all maps would have {rows} × {cols} cells of {length:g} m",
            hint="take larger pixels, a smaller extent, or maps that lie together",
        )
    grid = Grid((side, 0.0, left + west * side, 0.0, -side, top - north * side), wkt, authority)
    words = describe_grid(grid, rows, cols)
    log.info("grid: %d × %d cells of %.6g m, %s", rows, cols, length, authority or words["projection"])
    return Frame(grid, rows, cols)


def map_bounds(place: Place, system: CRS) -> Box:
    """The ends of a map in a coordinate system, in its units.

    Raises
    ------
    InputError
        If no part of the map has a place in the system.
    """
    margin = 0.0
    if place.planes is not None:
        latitude, longitude = place.planes
        known = np.isfinite(latitude) & np.isfinite(longitude)
        y, x = latitude[known].astype(float), longitude[known].astype(float)
        x = wrapped(x, float(np.median(x)), 360.0)
        margin = place.pixel / metres(system) / 2
    else:
        rows, cols = place.shape
        x, y = Affine(*place.grid.transform) @ tuple(_outline(0, 0, cols, rows))  # type: ignore[union-attr, misc]
    box = _box(*convert(place.crs, system, x, y), period(system))
    if not all(map(math.isfinite, box)):
        raise InputError(f"{place.where}: lies outside of the grid's system", hint="give another --crs")
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def area_of(frame: Frame, place: Place) -> Window:
    """The window of a grid that a map may have pixels in; empty where it lies elsewhere."""
    system = read_crs(frame.grid.wkt)
    if system is None or frame.grid.transform is None:
        raise ValueError("a frame has a coordinate system and a transform")
    side, _, left, _, _, top = frame.grid.transform
    whole = left, top - frame.rows * side, left + frame.cols * side, top
    west, south, east, north = _near(map_bounds(place, system), whole, period(system))
    rows = slice(max(0, _down((top - north) / side) - 1), min(frame.rows, -_down((south - top) / side) + 1))
    cols = slice(max(0, _down((west - left) / side) - 1), min(frame.cols, -_down((left - east) / side) + 1))
    return rows, cols


def _outline(west: float, south: float, east: float, north: float) -> np.ndarray:
    """(2, n): x and y along the sides of a box."""
    along, zero = np.linspace(0, 1, 33), np.zeros(33)
    x = np.concatenate([along, along, zero, zero + 1])
    y = np.concatenate([zero, zero + 1, along, along])
    return np.stack([west + (east - west) * x, south + (north - south) * y])


def _box(x: np.ndarray, y: np.ndarray, turn: float) -> Box:
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return math.nan, math.nan, math.nan, math.nan
    x, y = x[known], y[known]
    x = wrapped(x, float(x[0]), turn)
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _near(box: Box, other: Box, turn: float) -> Box:
    """The box by whole turns nearer to another one."""
    middle = np.array([(box[0] + box[2]) / 2])
    shift = float(wrapped(middle, (other[0] + other[2]) / 2, turn)[0] - middle[0])
    return box[0] + shift, box[1], box[2] + shift, box[3]


def _union(boxes: Sequence[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _box_of_degrees(extent: Box, system: CRS) -> Box:
    west, south, east, north = extent
    if not (west < east <= west + 360 and -90 <= south < north <= 90):
        raise ConfigError(
            f"--extent {','.join(f'{end:g}' for end in extent)}: expected west < east, south < north",
            hint="write, for example, --extent 77.0,18.0,78.0,19.0",
        )
    x, y = convert(geographic(system), system, *_outline(*extent))
    box = _box(wrapped(x, float(np.nanmedian(x)), period(system)), y, math.nan)
    if not all(map(math.isfinite, box)):
        raise ConfigError("--extent lies outside of the grid's system", hint="give degrees east and north")
    return box


def _down(cells: float) -> int:
    return math.floor(cells + ROUNDING)


def _origin(places: Sequence[Place], system: CRS, side: float) -> tuple[float, float]:
    """A corner that all cells share: of the first map that has the grid already, else of the system."""
    for place in places:
        if place.grid is None or place.grid.transform is None or not _same(place.crs, system):
            continue
        a, b, x, d, e, y = place.grid.transform
        if b == d == 0 and math.isclose(a, side) and math.isclose(-e, side):
            return x, y
    return 0.0, 0.0


def _common_system(
    places: Sequence[Place], crs: str | None, parallel: float | None
) -> tuple[str, str | None]:
    """WKT and code of the grid's coordinate system."""
    first = places[0]
    body = body_of(radius_of(first.crs))
    if crs is not None:
        return _given_system(crs, parallel, body)
    if parallel is not None and body != "Mars":
        raise ConfigError(f"--parallel is for maps of Mars; these are of {body}", hint="give --crs instead")
    if parallel is not None and not -90 < parallel < 90:
        raise ConfigError(f"--parallel {parallel:g}: is no latitude", hint="give degrees between -85 and 85")
    alike = all(_same(place.crs, first.crs) for place in places) and first.grid is not None
    if parallel is None and first.grid is not None and (alike or body != "Mars"):
        return first.grid.wkt or first.crs.to_wkt(version="WKT2_2019"), first.grid.authority
    if parallel is None:
        middle = float(np.mean([_middle_latitude(place) for place in places]))
        parallel = float(PARALLEL_STEP * round(middle / PARALLEL_STEP))
    wkt = equirectangular_wkt("Mars", MARS_RADIUS, parallel, 0.0)
    return wkt, EQUIRECTANGULAR if parallel == 0 else None


def _given_system(crs: str, parallel: float | None, body: str) -> tuple[str, str | None]:
    if parallel is not None:
        raise ConfigError("--crs and --parallel both name a system", hint="give one of them")
    system = read_crs(crs)
    if system is None:
        raise ConfigError(
            f"--crs {crs}: is no coordinate system", hint="write a code such as EPSG:32611 or IAU_2015:49910"
        )
    if body_of(radius_of(system)) != body:
        raise ConfigError(
            f"--crs {crs}: is of {body_of(radius_of(system))}, the maps are of {body}",
            hint="give a system of the same body",
        )
    return system.to_wkt(version="WKT2_2019"), authority_of(system)


def _check_bodies(places: Sequence[Place]) -> None:
    """Refuse maps that share no latitudes: of two bodies, or of a sphere and an ellipsoid of Mars."""
    first = places[0]
    for place in places:
        own, other = (body_of(radius_of(each.crs)) for each in (place, first))
        if own != other:
            raise InputError(
                f"{place.where}: is a map of {own}, {first.where} one of {other}",
                hint="give maps of one body",
            )
        if (
            own != "Earth"
            and not _same(place.crs, first.crs)
            and not all("R" in each.crs.to_dict() for each in (place, first))
        ):
            raise InputError(
                f"{place.where}: lies on an ellipsoid, and not every map does: their latitudes differ",
                hint="warp it to a sphere first (gdalwarp -t_srs IAU_2015:49910)",
            )


def _same(one: CRS, other: CRS) -> bool:
    """Whether two systems say the same in numbers, whatever they are called."""
    ours, theirs = one.to_dict(), other.to_dict()
    keys = (ours.keys() | theirs.keys()) - {"no_defs", "type"}

    def agree(a: object, b: object) -> bool:
        if isinstance(a, int | float) and isinstance(b, int | float):
            return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        return a == b

    return all(agree(ours.get(key, 0), theirs.get(key, 0)) for key in keys)


def _middle_latitude(place: Place) -> float:
    if place.planes is not None:
        return float(np.nanmedian(place.planes[0]))
    rows, cols = place.shape
    x, y = Affine(*place.grid.transform) @ (cols / 2, rows / 2)  # type: ignore[union-attr, misc]
    return float(convert(place.crs, geographic(place.crs), np.array([x]), np.array([y]))[1][0])
