"""PDS3 images: a label of text, and raw numbers that are mapped where they lie."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsicli.cube import CRISM_FILL, Cube
from hsicli.errors import InputError
from hsicli.io.axes import Axis, normalise_axis
from hsicli.io.crism import product_axis, read_wavelength_table, rows_axis
from hsicli.io.odl import Group, beside, parse_label, plain, target
from hsicli.io.projection import label_grid

LABEL_BYTES = 2**20
"""No label is longer; what follows in an attached file is data."""

EMPTY_PLANE = 1e32
"""What CRISM's derived geometry holds in planes that were not computed."""

SAMPLE_TYPES = {
    **dict.fromkeys(("PC_REAL",), "<f"),
    **dict.fromkeys(("IEEE_REAL", "REAL", "FLOAT", "SUN_REAL", "MAC_REAL"), ">f"),
    **dict.fromkeys(("LSB_INTEGER", "PC_INTEGER", "VAX_INTEGER"), "<i"),
    **dict.fromkeys(("LSB_UNSIGNED_INTEGER", "PC_UNSIGNED_INTEGER", "VAX_UNSIGNED_INTEGER"), "<u"),
    **dict.fromkeys(("INTEGER", "MSB_INTEGER", "SUN_INTEGER", "MAC_INTEGER"), ">i"),
    **dict.fromkeys(
        ("UNSIGNED_INTEGER", "MSB_UNSIGNED_INTEGER", "SUN_UNSIGNED_INTEGER", "MAC_UNSIGNED_INTEGER"), ">u"
    ),
}
"""SAMPLE_TYPE: byte order and kind of the numbers."""

GEOMETRY = {
    "ina at areoid": "incidence",
    "ema at areoid": "emission",
    "phase angle": "phase",
    "latitude": "latitude",
    "longitude": "longitude",
    "ina at surface": "surface_incidence",
    "ema at surface": "surface_emission",
    "slope magnitude": "slope",
    "mola slope azimuth": "slope_azimuth",
    "elevation": "elevation",
    "thermal inertia": "thermal_inertia",
    "bolometic albedo": "albedo",  # so spelt in the archive
    "bolometric albedo": "albedo",
    "local solar time": "local_time",
}
"""How the name of a plane of derived geometry begins: what we call it."""


@dataclass(frozen=True)
class _Image:
    """The IMAGE of a label, and where its numbers lie."""

    label: Group
    scope: Group
    image: Group
    file: Path
    offset: int
    label_file: Path

    def number(self, key: str) -> float | None:
        return next(
            (n for g in (self.image, self.scope, self.label) if (n := g.number(key)) is not None), None
        )


def read_pds3(path: Path) -> Cube:
    """The image that a PDS3 label describes, mapped in place.

    Tables that follow the image are passed over. Wavelengths come from the file that the label names, if it
    lies beside it, or from the built-in CRISM table.

    Parameters
    ----------
    path : Path
        The label, or the image with its label beside it (names may differ in case) or before it.

    Raises
    ------
    InputError
        If the label cannot be read, names no image, or the image is shorter than the label says.
    """
    image = _find_image(path)
    data = _mapped(image)
    bands = data.shape[2]
    axis = _axis(image, bands) or normalise_axis(bands, str(image.label_file))
    grid, notes = label_grid(image.label)
    crism = image.label.text("INSTRUMENT_ID") == "CRISM"
    fill = [
        n
        for key in ("MISSING_CONSTANT", "CORE_NULL", "NULL_CONSTANT")
        if (n := image.number(key)) is not None
    ]
    if crism and data.dtype.kind == "f":
        fill += [CRISM_FILL, EMPTY_PLANE]
    notes = (*axis.notes, *notes)
    if axis.wavelengths is None and bands > 1 and "BAND_NAME" not in image.image.values:
        notes += (f"wavelengths: none found for its {bands} bands",)
    return Cube(
        data=data,
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=axis.good_bands,
        columns=_columns(image, data.shape),
        grid=grid,
        scale=image.image.number("SCALING_FACTOR") or 1.0,
        fill=tuple(dict.fromkeys(fill)),
        notes=notes,
    )


def read_geometry(path: Path) -> dict[str, np.ndarray]:
    """The planes of a derived-geometry product (DDR, or the geometry of a map tile) by name.

    Returns
    -------
    dict of (rows, cols) float32
        Names as in `GEOMETRY`: latitude and longitude in degrees (north, east), angles in degrees,
        elevation in metres; NaN where there is none.

    Raises
    ------
    InputError
        If the label names no latitude and longitude.
    """
    image = _find_image(path)
    data = _mapped(image)
    names = plain(image.image.values.get("BAND_NAME", ()))
    planes: dict[str, np.ndarray] = {}
    for band, name in enumerate(names if isinstance(names, tuple) else (names,)):
        short = next((GEOMETRY[start] for start in GEOMETRY if str(name).lower().startswith(start)), None)
        if short is not None and short not in planes and band < data.shape[2]:
            plane = np.array(data[:, :, band], dtype=np.float32)
            plane[(plane == CRISM_FILL) | (plane == np.float32(EMPTY_PLANE))] = np.nan
            planes[short] = plane
    if not {"latitude", "longitude"} <= planes.keys():
        raise InputError(
            f"{image.label_file}: names no planes of latitude and longitude",
            hint="name the label of the DDR (…_DE…_DDR1.LBL) that belongs to the image",
        )
    return planes


def _find_image(path: Path) -> _Image:
    label_file = _label_of(path)
    with label_file.open("rb") as stream:
        label = parse_label(stream.read(LABEL_BYTES).decode("latin-1"), str(label_file))
    for scope in (label, *(group for group in label.groups if group.name == "FILE")):
        image = scope.find("IMAGE") or label.find("IMAGE")
        if "^IMAGE" in scope.values and image is not None:
            file, offset = target(scope.values["^IMAGE"], scope, label, label_file)
            return _Image(label, scope, image, file, offset, label_file)
    raise InputError(
        f"{label_file}: the label describes no IMAGE",
        hint="name the label of an image; tables and qubes are not read",
    )


def _label_of(path: Path) -> Path:
    """The file that holds the label: the file itself, or its neighbour of the same stem."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the path")
    with path.open("rb") as file:
        start = file.read(4096).decode("latin-1")
    if path.suffix.lower() == ".lbl" or re.match(
        r"\s*(/\*.*?\*/\s*)*(PDS|ODL)_VERSION_ID|CCSD", start, re.DOTALL
    ):
        return path
    label = beside(path.with_name(path.stem + ".lbl")) or beside(path.with_name(path.name + ".lbl"))
    if label is None:
        raise InputError(
            f"{path}: has no label beside it ({path.stem}.lbl was expected)",
            hint="put the label that came with the image into the same folder",
        )
    return label


def _mapped(image: _Image) -> np.ndarray:
    """(rows, cols, bands): the numbers where they lie, read-only."""
    where = str(image.label_file)
    rows, cols, bands, bits = (
        _count(image.image, key, where, absent)
        for key, absent in (("LINES", 0), ("LINE_SAMPLES", 0), ("BANDS", 1), ("SAMPLE_BITS", 0))
    )
    kind = SAMPLE_TYPES.get(image.image.text("SAMPLE_TYPE").upper())
    if kind is None or (kind[1], bits) not in {(k, b) for k in "iu" for b in (8, 16, 32, 64)} | {
        ("f", 32),
        ("f", 64),
    }:
        raise InputError(
            f"{where}: samples of type {image.image.text('SAMPLE_TYPE')!r} and {bits} bits are not read",
            hint=f"convert the image; types read are {', '.join(SAMPLE_TYPES)}",
        )
    for key in ("LINE_PREFIX_BYTES", "LINE_SUFFIX_BYTES", "OFFSET"):
        if image.image.number(key):
            raise InputError(
                f"{where}: an image with {key} is not read", hint="convert it to an ENVI image first"
            )
    storage = image.image.text("BAND_STORAGE_TYPE").upper() or ("BAND_SEQUENTIAL" if bands == 1 else "")
    stored = {
        "BAND_SEQUENTIAL": ((bands, rows, cols), (1, 2, 0)),
        "LINE_INTERLEAVED": ((rows, bands, cols), (0, 2, 1)),
        "SAMPLE_INTERLEAVED": ((rows, cols, bands), (0, 1, 2)),
    }.get(storage)
    if stored is None:
        raise InputError(
            f"{where}: BAND_STORAGE_TYPE is {storage or 'missing'}",
            hint="write BAND_SEQUENTIAL, LINE_INTERLEAVED or SAMPLE_INTERLEAVED",
        )
    dtype = np.dtype(f"{kind}{bits // 8}")
    needed, found = rows * cols * bands * dtype.itemsize, image.file.stat().st_size - image.offset
    if found < needed:
        raise InputError(
            f"{image.file}: {rows} × {cols} × {bands} samples of {bits} bits need {needed} bytes"
            f" from byte {image.offset} on, found {max(found, 0)}",
            hint="fetch the image again: it is cut short, or the label is of another one",
        )
    shape, axes = stored
    return np.memmap(image.file, dtype=dtype, mode="r", offset=image.offset, shape=shape).transpose(axes)


def _count(group: Group, key: str, where: str, absent: int) -> int:
    number = group.number(key)
    value = absent if number is None else int(number)
    if value < 1:
        raise InputError(
            f"{where}: {key} of the image is {'missing' if number is None else value}",
            hint=f"write {key} as a positive number",
        )
    return value


def _axis(image: _Image, bands: int) -> Axis | None:
    """Wavelengths: of the table that the label names, of the detector rows, or of the kind of product."""
    label = image.label
    table = Path(label.text("MRO:WAVELENGTH_FILE_NAME") or "none")
    file = beside(image.label_file.with_name(table.name)) if table.suffix.lower() == ".tab" else None
    if file is not None:
        axis = read_wavelength_table(file)
        if axis.good_bands.shape == (bands,):
            return axis
    if label.text("INSTRUMENT_ID") != "CRISM" or image.image.text("BAND_NAME"):  # named planes are no spectra
        return None
    sensor = label.text("MRO:SENSOR_ID").upper()
    rows = _detector_rows(image, bands) if sensor in {"L", "S"} else None
    return product_axis(bands) if rows is None else rows_axis(sensor, rows)


def _detector_rows(image: _Image, bands: int) -> list[int] | None:
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


def _columns(image: _Image, shape: tuple[int, ...]) -> np.ndarray | None:
    """(rows, cols) int32: in a TRDR, a pixel's column is that of the detector (binned as the image is)."""
    label = image.label
    if label.text("INSTRUMENT_ID") != "CRISM" or label.text("PRODUCT_TYPE").upper() != "TARGETED_RDR":
        return None
    columns: np.ndarray = np.arange(shape[1], dtype=np.int32)
    return np.broadcast_to(columns, shape[:2])
