"""What hsicli writes as ENVI, spectral and GDAL read."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import spectral
from rasterio.crs import CRS

from hsicli.cube import Cube, Grid, Stream
from hsicli.io.envi import read_classes, read_envi
from hsicli.io.envi_header import INTERLEAVES
from hsicli.io.envi_writing import envi_header, write_envi_cube, write_envi_library, write_envi_raster
from hsicli.io.speclib import read_library
from hsicli.library import Library
from hsicli.products.rasters import Raster

GRID = Grid((18.0, 0.0, 4e5, 0.0, -18.0, 3.7e6), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")


def scene(rng: np.random.Generator, **more: object) -> Cube:
    data = rng.uniform(0.1, 0.9, (7, 4, 5)).astype(np.float32)
    good = np.array([True, False, True, True, True])
    return Cube(
        data,
        wavelengths=np.array([500.5, 400.0, 600.0, 700.0, 2500.0]),
        fwhm=np.full(5, 9.5),
        good_bands=good,
        grid=GRID,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("interleave", INTERLEAVES)
def test_a_cube_comes_back_as_it_went(tmp_path: Path, rng: np.random.Generator, interleave: str) -> None:
    cube = scene(rng)
    files = write_envi_cube(tmp_path / "x.img", cube, interleave=interleave, description="a {scene}")
    again = read_envi(files[1])
    np.testing.assert_array_equal(again.data, cube.data)
    np.testing.assert_array_equal(again.wavelengths, cube.wavelengths)
    np.testing.assert_array_equal(again.fwhm, cube.fwhm)
    np.testing.assert_array_equal(again.good_bands, cube.good_bands)
    assert again.grid is not None
    assert (again.grid.transform, again.grid.authority) == (GRID.transform, GRID.authority)
    assert again.notes == ()
    np.testing.assert_array_equal(np.asarray(spectral.envi.open(files[1]).load()), cube.data)
    with rasterio.open(files[0]) as image:
        np.testing.assert_array_equal(image.read().transpose(1, 2, 0), cube.data)
        assert tuple(image.transform)[:6] == GRID.transform
        assert image.crs == CRS.from_epsg(32611)
        assert np.isnan(image.nodata)


@pytest.mark.parametrize("interleave", INTERLEAVES)
def test_a_stream_is_written_block_by_block(
    tmp_path: Path, rng: np.random.Generator, interleave: str
) -> None:
    cube = scene(rng)
    truth = np.asarray(cube.data)

    def blocks() -> Iterator[tuple[slice, np.ndarray]]:
        for first in range(0, 7, 3):
            yield slice(first, min(first + 3, 7)), truth[first : first + 3]

    write_envi_cube(tmp_path / "x.img", Cube(Stream(truth.shape, blocks)), interleave=interleave)
    np.testing.assert_array_equal(read_envi(tmp_path / "x.hdr").data, truth)


def test_counts_become_reflectance_and_fill_becomes_nan(tmp_path: Path) -> None:
    counts = np.array([[[100, 200], [-1, -1], [300, 400]]], dtype=np.int16)
    valid = np.array([[True, True, False]])
    write_envi_cube(tmp_path / "x.img", Cube(counts, scale=1e-4, fill=(-1.0,), valid=valid))
    found = np.asarray(read_envi(tmp_path / "x.img").data)
    np.testing.assert_allclose(found[0, 0], [0.01, 0.02])
    assert np.isnan(found[0, 1:]).all()


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def blocks() -> Iterator[tuple[slice, np.ndarray]]:
        yield slice(0, 1), np.zeros((1, 2, 2), np.float32)

    with pytest.raises(ValueError, match="end at row 1 of 2"):
        write_envi_cube(tmp_path / "x.img", Cube(Stream((2, 2, 2), blocks)))
    assert list(tmp_path.iterdir()) == []


def test_a_class_map_is_a_classification_everywhere(tmp_path: Path) -> None:
    raster = Raster(
        data=np.array([[[0, 1], [2, 2]]], dtype=np.uint8),
        layer_names=("class",),
        nodata=0,
        class_names=("gypsum, fine", "olivine"),
        colours=np.array([[255, 0, 0], [0, 128, 0]], dtype=np.uint8),
        grid=GRID,
    )
    files = write_envi_raster(tmp_path / "map.img", raster)
    again = read_classes(files[1])
    np.testing.assert_array_equal(again.data, raster.data)
    np.testing.assert_array_equal(again.colours, raster.colours)
    assert again.class_names == ("gypsum fine", "olivine")
    assert spectral.envi.open(files[1]).metadata["class names"] == ["Unclassified", "gypsum fine", "olivine"]
    with rasterio.open(files[0]) as image:
        assert image.colormap(1)[2] == (0, 128, 0, 255)


def test_layers_of_quantities_are_bands_with_names(tmp_path: Path) -> None:
    data = np.array([[[0.25, np.nan]], [[0.75, np.nan]]])
    raster = Raster(data=data, layer_names=("a", "b"), nodata=np.nan)
    files = write_envi_raster(tmp_path / "map.img", raster)
    image = spectral.envi.open(files[1])
    assert image.metadata["band names"] == ["a", "b"]
    assert image.dtype == np.dtype("f8")
    np.testing.assert_array_equal(np.asarray(read_envi(files[0]).data)[0, 0], [0.25, 0.75])


def test_a_library_comes_back_as_it_went(tmp_path: Path) -> None:
    spectra = np.array([[0.25, np.nan, 0.5], [0.5, 0.75, 1.0]])
    library = Library(("one", "two, (2)"), spectra, np.array([400.0, 500.0, 600.0]), np.full(3, 10.0))
    files = write_envi_library(tmp_path / "lib.sli", library)
    again = read_library(files[0])
    np.testing.assert_array_equal(again.spectra, spectra)
    np.testing.assert_array_equal(again.wavelengths, library.wavelengths)
    np.testing.assert_array_equal(again.fwhm, library.fwhm)
    assert again.names == ("one", "two (2)")
    reference = spectral.envi.open(files[1])
    np.testing.assert_array_equal(reference.spectra, spectra.astype(np.float32))
    assert reference.bands.band_unit == "Nanometers"


def test_a_band_without_a_wavelength_keeps_none(tmp_path: Path) -> None:
    cube = Cube(np.ones((1, 1, 2), np.float32), wavelengths=np.array([np.nan, 500.0]))
    write_envi_cube(tmp_path / "x.img", cube)
    again = read_envi(tmp_path / "x.img")
    np.testing.assert_array_equal(again.wavelengths, [np.nan, 500])
    assert again.good_bands.tolist() == [False, True]


def test_a_big_end_first_header_says_so() -> None:
    assert "byte order = 1" in envi_header((1, 1, 1), ">i2")
    assert "byte order = 0" in envi_header((1, 1, 1), "<i2")
    assert "data type = 12" in envi_header((1, 1, 1), np.uint16)


def test_a_pixel_that_lacks_a_band_keeps_the_others(tmp_path: Path, rng: np.random.Generator) -> None:
    cube = scene(rng)
    cube.data[2, 1, 3] = np.nan
    _, header = write_envi_cube(tmp_path / "x.img", cube)
    np.testing.assert_array_equal(read_envi(header).data, cube.data)
