"""Versions of the C libraries that the formats stand on."""


def c_libraries() -> dict[str, str]:
    """Name and version of GDAL and HDF5."""
    import h5py
    import rasterio

    return {"GDAL": rasterio.__gdal_version__, "HDF5": h5py.version.hdf5_version}
