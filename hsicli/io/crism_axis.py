"""The spectral axis of a CRISM image, from the files that lie beside it or that the user names.

The wavelength image (WA) has the centre of every detector element, the sweet-spot table (SW) the mean over
the columns that the instrument team calls typical. A cube has one axis, so of a WA those columns are taken.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hsicli import instruments
from hsicli.cube import CRISM_FILL
from hsicli.errors import InputError
from hsicli.io.axes import Axis, normalise_axis
from hsicli.io.crism import product_axis, read_wavelength_table, rows_axis
from hsicli.io.odl import beside, target
from hsicli.io.pds3_image import LabelledImage, find_image, map_image

WIDTH = 640
"""Columns of a detector, unbinned."""

SWEET_SPOT = {"L": (270, 370), "S": (260, 360)}
"""Sensor: the typical columns, from 0, the last one out."""

VALID_COLUMNS = {
    ("L", 640): slice(29, 633),
    ("L", 320): slice(15, 316),
    ("L", 128): slice(6, 126),
    ("L", 64): slice(3, 63),
    ("S", 640): slice(25, 626),
    ("S", 320): slice(13, 313),
    ("S", 128): slice(6, 125),
    ("S", 64): slice(3, 62),
}
"""Sensor and columns of the image: those that see the ground, from 0, the last one out."""

_WAVELENGTH_FILE = re.compile(r"CDR4\d{11}_WA(?P<setting>\d{7})(?P<sensor>[SL])_\w\.IMG", re.IGNORECASE)
_SWEET_SPOT_FILE = re.compile(r"CDR6_\d_\d{10}_SW_(?P<sensor>[SL])_\w\.TAB", re.IGNORECASE)


def valid_columns(sensor: str, cols: int) -> slice | None:
    """The columns of an image in sensor space that see the ground; None where that is not known."""
    return VALID_COLUMNS.get((sensor, cols))


def label_axis(image: LabelledImage, bands: int) -> Axis | None:
    """The axis of the image of a label, the best source first; None where none is known.

    These are: the table or wavelength image that the label names, another wavelength image of the same
    setting, a sweet-spot table of the sensor, all of them beside the label; then what is built in, by
    detector row or by kind of product.
    """
    label, folder = image.label, image.label_file.parent
    named = Path(label.text("MRO:WAVELENGTH_FILE_NAME") or "none").name
    table = beside(folder / named) if named.lower().endswith(".tab") else None
    if table is not None:
        axis = read_wavelength_table(table)
        if axis.good_bands.shape == (bands,):
            return axis
    if label.text("INSTRUMENT_ID") != "CRISM" or image.image.text("BAND_NAME"):  # named planes are no spectra
        return None
    sensor = label.text("MRO:SENSOR_ID").upper()
    if sensor not in SWEET_SPOT:
        return product_axis(bands)
    rows = _detector_rows(image, bands) or product_rows(sensor, bands)
    calibration = _calibration_beside(folder, named, sensor, image.label_file)
    if calibration is not None:
        measured = _of_calibration(calibration, sensor, bands, rows)
        if measured is not None:
            return measured
    return product_axis(bands) if rows is None else rows_axis(sensor, rows)


def file_axis(path: Path, bands: int) -> Axis | None:
    """The axis in a wavelength image (WA) or sweet-spot table (SW) of CRISM; None if it is neither.

    Parameters
    ----------
    path : Path
        A WA's image or label, or a SW's table or label, under a name of the archive.
    bands : int
        Bands of the cube that it is for: which rows of the sweet-spot table are meant.

    Raises
    ------
    InputError
        If it is one, but does not fit so many bands.
    """
    wave, sweet = (
        pattern.fullmatch(path.with_suffix(suffix).name)
        for pattern, suffix in ((_WAVELENGTH_FILE, ".IMG"), (_SWEET_SPOT_FILE, ".TAB"))
    )
    match = wave or sweet
    if match is None:
        return None
    sensor = match["sensor"].upper()
    file = path if wave else (beside(path.with_suffix(".tab")) or path)
    axis = _of_calibration(file, sensor, bands, product_rows(sensor, bands))
    if axis is None:
        raise InputError(
            f"{path}: has no wavelengths for a cube of {bands} bands: it is for sensor {sensor} of CRISM",
            hint="give the one of the same sensor and wavelength filter, or a table with one row a band",
        )
    return axis


def product_rows(sensor: str, bands: int) -> list[int] | None:
    """The detector rows of a hyperspectral TRDR, in the order of its bands; None for any other image."""
    rows = [row.row for row in instruments.detector_rows() if row.sensor == sensor]
    return rows if len(rows) == bands else None


def wavelength_image_axis(values: np.ndarray, sensor: str, rows: Sequence[int] | None, source: str) -> Axis:
    """The axis of a wavelength image: the mean over the columns of the sweet spot.

    Parameters
    ----------
    values : (cols, bands) float
        nm; 65535 where an element sees no light.
    sensor : str
        ``L`` or ``S``.
    rows : (bands,) int, optional
        Detector rows, which tell the widths.
    source : str
        Name of the file, for the notes.
    """
    known = np.where(values < CRISM_FILL, values, np.nan).astype(np.float64)
    first, last = (edge * len(known) // WIDTH for edge in SWEET_SPOT[sensor])
    typical = known[first:last]
    lit = np.isfinite(typical).any(axis=0)
    centres = np.full(known.shape[1], np.nan)
    centres[lit] = np.nanmean(typical[:, lit], axis=0)
    widths = rows_axis(sensor, rows) if rows is not None else None
    axis = normalise_axis(
        len(centres), source, wavelengths=centres, unit="nm", fwhm=None if widths is None else widths.fwhm
    )
    smile = (
        float((np.nanmax(known[:, lit], axis=0) - np.nanmin(known[:, lit], axis=0)).max()) if lit.any() else 0
    )
    notes = [
        f"wavelengths: {source}, mean of columns {first + 1} to {last}; "
        f"across the detector they bend by up to {smile:.1f} nm"
    ]
    if not lit.all():
        notes.append(f"bands of detector rows without light, left out: {(~lit).sum()}")
    return axis._replace(notes=(*axis.notes, *notes))


def _of_calibration(path: Path, sensor: str, bands: int, rows: list[int] | None) -> Axis | None:
    """The axis that a calibration file gives so many bands; None where it does not fit them."""
    if path.suffix.lower() != ".tab":
        values = _wavelength_image(path, bands)
        return None if values is None else wavelength_image_axis(values, sensor, rows, path.name)
    axis = read_wavelength_table(path)
    if rows is None or axis.wavelengths is None or max(rows) >= len(axis.wavelengths):
        return None
    widths = rows_axis(sensor, rows)
    centres = axis.wavelengths[rows]
    chosen = normalise_axis(
        bands, str(path), wavelengths=centres, unit="nm", fwhm=None if widths is None else widths.fwhm
    )
    return chosen._replace(notes=(*chosen.notes, f"wavelengths: {path.name}, by detector row"))


def _wavelength_image(path: Path, bands: int) -> np.ndarray | None:
    """(cols, bands): the numbers of a wavelength image, by its label or, without one, by its size."""
    label, image = beside(path.with_suffix(".lbl")), beside(path.with_suffix(".img"))
    if label is not None:
        data = map_image(find_image(label))
        return np.asarray(data[0]) if data.shape[0] == 1 and data.shape[2] == bands else None
    size = image.stat().st_size if image is not None else 0
    for cols in sorted({cols for _, cols in VALID_COLUMNS}, reverse=True):
        if image is not None and size in {
            4 * cols * bands,
            4 * cols * (bands + 1),
        }:  # a list of rows may follow
            return np.fromfile(image, "<f4", cols * bands).reshape(bands, cols).T
    return None


def _calibration_beside(folder: Path, named: str, sensor: str, label_file: Path) -> Path | None:
    """The wavelength image that a label names, else one of its setting, else a sweet-spot table."""
    wanted = _WAVELENGTH_FILE.fullmatch(named)
    names = sorted(entry.name for entry in folder.iterdir() if entry.stem.lower() != label_file.stem.lower())
    ranked: list[tuple[int, str]] = []
    for name in names:
        wave, sweet = _WAVELENGTH_FILE.fullmatch(name), _SWEET_SPOT_FILE.fullmatch(name)
        if name.lower() == named.lower():
            ranked.append((0, name))
        elif wave and wanted and _setting(wave) == _setting(wanted):
            ranked.append((1, name))
        elif sweet and sweet["sensor"].upper() == sensor:
            ranked.append((2, name))
    return folder / min(ranked)[1] if ranked else None


def _setting(match: re.Match[str]) -> tuple[str, str]:
    return match["setting"], match["sensor"].upper()


def _detector_rows(image: LabelledImage, bands: int) -> list[int] | None:
    """The detector row of each band, from the table that follows the image; None where there is none."""
    table, pointer = image.scope.find("ROWNUM_TABLE"), image.scope.values.get("^ROWNUM_TABLE")
    if table is None or pointer is None or table.number("ROWS") != bands or table.number("ROW_BYTES") != 2:
        return None
    file, offset = target(pointer, image.scope, image.label, image.label_file)
    with file.open("rb") as stream:
        stream.seek(offset)
        raw = stream.read(2 * bands)
    rows = np.frombuffer(raw[: len(raw) // 2 * 2], dtype=">u2") & 0x1FF  # nine bits count, as BIT_MASK says
    return [int(row) for row in rows] if len(rows) == bands and rows.max(initial=0) < 480 else None
