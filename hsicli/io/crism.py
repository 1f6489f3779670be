"""The bands of CRISM products, as their files declare them: by number, by detector row, or by a table."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hsicli import instruments
from hsicli.errors import InputError
from hsicli.io.axes import Axis, normalise_axis

NAMES = {489: "MTRDR", 438: "TRDR L", 107: "TRDR S", 72: "MRDR"}
"""Number of bands: the product that has it."""


def product_axis(bands: int) -> Axis | None:
    """The axis of the CRISM product that has so many bands, in the order in which it stores them."""
    if bands not in NAMES:
        return None
    name = NAMES[bands]
    return _axis(*instruments.axis(f"crism-{name.lower().replace(' ', '-')}"), f"the CRISM {name} axis")


def rows_axis(sensor: str, rows: Sequence[int]) -> Axis | None:
    """The axis of bands that come from these detector rows, in this order; None where a row is not known.

    Parameters
    ----------
    sensor : str
        ``L`` (infrared) or ``S`` (visible and near infrared).
    rows : (bands,) int
        Detector rows; one that carries no light gets NaN, and its band is not good.
    """
    known = {row.row: row for row in instruments.detector_rows() if row.sensor == sensor}
    if not known.keys() >= set(rows):
        return None
    return _axis(
        np.array([known[row].wavelength for row in rows]),
        np.array([known[row].fwhm for row in rows]),
        f"the CRISM sweet spot of {sensor}, by detector row",
    )


def _axis(wavelengths: np.ndarray, fwhm: np.ndarray, source: str) -> Axis:
    good = np.isfinite(wavelengths)
    notes = [f"wavelengths: {source}, built in"]
    if not good.all():
        notes.append(f"bands of detector rows without light, left out: {(~good).sum()}")
    return Axis(wavelengths, fwhm, good, tuple(notes))


def read_wavelength_table(path: Path) -> Axis:
    """The axis of a CRISM wavelength table: sensor, detector row, wavelength and perhaps FWHM, in nm.

    Raises
    ------
    InputError
        If it is no such table.
    """
    try:
        table = np.loadtxt(path, delimiter=",", ndmin=2, encoding="ascii")
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no table of numbers: {error}", hint="fetch the table again") from error
    if table.shape[1] < 2:
        raise InputError(f"{path}: has one column, expected row and wavelength", hint="fetch the table again")
    axis = normalise_axis(
        len(table),
        str(path),
        wavelengths=table[:, min(2, table.shape[1] - 1)],
        unit="nm",
        fwhm=table[:, 3] if table.shape[1] > 3 else None,
    )
    return axis._replace(notes=(*axis.notes, f"wavelengths: {path.name}"))
