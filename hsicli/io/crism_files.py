"""What a CRISM product's name and the files beside it add: wavelengths, detector columns, places."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.crism import product_axis
from hsicli.io.crism_axis import valid_columns
from hsicli.io.crism_names import ProductName, geometry_beside, parse_name, related
from hsicli.io.layers import open_layers, read_geometry

COLUMN_LAYER = "IR Sample"
"""The plane of an IN product that holds the column of the infrared detector that each pixel came from."""


def completed(cube: Cube, path: Path) -> Cube:
    """The cube with what its name and its neighbours say of it, and its file does not.

    Only names of CRISM's archive are looked at. An image in sensor space has the columns of the detector; one
    on a map finds them in the IN product of its observation, if that lies beside it.

    Parameters
    ----------
    cube : Cube
    path : Path
        Its file.
    """
    name = parse_name(path)
    if name is None or name.activity not in {"IF", "RA"}:
        return cube
    cube = _with_places(_with_axis(cube, name), path)
    if cube.columns is not None:
        return cube
    if name.kind == "MTR":
        return _with_layer(cube, path)
    return _with_sensor_columns(cube, name) if not name.tail else cube


def _with_axis(cube: Cube, name: ProductName) -> Cube:
    """With the built-in axis, where the name leaves no doubt which: a TRDR as archived, or any MTRDR."""
    bands = cube.shape[2]
    as_archived = name.kind == "TRR" and not name.tail and {"L": 438, "S": 107}.get(name.sensor) == bands
    if cube.wavelengths is not None or not (as_archived or (name.kind == "MTR" and bands == 489)):
        return cube
    axis = product_axis(bands)
    if axis is None:
        return cube
    notes = tuple(note for note in cube.notes if not note.startswith("wavelengths: none"))
    return replace(
        cube,
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=cube.good_bands & axis.good_bands,
        notes=(*notes, *axis.notes, "known as CRISM by its name"),
    )


def _with_sensor_columns(cube: Cube, name: ProductName) -> Cube:
    """With the columns of the detector, which those of an image in sensor space are."""
    rows, cols, _ = cube.shape
    if name.kind not in {"TRR", "TER"}:
        return cube
    columns = np.broadcast_to(np.arange(cols, dtype=np.int32), (rows, cols))
    cube = replace(cube, columns=columns)
    part = valid_columns(name.sensor, cols) if name.kind == "TRR" else None
    if part is None:
        return cube
    seen = np.zeros(cols, dtype=bool)
    seen[part] = True
    note = (
        f"detector columns other than {part.start + 1} to {part.stop} of {cols} see no ground: taken as fill"
    )
    return replace(cube.with_valid(np.tile(seen, (rows, 1))), notes=(*cube.notes, note))


def _with_places(cube: Cube, path: Path) -> Cube:
    """With the latitude and longitude that the derived geometry (DDR) beside an image in sensor space has."""
    file = geometry_beside(path) if cube.grid is None else None
    if file is None:
        return cube
    try:
        planes = read_geometry(file)
    except InputError as error:
        return replace(
            cube, notes=(*cube.notes, f"no latitude and longitude from {file.name}: {error.problem}")
        )
    latlon = np.stack([planes["latitude"], planes["longitude"]], axis=2)
    if latlon.shape[:2] != cube.shape[:2]:
        rows, cols, _ = latlon.shape
        unlike = f"no latitude and longitude from {file.name}: it has {rows} × {cols} pixels"
        return replace(cube, notes=(*cube.notes, unlike))
    return replace(cube, latlon=latlon, notes=(*cube.notes, f"latitude and longitude: from {file.name}"))


def _with_layer(cube: Cube, path: Path) -> Cube:
    """With the detector columns that the IN product beside a map names."""
    file = related(path, activity="IN", kind="MTR")
    if file is None:
        return cube
    try:
        layers = open_layers(file)
        plane = layers.plane(COLUMN_LAYER)
    except InputError as error:
        return replace(cube, notes=(*cube.notes, f"no detector columns from {file.name}: {error.problem}"))
    if plane.shape != cube.shape[:2]:
        unlike = f"no detector columns from {file.name}: it has {plane.shape[0]} × {plane.shape[1]} pixels"
        return replace(cube, notes=(*cube.notes, unlike))
    columns = np.where(np.isfinite(plane), np.rint(plane), -1).astype(np.int32)
    note = f"detector columns: from {file.name} ({COLUMN_LAYER})"
    return replace(cube, columns=columns, notes=(*cube.notes, note))
