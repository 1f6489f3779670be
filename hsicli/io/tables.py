"""Tables in text: of band centres, of spectra."""

import csv
import logging
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis

log = logging.getLogger(__name__)


def read_axis(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Band centres, and widths where there are any, from a table in text.

    A table with a heading needs a column that begins with ``wavelength`` (or ``sweetspot`` or ``center``),
    and may have one that begins with ``fwhm``; ``_nm`` or ``_um`` at the end of its name is its unit. Without
    a heading, the first column that is neither constant nor a running number holds the centres, the next one,
    if it is small beside them, the widths. Units that are not named are told by the size of the numbers.

    Parameters
    ----------
    path : Path
        Separated by commas, semicolons or blanks; ``#`` begins a remark.

    Returns
    -------
    (bands,) float64
        Centres, nm; NaN for bands without one.
    (bands,) float64, optional
        Widths, nm.

    Raises
    ------
    InputError
        If there is no such table, or no column of wavelengths in it.
    """
    table = read_table(path)
    if table.names:
        column = _named(table.names, ("wavelength", "sweetspot", "center", "centre"))
        wide = next((k for k, name in enumerate(table.names) if is_width(name)), None)
    else:
        column = _centres(table.values)
        wide = None
        if column is not None and column + 1 < table.values.shape[1]:
            next_column = table.values[:, column + 1]
            small = np.nanmax(next_column) < 0.2 * np.nanmax(table.values[:, column])
            wide = column + 1 if small and (next_column > 0).all() else None
    if column is None:
        raise InputError(
            f"{path}: has no column of wavelengths"
            + (f" among {', '.join(table.names[:6])}" if table.names else ""),
            hint="name a column wavelength_nm or wavelength_um",
        )
    unit = unit_in(table.names[column]) if table.names else None
    axis = normalise_axis(
        len(table.values),
        str(path),
        wavelengths=table.values[:, column],
        unit=unit,
        fwhm=None if wide is None else table.values[:, wide],
    )
    if axis.wavelengths is None:
        raise InputError(f"{path}: has no wavelengths in its column", hint="give a table of band centres")
    for note in axis.notes:
        log.info("%s: %s", path.name, note)
    return axis.wavelengths, axis.fwhm


class Table(NamedTuple):
    """A table in text."""

    names: tuple[str, ...]
    """Of the columns; empty where there is no heading."""
    values: np.ndarray
    """(rows, columns) float64; NaN where a cell is empty or no number."""


def read_table(path: Path) -> Table:
    """The numbers of a table in text, and its heading if it has one.

    Raises
    ------
    InputError
        If the file is missing or holds no table of numbers.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: is not a text file", hint="give a table as text, for instance CSV"
        ) from error
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    mark = delimiter_of(lines)
    cells = list(csv.reader(lines, delimiter=mark)) if mark else [line.split() for line in lines]
    names: tuple[str, ...] = ()
    if cells and not any(_is_number(cell) for cell in cells[0]):
        names = tuple(cell.strip() for cell in cells.pop(0))
    width = len(names) or (len(cells[0]) if cells else 0)
    if not cells or any(len(row) != width for row in cells):
        raise InputError(
            f"{path}: is no table: expected rows of {width or 'one or more'} numbers",
            hint="separate the columns by commas, and begin remarks with #",
        )
    values = np.array([[_to_number(cell) for cell in row] for row in cells])
    return Table(names, values)


def delimiter_of(lines: list[str]) -> str | None:
    """The first of comma, semicolon and tab that the first line of a table has; None if it has blanks."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return next((mark for mark in ",;\t" if mark in first), None)


def _is_number(cell: str) -> bool:
    return bool(
        re.fullmatch(r"\s*[-+]?(\d+\.?\d*([eEdD][-+]?\d+)?|\.\d+([eEdD][-+]?\d+)?|nan|NaN|inf)\s*", cell)
    )


def _to_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _named(names: tuple[str, ...], starts: tuple[str, ...]) -> int | None:
    """The first column whose name begins so."""
    return next((k for k, name in enumerate(names) if name.casefold().startswith(starts)), None)


def is_width(name: str) -> bool:
    """Whether a column of that name holds widths of bands."""
    return name.casefold().startswith(("fwhm", "bandwidth"))


def unit_in(name: str) -> str | None:
    """The unit at the end of a column's name, as in ``wavelength_um`` or ``Wavelength (nm)``."""
    words = re.split(r"[^a-zµμ⁻¹0-9^-]+", name.casefold())
    return next(
        (word for word in words if word in {"nm", "um", "µm", "μm", "micron", "microns", "cm-1"}), None
    )


def _centres(values: np.ndarray) -> int | None:
    """The first column that is neither constant nor a running number; a lone column is taken as it is."""
    if values.shape[1] == 1:
        return 0
    for column in range(values.shape[1]):
        steps = np.abs(np.diff(values[:, column]))
        if len(steps) == 0 or not (np.isin(steps, (0, 1)).mean() > 0.9 or np.isnan(steps).all()):
            return column
    return None
