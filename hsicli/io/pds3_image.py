"""The image that a PDS3 label describes: where its numbers lie, and how."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.odl import Group, beside, parse_label, target

LABEL_BYTES = 2**20
"""No label is longer; what follows in an attached file is data."""

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


@dataclass(frozen=True)
class LabelledImage:
    """The IMAGE of a label, and where its numbers lie."""

    label: Group
    scope: Group
    image: Group
    file: Path
    offset: int
    label_file: Path

    def number(self, key: str) -> float | None:
        """The number under this key, of the image itself or of what it stands in."""
        return next(
            (n for g in (self.image, self.scope, self.label) if (n := g.number(key)) is not None), None
        )


def find_image(path: Path) -> LabelledImage:
    """The first IMAGE of a label.

    Parameters
    ----------
    path : Path
        The label, or the image with its label beside it (names may differ in case) or before it.

    Raises
    ------
    InputError
        If the label is missing, cannot be read, or names no image.
    """
    label_file = _label_of(path)
    with label_file.open("rb") as stream:
        label = parse_label(stream.read(LABEL_BYTES).decode("latin-1"), str(label_file))
    for scope in (label, *(group for group in label.groups if group.name == "FILE")):
        image = scope.find("IMAGE") or label.find("IMAGE")
        if "^IMAGE" in scope.values and image is not None:
            file, offset = target(scope.values["^IMAGE"], scope, label, label_file)
            return LabelledImage(label, scope, image, file, offset, label_file)
    raise InputError(
        f"{label_file}: the label describes no IMAGE",
        hint="name the label of an image; qubes are not read, and tables of spectra are libraries",
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


def map_image(image: LabelledImage) -> np.ndarray:
    """(rows, cols, bands): the numbers where they lie, read-only.

    Raises
    ------
    InputError
        If the label says too little or what is not read, or the file is shorter than it says.
    """
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
