"""An ENVI header: text that says how the raw numbers beside it lie.

Headers are written by hand, by scripts and by a dozen programs. What can be understood is understood; what
had to be guessed is said; what cannot be is an error that names the key.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hsicli.errors import InputError

DTYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
"""ENVI's number of a data type: ours. 6 and 9 are complex."""

INTERLEAVES = {"bsq": (1, 2, 0), "bil": (0, 2, 1), "bip": (0, 1, 2)}
"""Interleave: where rows, cols and bands stand among the axes of the file."""

LIBRARY, CLASSES = "spectral library", "classification"
"""What `file type` says of files that are no cubes, after the word ENVI."""

EMPTY = {"", "none", "null", "n/a"}


class Layout(NamedTuple):
    """How the numbers lie in the file."""

    rows: int
    cols: int
    bands: int
    dtype: np.dtype[Any]
    interleave: str
    offset: int
    notes: tuple[str, ...]

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The axes in the order of the file, slowest first."""
        shape = [0, 0, 0]
        for size, position in zip(
            (self.rows, self.cols, self.bands), INTERLEAVES[self.interleave], strict=True
        ):
            shape[position] = size
        return tuple(shape)

    @property
    def bytes(self) -> int:
        """What the file must hold, the offset included."""
        return self.offset + self.rows * self.cols * self.bands * self.dtype.itemsize


@dataclass(frozen=True)
class EnviHeader:
    """The keys of a header, in small letters, and their texts without braces."""

    path: Path
    fields: dict[str, str]
    repeated: tuple[str, ...] = ()

    def text(self, key: str) -> str:
        """The text of a key; nothing where the key is absent, empty or says None."""
        found = self.fields.get(key, "")
        return "" if found.casefold() in EMPTY else found

    def numbers(self, key: str) -> np.ndarray | None:
        """(n,) float64: a list, or None where there is none or it is not made of numbers."""
        words = [word for word in re.split(r"[\s,;]+", self.text(key).strip("[]() \t\n")) if word]
        if not words:
            return None
        try:
            return np.array([float(word) for word in words])
        except ValueError:
            return None

    def names(self, key: str) -> tuple[str, ...]:
        """The texts of a list."""
        words = [" ".join(word.split()) for word in self.text(key).split(",")]
        return tuple(words if any(words) else ())

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number, not negative.

        Raises
        ------
        InputError
            If the key is absent and there is no default, or if it is no such number.
        """
        text = self.text(key)
        if not text and default is not None:
            return default
        if not text:
            raise InputError(
                f"{self.path}: the key {key!r} is missing", hint=f"add a line '{key} = …' to the header"
            )
        number = _number(text)
        if number is None or not math.isfinite(number) or number != int(number) or number < 0:
            raise InputError(
                f"{self.path}: {key} = {text[:40]}: expected a whole number",
                hint=f"mend {key!r} in the header",
            )
        return int(number)

    @property
    def kind(self) -> str:
        """What `file type` says after the word ENVI, in small letters."""
        return self.text("file type").casefold().removeprefix("envi").strip()

    def layout(self) -> Layout:
        """How the numbers lie.

        Raises
        ------
        InputError
            If a size is missing or nonsense, or the numbers are of a kind that is not read.
        """
        notes: list[str] = []
        rows, cols, bands = (self.whole(key) for key in ("lines", "samples", "bands"))
        if 0 in {rows, cols, bands}:
            raise InputError(
                f"{self.path}: {rows} lines, {cols} samples and {bands} bands make no image",
                hint="mend the sizes in the header",
            )
        dtype = self._dtype(notes)
        interleave = self.text("interleave").casefold()
        if not interleave and bands == 1:
            interleave = "bsq"
        if interleave not in INTERLEAVES:
            found = f"interleave = {interleave}" if interleave else "the key 'interleave' is missing"
            raise InputError(f"{self.path}: {found}: expected bsq, bil or bip", hint="mend it in the header")
        self._refuse_unread()
        return Layout(rows, cols, bands, dtype, interleave, self.whole("header offset", 0), tuple(notes))

    def _dtype(self, notes: list[str]) -> np.dtype[Any]:
        number = self.whole("data type")
        if number not in DTYPES:
            what = "complex numbers" if number in {6, 9} else "no type of ENVI's"
            raise InputError(
                f"{self.path}: data type = {number} ({what}); read are {', '.join(map(str, DTYPES))}",
                hint="convert the image to real numbers first, for instance with gdal_translate -ot Float32",
            )
        dtype = np.dtype(DTYPES[number])
        order = self.whole("byte order", 0)
        if order > 1:
            raise InputError(
                f"{self.path}: byte order = {order}: expected 0 (little end first) or 1",
                hint="mend it in the header",
            )
        if not self.text("byte order") and dtype.itemsize > 1:
            notes.append("the byte order is not declared: taken as 0, little end first")
        return dtype.newbyteorder(">" if order else "<")

    def _refuse_unread(self) -> None:
        """Raise on what would shift or scramble the numbers."""
        if self.kind.startswith(("tiff", "jp2", "hdf", "nitf")):
            raise InputError(
                f"{self.path}: describes a {self.kind} file, not raw numbers", hint="give that file instead"
            )
        if self.text("file compression") not in {"", "0"}:
            raise InputError(f"{self.path}: the image is compressed", hint="decompress it, or export it anew")
        for key in ("major frame offsets", "minor frame offsets"):
            offsets = self.numbers(key)
            if offsets is not None and offsets.any():
                raise InputError(f"{self.path}: {key} are not read", hint="export the image without them")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def parse_header(path: Path) -> EnviHeader:
    """The header in a file, whatever the case and spacing of its keys.

    Raises
    ------
    InputError
        If the file is missing, or is no ENVI header, or a list in it is never closed.
    """
    with path.open("rb") as file:
        start = file.read(2**24)  # a header of more is something else under that name
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = start.decode("latin-1")
    lines = text.splitlines()
    if not lines or lines[0].strip().casefold() != "envi":
        raise InputError(
            f"{path}: is no ENVI header: its first line is {(lines or [''])[0][:30]!r}, not 'ENVI'",
            hint="give the image with its own header beside it",
        )
    fields: dict[str, str] = {}
    repeated = []
    rest = iter(lines[1:])
    for line in rest:
        key, equals, value = line.partition("=")
        if not equals or line.lstrip().startswith(";"):
            continue
        key, value = normal_key(key), value.strip()
        value = _braced(value, rest, path, key) if value.startswith("{") else value.split(";")[0].strip()
        if key in fields:
            repeated.append(key)
        fields[key] = value
    return EnviHeader(path, fields, tuple(repeated))


def normal_key(key: str) -> str:
    """A key in small letters, one blank between its words."""
    return " ".join(key.replace("_", " ").casefold().split())


def _braced(value: str, rest: Iterable[str], path: Path, key: str) -> str:
    """What stands between the braces, over as many lines as it takes."""
    parts = [value[1:]]
    if "}" not in parts[0]:
        for line in rest:
            if not line.lstrip().startswith(";"):
                parts.append(line)
            if "}" in parts[-1]:
                break
        else:
            raise InputError(
                f"{path}: the list {key!r} is never closed", hint="add the missing } to the header"
            )
    return "\n".join(parts).partition("}")[0].strip()
