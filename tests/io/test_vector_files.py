"""Outlines in files, read by SQLite, by json and, where it is installed, by GDAL's ogrinfo."""

import json
import shutil
import sqlite3
import struct
import subprocess
from contextlib import closing

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.crs import CRS

from hsicli.cube import Grid
from hsicli.errors import InputError
from hsicli.io.outlines import outlines
from hsicli.io.vector_files import write_geojson, write_geopackage
from tests.io.test_outlines import UTM, filled, raster_of
from tests.io.test_warping import mars

IAU = Grid(
    (18.0, 0.0, 4.5e6, 0.0, -18.0, 1.1e6), CRS.from_string("IAU_2015:49910").to_wkt(), "IAU_2015:49910"
)


@pytest.fixture
def labels(rng):
    found = rng.integers(0, 4, (20, 30)).astype(np.uint8)
    found[3:15, 3:20], found[6:9, 6:12] = 1, 0
    return found


def polygon(blob):
    """Number of the system, box and rings of a geometry, by the specification of GeoPackage."""
    magic, version, flags, system = struct.unpack_from("<2sBBi", blob)
    assert (magic, version, flags) == (b"GP", 0, 0b11)
    box = struct.unpack_from("<4d", blob, 8)
    order, kind, count = struct.unpack_from("<BII", blob, 40)
    assert (order, kind) == (1, 3)
    rings, at = [], 49
    for _ in range(count):
        (points,) = struct.unpack_from("<I", blob, at)
        rings.append(np.frombuffer(blob, "<f8", 2 * points, at + 4).reshape(-1, 2))
        at += 4 + 16 * points
    assert at == len(blob)
    return system, box, rings


def ask(path, question):
    with closing(sqlite3.connect(path)) as file:
        return file.execute(question).fetchall()


def ogrinfo(path):
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is not installed")
    return subprocess.run(["ogrinfo", "-al", str(path)], capture_output=True, text=True, check=True).stdout


def test_a_geopackage_holds_every_patch(tmp_path, labels):
    raster = raster_of(labels)
    count = write_geopackage(tmp_path / "a.gpkg", raster)
    rows = ask(
        tmp_path / "a.gpkg", "SELECT geom, class, name, colour, pixels, area_km2 FROM classes ORDER BY fid"
    )
    expected = list(outlines(raster))
    assert count == len(rows) == len(expected)
    for (blob, number, name, colour, pixels, area), one in zip(rows, expected, strict=True):
        system, box, rings = polygon(blob)
        assert (system, number, name, colour, pixels) == (
            32611,
            one.number,
            f"rock {number}",
            None,
            one.pixels,
        )
        assert area == pytest.approx(one.area)
        for ring, other in zip(rings, one.rings, strict=True):
            assert_array_equal(ring, other)
        assert_array_equal(box[::2], rings[0].min(axis=0))
        assert_array_equal(box[1::2], rings[0].max(axis=0))


def test_a_geopackage_says_what_its_standard_asks(tmp_path, labels):
    write_geopackage(tmp_path / "a.gpkg", raster_of(labels))
    path = tmp_path / "a.gpkg"
    assert ask(path, "PRAGMA application_id") == [(0x47504B47,)]
    assert ask(path, "PRAGMA user_version") == [(10300,)]
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert ask(path, "PRAGMA foreign_key_check") == []
    systems = dict(ask(path, "SELECT srs_id, organization FROM gpkg_spatial_ref_sys"))
    assert systems == {-1: "NONE", 0: "NONE", 4326: "EPSG", 32611: "EPSG"}
    ((name, kind, system, *box),) = ask(
        path, "SELECT table_name, data_type, srs_id, min_x, min_y, max_x, max_y FROM gpkg_contents"
    )
    assert (name, kind, system) == ("classes", "features", 32611)
    assert_allclose(box, (4e5, 3.7e6 - 20 * 18, 4e5 + 30 * 18, 3.7e6))
    ((table, column, geometry),) = ask(
        path, "SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns"
    )
    assert (table, column, geometry) == ("classes", "geom", "POLYGON")


@pytest.mark.parametrize(
    ("grid", "number", "organization"),
    [(IAU, 49910, "IAU_2015"), (mars(20.0, 77.0, 18.6), 100000, "NONE"), (None, -1, "NONE")],
)
def test_coordinate_systems_of_mars_are_kept(tmp_path, labels, grid, number, organization):
    write_geopackage(tmp_path / "a.gpkg", raster_of(labels, grid))
    ((found, text),) = ask(
        tmp_path / "a.gpkg",
        "SELECT organization, definition FROM gpkg_spatial_ref_sys JOIN gpkg_contents USING (srs_id)",
    )
    assert ask(tmp_path / "a.gpkg", "SELECT srs_id FROM gpkg_contents") == [(number,)]
    assert found == organization
    if grid is not None:
        ours, theirs = CRS.from_wkt(grid.wkt).to_dict(), CRS.from_wkt(text).to_dict()
        for key in ("proj", "R", "lat_ts", "lon_0"):
            assert ours.get(key, 0) == pytest.approx(theirs.get(key, 0)), key


def test_gdal_reads_a_geopackage_of_mars(tmp_path, labels):
    write_geopackage(tmp_path / "a.gpkg", raster_of(labels, mars(20.0, 77.0, 18.6)))
    text = ogrinfo(tmp_path / "a.gpkg")
    assert f"Feature Count: {len(list(outlines(raster_of(labels))))}" in text
    assert "3393833" in text  # radius of the sphere at 20°
    assert "rock 3" in text
    assert "Warning" not in text


def test_the_same_map_gives_the_same_bytes(tmp_path, labels):
    for name in ("a", "b"):
        write_geopackage(tmp_path / f"{name}.gpkg", raster_of(labels))
        write_geojson(tmp_path / f"{name}.geojson", raster_of(labels))
    for suffix in (".gpkg", ".geojson"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_geojson_of_the_earth_is_in_degrees_and_says_nothing_more(tmp_path, labels):
    degrees = Grid((0.001, 0, 10.0, 0, -0.001, 50.0), CRS.from_epsg(4326).to_wkt(), "EPSG:4326")
    raster = raster_of(labels, degrees)
    count = write_geojson(tmp_path / "a.geojson", raster)
    found = json.loads((tmp_path / "a.geojson").read_text())
    assert "crs" not in found
    assert len(found["features"]) == count
    shapes = [(item["geometry"], item["properties"]["class"]) for item in found["features"]]
    from rasterio.features import rasterize
    from rasterio.transform import Affine

    again = rasterize(shapes, labels.shape, transform=Affine(*degrees.transform), dtype="uint8")
    assert_array_equal(again, labels)
    first = found["features"][0]["properties"]
    assert set(first) == {"class", "name", "colour", "pixels", "area_km2"}


def test_geojson_of_mars_says_that_it_is(tmp_path, labels, caplog):
    caplog.set_level("INFO")
    for grid in (IAU, mars(20.0, 77.0, 18.6)):
        write_geojson(tmp_path / "a.geojson", raster_of(labels, grid))
        found = json.loads((tmp_path / "a.geojson").read_text())
        assert found["crs"]["properties"]["name"] == "urn:ogc:def:crs:IAU:2015:49900"
        assert "degrees on Mars" in caplog.text
    assert "Mars (2015)" in ogrinfo(tmp_path / "a.geojson")


def test_geojson_without_a_place_is_refused(tmp_path, labels):
    with pytest.raises(InputError, match="no georeferencing"):
        write_geojson(tmp_path / "a.geojson", raster_of(labels, None))
    assert list(tmp_path.iterdir()) == []


def test_a_map_without_classes_makes_an_empty_layer(tmp_path):
    empty = raster_of(np.zeros((4, 5), np.uint8))
    assert write_geopackage(tmp_path / "a.gpkg", empty) == 0
    assert write_geojson(tmp_path / "a.geojson", empty) == 0
    assert ask(tmp_path / "a.gpkg", "SELECT count(*) FROM classes") == [(0,)]
    assert json.loads((tmp_path / "a.geojson").read_text())["features"] == []


def test_colours_are_written_as_the_web_writes_them(tmp_path):
    from dataclasses import replace

    raster = replace(raster_of(np.array([[1, 2]], np.uint8)), colours=np.array([[255, 0, 16], [1, 2, 3]]))
    write_geopackage(tmp_path / "a.gpkg", raster)
    assert ask(tmp_path / "a.gpkg", "SELECT colour FROM classes") == [("#ff0010",), ("#010203",)]


def test_filled_outlines_of_a_geopackage_are_the_map(tmp_path, labels):
    write_geopackage(tmp_path / "a.gpkg", raster_of(labels))

    class Read:
        def __init__(self, blob, number):
            self.rings, self.number = polygon(blob)[2], number

    found = [Read(*row) for row in ask(tmp_path / "a.gpkg", "SELECT geom, class FROM classes")]
    assert_array_equal(filled(found, labels.shape, UTM), labels)
