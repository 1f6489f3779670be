"""A spectral library in text: begun, or lengthened by a spectrum without a touch to what it holds."""

import csv
import io
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.files import Lock, check_folder, clear_leftovers, replacing
from hsicli.io.tables import delimiter_of, read_table, unit_in
from hsicli.library import Library

log = logging.getLogger(__name__)

SAME_BAND = 0.01
"""Wavelengths that differ by less, nm, are the same."""

LEAST_SHARED = 0.5
"""Share of the wavelengths of a library at which a new spectrum must be known."""


def add_spectrum(path: Path, spectrum: Library, origin: str) -> bool:
    """Write a spectrum into a library in text (CSV), as its last column; the file is begun if it is absent.

    What the file holds stays as it is, to the letter. The new file takes the place of the old one in one
    step, so a kill loses neither; two runs at once wait for no one: the second is refused.

    Parameters
    ----------
    path : Path
        The table.
    spectrum : Library
        One spectrum. On other wavelengths than the library's it is resampled to those, which is said.
    origin : str
        Where it comes from, in one line; kept as a remark.

    Returns
    -------
    bool
        False if the very same spectrum of that name and origin is there already.

    Raises
    ------
    InputError
        If the library has a spectrum of that name, or cannot be read or lengthened.
    """
    check_folder(path)
    lock = Lock(path)
    try:
        clear_leftovers(path)
        remark = f"# {spectrum.names[0]}: {' '.join(origin.split())}"
        text = _lengthened(path, spectrum, remark) if path.is_file() else _table(spectrum, [remark])
        if text:
            with replacing(path) as partial:
                partial.write_text(text, encoding="utf-8", newline="")
    finally:
        lock.release()
    return bool(text)


def write_table(path: Path, library: Library, remarks: Sequence[str]) -> None:
    """Write a library as text (CSV): `wavelength_nm`, perhaps `fwhm_nm`, and a column a spectrum.

    Parameters
    ----------
    path : Path
        Anything there is replaced, whole or not at all.
    library : Library
    remarks : sequence of str
        Lines that go before the table, each after a ``#``.
    """
    text = _table(library, [f"# {' '.join(remark.split())}" for remark in remarks])
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def _table(library: Library, remarks: Sequence[str]) -> str:
    widths = [] if library.fwhm is None else [("fwhm_nm", [f"{width:.6g}" for width in library.fwhm])]
    columns = [
        ("wavelength_nm", [f"{centre:.9g}" for centre in library.wavelengths]),
        *widths,
        *zip(library.names, ([_cell(value) for value in row] for row in library.spectra), strict=True),
    ]
    heading = _line([name for name, _ in columns], ",")
    rows = [",".join(cells) for cells in zip(*(cells for _, cells in columns), strict=True)]
    return "\n".join([*remarks, heading, *rows]) + "\n"


def _lengthened(path: Path, spectrum: Library, remark: str) -> str:
    """The text of the table with one more column and remark; empty if it has them already."""
    table = read_table(path)
    text = path.read_bytes().decode("utf-8-sig")
    lines = text.splitlines()
    mark = delimiter_of(lines)
    centre = next((k for k, name in enumerate(table.names) if name.casefold().startswith("wavelength")), None)
    if mark is None or centre is None:
        raise InputError(
            f"{path}: cannot be lengthened: expected a heading with wavelength_nm or _um, and commas between",
            hint="give a library in CSV, or a new file",
        )
    axis = normalise_axis(
        len(table.values), str(path), wavelengths=table.values[:, centre], unit=unit_in(table.names[centre])
    )
    if axis.wavelengths is None:
        raise InputError(f"{path}: has no wavelengths in its column", hint="give another library")
    values = [_cell(value) for value in _on_axis(spectrum, axis.wavelengths, path)]
    name = spectrum.names[0]
    same = [k for k, known in enumerate(table.names) if known.casefold() == name.casefold()]
    if same:
        known = [_cell(value) for value in table.values[:, same[0]]]
        if known == values and remark in lines:
            return ""
        raise InputError(
            f"{path}: has a spectrum named {table.names[same[0]]} already", hint="give it another --name"
        )
    return _joined(lines, [_line([name], mark), *values], mark, remark, "\r\n" if "\r\n" in text else "\n")


def _joined(lines: list[str], cells: list[str], mark: str, remark: str, end: str) -> str:
    """The lines of a table, each that is no remark with its new cell, and the remark before the heading."""
    found: list[str] = []
    waiting = iter(cells)
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            found.append(line)
            continue
        if remark not in found:
            found.append(remark)
        found.append(line + mark + next(waiting))
    return end.join(found) + end


def _on_axis(spectrum: Library, wavelengths: np.ndarray, path: Path) -> np.ndarray:
    """(rows,) float64: the spectrum at the wavelengths of a table, in its order."""
    right = np.clip(np.searchsorted(spectrum.wavelengths, wavelengths), 0, len(spectrum.wavelengths) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.where(
        np.abs(spectrum.wavelengths[left] - wavelengths) < np.abs(spectrum.wavelengths[right] - wavelengths),
        left,
        right,
    )
    if (np.abs(spectrum.wavelengths[nearer] - wavelengths) < SAME_BAND).all():
        return spectrum.spectra[0, nearer]
    found = spectrum.resampled(wavelengths).spectra[0]
    shared = int(np.isfinite(found).sum())
    if shared < LEAST_SHARED * len(found):
        raise InputError(
            f"{path}: the spectrum, {spectrum.wavelengths[0]:g} to {spectrum.wavelengths[-1]:g} nm, is known"
            f" at {shared} of the library's {len(found)} wavelengths",
            hint="give another library, or a new file",
        )
    log.info(
        "%s: lies on other wavelengths: the spectrum is interpolated to its %d, of which %d are known",
        path.name, len(found), shared,
    )  # fmt: skip
    return found


def _cell(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else "nan"


def _line(cells: list[str], mark: str) -> str:
    """Cells as one line, quoted where they must be."""
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="").writerow(cells)
    return out.getvalue()
