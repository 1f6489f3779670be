"""Classes as outlines: each patch of one class is a polygon along the edges of its pixels, with its holes."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from rasterio.crs import CRS
from rasterio.features import shapes
from rasterio.transform import Affine

from hsicli.cube import Grid
from hsicli.io.georeference import read_crs
from hsicli.io.warping import convert, geographic, metres, wrapped
from hsicli.products.rasters import Raster

BATCH = 1000
"""Patches whose corners are converted together."""


class Outline(NamedTuple):
    """One patch of pixels of one class that touch along their sides."""

    number: int
    """Of its class, from 1."""
    rings: list[np.ndarray]
    """(corners, 2) float64 each, closed: the outer ring anticlockwise, then the holes clockwise."""
    pixels: int
    area: float | None
    """On the ground, km²; None where the map has no place."""


def outlines(raster: Raster, *, degrees: bool = False) -> Iterator[Outline]:
    """The patches of a class map.

    Parameters
    ----------
    raster : Raster
        With classes in its first layer; 0 has no outline.
    degrees : bool
        In degrees east and north on the map's own body; in the coordinates of the map otherwise, or, where it
        has none, in pixels right and up.

    Raises
    ------
    ValueError
        If degrees are wanted of a map without a place.
    """
    crs, affine = place_of(raster.grid)
    if degrees and crs is None:
        raise ValueError("a map without a place has no degrees")
    area_of = _pixel_area(crs, affine)
    found = _patches(raster.data[0])
    while batch := list(itertools.islice(found, BATCH)):
        corners = np.concatenate([ring for _, rings in batch for ring in rings])
        x, y = affine @ (corners[:, 0], corners[:, 1])
        lon, lat = (x, y) if crs is None else convert(crs, geographic(crs), x, y)
        places = np.stack([wrapped(lon, float(lon[0]), 360.0), lat] if degrees else [x, y], axis=1)
        ends = np.cumsum([len(ring) for _, rings in batch for ring in rings])
        cut, north = iter(np.split(places, ends[:-1])), iter(np.split(lat, ends[:-1]))
        for number, rings in batch:
            outer, *holes = (abs(_signed_area(ring)) for ring in rings)
            pixels = round(outer - sum(holes))
            middle, *_ = (float(next(north).mean()) for _ in rings)
            area = None if crs is None else pixels * area_of(middle)
            yield Outline(number, _turned([next(cut) for _ in rings]), pixels, area)


def place_of(grid: Grid | None) -> tuple[CRS | None, Affine]:
    """The coordinate system of a map, and the way from its pixels; without one, pixels right and up."""
    crs = None if grid is None else read_crs(grid.wkt) or read_crs(grid.authority)
    if grid is None or grid.transform is None:
        return None, Affine(1, 0, 0, 0, -1, 0)
    return crs, Affine(*grid.transform)


def _patches(labels: np.ndarray) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Class and rings of every patch, in columns and rows."""
    values = labels if labels.dtype in (np.uint8, np.uint16, np.int16, np.int32) else labels.astype(np.int32)
    for shape, number in shapes(values, mask=values > 0, connectivity=4):
        yield int(number), [np.asarray(ring, dtype=float) for ring in shape["coordinates"]]


def _signed_area(ring: np.ndarray) -> float:
    """Positive if it runs anticlockwise where y goes up."""
    x, y = ring[:, 0], ring[:, 1]
    return float(x[:-1] @ y[1:] - x[1:] @ y[:-1]) / 2


def _turned(rings: list[np.ndarray]) -> list[np.ndarray]:
    """The outer ring anticlockwise, the holes clockwise."""
    outer, *holes = rings
    found = [outer if _signed_area(outer) > 0 else outer[::-1]]
    return found + [hole if _signed_area(hole) < 0 else hole[::-1] for hole in holes]


def _pixel_area(crs: CRS | None, affine: Affine) -> Callable[[float], float]:
    """From a latitude to km² of a pixel there: cylindrical maps are true at their parallel only."""
    if crs is None:
        return lambda _: math.nan
    side = abs(affine.determinant) * metres(crs) ** 2 / 1e6
    shape = crs.to_dict()
    if not crs.is_geographic and shape.get("proj") != "eqc":
        return lambda _: side
    true = math.cos(math.radians(float(shape.get("lat_ts", 0)))) if not crs.is_geographic else 1.0
    return lambda latitude: side * math.cos(math.radians(latitude)) / true
