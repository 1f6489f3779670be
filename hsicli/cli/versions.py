"""What the program stands on."""

import platform
from importlib.metadata import version

from hsicli.io.versions import c_libraries

LIBRARIES = ("numpy", "scipy", "torch", "scikit-learn", "numba", "rasterio", "spectral", "h5py", "typer")


def versions() -> dict[str, str]:
    """Version of Python, of each library, and of the C libraries inside them."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        **c_libraries(),
    }
