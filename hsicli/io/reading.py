"""The one door for cubes: whatever the format, a Cube, and a line about whatever had to be assumed."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.tables import read_axis

log = logging.getLogger(__name__)

CRISM_BANDS = {489: "an MTRDR", 438: "a TRDR of the infrared detector", 107: "a TRDR of the visible detector"}
"""Bands that no other instrument has: what a CRISM product with so many is."""

FORMATS = {
    ".h5": "product",
    ".hdf5": "product",
    ".he5": "product",
    ".tif": "GeoTIFF",
    ".tiff": "GeoTIFF",
    ".nc": "NetCDF",
    ".nc4": "NetCDF",
    ".mat": "MATLAB",
    ".lbl": "PDS3",
    ".hdr": "ENVI",
    ".sli": "library",
    ".csv": "library",
}
"""What a suffix says; raw numbers with other suffixes are told by the file beside them."""


def read_cube(path: Path, *, variable: str | None = None, wavelengths: Path | None = None) -> Cube:
    """The cube in a file; large ones are memory maps.

    Parameters
    ----------
    path : Path
        ENVI (header or numbers), PDS3 (label or image), GeoTIFF, EMIT NetCDF, MATLAB, or a cube product.
    variable : str, optional
        Which array of a MATLAB file.
    wavelengths : Path, optional
        A table of band centres (and widths) that takes the place of the file's own; see `io.tables`.

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


def format_of(path: Path) -> str:
    """Which format a file is in: product, library, GeoTIFF, NetCDF, MATLAB, PDS3 or ENVI.

    Raises
    ------
    InputError
        If there is no such file, or nothing tells.
    """
    from hsicli.io.envi import header_beside

    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: {what}", hint="check the spelling and the current folder")
    known = FORMATS.get(path.suffix.casefold())
    if known is not None:
        return known
    if header_beside(path) is not None:
        return "ENVI"
    label = path.stem.casefold() + ".lbl"
    if any(entry.name.casefold() == label for entry in path.parent.iterdir()):
        return "PDS3"
    with path.open("rb") as file:
        start = file.read(64)
    if start.lstrip().startswith(b"PDS_VERSION_ID"):
        return "PDS3"
    raise InputError(
        f"{path}: is no format that is read, and there is no header or label beside it",
        hint="give an ENVI header or its image, a PDS3 label, or .tif, .nc, .mat or .h5",
    )


def open_cube(path: Path, variable: str | None = None) -> Cube:
    """The cube in a file, without a word; each format's library is loaded only when it is needed."""
    match format_of(path):
        case "product":
            from hsicli.io.hdf5 import read_product

            return read_product(path, Cube)
        case "GeoTIFF":
            from hsicli.io.geotiff import read_geotiff

            return read_geotiff(path)
        case "NetCDF":
            from hsicli.io.netcdf import read_netcdf

            return read_netcdf(path)
        case "MATLAB":
            from hsicli.io.matlab import read_matlab

            return read_matlab(path, variable)
        case "PDS3":
            from hsicli.io.pds3 import read_pds3

            return read_pds3(path)
        case "library":
            raise InputError(f"{path}: is a spectral library, not a cube", hint="give it with --library")
        case _:
            from hsicli.io.envi import read_envi

            return read_envi(path)


def _with_axis(cube: Cube, path: Path) -> Cube:
    """The cube on the axis of a table."""
    wavelengths, fwhm = read_axis(path)
    bands = cube.shape[2]
    if len(wavelengths) != bands:
        raise InputError(
            f"{path}: has {len(wavelengths)} wavelengths, the cube has {bands} bands",
            hint="give a table with one row a band, in the order of the cube",
        )
    good = cube.good_bands & np.isfinite(wavelengths)
    return replace(cube, wavelengths=wavelengths, fwhm=fwhm, good_bands=good)
