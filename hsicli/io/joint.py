"""One image under an ENVI header, a PDS3 label, or both: the better of both."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.envi import header_beside, read_envi
from hsicli.io.envi_header import CLASSES, LIBRARY, EnviHeader, parse_header
from hsicli.io.odl import beside
from hsicli.io.pds3 import read_pds3

log = logging.getLogger(__name__)

SAME_AXIS = 1.0
"""Centres that differ by less, nm, are of the same bands."""

ABOUT_AXIS = ("wavelengths", "bands of detector rows")
ABOUT_COLUMNS = ("detector columns",)
"""How notes of a label begin that are about its axis, or about columns."""


def header_of(path: Path) -> Path | None:
    """The ENVI header of an image, given by its numbers, its label or itself, in any case of letters."""
    return path if path.suffix.casefold() == ".hdr" else header_beside(path)


def label_of(path: Path) -> Path | None:
    """The PDS3 label that lies beside an image, given by its numbers, its header or itself."""
    if path.suffix.casefold() == ".lbl":
        return path
    stem = path.with_suffix("") if path.suffix.casefold() == ".hdr" else path
    return next(
        (found for name in (stem.stem, stem.name) if (found := beside(path.with_name(f"{name}.lbl")))), None
    )


def read_joint(path: Path) -> Cube:
    """The cube of an image with an ENVI header, a PDS3 label, or both.

    Of both, the header is followed; what it lacks (wavelengths, widths, the coordinate system, the detector's
    columns) comes from the label. If one of them cannot be read, the other one will do.

    Parameters
    ----------
    path : Path
        The image, its header or its label.

    Raises
    ------
    InputError
        If neither gives a cube, or the header says that it is a library or a class map.
    """
    header, label = header_of(path), label_of(path)
    if label is None:
        return read_envi(path)
    if header is None:
        return read_pds3(path)
    try:
        declared = parse_header(header)
        if declared.kind in {LIBRARY, CLASSES}:
            return read_envi(header)
        cube = read_envi(header)
    except InputError as error:
        try:
            labelled = read_pds3(label)
        except InputError:
            raise error from None
        return replace(labelled, notes=(*labelled.notes, f"left out, as the label will do: {error.problem}"))
    try:
        labelled = read_pds3(label)
    except InputError as error:
        log.debug("%s", error.problem)
        return cube
    if labelled.shape != cube.shape:
        unlike = (
            f"{label.name} is of an image of {_size(labelled)}, the header of one of {_size(cube)}: left out"
        )
        return replace(cube, notes=(*cube.notes, unlike))
    return _better(cube, labelled, declared, label.name)


def _better(cube: Cube, labelled: Cube, header: EnviHeader, label: str) -> Cube:
    """The cube of the header, with what only the label says."""
    taken, notes = [], list(cube.notes)
    if labelled.wavelengths is not None and header.numbers("wavelength") is None:
        notes = [note for note in notes if not note.startswith(ABOUT_AXIS)]
        good = cube.good_bands & labelled.good_bands
        cube = replace(cube, wavelengths=labelled.wavelengths, fwhm=labelled.fwhm, good_bands=good)
        notes += [note for note in labelled.notes if note.startswith(ABOUT_AXIS)]
        taken.append("wavelengths")
    elif cube.fwhm is None and labelled.fwhm is not None and _same_axis(cube, labelled):
        cube = replace(cube, fwhm=labelled.fwhm)
        taken.append("widths of the bands")
    if labelled.grid is not None and (cube.grid is None or cube.grid.wkt is None):
        cube = replace(cube, grid=labelled.grid)
        taken.append("place")
    if labelled.columns is not None:
        taken.append("detector columns")
        notes += [note for note in labelled.notes if note.startswith(ABOUT_COLUMNS)]
    if _layout(cube.data) != _layout(labelled.data):
        notes.append(f"the header and {label} disagree on how the numbers lie: the header is followed")
    if taken:
        notes.append(f"from the label {label}: {', '.join(taken)}")
    return replace(
        cube,
        valid=cube.valid & labelled.valid,
        columns=labelled.columns,
        scale=labelled.scale if cube.scale == 1 else cube.scale,
        fill=tuple(dict.fromkeys((*cube.fill, *labelled.fill))),
        notes=tuple(notes),
    )


def _same_axis(one: Cube, other: Cube) -> bool:
    if one.wavelengths is None or other.wavelengths is None:
        return False
    return bool(np.nanmax(np.abs(one.wavelengths - other.wavelengths)) < SAME_AXIS)


def _layout(data: object) -> tuple[object, ...]:
    """How mapped numbers lie in their file."""
    return getattr(data, "dtype", None), getattr(data, "offset", None), getattr(data, "strides", None)


def _size(cube: Cube) -> str:
    return " × ".join(map(str, cube.shape))
