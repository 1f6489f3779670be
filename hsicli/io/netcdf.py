"""NetCDF-4 cubes: EMIT's reflectance and radiance, and files that are laid out alike."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.axes import Axis, normalise_axis
from hsicli.io.rows import lazy_rows

IMAGES = ("reflectance", "radiance")
"""Names of the variable that is meant, best first."""

SPECTRAL = ("band", "wavelength", "channel")
"""How the name of the spectral dimension begins."""

PARAMETERS = "sensor_band_parameters"
"""EMIT's group of what is known of the bands."""

CACHE_BYTES = 256 * 2**20
"""Most memory for chunks that the next rows will need again."""


def read_netcdf(path: Path) -> Cube:
    """The cube in a NetCDF-4 file, its rows read when they are asked for.

    An EMIT scene lies in the space of the sensor: rows are down the track, columns across it. The file's
    geotransform is that of another grid, onto which its lookup table would project the scene: not applied.

    Raises
    ------
    InputError
        If the file is not NetCDF-4, or holds no cube.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the spelling and the current folder")
    if not h5py.is_hdf5(path):
        raise InputError(
            f"{path}: is not NetCDF-4 (a NetCDF-3 file, or damaged)", hint="convert it with nccopy -k nc4"
        )
    try:
        file = h5py.File(path, "r", locking="best-effort", rdcc_nbytes=CACHE_BYTES, rdcc_nslots=100_003)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error})", hint="fetch the file again") from error
    image = _find_image(file, path)
    spectral = _spectral_axis(image)
    order = (*(axis for axis in range(3) if axis != spectral), spectral)
    rows, cols, bands = (image.shape[axis] for axis in order)
    unscaled = image.dtype.newbyteorder("=")

    def read(part: slice) -> np.ndarray:
        index = tuple(part if axis == order[0] else slice(None) for axis in range(3))
        return np.asarray(image[index], dtype=unscaled).transpose(order)

    axis = _axis(file, image, spectral, path)
    notes = axis.notes
    if axis.wavelengths is None:
        notes += (f"wavelengths: none found for its {bands} bands",)
    if "geotransform" in file.attrs:
        notes += (
            "in sensor space: the geotransform of the file is that of the projected scene, not applied",
        )
    scale, offset = (_attribute(image, name) for name in ("scale_factor", "add_offset"))
    if offset:
        raise InputError(
            f"{path}: {image.name} has an add_offset ({offset:g})", hint="convert it to GeoTIFF first"
        )
    fill = (_attribute(image, name) for name in ("_FillValue", "missing_value"))
    return Cube(
        data=lazy_rows((rows, cols, bands), unscaled, read),
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=axis.good_bands,
        scale=scale or 1.0,
        fill=tuple(dict.fromkeys(value for value in fill if value is not None and np.isfinite(value))),
        notes=notes,
    )


def _find_image(file: h5py.File, path: Path) -> h5py.Dataset:
    """The variable of three dimensions that is the cube: by its name, or because there is no other."""
    found: dict[str, h5py.Dataset] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 3 and item.dtype.kind in "fiu":
            found[name] = item

    file.visititems(note)
    for wanted in IMAGES:
        named = [name for name in found if name.rsplit("/", 1)[-1].lower() == wanted]
        if named:
            return found[named[0]]
    if len(found) != 1:
        listed = ", ".join(f"{name} {item.shape}" for name, item in found.items()) or "none"
        raise InputError(
            f"{path}: expected a variable {' or '.join(IMAGES)}; of three dimensions it has {listed}",
            hint="convert the variable that you mean to GeoTIFF or ENVI",
        )
    return next(iter(found.values()))


def _spectral_axis(image: h5py.Dataset) -> int:
    """Which dimension counts bands: by its name, else the last."""
    for axis in range(3):
        names = [
            image.dims[axis].label,
            *(scale.name.rsplit("/", 1)[-1] for scale in image.dims[axis].values()),
        ]
        if any(name.lower().startswith(SPECTRAL) for name in names):
            return axis
    return 2


def _axis(file: h5py.File, image: h5py.Dataset, spectral: int, path: Path) -> Axis:
    """What EMIT's parameters, or variables beside the image, say of the bands."""
    found: dict[str, h5py.Dataset] = {}
    for group in (file.get(PARAMETERS), image.parent, file):
        for key, names in {
            "wavelengths": ("wavelengths", "wavelength"),
            "fwhm": ("fwhm",),
            "good_bands": ("good_wavelengths",),
        }.items():
            for name in names:
                item = group.get(name) if group is not None else None
                if isinstance(item, h5py.Dataset) and item.shape == (image.shape[spectral],):
                    found.setdefault(key, item)
    centres = found.get("wavelengths")
    unit = centres.attrs.get("units") if centres is not None else None
    return normalise_axis(
        image.shape[spectral],
        str(path),
        **{key: item[()] for key, item in found.items()},
        unit=unit.decode() if isinstance(unit, bytes) else unit,
    )


def _attribute(image: h5py.Dataset, name: str) -> float | None:
    value = image.attrs.get(name)
    return None if value is None else float(np.ravel(value)[0])
