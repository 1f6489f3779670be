"""A cube as GeoTIFF: band after band, with wavelengths where GDAL, rasterio and QGIS look for them."""

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from rasterio.windows import Window

from hsicli.cube import Cube
from hsicli.io.envi_writing import float_blocks
from hsicli.io.files import no_room, replacing
from hsicli.io.maps import georeference, grid_tags

CACHE_MEGABYTES = 64
"""What GDAL may keep of bands that are being written."""

STRIP = 16
"""Rows that lie together in a band."""


def write_cube_geotiff(
    path: Path, cube: Cube, *, band_names: tuple[str, ...] = (), tags: dict[str, str] | None = None
) -> None:
    """Write a cube block by block: float32, not compressed, NaN = no data, bands in the order of the cube.

    Each band has its centre and width twice: in the tags ``wavelength``, ``wavelength_units``, ``fwhm`` and
    ``bbl``, and in GDAL's domain IMAGERY, in µm.

    Parameters
    ----------
    path : Path
        Anything there is replaced, whole or not at all.
    cube : Cube
        Its data may be a Stream.
    band_names : tuple of str
        Of bands without a wavelength.
    tags : dict of str, optional
        Stored in the file.
    """
    rows, cols, bands = cube.shape
    profile = {
        "driver": "GTiff", "width": cols, "height": rows, "count": bands, "dtype": "float32",
        "nodata": np.nan, "interleave": "band", "blockysize": STRIP, "photometric": "MINISBLACK",
        "BIGTIFF": "IF_SAFER", **georeference(cube.grid),
    }  # fmt: skip
    with replacing(path) as partial, warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=CACHE_MEGABYTES):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(partial, "w", **profile) as dataset:
                dataset.update_tags(**{**grid_tags(cube.grid), **(tags or {})})
                for band in range(bands):
                    _describe(dataset, cube, band, band_names)
                for part, block in float_blocks(cube):
                    window = Window(0, part.start, cols, part.stop - part.start)
                    dataset.write(np.moveaxis(block, 2, 0), window=window)
        except RasterioIOError as error:
            raise no_room(path.parent) from error


def _describe(dataset: "rasterio.io.DatasetWriter", cube: Cube, band: int, names: tuple[str, ...]) -> None:
    """Say what a band is."""
    number = band + 1
    found = {"bbl": str(int(cube.good_bands[band]))}
    imagery = {}
    if cube.wavelengths is not None and np.isfinite(cube.wavelengths[band]):
        found |= {"wavelength": f"{cube.wavelengths[band]:.9g}", "wavelength_units": "Nanometers"}
        imagery["CENTRAL_WAVELENGTH_UM"] = f"{cube.wavelengths[band] / 1e3:.9g}"
        dataset.set_band_description(number, f"{cube.wavelengths[band]:.9g} Nanometers")
        if cube.fwhm is not None and np.isfinite(cube.fwhm[band]):
            found["fwhm"] = f"{cube.fwhm[band]:.9g}"
            imagery["FWHM_UM"] = f"{cube.fwhm[band] / 1e3:.9g}"
        dataset.update_tags(number, ns="IMAGERY", **imagery)
    elif names:
        dataset.set_band_description(number, names[band])
    dataset.update_tags(number, **found)
