"""Spectral libraries in the layouts that users have on disk: files, and folders of them.

Read are ENVI's, tables with a column a spectrum, single spectra in text (see `io.speclib_text`), tables under
a PDS3 label (see `io.speclib_label`), and folders of any of these.
"""

import logging
import math
from collections import Counter
from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.envi import find_pair, header_axis, map_numbers
from hsicli.io.envi_header import LIBRARY
from hsicli.io.hdf5 import is_hdf5
from hsicli.io.odl import beside
from hsicli.io.raw_spectra import RawSpectra, as_library, unique, without_deleted
from hsicli.io.speclib_label import read_labelled
from hsicli.io.speclib_text import read_text
from hsicli.io.tables import Table, is_width, read_table, unit_in
from hsicli.library import Library

log = logging.getLogger(__name__)

TEXT = {".csv", ".txt", ".tsv", ".tab", ".asc"}
"""Suffixes of spectra in text."""

FROM_FOLDERS = TEXT | {".sli", ".lbl"}
"""Suffixes of the files of a folder that may hold spectra."""

MOSTLY = 0.8
"""Share of an axis that must run one way: detectors may overlap, but an axis does not wander."""


def read_library(path: Path, *, column: str = "ratio") -> Library:
    """The reference spectra in a file or folder, by ascending wavelength, deleted channels NaN.

    Parameters
    ----------
    path : Path
        An ENVI spectral library (``.sli`` or its header); a table: a column that begins with ``wavelength``
        (``_um`` or ``_nm`` at its end is its unit), and a column a spectrum after it (columns before it are
        passed over); a spectrum of USGS (splib06, splib07), RELAB or ECOSTRESS as text; a table under a PDS3
        label, as CRISM's type spectra; or a folder of such files.
    column : str
        Which column of a labelled table that has several of the same spectrum: ratio, numerator, denominator,
        or the column's name.

    Raises
    ------
    InputError
        If the file is missing, invalid, or no library.
    """
    if path.is_dir():
        return _read_folder(path, column)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    if is_hdf5(path):
        raise InputError(
            f"{path}: is an HDF5 file, not a library of spectra",
            hint="if it is a product with spectra, hsicli export FILE LIBRARY.csv writes them",
        )
    library, notes = as_library(_read_file(path, column))
    for note in notes:
        log.info("%s: %s", path.name, note)
    return library


def _read_file(path: Path, column: str) -> RawSpectra:
    suffix = path.suffix.casefold()
    if suffix == ".lbl" or (suffix == ".tab" and beside(path.with_suffix(".lbl")) is not None):
        return read_labelled(path, column)
    if suffix in TEXT:
        return read_text(path) or _read_table(path)
    return _read_envi(path)


def _read_folder(folder: Path, column: str) -> Library:
    """The spectra of all files of a folder, on the axis that most of them have.

    A volume of the archive keeps its spectra in a folder ``data``: it is looked into where there are none.
    """
    libraries: list[Library] = []
    passed = 0
    for path in _candidates(folder):
        try:
            library, notes = as_library(_read_file(path, column))
        except InputError as error:
            log.debug("%s", error.problem)
            passed += 1
            continue
        for note in notes:
            log.debug("%s: %s", path.name, note)
        libraries.append(library)
    if not libraries:
        inner = next((entry for entry in sorted(folder.iterdir()) if entry.name.casefold() == "data"), None)
        if inner is not None and inner.is_dir():
            return _read_folder(inner, column)
        raise InputError(
            f"{folder}: no file of this folder holds a spectrum that can be read",
            hint="give a folder of .txt, .csv, .sli or labelled .tab spectra; -v says what each lacks",
        )
    count = sum(len(library.names) for library in libraries)
    log.info(
        "%s: %d spectra of %d files%s",
        folder.name, count, len(libraries), f"; {passed} other files passed over" if passed else "",
    )  # fmt: skip
    return _joined(libraries)


def _candidates(folder: Path) -> list[Path]:
    """The files of a folder that may hold spectra; a table under a label counts once."""
    files = sorted(
        entry
        for entry in folder.iterdir()
        if entry.suffix.casefold() in FROM_FOLDERS and entry.is_file() and not entry.name.startswith(".")
    )
    return [
        entry
        for entry in files
        if entry.suffix.casefold() != ".tab" or beside(entry.with_suffix(".lbl")) is None
    ]


def _joined(libraries: list[Library]) -> Library:
    """One library on the axis that most spectra have (of several such, the one with most bands)."""
    keys = [tuple(np.round(library.wavelengths, 3)) for library in libraries]
    votes: Counter[tuple[float, ...]] = Counter()
    for key, library in zip(keys, libraries, strict=True):
        votes[key] += len(library.names)
    common = max(votes, key=lambda key: (votes[key], len(key)))
    axis = libraries[keys.index(common)]
    others = sum(votes.values()) - votes[common]
    if others:
        log.info(
            "%d spectra lie on other wavelengths than the rest: interpolated to %d bands from %g to %g nm",
            others, len(common), common[0], common[-1],
        )  # fmt: skip
    spectra = [
        library.spectra if key == common else library.resampled(axis.wavelengths).spectra
        for key, library in zip(keys, libraries, strict=True)
    ]
    names = unique(tuple(name for library in libraries for name in library.names))
    return Library(names, np.concatenate(spectra), axis.wavelengths, axis.fwhm)


def _read_envi(path: Path) -> RawSpectra:
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
    raw = without_deleted(
        RawSpectra(names, spectra, axis.wavelengths, axis.fwhm, notes=(*notes, *axis.notes))
    )
    if factor is not None and len(factor) == 1 and math.isfinite(factor[0]) and factor[0] > 0:
        np.divide(raw.values, factor[0], out=raw.values)
    return raw


def _read_table(path: Path) -> RawSpectra:
    table = read_table(path)
    centre, columns, names = _named_columns(path, table) if table.names else _bare_columns(path, table)
    unit = unit_in(table.names[centre]) if table.names else None
    if not columns:
        raise InputError(
            f"{path}: has no column of spectra", hint="put one column a spectrum after wavelengths"
        )
    wide = next((k for k, name in enumerate(table.names) if is_width(name)), None)
    axis = normalise_axis(
        len(table.values),
        str(path),
        wavelengths=table.values[:, centre],
        unit=unit,
        fwhm=None if wide is None else table.values[:, wide],
    )
    if axis.wavelengths is None:
        raise InputError(f"{path}: has no wavelengths in its column", hint="give a table of spectra")
    return RawSpectra(names, table.values[:, columns].T, axis.wavelengths, axis.fwhm, axis.notes)


def _named_columns(path: Path, table: Table) -> tuple[int, list[int], tuple[str, ...]]:
    """Where the wavelengths stand, where the spectra, and their names, by the heading of a table."""
    found = [k for k, name in enumerate(table.names) if name.casefold().startswith("wavelength")]
    if not found:
        raise InputError(
            f"{path}: has no column of wavelengths among {', '.join(table.names[:6])}",
            hint="name a column wavelength_nm or wavelength_um",
        )
    columns = [k for k in range(found[0] + 1, len(table.names)) if not is_width(table.names[k])]
    return found[0], columns, tuple(table.names[k] for k in columns)


def _bare_columns(path: Path, table: Table) -> tuple[int, list[int], tuple[str, ...]]:
    """The same for a table without a heading: wavelength and value, or a running number before them.

    Anything else would be a guess.
    """
    values = table.values
    count = values.shape[1]
    hint = "put a heading over the columns, as wavelength_um,NAME; band centres go with --wavelengths"
    if count < 2:
        return 0, [], ()
    running = _numbers_the_rows(values)
    if (count == 2 and running) or _rises(values[:, count - 1]):
        raise InputError(
            f"{path}: is a table of band centres, not of spectra", hint="give it with --wavelengths"
        )
    if count > 3 or (count == 3 and not running):
        raise InputError(
            f"{path}: has {count} columns and no heading: which holds what cannot be told", hint=hint
        )
    steps = np.diff(values[:, count - 2])
    if len(steps) and max((steps > 0).mean(), (steps < 0).mean()) < MOSTLY:
        raise InputError(
            f"{path}: column {count - 1} should hold wavelengths, but goes up and down", hint=hint
        )
    return count - 2, [count - 1], (path.stem,)


def _numbers_the_rows(values: np.ndarray) -> bool:
    """Whether the first column counts the rows or bands: from 0 or 1 on, or beside wavelengths in nm."""
    steps = np.diff(values[:, 0])
    if not len(steps) or (steps <= 0).any() or (values[:, 0] % 1 != 0).any():
        return False
    counts = bool((steps == 1).all()) and values[0, 0] in {0, 1}
    return counts or (values.shape[1] > 2 and bool((values[:, 1] > 100).all()))


def _rises(values: np.ndarray) -> bool:
    """Whether these are band centres in nm rather than values: all above 100, and only ascending."""
    known = values[np.isfinite(values) & (values < 65535)]
    return len(known) > 2 and bool((known > 100).all() and (np.diff(known) > 0).all())
