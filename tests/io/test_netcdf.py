"""NetCDF cubes: EMIT's layout, and what is like it."""

import h5py
import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.netcdf import read_netcdf

VALUES = np.arange(6 * 5 * 4, dtype=np.float32).reshape(6, 5, 4)


def emit(path, *, name="reflectance", values=VALUES, dims=("downtrack", "crosstrack", "bands"), **attributes):
    with h5py.File(path, "w") as file:
        data = file.create_dataset(name, data=values, chunks=(2, 2, 2), compression="gzip")
        for axis, dim in enumerate(dims):
            scale = file.create_dataset(dim, data=np.zeros(values.shape[axis]))
            scale.make_scale("This is a netCDF dimension but not a netCDF variable.")
            data.dims[axis].attach_scale(scale)
        data.attrs.update({"_FillValue": np.array([-9999.0], np.float32), **attributes})
        bands = file.create_group("sensor_band_parameters")
        bands["wavelengths"] = np.array([400.0, 1000.0, 1400.0, 2500.0], np.float32)
        bands["wavelengths"].attrs["units"] = np.bytes_("nm")
        bands["fwhm"] = np.full(4, 8.5, np.float32)
        bands["good_wavelengths"] = np.array([1, 1, 0, 1], np.int8)
        file["location/lat"] = np.zeros(values.shape[:2])
        file.attrs["geotransform"] = [0.0, 1, 0, 0, 0, -1]
    return path


def test_pixels_axis_and_fill_of_an_emit_scene(tmp_path):
    values = VALUES.copy()
    values[1, 2] = -9999
    cube = read_netcdf(emit(tmp_path / "a.nc", values=values))
    np.testing.assert_array_equal(np.asarray(cube.data), values)
    assert cube.wavelengths.tolist() == [400, 1000, 1400, 2500]
    assert cube.fwhm.tolist() == [8.5] * 4
    assert cube.good_bands.tolist() == [True, True, False, True]
    assert cube.fill == (-9999.0,)
    blocks = list(cube.blocks(rows=4))
    assert [block.data.shape for block in blocks] == [(4, 5, 3), (2, 5, 3)]
    assert not blocks[0].valid[1, 2]
    assert sum(block.valid.sum() for block in blocks) == 29


def test_the_projected_grid_is_not_taken_for_that_of_the_sensor(tmp_path):
    cube = read_netcdf(emit(tmp_path / "a.nc"))
    assert cube.grid is None
    assert any("not applied" in note for note in cube.notes)


@pytest.mark.parametrize("order", [(2, 0, 1), (0, 2, 1)])
def test_the_spectral_dimension_is_known_by_its_name(tmp_path, order):
    dims = [("northing", "easting", "wavelength")[i] for i in order]
    path = emit(tmp_path / "a.nc", values=VALUES.transpose(order), dims=dims)
    cube = read_netcdf(path)
    np.testing.assert_array_equal(np.asarray(cube.data), VALUES)
    np.testing.assert_array_equal(cube.data[1:3], VALUES[1:3])


def test_the_only_variable_of_three_dimensions_is_the_cube(tmp_path):
    np.testing.assert_array_equal(np.asarray(read_netcdf(emit(tmp_path / "a.nc", name="other")).data), VALUES)
    with h5py.File(tmp_path / "a.nc", "a") as file:
        file["third"] = np.zeros((1, 2, 3))
    with pytest.raises(InputError, match=r"other \(6, 5, 4\), third \(1, 2, 3\)"):
        read_netcdf(tmp_path / "a.nc")


def test_what_is_no_netcdf_4_is_refused(tmp_path):
    (tmp_path / "a.nc").write_bytes(b"CDF\x01")
    with pytest.raises(InputError, match="not NetCDF-4"):
        read_netcdf(tmp_path / "a.nc")
    with pytest.raises(InputError, match="no such file"):
        read_netcdf(tmp_path / "b.nc")
    with pytest.raises(InputError, match="add_offset"):
        read_netcdf(emit(tmp_path / "c.nc", add_offset=3.0))


@pytest.mark.real
def test_a_real_crop_is_read(data_dir):
    cube = read_netcdf(data_dir / "other/EMIT_L2A_RFL_001_20241006T165148_2428011_003_crop.nc")
    assert cube.shape == (32, 32, 3)
    assert cube.fill == (-9999.0,)
    assert cube.wavelengths is None  # the crop lacks the group of band parameters
    assert len(cube.notes) == 2
    (block,) = cube.blocks()
    assert block.valid.all()
    assert 0 < np.median(block.data) < 1
