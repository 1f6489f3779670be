"""The one door for cubes: whatever the format, a Cube, and a line about whatever had to be assumed."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.crism_axis import file_axis
from hsicli.io.crism_files import completed
from hsicli.io.formats import format_of
from hsicli.io.joint import read_joint
from hsicli.io.tables import read_axis
from hsicli.products.estimates import Estimate, estimate_cube

log = logging.getLogger(__name__)

CRISM_BANDS = {489: "an MTRDR", 438: "a TRDR of the infrared detector", 107: "a TRDR of the visible detector"}
"""Bands that no other instrument has: what a CRISM product with so many is."""


def read_cube(path: Path, *, variable: str | None = None, wavelengths: Path | None = None) -> Cube:
    """The cube in a file; large ones are memory maps.

    Parameters
    ----------
    path : Path
        ENVI (header or numbers), PDS3 (label or image), GeoTIFF, EMIT NetCDF, MATLAB, PDS4, an ISIS cube,
        VICAR, or a cube product. Where an image has both an ENVI header and a label, see `io.joint`.
    variable : str, optional
        Which array of a MATLAB file.
    wavelengths : Path, optional
        A table of band centres (and widths) that takes the place of the file's own, see `io.tables`; or
        CRISM's wavelength image (WA) or sweet-spot table (SW).

    Raises
    ------
    InputError
        If the file is missing, invalid, or no cube.
    """
    cube = open_cube(path, variable)
    for note in cube.notes:
        log.info("%s: %s", path.name, note)
    if wavelengths is not None:
        return _with_axis(cube, wavelengths)
    if cube.wavelengths is None and cube.shape[2] in CRISM_BANDS:
        log.info(
            "%s: has no wavelengths; %d bands is what %s of CRISM has: name a table with --wavelengths FILE",
            path.name,
            cube.shape[2],
            CRISM_BANDS[cube.shape[2]],
        )
    return cube


def open_cube(path: Path, variable: str | None = None) -> Cube:
    """The cube in a file, without a word; each format's library is loaded only when it is needed."""
    match format_of(path):
        case "product":
            return _product_cube(path)
        case "GeoTIFF":
            from hsicli.io.geotiff import read_geotiff

            return completed(read_geotiff(path), path)
        case "NetCDF":
            from hsicli.io.netcdf import read_netcdf

            return read_netcdf(path)
        case "MATLAB":
            from hsicli.io.matlab import read_matlab

            return read_matlab(path, variable)
        case "GDAL":
            from hsicli.io.planetary import read_planetary

            return read_planetary(path)
        case "library":
            raise InputError(
                f"{path}: is a spectral library or a table, not a cube", hint="give it with --library"
            )
        case _:
            return completed(read_joint(path), path)


def _product_cube(path: Path) -> Cube:
    """The cube of a product: of an estimate, its mean spectra."""
    from hsicli.io.hdf5 import read_header, read_product

    if read_header(path).kind == Estimate.KIND:
        return estimate_cube(read_product(path, Estimate))
    return read_product(path, Cube)


def _with_axis(cube: Cube, path: Path) -> Cube:
    """The cube on the axis of a table, or of one of CRISM's calibration files."""
    bands = cube.shape[2]
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    found = file_axis(path, bands)
    if found is not None:
        for note in found.notes:
            log.info("%s", note)
        good = cube.good_bands & found.good_bands
        return replace(cube, wavelengths=found.wavelengths, fwhm=found.fwhm, good_bands=good)
    wavelengths, fwhm = read_axis(path)
    if len(wavelengths) != bands:
        raise InputError(
            f"{path}: has {len(wavelengths)} wavelengths, the cube has {bands} bands",
            hint="give a table with one row a band, in the order of the cube",
        )
    good = cube.good_bands & np.isfinite(wavelengths)
    return replace(cube, wavelengths=wavelengths, fwhm=fwhm, good_bands=good)
