"""GeoTIFF cubes: pixels, wavelengths, fill and grid."""

import warnings

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from hsicli.errors import InputError
from hsicli.io.geotiff import read_geotiff

VALUES = np.arange(6 * 5 * 4, dtype=float).reshape(6, 5, 4)


def write(
    path, *, dtype="float32", tags=(), descriptions=(), imagery=(), values=VALUES, prepare=None, **profile
):
    rows, cols, bands = values.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", height=rows, width=cols, count=bands, dtype=dtype, **profile
        ) as dataset:
            dataset.write(values.transpose(2, 0, 1).astype(dtype))
            for band in range(bands):
                if tags:
                    dataset.update_tags(band + 1, **tags[band])
                if imagery:
                    dataset.update_tags(band + 1, ns="IMAGERY", **imagery[band])
                if descriptions:
                    dataset.set_band_description(band + 1, descriptions[band])
            if prepare:
                prepare(dataset)
    return path


@pytest.mark.parametrize(
    "profile",
    [
        {"interleave": "pixel"},
        {"interleave": "band"},
        {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"},
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_every_layout_gives_the_same_pixels(tmp_path, profile, dtype):
    cube = read_geotiff(write(tmp_path / "a.tif", dtype=dtype, **profile))
    assert cube.shape == (6, 5, 4)
    assert cube.data.dtype == dtype
    np.testing.assert_array_equal(np.asarray(cube.data), VALUES)
    np.testing.assert_array_equal(np.concatenate([block.data for block in cube.blocks(rows=4)]), VALUES)


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize(
    "extra", [{}, {"blockysize": 1}, {"blockysize": 4}, {"ENDIANNESS": "BIG"}, {"BIGTIFF": "YES"}]
)
def test_a_plain_file_is_mapped_in_place(tmp_path, interleave, extra):
    cube = read_geotiff(write(tmp_path / "a.tif", interleave=interleave, **extra))
    assert isinstance(cube.data, np.memmap)
    np.testing.assert_array_equal(cube.data, VALUES)


@pytest.mark.parametrize("extra", [{"compress": "lzw"}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_any_other_is_not(tmp_path, extra):
    assert not isinstance(read_geotiff(write(tmp_path / "a.tif", **extra)).data, np.memmap)


def test_strips_that_were_never_written_are_not_mapped(tmp_path):
    values = np.zeros((40, 30, 4))
    cube = read_geotiff(write(tmp_path / "a.tif", values=values, interleave="band", SPARSE_OK="TRUE"))
    np.testing.assert_array_equal(np.asarray(cube.data), values)


def test_only_the_rows_asked_for_are_read(tmp_path):
    cube = read_geotiff(write(tmp_path / "a.tif", compress="lzw"))
    np.testing.assert_array_equal(cube.data[2:4], VALUES[2:4])
    np.testing.assert_array_equal(cube.data[-1], VALUES[-1])
    np.testing.assert_array_equal(cube.data[1, 2], VALUES[1, 2])
    np.testing.assert_array_equal(cube.data[:, 1:3, 0], VALUES[:, 1:3, 0])
    np.testing.assert_array_equal(cube.data[::-2], VALUES[::-2])
    np.testing.assert_array_equal(cube.data[4:4], VALUES[4:4])


def test_nodata_is_fill(tmp_path):
    cube = read_geotiff(write(tmp_path / "a.tif", nodata=7))
    assert cube.fill == (7.0,)
    (block,) = cube.blocks()
    assert not block.valid[0, 1]
    assert block.valid.sum() == 29
    assert read_geotiff(write(tmp_path / "b.tif", nodata=float("nan"))).fill == ()


def test_wavelengths_widths_and_bad_bands_come_from_the_tags(tmp_path):
    tags = [
        {"wavelength": str(w), "wavelength_units": "Micrometers", "fwhm": "0.01", "bbl": str(int(w != 2.0))}
        for w in (1.02145, 1.5, 2.0, 2.5)
    ]
    cube = read_geotiff(
        write(tmp_path / "a.tif", tags=tags, imagery=[{"CENTRAL_WAVELENGTH_UM": "1.021"}] * 4)
    )
    np.testing.assert_allclose(cube.wavelengths, [1021.45, 1500, 2000, 2500])
    np.testing.assert_allclose(cube.fwhm, 10)
    assert cube.good_bands.tolist() == [True, True, False, True]
    assert cube.notes == ()


@pytest.mark.parametrize(
    "descriptions",
    [
        ["436.13 Nanometers", "442.63 Nanometers", "1000 Nanometers", "2500.5 Nanometers"],
        [
            "Band 1 (0.43613 Micrometers)",
            "b (0.44263 Micrometers)",
            "c (1 Micrometers)",
            "d (2.5005 Micrometers)",
        ],
    ],
)
def test_wavelengths_come_from_the_descriptions(tmp_path, descriptions):
    cube = read_geotiff(write(tmp_path / "a.tif", descriptions=descriptions))
    np.testing.assert_allclose(cube.wavelengths, [436.13, 442.63, 1000, 2500.5])


@pytest.mark.parametrize("descriptions", [["Band 1", "Band 2", "Band 3", "Band 4"], ["1", "2", "3", "4"]])
def test_names_are_no_wavelengths(tmp_path, descriptions):
    cube = read_geotiff(write(tmp_path / "a.tif", descriptions=descriptions))
    assert cube.wavelengths is None
    assert cube.notes == ("wavelengths: none found for its 4 bands",)


def test_gdals_own_wavelengths_are_the_last_resort_and_said_to_be_rounded(tmp_path):
    imagery = [{"CENTRAL_WAVELENGTH_UM": f"{w}", "FWHM_UM": "0.010"} for w in (1.021, 1.5, 2.0, 2.5)]
    cube = read_geotiff(write(tmp_path / "a.tif", imagery=imagery))
    np.testing.assert_allclose(cube.wavelengths, [1021, 1500, 2000, 2500])
    np.testing.assert_allclose(cube.fwhm, 10)
    assert "rounded" in cube.notes[0]


def test_a_crism_product_is_known_by_its_bands_and_its_fill(tmp_path):
    values = np.ones((2, 3, 489))
    cube = read_geotiff(write(tmp_path / "a.tif", values=values, nodata=65535))
    np.testing.assert_allclose(cube.wavelengths[[0, 78, 488]], [436.13, 1047.20, 3896.76])
    assert any("taken for CRISM" in note for note in cube.notes)
    assert read_geotiff(write(tmp_path / "b.tif", values=values)).wavelengths is None


def test_one_scale_is_handed_on_and_many_are_applied(tmp_path):
    def one(dataset):
        dataset.scales = (0.5,) * 4

    def many(dataset):
        dataset.scales, dataset.offsets = (1, 2, 3, 4), (0, 0, 0, 10)

    cube = read_geotiff(write(tmp_path / "a.tif", dtype="int16", prepare=one))
    assert cube.scale == 0.5
    cube = read_geotiff(write(tmp_path / "b.tif", dtype="int16", nodata=5, prepare=many))
    (block,) = cube.blocks()
    expected = VALUES * [1, 2, 3, 4] + [0, 0, 0, 10]
    expected[VALUES == 5] = np.nan
    np.testing.assert_array_equal(block.data, expected)


def test_the_grid_is_carried(tmp_path):
    transform = Affine(15.588, 9, 500000, 9, -15.588, 4000000)
    cube = read_geotiff(write(tmp_path / "a.tif", crs=CRS.from_epsg(32611), transform=transform))
    assert cube.grid.transform == tuple(transform)[:6]
    assert cube.grid.authority == "EPSG:32611"
    assert read_geotiff(write(tmp_path / "b.tif")).grid is None


def test_what_gdal_cannot_open_is_refused(tmp_path):
    (tmp_path / "a.tif").write_text("no image")
    with pytest.raises(InputError, match=r"a\.tif: GDAL cannot open"):
        read_geotiff(tmp_path / "a.tif")
    with pytest.raises(InputError, match="no such file"):
        read_geotiff(tmp_path / "b.tif")
    with pytest.raises(InputError, match="complex"):
        read_geotiff(write(tmp_path / "c.tif", dtype="complex64"))


@pytest.mark.real
def test_a_real_mtrdr_crop_is_ready_for_use(data_dir):
    cube = read_geotiff(data_dir / "crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif")
    assert cube.shape == (20, 20, 489)
    assert (cube.axis > 1050).sum() - (cube.axis > 2550).sum() == 228
    shape = CRS.from_wkt(cube.grid.wkt).to_dict()
    assert (shape["proj"], shape["lat_ts"]) == ("eqc", -30)
    assert shape["R"] == pytest.approx(3391159.2284, abs=1e-3)
    assert cube.grid.authority is None
    (block,) = cube.blocks()
    seen = ~np.isnan(block.data).all(axis=2)
    assert seen.sum() == 287  # a map-projected image fills its frame only in part
    np.testing.assert_allclose(np.nanmedian(block.data[seen][:, cube.axis == 2529.51]), 0.25, atol=0.1)


def test_a_file_that_is_cut_short_says_so_when_its_rows_are_read(tmp_path):
    path = tmp_path / "a.tif"
    values = np.random.default_rng(0).random((64, 50, 4), dtype=np.float32)
    write(path, values=values, compress="deflate", interleave="pixel")
    path.write_bytes(path.read_bytes()[:30000])
    cube = read_geotiff(path)
    with pytest.raises(InputError, match=r"a.tif: rows .* cannot be read: it is cut short"):
        list(cube.blocks())
