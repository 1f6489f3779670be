"""Images that GDAL reads for us: PDS4, ISIS cubes, VICAR, virtual mosaics."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.cube import Cube
from hsicli.io.axes import normalise_axis
from hsicli.io.geotiff import open_dataset, read_geotiff
from hsicli.io.odl import beside

SPECIAL = tuple(float(value) for value in np.arange(0xFF7FFFFB, 0xFF800000, dtype=np.uint32).view(np.float32))
"""What ISIS cubes of real numbers hold for null, and for low and high saturation."""


def read_planetary(path: Path) -> Cube:
    """The cube in a PDS4 product, an ISIS cube or a VICAR image, read through GDAL row by row.

    Parameters
    ----------
    path : Path
        The file, or for PDS4 the image with its label (``.xml``) beside it.

    Raises
    ------
    InputError
        If GDAL cannot open it.
    """
    label = beside(path.with_suffix(".xml"))
    path = label if label is not None and path.suffix.casefold() not in {".cub", ".vrt"} else path
    with open_dataset(path) as dataset:
        driver, tags = dataset.driver, dataset.tags(ns="json:ISIS3")
    cube = read_geotiff(path)
    if driver == "ISIS3":
        cube = _with_band_bin(cube, tags, path)
        if np.dtype(getattr(cube.data, "dtype", float)) == np.float32:
            cube = replace(cube, fill=tuple(dict.fromkeys((*cube.fill, *SPECIAL))))
    return replace(cube, notes=(*cube.notes, f"read through GDAL as {driver}"))


def _with_band_bin(cube: Cube, tags: dict[str, str], path: Path) -> Cube:
    """With the wavelengths of an ISIS label: the centres of its BandBin group, where there is one a band."""
    if cube.wavelengths is not None or not tags:
        return cube
    label: dict[str, Any] = json.loads(
        ":".join(next(iter(tags.items())))
    )  # GDAL's text, cut at its first colon
    group: dict[str, Any] = label.get("IsisCube", {}).get("BandBin", {})
    centres, widths = _numbers(group.get("Center")), _numbers(group.get("Width"))
    if centres is None or len(centres) != cube.shape[2] or len(centres) < 2:
        return cube
    unit = group.get("Center_unit") or _unit(group.get("Center"))
    axis = normalise_axis(
        len(centres),
        str(path),
        wavelengths=centres,
        unit=unit,
        fwhm=widths if widths is not None and len(widths) == len(centres) else None,
    )
    notes = tuple(note for note in cube.notes if not note.startswith("wavelengths: none"))
    return replace(
        cube,
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=cube.good_bands & axis.good_bands,
        notes=(*notes, *axis.notes, "wavelengths: from the BandBin group of the label"),
    )


def _numbers(value: Any) -> list[float] | None:
    """Numbers of a label's value, which may carry a unit."""
    value = value.get("value") if isinstance(value, dict) else value
    items = value if isinstance(value, list) else [value]
    try:
        return [float(item) for item in items]
    except (TypeError, ValueError):
        return None


def _unit(value: Any) -> str | None:
    return str(value["unit"]) if isinstance(value, dict) and "unit" in value else None
