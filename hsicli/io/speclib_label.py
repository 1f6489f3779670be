"""Spectra in a table under a PDS3 label, as the archive of CRISM's type spectra (MICA) has them."""

from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.odl import Group, beside, parse_label, target
from hsicli.io.raw_spectra import RawSpectra, one_word

QUANTITIES = {"ratio": "RATIOED", "numerator": "NUMERATOR", "denominator": "DENOMINATOR"}
"""Column that may be asked for: the word in its name."""

BEST = "CORRECTED"
"""Of two columns that differ by this word, the one with it: the step between CRISM's detectors is mended."""


def read_labelled(path: Path, column: str) -> RawSpectra:
    """The spectrum in the table of a label.

    Parameters
    ----------
    path : Path
        The label, or the table with its label beside it.
    column : str
        ``ratio``, ``numerator``, ``denominator``, or the name of a column; not asked for where there is one.

    Raises
    ------
    InputError
        If the label describes no table of spectra, or has no such column, or the table is not as it says.
    """
    label_file = beside(path.with_suffix(".lbl")) or path
    label = parse_label(label_file.read_text(encoding="latin-1"), str(label_file))
    scope, table = _table(label)
    columns = [group for group in table.groups if group.name == "COLUMN"] if table is not None else []
    centre = next((group for group in columns if "WAV" in group.text("NAME").upper()), None)
    if table is None or centre is None:
        raise InputError(
            f"{label_file}: describes no table of spectra (a column of wavelengths was expected)",
            hint="give a cube without --library, or the label of a spectrum",
        )
    value = _chosen([group for group in columns if group is not centre], column, label_file)
    file, offset = _place(scope, label, label_file)
    lines = _lines(file, offset, table, label_file)
    values = _cells(lines, value, file)
    axis = normalise_axis(
        len(lines), str(file), wavelengths=_cells(lines, centre, file), unit=centre.text("UNIT")
    )
    if axis.wavelengths is None:
        raise InputError(f"{file}: has no wavelengths in its column", hint="fetch the table again")
    name = label.text("MRO:TYPESPEC_PHASE").lower() or label.text("PRODUCT_ID") or file.stem
    return RawSpectra((one_word(name),), values[None], axis.wavelengths, notes=axis.notes)


def _table(label: Group) -> tuple[Group, Group | None]:
    """The TABLE of a label, and the group that its pointer stands in."""
    for scope in (label, *(group for group in label.groups if group.name == "FILE")):
        if "^TABLE" in scope.values:
            return scope, scope.find("TABLE") or label.find("TABLE")
    return label, label.find("TABLE")


def _place(scope: Group, label: Group, label_file: Path) -> tuple[Path, int]:
    """File and offset of the table: where the label points, or under the label's own name."""
    own = beside(label_file.with_suffix(".tab"))
    pointer = scope.values.get("^TABLE")
    named = next(
        (part for part in (pointer if isinstance(pointer, tuple) else (pointer,)) if isinstance(part, str)),
        "",
    )
    if own is not None and (not named or beside(label_file.with_name(Path(named).name)) is None):
        return own, 0
    return target(pointer if pointer is not None else label_file.name, scope, label, label_file)


def _chosen(columns: list[Group], column: str, label_file: Path) -> Group:
    """The column that is asked for; the only one, if there is no other that holds values."""
    values = [group for group in columns if "REAL" in group.text("DATA_TYPE").upper()]
    names = [one_word(group.text("NAME")).upper() for group in values]
    if not values:
        raise InputError(
            f"{label_file}: the table has wavelengths, but no column of spectra",
            hint="give it with --wavelengths",
        )
    if len(values) == 1:
        return values[0]
    if column.upper() in names:
        return values[names.index(column.upper())]
    word = QUANTITIES.get(column.casefold())
    fitting = [k for k, name in enumerate(names) if word is not None and word in name]
    if not fitting:
        raise InputError(
            f"{label_file}: has no column {column!r} among {', '.join(names)}",
            hint=f"choose one of {', '.join(QUANTITIES)}, or a column's whole name",
        )
    return values[max(fitting, key=lambda k: (BEST in names[k], -k))]


def _lines(file: Path, offset: int, table: Group, label_file: Path) -> list[str]:
    """The rows of a table of text."""
    rows, row_bytes = table.number("ROWS"), table.number("ROW_BYTES")
    if table.text("INTERCHANGE_FORMAT").upper() != "ASCII" or rows is None or row_bytes is None:
        raise InputError(
            f"{label_file}: only tables of text with ROWS and ROW_BYTES are read",
            hint="convert it to a CSV with a column wavelength_um",
        )
    raw = file.read_bytes()[offset:]
    found = [line.decode("latin-1") for line in raw.splitlines()[: int(rows)]]
    if len(found) < rows:
        raise InputError(
            f"{file}: has {len(found)} rows, its label says {rows:g}",
            hint="fetch the table again: it is cut short",
        )
    return found


def _cells(lines: list[str], column: Group, file: Path) -> np.ndarray:
    """(rows,) float64: the numbers of a column, NaN where its label calls them invalid."""
    first, width = column.number("START_BYTE"), column.number("BYTES")
    where = slice(int(first or 1) - 1, int(first or 1) - 1 + int(width or 0))
    try:
        values = np.array([float(line[where]) for line in lines])
    except ValueError as error:
        raise InputError(
            f"{file}: column {column.text('NAME')!r} is not where its label says ({error})",
            hint="fetch table and label again: they do not belong together",
        ) from error
    for key in ("INVALID_CONSTANT", "MISSING_CONSTANT", "NULL_CONSTANT"):
        constant = column.number(key)
        if constant is not None:
            values[values == constant] = np.nan
    return values
