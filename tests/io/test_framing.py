"""The common grid of several maps."""

import numpy as np
import pytest
from rasterio.crs import CRS

from hsicli.cube import Grid
from hsicli.errors import ConfigError, InputError
from hsicli.io.framing import area_of, common_frame, map_bounds
from hsicli.io.projection import EQUIRECTANGULAR, MARS_RADIUS
from hsicli.io.warping import grid_place, sensor_place, sphere
from tests.io.test_warping import centres, mars

IAU = Grid(
    (18.0, 0.0, 4126007.0, 0.0, -18.0, 1339501.0), CRS.from_string(EQUIRECTANGULAR).to_wkt(), EQUIRECTANGULAR
)
UTM = Grid((15.0, 0.0, 500000.0, 0.0, -15.0, 4000000.0), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")


def test_one_map_keeps_its_grid_and_its_code():
    frame = common_frame([grid_place("a", IAU, (30, 40))])
    assert frame == (IAU, 30, 40)


def test_maps_of_one_system_share_the_cells_of_the_first():
    shifted = Grid((18.0, 0.0, 4126007.0 + 18 * 35 + 5, 0.0, -18.0, 1339501.0 + 180), IAU.wkt, IAU.authority)
    frame = common_frame([grid_place("a", IAU, (30, 40)), grid_place("b", shifted, (20, 20))])
    assert frame.grid.transform == (18.0, 0.0, 4126007.0, 0.0, -18.0, 1339501.0 + 180)
    assert (frame.rows, frame.cols) == (40, 56)
    assert frame.grid.authority == EQUIRECTANGULAR


def test_two_parallels_meet_on_the_sphere_of_iau_at_the_mean_in_steps_of_five():
    places = [
        grid_place("a", mars(15.0, 77.0, 17.2), (100, 100)),
        grid_place("b", mars(20.0, 77.0, 18.6, 36.0), (100, 100)),
    ]
    frame = common_frame(places)
    shape = CRS.from_wkt(frame.grid.wkt).to_dict()
    assert (shape["proj"], shape["R"], shape["lat_ts"]) == ("eqc", MARS_RADIUS, 20)
    assert frame.grid.transform[0] == 18.0
    assert frame.grid.authority is None
    north, east = centres(frame.grid, np.array([0, frame.rows - 1]), np.array([0, frame.cols - 1]))
    step = 1.1 * np.degrees(18 / MARS_RADIUS)
    assert north[0] == pytest.approx(18.6, abs=step)
    assert east[0] == pytest.approx(77.0, abs=step)


@pytest.mark.parametrize(("parallel", "code"), [(0.0, EQUIRECTANGULAR), (30.0, None)])
def test_a_parallel_that_is_given_is_taken_and_has_a_code_where_iau_has(parallel, code):
    frame = common_frame([grid_place("a", mars(15.0, 77.0, 17.2), (100, 100))], parallel=parallel)
    assert CRS.from_wkt(frame.grid.wkt).to_dict()["lat_ts"] == parallel
    assert frame.grid.authority == code


def test_a_system_that_is_given_is_taken():
    frame = common_frame([grid_place("a", IAU, (30, 40))], crs="IAU_2015:49900", pixel=18.0)
    assert frame.grid.authority == "IAU_2015:49900"
    assert frame.grid.transform[0] == pytest.approx(np.degrees(18.0 / MARS_RADIUS))
    other = common_frame([grid_place("a", UTM, (30, 40))], crs="EPSG:32612")
    assert other.grid.authority == "EPSG:32612"


def test_the_first_map_of_the_earth_decides():
    other = Grid((15.0, 0.0, 220000.0, 0.0, -15.0, 4000000.0), CRS.from_epsg(32612).to_wkt(), "EPSG:32612")
    frame = common_frame([grid_place("a", UTM, (30, 40)), grid_place("b", other, (30, 40))])
    assert frame.grid.authority == "EPSG:32611"
    assert frame.cols > 10000  # 32612 at 220 km lies more than two degrees to the east


def test_an_extent_in_degrees_is_covered_and_no_more():
    frame = common_frame(
        [grid_place("a", mars(20.0, 77.0, 18.6), (480, 320))], extent=(77.05, 18.5, 77.1, 18.55), pixel=20.0
    )
    north, east = centres(frame.grid, np.array([0, frame.rows - 1]), np.array([0, frame.cols - 1]))
    step = np.degrees(20.0 / 3393833)
    np.testing.assert_allclose(north, [18.55, 18.5], atol=1.1 * step)
    np.testing.assert_allclose(east, [77.05, 77.1], atol=1.2 * step)


def test_maps_on_both_sides_of_the_180th_meridian_lie_together():
    east, west = mars(0.0, 179.9, 0.1, 100.0), mars(0.0, -179.9, 0.1, 100.0)
    places = [grid_place("a", east, (50, 50)), grid_place("b", west, (50, 50))]
    frame = common_frame(places)
    assert frame.cols < 300
    assert [part.start > 50 for part in (area_of(frame, places[0])[1], area_of(frame, places[1])[1])] == [
        False,
        True,
    ]


def test_the_part_of_the_grid_that_a_map_covers():
    places = [
        grid_place("a", IAU, (30, 40)),
        grid_place("b", Grid((18.0, 0.0, 4126007.0 + 1800, 0.0, -18.0, 1339501.0 - 900), IAU.wkt), (10, 20)),
    ]
    rows, cols = area_of(common_frame(places), places[1])
    assert (rows.start, rows.stop, cols.start, cols.stop) == (
        49,
        60,
        99,
        120,
    )  # one cell more where there is room


def test_a_map_in_sensor_space_is_measured_by_its_planes():
    latitude = np.array([[10.0, 10.0], [9.99, np.nan]])
    longitude = np.array([[-180.0, 179.99], [-180.0, 179.99]])
    place = sensor_place("a", (latitude, longitude), lambda lat, lon: lat, (1.7e-4, 1.7e-4))
    west, south, east, north = map_bounds(place, sphere(MARS_RADIUS))
    margin = np.degrees(place.pixel / 2 / MARS_RADIUS)
    np.testing.assert_allclose((south, north), (9.99 - margin, 10 + margin))
    assert east - west == pytest.approx(0.01 + 2 * margin)
    assert CRS.from_wkt(common_frame([place]).grid.wkt).to_dict()["lat_ts"] == 10


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"crs": "EPSG:32611"}, "is of Earth, the maps are of Mars"),
        ({"crs": "nowhere"}, "is no coordinate system"),
        ({"crs": "IAU_2015:49900", "parallel": 5.0}, "both name a system"),
        ({"parallel": 90.0}, "is no latitude"),
        ({"pixel": 0.0}, "expected a length"),
        ({"pixel": float("nan")}, "expected a length"),
        ({"extent": (78.0, 1.0, 77.0, 2.0)}, "west < east"),
    ],
)
def test_what_makes_no_grid_is_refused(changes, what):
    with pytest.raises(ConfigError, match=what):
        common_frame([grid_place("a", IAU, (30, 40))], **changes)


def test_a_parallel_is_for_mars():
    with pytest.raises(ConfigError, match="--parallel is for maps of Mars"):
        common_frame([grid_place("a", UTM, (3, 4))], parallel=5.0)


def test_maps_of_two_bodies_of_an_ellipsoid_or_far_apart_are_refused():
    first = grid_place("a", IAU, (30, 40))
    with pytest.raises(InputError, match=r"b: is a map of Earth, a one of Mars"):
        common_frame([first, grid_place("b", UTM, (3, 4))])
    ellipsoid = Grid(
        IAU.transform, CRS.from_string("IAU_2015:49912").to_wkt(version="WKT2_2019"), "IAU_2015:49912"
    )
    with pytest.raises(InputError, match="b: lies on an ellipsoid"):
        common_frame([first, grid_place("b", ellipsoid, (3, 4))])
    assert common_frame([grid_place("b", ellipsoid, (3, 4))]).rows == 3
    far = Grid((18.0, 0.0, -4126007.0, 0.0, -18.0, -1339501.0), IAU.wkt)
    with pytest.raises(InputError, match="would have"):
        common_frame([first, grid_place("c", far, (30, 40))])
