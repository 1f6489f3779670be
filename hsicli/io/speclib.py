"""Spectral libraries: ENVI's, and tables with a column a spectrum."""

import logging
import math
from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.envi import find_pair, header_axis, map_numbers
from hsicli.io.envi_header import LIBRARY
from hsicli.io.tables import is_width, read_table, unit_in
from hsicli.library import Library

log = logging.getLogger(__name__)

HUGE = 1e30
"""No measured value is as large; USGS writes −1.23e34 where a channel was deleted."""

ZERO_RUN = 3
"""So many exact zeros at an end of the axis are no measurement."""


def read_library(path: Path) -> Library:
    """The reference spectra in a file, by ascending wavelength, deleted channels NaN.

    Parameters
    ----------
    path : Path
        An ENVI spectral library (``.sli`` or its header), or a table: a column that begins with
        ``wavelength`` (``_um`` or ``_nm`` at its end is its unit), and a column a spectrum after it. Columns
        before it are passed over.

    Raises
    ------
    InputError
        If the file is missing, invalid, or no library.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    if path.suffix.casefold() in {".csv", ".txt", ".tsv", ".tab"}:
        return _read_table(path)
    return _read_envi(path)


def _read_envi(path: Path) -> Library:
    header, numbers = find_pair(path)
    if header.kind != LIBRARY:
        raise InputError(
            f"{path}: is an {header.text('file type') or 'ENVI image'}, not a spectral library",
            hint="give an ENVI spectral library (.sli) or a table of spectra (.csv)",
        )
    layout = header.layout()
    if layout.bands != 1:
        raise InputError(
            f"{header.path}: a spectral library has one band, this has {layout.bands}", hint="export it anew"
        )
    notes = list(layout.notes)
    count, channels = layout.rows, layout.cols
    spectra = np.array(map_numbers(header, numbers, layout, notes)[:, :, 0], dtype=np.float64)
    for value in header.numbers("data ignore value") or ():
        spectra[spectra == value] = np.nan
    factor = header.numbers("reflectance scale factor")
    axis = header_axis(header, channels)
    if axis.wavelengths is None:
        raise InputError(f"{header.path}: has no wavelengths", hint="add the key 'wavelength' to the header")
    names = header.names("spectra names")
    if len(names) != count:
        if names:
            notes.append(f"{len(names)} names for {count} spectra: numbered instead")
        names = tuple(f"{path.stem} {number}" for number in range(1, count + 1))
    for note in (*notes, *axis.notes):
        log.info("%s: %s", path.name, note)
    spectra = _without_deleted(path, spectra)
    if factor is not None and len(factor) == 1 and math.isfinite(factor[0]) and factor[0] > 0:
        spectra /= factor[0]
    return _library(path, names, spectra, axis.wavelengths, axis.fwhm)


def _read_table(path: Path) -> Library:
    table = read_table(path)
    if table.names:
        found = [k for k, name in enumerate(table.names) if name.casefold().startswith("wavelength")]
        if not found:
            raise InputError(
                f"{path}: has no column of wavelengths among {', '.join(table.names[:6])}",
                hint="name a column wavelength_nm or wavelength_um",
            )
        centre, unit = found[0], unit_in(table.names[found[0]])
        columns = [k for k in range(centre + 1, len(table.names)) if not is_width(table.names[k])]
        names = tuple(table.names[k] for k in columns)
    else:  # wavelength and value, or a running number before them
        centre, unit = (0 if table.values.shape[1] < 3 else 1), None
        columns = list(range(centre + 1, table.values.shape[1]))
        names = (
            (path.stem,) if len(columns) == 1 else tuple(f"{path.stem} {k + 1}" for k in range(len(columns)))
        )
    if not columns:
        raise InputError(
            f"{path}: has no column of spectra", hint="put one column a spectrum after wavelengths"
        )
    axis = normalise_axis(len(table.values), str(path), wavelengths=table.values[:, centre], unit=unit)
    if axis.wavelengths is None:
        raise InputError(f"{path}: has no wavelengths in its column", hint="give a table of spectra")
    for note in axis.notes:
        log.info("%s: %s", path.name, note)
    return _library(path, names, _without_deleted(path, table.values[:, columns].T), axis.wavelengths, None)


def _without_deleted(path: Path, spectra: np.ndarray) -> np.ndarray:
    """NaN where a channel was deleted: a huge number, or a run of exact zeros at an end of the axis."""
    found: np.ndarray = np.where(np.abs(spectra) < HUGE, spectra, np.nan)
    for name, ordered in (("start", found), ("end", found[:, ::-1])):
        run: np.ndarray = np.logical_and.accumulate(ordered == 0, axis=1)
        zeros = run.sum(axis=1)
        deleted = (zeros >= ZERO_RUN) & (zeros < run.shape[1])  # a black spectrum is a spectrum too
        if deleted.any():
            log.info(
                "%s: zeros at the %s of %d spectra: taken as deleted channels", path.name, name, deleted.sum()
            )
            ordered[run & deleted[:, None]] = np.nan
    return found


def _library(
    path: Path, names: tuple[str, ...], spectra: np.ndarray, wavelengths: np.ndarray, fwhm: np.ndarray | None
) -> Library:
    """A library whose axis ascends and whose names differ."""
    order = np.argsort(wavelengths, kind="stable")
    order = order[np.isfinite(wavelengths[order])]
    if (np.diff(order) < 0).any():
        log.info("%s: the wavelengths do not ascend: sorted", path.name)
    unique = _unique(names)
    if unique != names:
        log.info("%s: names that occur twice are numbered", path.name)
    return Library(unique, spectra[:, order], wavelengths[order], None if fwhm is None else fwhm[order])


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names, the second of a kind with (2) behind it."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)
