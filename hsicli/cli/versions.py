"""What the program stands on."""

import platform
from importlib.metadata import version


def versions() -> dict[str, str]:
    """Version of Python, of each library, and of the C libraries inside them."""
    import h5py
    import rasterio

    names = (
        "numpy",
        "scipy",
        "torch",
        "scikit-learn",
        "numba",
        "rasterio",
        "spectral",
        "h5py",
        "typer",
        "matplotlib",
    )
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in names},
        "GDAL": rasterio.__gdal_version__,
        "HDF5": h5py.version.hdf5_version,
    }
