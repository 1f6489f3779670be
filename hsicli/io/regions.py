"""Regions of interest: the classes of a map, or polygons in GeoJSON."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.features import bounds, rasterize
from rasterio.transform import Affine
from rasterio.warp import transform_geom

from hsicli.cube import Grid
from hsicli.errors import InputError
from hsicli.io.georeference import body_of, read_crs
from hsicli.io.labels import read_labels

log = logging.getLogger(__name__)

POLYGONS = {".geojson", ".json"}
KINDS = {"Polygon", "MultiPolygon", "Point", "MultiPoint"}
NAME_KEYS = ("name", "label", "class", "id")
"""Properties that name a region, best first."""


def read_regions(path: Path, shape: tuple[int, int], grid: Grid | None) -> dict[str, np.ndarray]:
    """The regions in a file, by name.

    Coordinates in GeoJSON are those of the map's coordinate system, or of the one that the file declares
    (``crs``), from which they are projected. Where the map has no grid they are pixels: x counts columns, y
    rows, from the outer corner of the first pixel. A pixel belongs to a polygon that holds its centre.
    Regions may overlap; those of one name are one.

    Parameters
    ----------
    path : Path
        ``.geojson``, ``.json``, or a class map as `read_labels` takes it.
    shape : (rows, cols)
        Of the map.
    grid : Grid, optional
        Where its pixels lie.

    Returns
    -------
    dict of (rows, cols) bool
        In the order of the file.

    Raises
    ------
    InputError
        If the file is unreadable, or a region holds no pixel.
    """
    if path.suffix.casefold() not in POLYGONS:
        found = read_labels(path)
        present = np.unique(found.labels)
        return {found.names[label - 1]: found.labels == label for label in present[present > 0].tolist()}
    content = _parsed(path)
    transform = (
        Affine(*grid.transform) if grid is not None and grid.transform is not None else Affine.identity()
    )
    if transform.is_identity:
        log.info("%s: the map has no grid: coordinates taken as columns and rows", path.name)
    source, target = _declared(content, path), read_crs(grid.wkt) if grid is not None else None
    regions: dict[str, np.ndarray] = {}
    for name, geometry in _geometries(content, path):
        place = _projected(geometry, source, target, path)
        inside = rasterize([place], out_shape=shape, transform=transform, dtype="uint8").astype(bool)
        if not inside.any():
            raise InputError(
                f"{path}: region {name} covers no pixel: it reaches over {_box(bounds(place))},"
                f" the map over {_box(_extent(shape, transform))}",
                hint="give its coordinates in the coordinate system of the map, or declare theirs",
            )
        regions[name] = regions[name] | inside if name in regions else inside
    if not regions:
        raise InputError(f"{path}: holds no polygon", hint="draw at least one")
    return regions


def _parsed(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: there is no such file", hint="check the spelling and the current folder"
        ) from error
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: is no GeoJSON ({error})", hint="save the polygons as GeoJSON") from error
    if not isinstance(content, dict) or "type" not in content:
        raise InputError(f"{path}: is JSON, but no GeoJSON", hint="save the polygons as GeoJSON")
    return content


def _geometries(content: dict[str, Any], path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and geometry of each feature."""
    features = content.get("features", [content]) if content["type"] == "FeatureCollection" else [content]
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
        properties = {str(key).casefold(): value for key, value in (feature.get("properties") or {}).items()}
        named = (properties[key] for key in NAME_KEYS if properties.get(key) not in {None, ""})
        name = str(next(named, feature.get("id") or f"region {number}"))
        kind = (geometry or {}).get("type")
        if kind not in KINDS or not geometry.get("coordinates"):
            raise InputError(
                f"{path}: {name} is {f'a {kind}' if kind else 'empty'}, expected a polygon or a point",
                hint="draw it as a polygon",
            )
        yield name, geometry


def _declared(content: dict[str, Any], path: Path) -> CRS | None:
    """The coordinate system that the file names."""
    name = ((content.get("crs") or {}).get("properties") or {}).get("name")
    if not name:
        return None
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise InputError(
            f"{path}: declares the coordinate system {name}, which is not known",
            hint="save it in that of the map",
        ) from error


def _projected(
    geometry: dict[str, Any], source: CRS | None, target: CRS | None, path: Path
) -> dict[str, Any]:
    """The geometry in the coordinate system of the map."""
    if source is None or target is None or source.to_dict() == target.to_dict():
        return geometry
    theirs, ours = (body_of(_radius(crs)) for crs in (source, target))
    if theirs != ours:
        raise InputError(
            f"{path}: its coordinate system is one of {theirs}, that of the map one of {ours}",
            hint="save it in the coordinate system of the map",
        )
    try:
        place: dict[str, Any] = transform_geom(source, target, geometry)
    except (CRSError, RasterioError, ValueError) as error:
        raise InputError(
            f"{path}: its coordinate system cannot be projected to that of the map ({error})",
            hint="save it in the coordinate system of the map",
        ) from error
    return place


def _radius(crs: CRS) -> float:
    shape = crs.to_dict()
    return float(shape.get("R", shape.get("a", 6378137)))


def _extent(shape: tuple[int, int], transform: Affine) -> tuple[float, float, float, float]:
    a, b, c, d, e, f, *_ = transform
    corners = [(col, row) for col in (0, shape[1]) for row in (0, shape[0])]
    xs, ys = [a * col + b * row + c for col, row in corners], [d * col + e * row + f for col, row in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _box(box: tuple[float, ...]) -> str:
    west, south, east, north = box
    return f"x {west:.10g}…{east:.10g}, y {south:.10g}…{north:.10g}"
