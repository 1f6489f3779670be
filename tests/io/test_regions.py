"""Regions: polygons on the pixels whose centres they hold."""

import json

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.warp import transform

from hsicli.cube import Grid
from hsicli.errors import InputError
from hsicli.io.maps import write_geotiff
from hsicli.io.regions import read_regions
from hsicli.products.rasters import Raster

SHAPE = (6, 8)
UTM = Grid(
    (10.0, 0.0, 500000.0, 0.0, -10.0, 4000060.0),
    CRS.from_epsg(32611).to_wkt(version="WKT2_2019"),
    "EPSG:32611",
)


def box(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def save(path, *features, crs=None):
    content = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": kind, "coordinates": coordinates},
            }
            for properties, kind, coordinates in features
        ],
    }
    if crs:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(content))
    return path


def test_without_a_grid_coordinates_are_columns_and_rows(tmp_path):
    path = save(tmp_path / "a.geojson", ({"name": "A"}, "Polygon", box(2, 1, 5, 3)))
    ((name, inside),) = read_regions(path, SHAPE, None).items()
    expected = np.zeros(SHAPE, bool)
    expected[1:3, 2:5] = True
    assert name == "A"
    np.testing.assert_array_equal(inside, expected)


def test_with_a_grid_they_are_those_of_the_map(tmp_path):
    path = save(tmp_path / "a.geojson", ({"Name": "A"}, "Polygon", box(500020, 4000030, 500050, 4000050)))
    inside = read_regions(path, SHAPE, UTM)["A"]
    assert np.argwhere(inside).tolist() == [[row, col] for row in (1, 2) for col in (2, 3, 4)]


def test_a_declared_coordinate_system_is_projected(tmp_path):
    xs, ys = transform(
        UTM.wkt, "EPSG:4326", [500020, 500050, 500050, 500020], [4000030, 4000030, 4000050, 4000050]
    )
    ring = [[*zip(xs, ys, strict=True), (xs[0], ys[0])]]
    path = save(tmp_path / "a.geojson", ({"name": "A"}, "Polygon", ring), crs="urn:ogc:def:crs:OGC:1.3:CRS84")
    inside = read_regions(path, SHAPE, UTM)["A"]
    assert np.argwhere(inside).tolist() == [[row, col] for row in (1, 2) for col in (2, 3, 4)]


def test_regions_overlap_and_those_of_one_name_are_one(tmp_path):
    path = save(
        tmp_path / "a.geojson",
        ({"name": "A"}, "Polygon", box(0, 0, 2, 2)),
        ({"class": 7}, "MultiPolygon", [box(1, 1, 3, 3), box(6, 4, 8, 6)]),
        ({"name": "A"}, "Polygon", box(4, 0, 5, 1)),
        ({}, "Point", [7.5, 0.5]),
    )
    regions = read_regions(path, SHAPE, None)
    assert list(regions) == ["A", "7", "region 4"]
    assert [int(inside.sum()) for inside in regions.values()] == [5, 8, 1]
    assert regions["A"][1, 1]
    assert regions["7"][1, 1]
    assert regions["region 4"][0, 7]


def test_the_classes_of_a_map_are_regions(tmp_path):
    labels = np.zeros((1, *SHAPE), np.uint8)
    labels[0, 0, :3], labels[0, 5, :] = 1, 3
    write_geotiff(tmp_path / "a.tif", Raster(labels, ("class",), 0, ("one", "two", "three")))
    regions = read_regions(tmp_path / "a.tif", SHAPE, None)
    assert {name: int(inside.sum()) for name, inside in regions.items()} == {"one": 3, "three": 8}


def test_a_region_beside_the_map_is_refused_with_both_extents(tmp_path):
    path = save(tmp_path / "a.geojson", ({"name": "A"}, "Polygon", box(-117.5, 36.1, -117.4, 36.2)))
    with pytest.raises(
        InputError, match=r"region A covers no pixel: it reaches over x -117\.5…-117\.4.*500080"
    ):
        read_regions(path, SHAPE, UTM)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "no GeoJSON"),
        ("[1]", "no GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "holds no polygon"),
        ('{"type": "LineString", "coordinates": [[0, 0], [1, 1]]}', "a LineString, expected a polygon"),
        ('{"type": "Feature", "geometry": null, "properties": null}', "region 1 is empty"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "X:1"}}}', "X:1"),
    ],
)
def test_what_is_no_region_is_refused(tmp_path, text, message):
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(InputError, match=message):
        read_regions(tmp_path / "a.geojson", SHAPE, None)
    with pytest.raises(InputError, match="no such file"):
        read_regions(tmp_path / "b.geojson", SHAPE, None)


def test_a_polygon_of_earth_on_a_map_of_mars_is_refused(tmp_path):
    mars = Grid(
        (18.0, 0.0, 0.0, 0.0, -18.0, 0.0), CRS.from_string("IAU_2015:49910").to_wkt(), "IAU_2015:49910"
    )
    path = save(tmp_path / "a.geojson", ({"name": "A"}, "Polygon", box(0, -0.001, 0.001, 0)), crs="EPSG:4326")
    with pytest.raises(InputError, match="one of Earth, that of the map one of Mars"):
        read_regions(path, SHAPE, mars)
