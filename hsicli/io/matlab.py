"""MATLAB files: the arrays of a .mat, of version 5 to 7.3, in MATLAB's order of axes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import scipy.io

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.rows import lazy_rows

NUMBERS = {
    "double", "single", "logical",
    "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
}  # fmt: skip
"""MATLAB's classes of numeric arrays."""

WAVELENGTHS = ("wavelengths", "wavelength", "wl", "wvl", "lambda", "wave", "bands_nm")
"""Names under which files keep the band centres."""


class Variable(NamedTuple):
    """An array of a file, not yet read."""

    name: str
    shape: tuple[int, ...]
    """In MATLAB's order."""
    load: Callable[[], np.ndarray]


def read_matlab(path: Path, variable: str | None = None) -> Cube:
    """The cube in a .mat file: the array of this name, or the only one with three axes.

    Parameters
    ----------
    path : Path
    variable : str, optional
        Its name; ``group/name`` for a member of a structure in a version 7.3 file.

    Raises
    ------
    InputError
        If the file is no .mat, has no such array, or leaves open which one is meant.
    """
    variables = list_variables(path)
    chosen = _choose(path, variables, variable)
    bands = chosen.shape[2]
    centres = next(
        (
            np.ravel(other.load()).astype(np.float64)
            for other in variables
            if other.name.rsplit("/", 1)[-1].lower() in WAVELENGTHS and _length(other.shape) == bands
        ),
        None,
    )
    axis = normalise_axis(bands, str(path), wavelengths=centres)
    data = chosen.load()
    notes = (f"variable: {chosen.name}", *axis.notes)
    if axis.wavelengths is None:
        notes += (f"wavelengths: none found for its {bands} bands",)
    return Cube(
        data=data,
        wavelengths=axis.wavelengths,
        good_bands=axis.good_bands,
        notes=notes,
    )


def list_variables(path: Path) -> list[Variable]:
    """The numeric arrays of a file, nothing read yet.

    Raises
    ------
    InputError
        If the file is missing or no .mat.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    if h5py.is_hdf5(path):
        return _in_hdf5(path)
    try:
        listed = scipy.io.whosmat(path)
    except (ValueError, NotImplementedError, OSError, TypeError, scipy.io.matlab.MatReadError) as error:
        raise InputError(
            f"{path}: is no MATLAB file of version 5 to 7.3 ({error})", hint="save it again with save -v7.3"
        ) from error
    return [
        Variable(name, tuple(shape), lambda name=name: _loaded(path, name))  # type: ignore[misc]
        for name, shape, kind in listed
        if kind in NUMBERS
    ]


def _loaded(path: Path, name: str) -> np.ndarray:
    """One array of a version 5 to 7 file; they are compressed as a whole, so it is read whole."""
    try:
        return np.asarray(scipy.io.loadmat(path, variable_names=[name])[name])
    except (ValueError, OSError, TypeError, EOFError, scipy.io.matlab.MatReadError) as error:
        raise InputError(f"{path}: {name} cannot be read ({error})", hint="copy the file again") from error


def _in_hdf5(path: Path) -> list[Variable]:
    """The arrays of a version 7.3 file, where HDF5 lists MATLAB's axes backwards."""
    file = h5py.File(path, "r", locking="best-effort")
    found: list[Variable] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiub" and "#refs#" not in name:
            found.append(Variable(name, item.shape[::-1], lambda: _from_hdf5(item)))

    file.visititems(note)
    return found


def _from_hdf5(item: h5py.Dataset) -> np.ndarray:
    """The array in MATLAB's order; one with three axes stays in the file."""
    dtype = item.dtype.newbyteorder("=")
    if item.ndim != 3:
        return np.asarray(item[()], dtype=dtype).T
    bands, cols, rows = item.shape
    return lazy_rows((rows, cols, bands), dtype, lambda part: np.asarray(item[:, :, part], dtype=dtype).T)


def _choose(path: Path, variables: list[Variable], wanted: str | None) -> Variable:
    cubes = [variable for variable in variables if len(variable.shape) == 3]
    listed = ", ".join(f"{v.name} ({' × '.join(map(str, v.shape))})" for v in variables) or "no numbers"
    if wanted is not None:
        chosen = next((variable for variable in variables if variable.name == wanted), None)
        if chosen is None:
            raise InputError(f"{path}: has no variable {wanted}; it holds {listed}", hint="name one of these")
        if len(chosen.shape) != 3:
            raise InputError(
                f"{path}: {wanted} has {len(chosen.shape)} axes, expected rows × cols × bands;"
                f" it holds {listed}",
                hint=_reshaping(variables) or "name a variable with three axes",
            )
        return chosen
    if len(cubes) == 1:
        return cubes[0]
    if cubes:
        raise InputError(
            f"{path}: {len(cubes)} variables have three axes: {listed}",
            hint=f"name one with --variable, as --variable {cubes[0].name}",
        )
    raise InputError(
        f"{path}: no variable has three axes (rows × cols × bands); it holds {listed}",
        hint=_reshaping(variables) or "save the image as rows × cols × bands",
    )


def _reshaping(variables: list[Variable]) -> str:
    """What to do with a matrix of bands × pixels, as unmixing code saves it; nothing where there is none."""
    shapes = {variable.name: variable.shape for variable in variables}
    matrices = [name for name in ("Y", "X", "V") if len(shapes.get(name, ())) == 2 and min(shapes[name]) > 1]
    if not matrices:
        return ""
    name = matrices[0]
    return (
        f"reshape {name} (bands × pixels) in MATLAB: cube = reshape({name}', rows, cols, []); then save cube"
    )


def _length(shape: tuple[int, ...]) -> int:
    """Elements of a vector; 0 for anything else."""
    return max(shape) if len(shape) == 2 and min(shape) == 1 else shape[0] if len(shape) == 1 else 0
