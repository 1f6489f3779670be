"""From cells to pixels and back: spheres of Mars, zones of the Earth, and where a map begins again."""

import math

import numpy as np
import pytest
from rasterio.crs import CRS

from hsicli.cube import Grid
from hsicli.errors import InputError
from hsicli.io import warping
from hsicli.io.projection import EQUIRECTANGULAR, MARS_RADIUS, equirectangular_wkt
from hsicli.io.warping import (
    Frame,
    Place,
    convert,
    geographic,
    grid_place,
    period,
    pixel_index,
    pixels_under,
    sensor_place,
)


def radius(parallel: float) -> float:
    """Of the sphere that CRISM's maps have at a standard parallel."""
    cos, sin = math.cos(math.radians(parallel)), math.sin(math.radians(parallel))
    return 3396190 * 3376200 / math.hypot(3376200 * cos, 3396190 * sin)


def mars(parallel: float, west: float, north: float, side: float = 18.0, sphere: float | None = None) -> Grid:
    """A north-up grid with its corner at a place."""
    own = radius(parallel) if sphere is None else sphere
    x = math.radians(west) * own * math.cos(math.radians(parallel))
    wkt = equirectangular_wkt("Mars", own, parallel, 0.0)
    return Grid((side, 0.0, x, 0.0, -side, math.radians(north) * own), wkt)


def centres(grid: Grid, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of pixel centres by the formula of the projection, not by PROJ."""
    a, _, x, _, e, y = grid.transform
    shape = CRS.from_wkt(grid.wkt).to_dict()
    around = shape["R"] * math.cos(math.radians(shape["lat_ts"]))
    return np.degrees((y + e * (rows + 0.5)) / shape["R"]), np.degrees((x + a * (cols + 0.5)) / around)


def whole(frame: Frame) -> tuple[slice, slice]:
    return slice(0, frame.rows), slice(0, frame.cols)


def test_the_spheres_are_those_of_the_archive():
    for parallel, known in {0: 3396190, 15: 3394839.8133, 20: 3393833.2608, -30: 3391159.2284}.items():
        assert radius(parallel) == pytest.approx(known, abs=1e-4)


@pytest.mark.parametrize("parallel", [-40.0, 0.0, 15.0, 60.0])
def test_a_place_keeps_its_latitude_and_longitude_there_and_back(rng, parallel):
    source, target = (
        CRS.from_wkt(mars(parallel, 0, 0).wkt),
        CRS.from_wkt(mars(20.0, 0, 0, sphere=MARS_RADIUS).wkt),
    )
    latitude, longitude = rng.uniform(-70, 70, 500), rng.uniform(-179, 179, 500)
    x = np.radians(longitude) * radius(parallel) * math.cos(math.radians(parallel))
    y = np.radians(latitude) * radius(parallel)
    there = convert(source, target, x, y)
    np.testing.assert_allclose(np.degrees(there[1] / MARS_RADIUS), latitude, atol=1e-9)
    np.testing.assert_allclose(convert(target, source, *there), (x, y), atol=1e-3)
    lon, lat = convert(target, geographic(target), *there)
    np.testing.assert_allclose((lon, lat), (longitude, latitude), atol=1e-6)


@pytest.mark.parametrize(("own", "common"), [(15.0, 20.0), (-40.0, -35.0), (60.0, 0.0)])
def test_the_pixel_under_a_cell_is_nearer_than_half_its_diagonal(own, common):
    source = grid_place("a", mars(own, 77.0, own + 1), (700, 500))
    frame = Frame(mars(common, 77.01, own + 0.99, 25.0, MARS_RADIUS), 300, 290)
    rows, cols = np.broadcast_arrays(*pixels_under(frame, whole(frame), source))
    inside = (rows >= 0) & (cols >= 0)
    assert inside.mean() > 0.4
    cell, rows, cols = np.stack(np.nonzero(inside)), rows[inside], cols[inside]
    latitude, longitude = centres(frame.grid, *cell)
    north, east = centres(source.grid, rows, cols)
    step = math.degrees(18 / radius(own))
    assert np.abs(north - latitude).max() <= step / 2 + 1e-6
    assert np.abs(east - longitude).max() <= step / 2 / math.cos(math.radians(own)) + 1e-6


def test_a_grid_on_itself_is_itself():
    grid = mars(20.0, 77.0, 18.6)
    index = pixel_index(Frame(grid, 130, 290), grid_place("a", grid, (130, 290)), rows=50)
    np.testing.assert_array_equal(index, np.arange(130 * 290).reshape(130, 290))


def test_cells_beyond_a_map_have_no_pixel():
    grid = mars(20.0, 77.0, 18.6)
    a, b, x, d, e, y = grid.transform
    index = pixel_index(
        Frame(Grid((a, b, x - 2 * a, d, e, y + 3 * a), grid.wkt), 6, 5), grid_place("a", grid, (2, 2))
    )
    assert index[3:5, 2:4].tolist() == [[0, 1], [2, 3]]
    assert (index >= 0).sum() == 4


def test_interpolated_places_agree_with_computed_ones(monkeypatch):
    source = Grid((20.0, 0.0, 750000.0, 0.0, -20.0, 4150000.0), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")
    place = grid_place("a", source, (900, 900))
    frame = Frame(Grid((20.0, 0.0, 220000.0, 0.0, -20.0, 4148000.0), CRS.from_epsg(32612).to_wkt()), 256, 256)
    quick = pixel_index(frame, place)
    monkeypatch.setattr(warping, "NODES", 10**6)
    exact = pixel_index(frame, place)
    assert (quick >= 0).any()
    rows, cols = (np.abs(part(quick) - part(exact)).max() for part in (lambda i: i // 900, lambda i: i % 900))
    assert max(rows, cols) <= 1
    assert (quick == exact).mean() > 0.995  # those on a boundary between pixels may fall either way


def test_a_map_across_the_180th_meridian_is_found_from_either_side():
    source = grid_place("a", mars(0.0, 179.9, 0.1, 100.0), (100, 100))
    beyond = mars(0.0, 179.95, 0.1, 100.0, MARS_RADIUS)
    before = mars(0.0, -180.05, 0.1, 100.0, MARS_RADIUS)
    found = [pixel_index(Frame(grid, 40, 40), source) for grid in (beyond, before)]
    assert (found[0] >= 0).all()
    np.testing.assert_array_equal(found[0], found[1])


def test_sensor_space_is_found_by_places():
    latitude = 10 - 0.001 * np.arange(30.0)[:, None] + np.zeros((30, 20))
    longitude = -175 + 0.001 * np.arange(20.0) + np.zeros((30, 20))
    asked: list[tuple[np.ndarray, np.ndarray]] = []

    def find(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        asked.append((lat, lon))
        return np.where(lat > 9.99, 41, -1)

    place = sensor_place("a", (latitude, longitude), find, (1.7e-5, 2.0e-5))
    assert place.pixel == pytest.approx(58.0)
    frame = Frame(mars(10.0, -175.0, 10.0, 58.0), 30, 21)
    rows, cols = pixels_under(frame, whole(frame), place)
    north, east = centres(frame.grid, *np.mgrid[0:30, 0:21])
    np.testing.assert_allclose(asked[0][0], north, atol=1e-6)
    np.testing.assert_allclose(asked[0][1], east, atol=1e-6)
    assert set(np.unique(rows)) == {-1, 2}
    assert set(np.unique(cols)) == {-1, 1}


def test_a_cylinder_begins_again_after_one_turn():
    assert period(CRS.from_string(EQUIRECTANGULAR)) == pytest.approx(2 * math.pi * MARS_RADIUS)
    aslant = CRS.from_wkt(mars(60.0, 0, 0).wkt)
    assert period(aslant) == pytest.approx(math.pi * radius(60.0))
    assert period(CRS.from_epsg(4326)) == 360
    assert math.isnan(period(CRS.from_epsg(32611)))


@pytest.mark.parametrize(
    ("grid", "what"),
    [
        (Grid(), "no coordinate system"),
        (Grid((1.0, 0.0, 0.0, 0.0, -1.0, 0.0)), "no coordinate system"),
        (Grid(None, mars(0, 0, 0).wkt), "no corner and pixel size"),
    ],
)
def test_a_grid_that_says_too_little_is_refused_with_a_way_out(grid, what):
    with pytest.raises(InputError, match=what) as caught:
        grid_place("a.tif", grid, (2, 2))
    assert "--geometry" in caught.value.hint


def test_no_way_from_one_body_to_another():
    with pytest.raises(InputError, match="no way from"):
        convert(CRS.from_string(EQUIRECTANGULAR), CRS.from_epsg(32611), np.zeros(2), np.zeros(2))


def test_a_place_keeps_the_shorter_side_in_metres():
    wkt = CRS.from_string("IAU_2015:49900").to_wkt()
    place = grid_place("a", Grid((0.002, 0.0, 0.0, 0.0, -0.001, 0.0), wkt), (2, 2))
    assert isinstance(place, Place)
    assert place.pixel == pytest.approx(math.radians(0.001) * MARS_RADIUS)
