"""Filled again, outlines give the map they were made of; their areas are those of the ground."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.transform import Affine

from hsicli.cube import Grid
from hsicli.io import outlines as module
from hsicli.io.outlines import outlines
from hsicli.products.rasters import Raster
from tests.io.test_warping import centres, mars

UTM = Grid((18.0, 0.0, 4e5, 0.0, -18.0, 3.7e6), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")


def raster_of(labels, grid=UTM):
    names = tuple(f"rock {number}" for number in range(1, int(labels.max()) + 1))
    return Raster(labels[None], ("class",), 0, names, grid=grid)


def filled(found, shape, grid):
    polygons = [
        ({"type": "Polygon", "coordinates": [r.tolist() for r in one.rings]}, one.number) for one in found
    ]
    return rasterize(polygons, shape, transform=Affine(*grid.transform), dtype="int32")


def ring_area(ring):
    x, y = ring.T
    return float(x[:-1] @ y[1:] - x[1:] @ y[:-1]) / 2


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.int64])
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_outlines_filled_again_are_the_map(rng, monkeypatch, kind, batch):
    monkeypatch.setattr(module, "BATCH", batch)
    labels = rng.integers(0, 4, (23, 31)).astype(kind)
    labels[5:15, 5:20] = 2  # a large patch
    labels[8:11, 8:15] = 0  # with a hole
    labels[9, 10] = 3  # and an island in it
    found = list(outlines(raster_of(labels)))

    assert_array_equal(filled(found, labels.shape, UTM), labels)
    for number in range(1, 4):
        assert sum(one.pixels for one in found if one.number == number) == (labels == number).sum()


def test_rings_close_outer_ones_run_anticlockwise_and_holes_clockwise(rng):
    labels = np.full((12, 12), 1, np.uint8)
    labels[4:8, 4:8] = 0
    (one,) = outlines(raster_of(labels))
    outer, hole = one.rings
    assert_array_equal(outer[0], outer[-1])
    assert_allclose((ring_area(outer), ring_area(hole)), (144 * 18**2, -16 * 18**2))
    assert one.pixels == 128


def test_pixels_that_touch_at_a_corner_are_two_patches():
    found = list(outlines(raster_of(np.eye(2, dtype=np.uint8))))
    assert [one.pixels for one in found] == [1, 1]


def test_areas_are_those_of_the_ground():
    """A map of Mars is true at its parallel only: nearer to the equator a cell is more ground."""
    labels = np.ones((2, 2), np.uint8)
    (utm,) = outlines(raster_of(labels))
    assert utm.area == pytest.approx(4 * 18**2 / 1e6)
    for latitude in (0.0, 40.0):
        grid = mars(20.0, 77.0, latitude, sphere=3396190.0)
        (one,) = outlines(raster_of(labels, grid))
        true = math.cos(math.radians(latitude)) / math.cos(math.radians(20))
        assert one.area == pytest.approx(4 * 18**2 / 1e6 * true, rel=1e-4)
    degrees = Grid((0.001, 0, 77.0, 0, -0.001, 60.0), CRS.from_string("IAU_2015:49900").to_wkt())
    (one,) = outlines(raster_of(labels, degrees))
    side = math.radians(0.001) * 3396.19
    assert one.area == pytest.approx(4 * side**2 * 0.5, rel=1e-3)


def test_degrees_are_those_of_the_projection_s_own_formula():
    grid = mars(20.0, 77.0, 18.6)
    labels = np.zeros((30, 40), np.uint8)
    labels[10, 20] = 1
    (one,) = outlines(raster_of(labels, grid), degrees=True)
    lat, lon = centres(grid, np.array([9.5, 10.5]), np.array([19.5, 20.5]))
    assert_allclose(one.rings[0].min(axis=0), (lon[0], lat[1]), atol=1e-9)
    assert_allclose(one.rings[0].max(axis=0), (lon[1], lat[0]), atol=1e-9)


def test_a_map_across_the_180th_meridian_stays_in_one_piece():
    labels = np.ones((4, 4), np.uint8)
    (one,) = outlines(raster_of(labels, mars(0.0, 179.9995, 0.0)), degrees=True)
    assert np.ptp(one.rings[0][:, 0]) < 0.01


def test_without_a_place_outlines_are_in_pixels_right_and_up():
    labels = np.zeros((3, 4), np.uint8)
    labels[2, 1] = 1
    (one,) = outlines(raster_of(labels, None))
    assert_array_equal(one.rings[0].min(axis=0), (1, -3))
    assert_array_equal(one.rings[0].max(axis=0), (2, -2))
    assert one.area is None
    with pytest.raises(ValueError, match="no degrees"):
        list(outlines(raster_of(labels, None), degrees=True))


def test_a_map_without_classes_has_no_outline():
    assert list(outlines(raster_of(np.zeros((3, 4), np.uint8)))) == []
