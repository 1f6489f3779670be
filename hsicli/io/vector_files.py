"""Outlines of classes in files: GeoPackage, which knows every body, and GeoJSON, which knows the Earth.

A GeoPackage is an SQLite file; the standard library writes it. GeoJSON (RFC 7946) has no coordinates but
longitude and latitude on WGS 84. Of another body they are longitude and latitude on its sphere, and the file
says so as the older GeoJSON (2008) did, in a member ``crs``, which GDAL and QGIS still read.
"""

import json
import logging
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from rasterio.crs import CRS

from hsicli.errors import InputError
from hsicli.io.files import no_room, replacing
from hsicli.io.georeference import authority_of, body_of
from hsicli.io.outlines import Outline, outlines, place_of
from hsicli.io.warping import geographic, radius_of
from hsicli.products.rasters import Raster

log = logging.getLogger(__name__)

TABLE = "classes"
"""The one layer of a GeoPackage."""

OWN_SYSTEM = 100_000
"""Number of a coordinate system that has no code."""

WHEN = "1970-01-01T00:00:00.000Z"
"""A GeoPackage must say when it was changed; a product that is made again must be the same."""

MARS_DEGREES = "IAU_2015:49900"
"""Planetocentric degrees on a sphere."""

DIGITS = 7
"""Of a degree: a centimetre."""

_SCHEMA = f"""
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
  description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,
  identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL,
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys(srs_id),
  z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name), UNIQUE (table_name));
CREATE TABLE {TABLE} (fid INTEGER PRIMARY KEY NOT NULL, geom POLYGON NOT NULL, class INTEGER NOT NULL,
  name TEXT NOT NULL, colour TEXT, pixels INTEGER NOT NULL, area_km2 REAL);
"""


def write_geopackage(path: Path, raster: Raster) -> int:
    """Write the outlines of a class map as a GeoPackage, in the coordinates of the map.

    Parameters
    ----------
    path : Path
        Anything there is replaced, whole or not at all.
    raster : Raster
        Without a place its outlines are in pixels, of no coordinate system.

    Returns
    -------
    int
        How many patches there are.
    """
    crs, _ = place_of(raster.grid)
    number, system = _system(crs, raster.grid.authority if raster.grid is not None else None)
    box = [np.inf, np.inf, -np.inf, -np.inf]

    def rows() -> Iterator[tuple[object, ...]]:
        for one in outlines(raster):
            outer = one.rings[0]
            low, high = outer.min(axis=0), outer.max(axis=0)
            box[:2], box[2:] = np.minimum(box[:2], low), np.maximum(box[2:], high)
            area = None if one.area is None else round(one.area, 9)
            name, colour = _look(raster, one.number)
            yield _geometry(one.rings, number), one.number, name, colour, one.pixels, area

    with replacing(path) as partial:
        partial.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(partial, isolation_level=None)) as file:
                count = _fill(file, rows(), box, number, system)
        except sqlite3.OperationalError as error:
            if "full" in str(error) or "I/O" in str(error):
                raise no_room(path.parent) from error
            raise
    return count


def _fill(
    file: sqlite3.Connection,
    rows: Iterable[tuple[object, ...]],
    box: list[float],
    number: int,
    system: tuple[str, str, int, str] | None,
) -> int:
    """All tables of a GeoPackage; the box is known when the rows have been walked."""
    file.execute("PRAGMA journal_mode = OFF")  # the file takes its place when it is whole
    file.execute("PRAGMA synchronous = OFF")
    file.execute(f"PRAGMA application_id = {int.from_bytes(b'GPKG')}")
    file.execute("PRAGMA user_version = 10300")
    file.executescript(_SCHEMA)
    earth = CRS.from_epsg(4326).to_wkt(version="WKT1_GDAL")
    systems = {
        -1: ("Undefined cartesian", "NONE", -1, "undefined"),
        0: ("Undefined geographic", "NONE", 0, "undefined"),
        4326: ("WGS 84 geodetic", "EPSG", 4326, earth),
    }
    if system is not None:
        systems.setdefault(number, system)
    file.execute("BEGIN")
    for key, (name, organization, code, text) in systems.items():
        values = (name, key, organization, code, text)
        file.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)", values)
    insert = f"INSERT INTO {TABLE} (geom, class, name, colour, pixels, area_km2) VALUES (?, ?, ?, ?, ?, ?)"
    count = file.executemany(insert, rows).rowcount
    extent = box if count > 0 else [None] * 4
    file.execute(
        "INSERT INTO gpkg_contents VALUES (?, 'features', ?, '', ?, ?, ?, ?, ?, ?)",
        (TABLE, TABLE, WHEN, *extent, number),
    )
    file.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', ?, 0, 0)", (TABLE, number))
    file.execute("COMMIT")
    return max(count, 0)


def _system(crs: CRS | None, authority: str | None) -> tuple[int, tuple[str, str, int, str] | None]:
    """Number of a coordinate system in the file, and name, organization, code and WKT of it."""
    if crs is None:
        return -1, None
    wkt = crs.to_wkt(version="WKT1_GDAL")
    name = wkt.split('"')[1]
    organization, _, code = (authority or authority_of(crs) or "").partition(":")
    if not code.isdigit():
        return OWN_SYSTEM, (name, "NONE", OWN_SYSTEM, wkt)
    return int(code), (name, organization, int(code), wkt)


def _geometry(rings: list[np.ndarray], system: int) -> bytes:
    """A polygon as GeoPackage keeps it: a header with its box, then well-known binary, little end first."""
    (west, south), (east, north) = rings[0].min(axis=0), rings[0].max(axis=0)
    head = struct.pack("<2sBBi4d", b"GP", 0, 0b11, system, west, east, south, north)
    body = b"".join(struct.pack("<I", len(ring)) + ring.astype("<f8").tobytes() for ring in rings)
    return head + struct.pack("<BII", 1, 3, len(rings)) + body


def write_geojson(path: Path, raster: Raster) -> int:
    """Write the outlines of a class map as GeoJSON, in degrees east and north.

    Parameters
    ----------
    path : Path
        Anything there is replaced, whole or not at all.
    raster : Raster

    Returns
    -------
    int
        How many patches there are.

    Raises
    ------
    InputError
        If the map has no place.
    """
    crs, _ = place_of(raster.grid)
    if crs is None:
        raise InputError(
            "the map has no georeferencing, and GeoJSON has no coordinates but degrees",
            hint="give --project and its DDR, or write a .gpkg, which takes pixels",
        )
    head = {"type": "FeatureCollection", **_declared(crs)}
    count = 0
    with replacing(path) as partial, partial.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        for count, one in enumerate(outlines(raster, degrees=True), start=1):
            file.write((",\n" if count > 1 else "\n") + json.dumps(_feature(one, raster), ensure_ascii=False))
        file.write("\n]}\n")
    return count


def _declared(crs: CRS) -> dict[str, object]:
    """What the file says of a body that is not the Earth."""
    body = body_of(radius_of(crs))
    if body == "Earth":
        return {}
    sphere = body == "Mars" and "R" in crs.to_dict()  # whatever its radius, it has the same degrees
    code = MARS_DEGREES if sphere else authority_of(geographic(crs))
    if code is None:
        raise InputError(
            f"there is no code for degrees on {body}, and GeoJSON needs one", hint="write a .gpkg"
        )
    log.info("by its standard GeoJSON is of the Earth; these are degrees on %s, and a .gpkg can say so", body)
    name = "urn:ogc:def:crs:" + code.replace("IAU_2015:", "IAU:2015:")
    return {"crs": {"type": "name", "properties": {"name": name}}}


def _feature(one: Outline, raster: Raster) -> dict[str, object]:
    name, colour = _look(raster, one.number)
    properties = {"class": one.number, "name": name, "colour": colour, "pixels": one.pixels}
    if one.area is not None:
        properties["area_km2"] = round(one.area, 9)
    rings = [np.round(ring, DIGITS).tolist() for ring in one.rings]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": rings},
    }


def _look(raster: Raster, number: int) -> tuple[str, str | None]:
    """Name and colour of a class."""
    names, colours = raster.class_names, raster.colours
    name = names[number - 1] if number <= len(names) else f"class {number}"
    if colours is None or number > len(colours):
        return name, None
    return name, "#" + bytes(int(value) for value in colours[number - 1]).hex()
