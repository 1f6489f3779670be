"""What is wrong with a file, or had to be guessed: the findings of `hsicli info --check`."""

import difflib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.description import holds_library
from hsicli.io.formats import format_of
from hsicli.io.reading import open_cube

ERROR, WARNING, NOTE = "error", "warning", "note"
"""Cannot be read; can be read, but results may suffer; good to know."""

ENVI_KEYS = (
    """
acquisition time; band names; bands; bbl; byte order; class lookup; class names; classes; cloud cover;
complex function; coordinate system string; correction factors; data gain values; data ignore value;
data offset values; data reflectance gain values; data reflectance offset values; data type; default bands;
default stretch; dem band; dem file; description; file compression; file type; fwhm; geo points;
header offset; interleave; lines; major frame offsets; map info; minor frame offsets; pixel size;
product type; projection info; read procedures; reflectance scale factor; rpc info; samples; security tag;
sensor type; smoothing factors; solar irradiance; spectra names; sun azimuth; sun elevation; timestamp;
wavelength; wavelength units; x start; y start; z plot average; z plot range; z plot titles
""".strip()
    .replace("\n", " ")
    .split("; ")
)
"""Keys that ENVI and its relatives know."""

REFLECTANCE = 10.0
"""Values beyond this are counts or radiance, not reflectance."""


class Finding(NamedTuple):
    """One thing worth knowing about a file."""

    severity: str
    """error, warning or note."""
    what: str
    """What was found, and what hsicli makes of it."""


def check(path: Path, *, variable: str | None = None) -> tuple[Finding, ...]:
    """All that is wrong with a file, or had to be guessed, the worst first.

    Parameters
    ----------
    path : Path
    variable : str, optional
        Which array of a MATLAB file.

    Returns
    -------
    tuple of Finding
        None of them an error if the file can be read.
    """
    findings: list[Finding] = []
    try:
        match _what(path):
            case "library":
                findings += _check_library(path)
            case "classes":
                findings += _check_header(path) + _check_classes(path)
            case "ENVI":
                findings += _check_header(path) + check_cube(open_cube(path))
            case "cube":
                findings += check_cube(open_cube(path, variable))
    except InputError as error:
        findings.append(Finding(ERROR, f"{error.problem} — {error.hint}" if error.hint else error.problem))
    worst_first = (ERROR, WARNING, NOTE)
    return tuple(sorted(findings, key=lambda finding: worst_first.index(finding.severity)))


def _what(path: Path) -> str:
    """What is to be checked: a library, classes, an ENVI cube, any other cube, or a product that is none."""
    if holds_library(path):
        return "library"
    match format_of(path):
        case "product":
            from hsicli.io.hdf5 import read_header

            return read_header(path).kind
        case "ENVI":
            from hsicli.io.envi import find_pair
            from hsicli.io.envi_header import CLASSES, LIBRARY

            return {LIBRARY: "library", CLASSES: "classes"}.get(find_pair(path)[0].kind, "ENVI")
        case "library":
            return "library"
        case _:
            return "cube"


def _check_classes(path: Path) -> list[Finding]:
    from hsicli.io.envi import read_classes

    raster = read_classes(path)
    most = int(raster.data.max())
    if most <= len(raster.class_names):
        return []
    return [Finding(WARNING, f"classes up to {most}, but {len(raster.class_names)} names after the first")]


def _check_library(path: Path) -> list[Finding]:
    from hsicli.io.speclib import read_library

    library = read_library(path)
    deleted = int(np.isnan(library.spectra).any(axis=1).sum())
    if not deleted:
        return []
    return [Finding(NOTE, f"{deleted} of {len(library.names)} spectra have deleted channels")]


def _check_header(path: Path) -> list[Finding]:
    """What the keys of an ENVI header show, beyond what its reader says."""
    from hsicli.io.envi import find_pair

    header, _ = find_pair(path)
    found = [Finding(WARNING, f"the key {key!r} occurs twice: the last one holds") for key in header.repeated]
    for key in header.fields:
        if key in ENVI_KEYS:
            continue
        close = difflib.get_close_matches(key, ENVI_KEYS, 1, cutoff=0.85)
        if close and close[0] not in header.fields:
            found.append(Finding(WARNING, f"the key {key!r} is not read: is {close[0]!r} meant?"))
    for key in ("data gain values", "data offset values", "data reflectance gain values"):
        values = header.numbers(key)
        if values is not None and not np.isin(values, (0, 1)).all():
            found.append(Finding(WARNING, f"{key!r} are not applied"))
    return found


def check_cube(cube: Cube) -> list[Finding]:
    """What the axes and a few values of a cube show, and what its reader had to assume."""
    found = [Finding(NOTE, note) for note in cube.notes]
    if cube.wavelengths is None and cube.shape[2] > 1:
        found.append(Finding(WARNING, "no wavelengths: most commands need them (--wavelengths FILE)"))
    if cube.wavelengths is not None:
        known = cube.wavelengths[np.isfinite(cube.wavelengths)]
        if (np.diff(known) < 0).any() and (np.diff(known) > 0).any():
            overlap = int((np.diff(known) < 0).sum())
            found.append(
                Finding(
                    NOTE, f"the wavelengths turn back {overlap} times (overlapping detectors): sorted on use"
                )
            )
        if len(np.unique(known)) < len(known):
            found.append(Finding(WARNING, "some bands have the same wavelength"))
        if cube.fwhm is None:
            found.append(Finding(NOTE, "no FWHM: libraries are interpolated, not convolved"))
    if cube.grid is None:
        found.append(Finding(NOTE, "no georeferencing: maps will have none"))
    elif cube.grid.wkt is None and cube.grid.authority is None:
        found.append(Finding(NOTE, "coordinates without a coordinate system"))
    return [*found, *_check_values(cube)]


def _check_values(cube: Cube) -> list[Finding]:
    """What the middle row shows; reading all of them is for --statistics."""
    middle = cube.shape[0] // 2
    row = np.asarray(cube.data[middle : middle + 1])  # type: ignore[index]
    values = row.astype(np.float64)
    for fill in cube.fill:
        values[row == fill] = np.nan
    values = values[np.isfinite(values)] * cube.scale
    if not len(values):
        return [Finding(WARNING, "the middle row holds no data")]
    if cube.wavelengths is not None and np.percentile(np.abs(values), 90) > REFLECTANCE:
        return [
            Finding(
                NOTE,
                f"values reach {values.max():g}: counts or radiance rather than reflectance "
                "(an ENVI header may give a 'reflectance scale factor')",
            )
        ]
    return []
