"""Map-projected labels: where the pixels lie."""

import math

import pytest
from rasterio.crs import CRS
from rasterio.warp import transform

from hsicli.io.odl import parse_label
from hsicli.io.projection import equirectangular_wkt, label_grid

MTRDR = """
TARGET_NAME = MARS
OBJECT = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE = "EQUIRECTANGULAR"
  A_AXIS_RADIUS = 3393.833260758386 <KILOMETER>
  POSITIVE_LONGITUDE_DIRECTION = EAST
  CENTER_LATITUDE = 20.0 <DEGREE>
  CENTER_LONGITUDE = 0.0 <DEGREE>
  LINE_LAST_PIXEL = 746
  SAMPLE_LAST_PIXEL = 812
  MAP_PROJECTION_ROTATION = 0.0 <DEGREE>
  MAP_RESOLUTION = 3290.7535924
  MINIMUM_LATITUDE = 22.3875790 <DEGREE>
  MAXIMUM_LATITUDE = 22.6139700 <DEGREE>
  WESTERNMOST_LONGITUDE = 74.1272140 <DEGREE>
  EASTERNMOST_LONGITUDE = 74.3894790 <DEGREE>
  LINE_PROJECTION_OFFSET = 74418.0055556 <PIXEL>
  SAMPLE_PROJECTION_OFFSET = -229222.35 <PIXEL>
END_OBJECT = IMAGE_MAP_PROJECTION
"""


def grid_of(text):
    return label_grid(parse_label(text, "a.lbl"))


def degrees(grid, col, row):
    """Longitude and latitude by PROJ, on the sphere of the grid."""
    a, b, c, d, e, f = grid.transform
    crs = CRS.from_wkt(grid.wkt)
    sphere = CRS.from_proj4(f"+proj=longlat +R={crs.to_dict()['R']} +no_defs")
    (lon,), (lat,) = transform(crs, sphere, [a * col + b * row + c], [d * col + e * row + f])
    return lon, lat


def test_the_centres_of_the_outer_pixels_are_the_bounds_of_the_label():
    grid, notes = grid_of(MTRDR)
    assert notes == ()
    assert degrees(grid, 0.5, 0.5) == pytest.approx((74.1272140, 22.6139700), abs=1e-6)
    assert degrees(grid, 811.5, 745.5) == pytest.approx((74.3894790, 22.3875790), abs=1e-6)


def test_pixels_are_square_and_of_the_stated_size():
    grid, _ = grid_of(MTRDR)
    assert grid.transform[0] == pytest.approx(18, abs=1e-6)
    assert grid.transform[4] == -grid.transform[0]
    assert grid.transform[1] == grid.transform[3] == 0


def test_a_local_sphere_has_no_code_and_the_standard_one_has():
    assert grid_of(MTRDR)[0].authority is None
    standard = MTRDR.replace("3393.833260758386", "3396.19").replace("LATITUDE = 20.0", "LATITUDE = 0.0")
    standard = "\n".join(line for line in standard.splitlines() if "IMUM" not in line and "MOST" not in line)
    grid, _ = grid_of(standard)
    assert grid.authority == "IAU_2015:49910"
    assert CRS.from_wkt(grid.wkt).to_dict() == CRS.from_string("IAU_2015:49910").to_dict()


def test_the_projection_is_the_formula_of_the_sphere():
    radius, parallel = 3391159.2284, -30.0
    crs = CRS.from_wkt(equirectangular_wkt("Mars", radius, parallel, 10.0))
    sphere = CRS.from_proj4(f"+proj=longlat +R={radius} +no_defs")
    (x,), (y,) = transform(sphere, crs, [12.0], [-31.0])
    assert x == pytest.approx(radius * math.cos(math.radians(parallel)) * math.radians(2), rel=1e-9)
    assert y == pytest.approx(radius * math.radians(-31), rel=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("EQUIRECTANGULAR", "POLAR STEREOGRAPHIC", "POLAR STEREOGRAPHIC"),
        ("ROTATION = 0.0", "ROTATION = 30.0", "ROTATION"),
        ("DIRECTION = EAST", "DIRECTION = WEST", "westward"),
        ("  MAP_RESOLUTION = 3290.7535924", "", "MAP_RESOLUTION is missing"),
        ("A_AXIS_RADIUS = 3393.833260758386", "A_AXIS_RADIUS = N/A", "A_AXIS_RADIUS"),
        ("OFFSET = -229222.35", "OFFSET = 47360.0", "contradict"),
        ("OFFSET = 74418", "OFFSET = 74410", "contradict"),
    ],
)
def test_what_is_not_understood_is_left_out_and_said(old, new, reason):
    assert old in MTRDR
    grid, (note,) = grid_of(MTRDR.replace(old, new))
    assert grid is None
    assert reason in note


def test_an_image_in_sensor_space_has_no_grid():
    assert grid_of("A = 1") == (None, ())


@pytest.mark.real
def test_a_real_label_gives_its_own_bounds(data_dir):
    text = (data_dir / "crism/mtrdr/frt0001fd76_07_if166j_mtr3.lbl").read_text()
    grid, notes = grid_of(text)
    assert notes == ()
    assert degrees(grid, 0.5, 0.5) == pytest.approx((74.1272140, 22.6139700), abs=1e-6)
    assert degrees(grid, 811.5, 745.5) == pytest.approx((74.3894790, 22.3875790), abs=1e-6)
