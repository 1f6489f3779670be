"""A cube as GeoTIFF: what rasterio, and what we ourselves, read of it."""

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.crs import CRS

from hsicli.cube import Cube, Grid, Stream
from hsicli.io.cube_geotiff import write_cube_geotiff
from hsicli.io.geotiff import read_geotiff
from hsicli.io.layers import open_layers
from tests.io.test_warping import mars

UTM = Grid((18.0, 0.0, 4e5, 0.0, -18.0, 3.7e6), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")


def scene(rng, grid=UTM):
    data = rng.uniform(0.1, 0.9, (40, 7, 5)).astype(np.float32)
    data[3, 2] = 65535
    return Cube(
        data,
        wavelengths=np.array([500.5, 400.123, 600.0, 700.0, 2500.0]),
        fwhm=np.full(5, 9.5),
        good_bands=np.array([True, False, True, True, True]),
        grid=grid,
    )


@pytest.mark.parametrize("grid", [UTM, mars(20.0, 77.0, 18.6), None])
def test_a_cube_comes_back_with_all_that_is_known_of_it(tmp_path, rng, grid):
    cube = scene(rng, grid)
    write_cube_geotiff(tmp_path / "a.tif", cube)
    again = read_geotiff(tmp_path / "a.tif")
    expected = np.where(cube.data == 65535, np.nan, cube.data)
    assert_array_equal(np.asarray(again.data), expected)
    assert_array_equal(again.wavelengths, cube.wavelengths)
    assert_array_equal(again.fwhm, cube.fwhm)
    assert_array_equal(again.good_bands, cube.good_bands)
    assert again.grid == grid
    assert again.notes == ()


def test_other_programs_find_centres_widths_and_no_data(tmp_path, rng):
    write_cube_geotiff(tmp_path / "a.tif", scene(rng), tags={"MADE": "so"})
    with rasterio.open(tmp_path / "a.tif") as image:
        assert image.descriptions[1] == "400.123 Nanometers"
        assert image.tags(2, ns="IMAGERY") == {"CENTRAL_WAVELENGTH_UM": "0.400123", "FWHM_UM": "0.0095"}
        assert np.isnan(image.nodata)
        assert image.tags()["MADE"] == "so"
        assert image.crs == CRS.from_epsg(32611)
        assert tuple(image.transform)[:6] == UTM.transform
        assert np.isnan(image.read()[:, 3, 2]).all()


def test_a_stream_is_written_block_by_block(tmp_path, rng):
    cube = scene(rng)
    data, asked = np.asarray(cube.data), []

    def blocks():
        for first in range(0, 40, 7):
            asked.append(first)
            yield slice(first, min(first + 7, 40)), data[first : first + 7]

    write_cube_geotiff(tmp_path / "a.tif", Cube(Stream(data.shape, blocks)))
    assert asked == list(range(0, 40, 7))
    assert_allclose(np.asarray(read_geotiff(tmp_path / "a.tif").data)[4:], data[4:])


def test_bands_without_a_wavelength_keep_their_names(tmp_path, rng):
    names = ("slope", "elevation")
    write_cube_geotiff(tmp_path / "a.tif", Cube(rng.random((3, 4, 2)).astype(np.float32)), band_names=names)
    assert open_layers(tmp_path / "a.tif").names == names


def test_a_failed_writing_leaves_nothing(tmp_path, rng):
    def blocks():
        yield slice(0, 1), rng.random((1, 4, 2))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_cube_geotiff(tmp_path / "a.tif", Cube(Stream((3, 4, 2), blocks)))
    assert list(tmp_path.iterdir()) == []
