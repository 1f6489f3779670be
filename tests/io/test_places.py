"""A grid in words."""

import math

import pytest
from rasterio.crs import CRS

from hsicli.cube import Grid
from hsicli.io.places import describe_grid


def test_mars_is_said_and_its_latitudes_are_its_own() -> None:
    radius = 3393833.2608
    wkt = CRS.from_string(f"+proj=eqc +lat_ts=20 +lon_0=0 +R={radius} +units=m").to_wkt()
    place = describe_grid(Grid((18.0, 0.0, 1e6, 0.0, -18.0, 1e6), wkt), rows=10, cols=20)
    lon, lat = place["corners_lonlat"][0]
    assert place["body"] == "Mars"
    assert place["projection"] == "equirectangular, true to scale at 20°, sphere of 3393833.261 m"
    assert place["pixel"] == (18, 18)
    assert lat == pytest.approx(math.degrees(1e6 / radius))
    assert lon == pytest.approx(math.degrees(1e6 / radius / math.cos(math.radians(20))))
    assert place["corners"][2] == (1e6 + 360, 1e6 - 180)


def test_utm_is_said_in_its_own_words() -> None:
    grid = Grid((2.0, 0.0, 4e5, 0.0, -2.0, 3.7e6), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")
    place = describe_grid(grid, 7, 7)
    assert place["projection"] == "UTM zone 11N, WGS84"
    assert place["body"] == "Earth"
    assert place["corners_lonlat"][0] == pytest.approx((-118.08, 33.43), abs=0.01)


def test_the_rotation_is_said_in_degrees() -> None:
    turn = math.radians(53)
    a, b = 3 * math.cos(turn), 3 * math.sin(turn)
    place = describe_grid(Grid((a, b, 0.0, b, -a, 0.0)), 10, 10)
    assert place["rotation"] == pytest.approx(53)
    assert "body" not in place


def test_a_system_without_a_transform_has_no_corners() -> None:
    assert "corners" not in describe_grid(Grid(wkt=CRS.from_epsg(4326).to_wkt()), 3, 3)
