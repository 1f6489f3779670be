"""ENVI images: raw numbers under a header, mapped in place and never copied."""

import math
from pathlib import Path

import numpy as np

from hsicli.cube import CRISM_FILL, Cube, Grid
from hsicli.errors import InputError
from hsicli.io.axes import Axis, normalise_axis
from hsicli.io.crism import product_axis
from hsicli.io.envi_header import CLASSES, INTERLEAVES, LIBRARY, EnviHeader, Layout, parse_header
from hsicli.io.georeference import envi_grid
from hsicli.products.rasters import Raster

SUFFIXES = ("", ".img", ".dat", ".raw", ".bsq", ".bil", ".bip", ".cub", ".sli", ".cube", ".bin")
"""Endings of files of raw numbers, in the order in which they are looked for beside a header."""

USUAL_FILL = (-9999.0, -999.0, -32768.0, -1.23e34, float(np.finfo(np.float32).min), 1e32)
"""Numbers that writers put where there is no data, often without saying so."""


def read_envi(path: Path) -> Cube:
    """The cube under an ENVI header, mapped in place.

    Parameters
    ----------
    path : Path
        The header, or the image with its header beside it.

    Raises
    ------
    InputError
        If either is missing or invalid, the image is shorter than its header says, or it is no cube but a
        spectral library or a classification.
    """
    header, image = find_pair(path)
    if header.kind == LIBRARY:
        raise InputError(f"{path}: is a spectral library, not a cube", hint="give it with --library")
    if header.kind == CLASSES:
        raise InputError(f"{path}: is a class map, not a cube", hint="give it with --truth, or as a map")
    layout = header.layout()
    notes = list(layout.notes)
    data = map_numbers(header, image, layout, notes)
    scale = _scale(header, notes)
    fill = _fill(header, data, notes)
    axis = header_axis(header, layout.bands)
    if axis.wavelengths is None and CRISM_FILL in fill and layout.dtype.kind == "f":
        axis = product_axis(layout.bands) or axis  # nothing else has so many bands and this fill
    grid = header_grid(header, notes)
    return Cube(
        data=data,
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=axis.good_bands,
        grid=grid,
        scale=scale,
        fill=fill,
        notes=(*notes, *axis.notes),
    )


def read_classes(path: Path) -> Raster:
    """The class map under an ENVI header: one layer, int32, 0 = unlabeled.

    Raises
    ------
    InputError
        If either file is missing or invalid, or the numbers are no classes.
    """
    header, image = find_pair(path)
    layout = header.layout()
    if layout.bands != 1 or layout.dtype.kind not in "iu":
        raise InputError(
            f"{path}: {layout.bands} bands of {layout.dtype.name} are no class map: expected one of integers",
            hint="give an ENVI classification",
        )
    labels = np.asarray(map_numbers(header, image, layout, [])[:, :, 0], dtype=np.int32)
    names = header.names("class names")
    table = header.numbers("class lookup")
    whole = table is not None and len(table) == 3 * len(names)
    return Raster(
        data=labels[None],
        layer_names=("class",),
        nodata=0,
        class_names=names[1:],
        colours=table.reshape(-1, 3)[1:].astype(np.uint8) if whole and table is not None else None,
        grid=header_grid(header, []),
    )


def find_pair(path: Path) -> tuple[EnviHeader, Path]:
    """The header and the file of numbers that belong to one of them.

    Raises
    ------
    InputError
        If one of them is missing, with the names that were looked for.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: {what}", hint="check the spelling and the current folder")
    if path.suffix.casefold() == ".hdr":
        header = parse_header(path)
        return header, _image_of(header)
    found = header_beside(path)
    if found is None:
        raise InputError(
            f"{path}: there is no header beside it ({path.stem}.hdr or {path.name}.hdr)",
            hint="put the ENVI header there, or give another file",
        )
    return parse_header(found), path


def header_beside(path: Path) -> Path | None:
    """The header of a file of raw numbers: `image.hdr` or `image.img.hdr`, in any case."""
    return _first_of((path.name + ".hdr", path.stem + ".hdr"), path.parent)


def _image_of(header: EnviHeader) -> Path:
    stem = header.path.name[:-4]
    wanted = tuple(dict.fromkeys(stem + suffix for suffix in SUFFIXES))
    image = _first_of(wanted, header.path.parent)
    if image is None:
        raise InputError(
            f"{header.path}: there is no image beside it "
            f"({stem}, {stem}.img, .dat, .raw, .bsq, .bil, .bip, .cub, .sli)",
            hint="put the image there under one of these names",
        )
    return image


def _first_of(names: tuple[str, ...], folder: Path) -> Path | None:
    """The first of these names that is a file; as spelt, or else in any case."""
    for name in names:
        if name and (folder / name).is_file():
            return folder / name
    present = {entry.name.casefold(): entry for entry in folder.iterdir()}
    for name in names:
        found = present.get(name.casefold())
        if found is not None and found.is_file():
            return found
    return None


def map_numbers(header: EnviHeader, image: Path, layout: Layout, notes: list[str]) -> np.ndarray:
    """(rows, cols, bands): a read-only view of the file, whatever its interleave.

    Raises
    ------
    InputError
        If the file is shorter than the header says.
    """
    found = image.stat().st_size
    if found < layout.bytes:
        size = f"{layout.rows} × {layout.cols} × {layout.bands} × {layout.dtype.itemsize}"
        raise InputError(
            f"{image}: holds {found} bytes, its header asks for {layout.bytes} ({size} + {layout.offset})",
            hint=f"copy the image again, or mend the sizes in {header.path.name}",
        )
    if found > layout.bytes:
        notes.append(f"{found - layout.bytes} bytes after the image: passed over")
    stored = np.memmap(image, layout.dtype, "r", layout.offset, layout.stored_shape)
    return stored.transpose(INTERLEAVES[layout.interleave])


def header_axis(header: EnviHeader, bands: int) -> Axis:
    """The spectral axis that a header describes."""
    axis = normalise_axis(
        bands,
        str(header.path),
        wavelengths=header.numbers("wavelength"),
        unit=header.text("wavelength units"),
        fwhm=header.numbers("fwhm"),
        good_bands=header.numbers("bbl"),
    )
    unread = [
        f"{key} is no list of numbers: left out"
        for key in ("wavelength", "fwhm", "bbl")
        if header.text(key).strip("[]() ") and header.numbers(key) is None
    ]
    return axis._replace(notes=(*axis.notes, *unread))


def header_grid(header: EnviHeader, notes: list[str]) -> Grid | None:
    """The grid that a header describes."""
    keys = ("map info", "projection info", "coordinate system string")
    grid, note = envi_grid(*(header.text(key) for key in keys))
    if note:
        notes.append(note)
    return grid


def _scale(header: EnviHeader, notes: list[str]) -> float:
    """Reflectance of one count: ENVI divides by its scale factor."""
    factor = header.numbers("reflectance scale factor")
    if factor is None:
        return 1.0
    if len(factor) != 1 or not math.isfinite(factor[0]) or factor[0] <= 0:
        notes.append("the reflectance scale factor is not one positive number: left out")
        return 1.0
    return 1.0 / float(factor[0])


def _fill(header: EnviHeader, data: np.ndarray, notes: list[str]) -> tuple[float, ...]:
    """The numbers that mean "no data": declared, or such as the corners of the image show."""
    declared = header.numbers("data ignore value")
    if declared is not None:
        return tuple(float(value) for value in declared if not math.isnan(value))
    found = undeclared_fill(data)
    if found is None:
        return ()
    notes.append(
        f"no fill value is declared, but a corner of the image holds {found:g} in its bands: taken as fill"
    )
    return (found,)


def undeclared_fill(data: np.ndarray) -> float | None:
    """What a corner pixel holds in every band, if that cannot be a spectrum.

    That is a usual fill value, or any negative number that a spectrum of real numbers repeats from its first
    band to its last. Five bands a corner are looked at; the others only where those agree.
    """
    rows, cols, bands = data.shape
    some = sorted({0, bands // 4, bands // 2, 3 * bands // 4, bands - 1})
    for row in (0, rows - 1):
        for col in (0, cols - 1):
            value = float(data[row, col, 0])
            if any(float(data[row, col, band]) != value for band in some):
                continue
            usual = any(np.float32(value) == np.float32(known) for known in USUAL_FILL)
            negative = value < 0 and math.isfinite(value) and data.dtype.kind == "f" and bands > len(some)
            if usual or (negative and bool((data[row, col] == data.dtype.type(value)).all())):
                return value
    return None
