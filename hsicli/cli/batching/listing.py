"""A list of images: paths, patterns, or a table with a column of images."""

import csv
import glob
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hsicli.errors import ConfigError, InputError

TABLES = (".csv",)


class Item(NamedTuple):
    """One image of a list."""

    name: str
    """What its folder is called."""
    values: dict[str, str]
    """What is known of it, by column: ``image``, ``name``, and whatever the list has."""


def read_list(path: Path, shared: Mapping[str, Path]) -> list[Item]:
    """The images of a list, in its order.

    A line is a path or a pattern (``*.img``); a table (``.csv``) has a column ``image`` and, where they
    differ from image to image, columns for the other files. Paths are seen from the current folder or, if
    there is nothing, from the list's. Empty lines and those that begin with # are passed over.

    Parameters
    ----------
    path : Path
    shared : mapping of str to Path
        Files that are the same for all images, by column.

    Raises
    ------
    InputError
        If there is no such list, or no image in it.
    ConfigError
        If a table has no column ``image``, or two images one name.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: there is no such file", hint="give a list of images: a path a line, or a CSV"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: is not a list of images, nor any text", hint="give a path a line"
        ) from error
    rows = _table(path, text) if path.suffix.casefold() in TABLES else _lines(path, text)
    if not rows:
        raise InputError(f"{path}: names no image", hint="write a path or a pattern a line")
    known = {name: str(file.resolve()) for name, file in shared.items()}
    return [
        Item(name, {**known, **row, "name": name}) for name, row in zip(_names(path, rows), rows, strict=True)
    ]


def _lines(path: Path, text: str) -> list[dict[str, str]]:
    images = []
    for line in (line.strip() for line in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if any(letter in line for letter in "*?["):
            found = glob.glob(line) or glob.glob(str(path.parent / line))  # noqa: PTH207 may be absolute
            if not found:
                raise InputError(f"{path}: nothing matches {line}", hint="mend the pattern, or leave it out")
            images += sorted(found)
        else:
            images.append(line)
    return [{"image": _seen(path, image)} for image in images]


def _table(path: Path, text: str) -> list[dict[str, str]]:
    reader = csv.DictReader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    if "image" not in (reader.fieldnames or ()):
        raise ConfigError(
            f"{path}: has the columns {', '.join(reader.fieldnames or ()) or 'none'}, and none is image",
            hint="name the column of the images image",
        )
    rows = []
    for row in reader:
        cells = {
            name.strip(): value.strip() for name, value in row.items() if name and value and value.strip()
        }
        if "image" not in cells:
            raise InputError(
                f"{path}: line {reader.line_num} names no image", hint="fill it in, or delete it"
            )
        rows.append({name: value if name == "name" else _seen(path, value) for name, value in cells.items()})
    return rows


def _seen(path: Path, word: str) -> str:
    """An existing file by its whole path, from here or from the list; any other word as it is."""
    for folder in (Path(), path.parent):
        if (folder / word).exists():
            return str((folder / word).resolve())
    return str(Path(word).absolute()) if "/" in word or "." in word else word


def _names(path: Path, rows: list[dict[str, str]]) -> list[str]:
    """A name an image: its own, else its file's, with its folder's where files are called alike."""
    files = [Path(row["image"]) for row in rows]
    alike = Counter(file.stem for file in files)
    names = [
        row.get("name") or (file.stem if alike[file.stem] == 1 else f"{file.parent.name}_{file.stem}")
        for row, file in zip(rows, files, strict=True)
    ]
    names = [re.sub(r"[^\w.+-]", "_", name) for name in names]
    double = [name for name, count in Counter(names).items() if count > 1]
    if double:
        raise ConfigError(
            f"{path}: {alike[double[0]] or 2} images are called {double[0]}",
            hint="list each once, or give a CSV with a column name",
        )
    return names
