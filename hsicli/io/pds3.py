"""PDS3 images: a label of text, and raw numbers that are mapped where they lie."""

from pathlib import Path

import numpy as np

from hsicli.cube import CRISM_FILL, Cube
from hsicli.io.axes import normalise_axis
from hsicli.io.crism_axis import label_axis, valid_columns
from hsicli.io.pds3_image import LabelledImage, find_image, map_image
from hsicli.io.projection import label_grid

EMPTY_PLANE = 1e32
"""What CRISM's derived geometry holds in planes that were not computed."""


def read_pds3(path: Path) -> Cube:
    """The image that a PDS3 label describes, mapped in place.

    Tables that follow the image are passed over. Wavelengths come from the file that the label names, if it
    lies beside it, or from the built-in CRISM table. In CRISM's targeted data, the columns of the detector
    that see no ground are not valid.

    Parameters
    ----------
    path : Path
        The label, or the image with its label beside it (names may differ in case) or before it.

    Raises
    ------
    InputError
        If the label cannot be read, names no image, or the image is shorter than the label says.
    """
    image = find_image(path)
    data = map_image(image)
    rows, cols, bands = data.shape
    axis = label_axis(image, bands) or normalise_axis(bands, str(image.label_file))
    grid, grid_notes = label_grid(image.label)
    notes = (*axis.notes, *grid_notes)
    if axis.wavelengths is None and bands > 1 and "BAND_NAME" not in image.image.values:
        notes += (f"wavelengths: none found for its {bands} bands",)
    seen = _seen(image, cols)
    if not seen.all():
        first, last = np.flatnonzero(seen)[[0, -1]] + 1
        notes += (f"detector columns other than {first} to {last} of {cols} see no ground: taken as fill",)
    return Cube(
        data=data,
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=axis.good_bands,
        valid=np.tile(seen, (rows, 1)),
        columns=_columns(image, rows, cols),
        grid=grid,
        scale=image.image.number("SCALING_FACTOR") or 1.0,
        fill=_fill(image, data),
        notes=notes,
    )


def _fill(image: LabelledImage, data: np.ndarray) -> tuple[float, ...]:
    keys = ("MISSING_CONSTANT", "CORE_NULL", "NULL_CONSTANT")
    fill = [number for key in keys if (number := image.number(key)) is not None]
    if image.label.text("INSTRUMENT_ID") == "CRISM" and data.dtype.kind == "f":
        fill += [CRISM_FILL, EMPTY_PLANE]
    return tuple(dict.fromkeys(fill))


def _in_sensor_space(image: LabelledImage) -> bool:
    """Whether the columns of the image are those of a CRISM detector (binned as the image is)."""
    label = image.label
    return label.text("INSTRUMENT_ID") == "CRISM" and label.text("PRODUCT_TYPE").upper() == "TARGETED_RDR"


def _seen(image: LabelledImage, cols: int) -> np.ndarray:
    """(cols,) bool: the columns that see the ground."""
    seen = np.ones(cols, dtype=bool)
    part = valid_columns(image.label.text("MRO:SENSOR_ID").upper(), cols) if _in_sensor_space(image) else None
    if part is not None:
        seen[: part.start] = seen[part.stop :] = False
    return seen


def _columns(image: LabelledImage, rows: int, cols: int) -> np.ndarray | None:
    """(rows, cols) int32: the detector column of every pixel of a TRDR."""
    if not _in_sensor_space(image):
        return None
    return np.broadcast_to(np.arange(cols, dtype=np.int32), (rows, cols))
