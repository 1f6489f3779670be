"""ENVI files for other programs: cubes, rasters, class maps and spectral libraries, each whole or not at all.

GDAL is not asked: it drops the wavelengths, the bad-band list and the class names that it does not know.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from hsicli.cube import Cube, Grid, Stream
from hsicli.io.envi_header import DTYPES, INTERLEAVES
from hsicli.io.files import replacing
from hsicli.io.georeference import envi_fields
from hsicli.library import Library
from hsicli.products.rasters import Raster

log = logging.getLogger(__name__)

Rows = tuple[slice, np.ndarray]
"""A range of rows, and their (rows, cols, bands)."""


def write_envi_cube(
    path: Path,
    cube: Cube,
    *,
    interleave: str = "bil",
    description: str = "",
    band_names: tuple[str, ...] = (),
) -> list[Path]:
    """Write a cube block by block: float32, little end first, its own unit, NaN for fill.

    All bands are written, in the order of the cube; the bad ones are named in `bbl`.

    Parameters
    ----------
    path : Path
        The file of numbers, as ``scene.img``; the header goes beside it as ``scene.hdr``.
    cube : Cube
        Its data may be a Stream.
    interleave : {"bil", "bip", "bsq"}
        BIL and BIP are written from front to back; BSQ jumps from band to band.
    description : str
    band_names : tuple of str

    Returns
    -------
    list of Path
        Numbers and header. The header is written last: where it stands, the numbers are whole.
    """
    fields = {
        "data ignore value": "NaN",
        "band names": band_names,
        **_axis_fields(cube.wavelengths, cube.fwhm),
        "bbl": None if cube.good_bands.all() else cube.good_bands.astype(int).tolist(),
    }
    text = envi_header(
        cube.shape, np.float32, interleave=interleave, description=description, fields=fields, grid=cube.grid
    )
    return _write_pair(
        path, text, float_blocks(cube), cube.shape, dtype=np.dtype(np.float32), interleave=interleave
    )


def write_envi_raster(path: Path, raster: Raster, *, description: str = "") -> list[Path]:
    """Write the layers of a raster as bands (BSQ); with class names, as an ENVI Classification.

    Returns
    -------
    list of Path
        Numbers and header.
    """
    layers, rows, cols = raster.data.shape
    fields: dict[str, Any] = {"band names": raster.layer_names}
    kind = "ENVI Standard"
    if raster.class_names:
        kind = "ENVI Classification"
        colours = raster.colours if raster.colours is not None else np.full((len(raster.class_names), 3), 128)
        fields |= {
            "classes": len(raster.class_names) + 1,
            "class names": ("Unclassified", *raster.class_names),
            "class lookup": np.vstack([np.zeros((1, 3), int), colours]).ravel().tolist(),
        }
    else:
        fields["data ignore value"] = f"{raster.nodata:.10g}".replace("nan", "NaN")
    data = raster.data.astype(_writable(raster.data.dtype), copy=False)
    shape = (rows, cols, layers)
    text = envi_header(
        shape, data.dtype, file_type=kind, description=description, fields=fields, grid=raster.grid
    )
    return _write_pair(path, text, iter([(slice(0, rows), data.transpose(1, 2, 0))]), shape, dtype=data.dtype)


def write_envi_library(path: Path, library: Library, *, description: str = "") -> list[Path]:
    """Write a spectral library: ``path`` (.sli) and its header; deleted channels are NaN.

    Returns
    -------
    list of Path
        Numbers and header.
    """
    shape = (len(library.names), len(library.wavelengths), 1)
    fields = {
        "data ignore value": "NaN",
        "spectra names": library.names,
        **_axis_fields(library.wavelengths, library.fwhm),
    }
    text = envi_header(
        shape, np.float32, file_type="ENVI Spectral Library", description=description, fields=fields
    )
    block = library.spectra.astype(np.float32)[:, :, None]
    return _write_pair(path, text, iter([(slice(0, shape[0]), block)]), shape, dtype=block.dtype)


def envi_header(
    shape: tuple[int, int, int],
    dtype: Any,
    *,
    interleave: str = "bsq",
    file_type: str = "ENVI Standard",
    description: str = "",
    fields: dict[str, Any] | None = None,
    grid: Grid | None = None,
) -> str:
    """The text of an ENVI header.

    Parameters
    ----------
    shape : (rows, cols, bands)
    dtype : dtype
        Of the numbers, in the byte order in which they are written.
    interleave : {"bsq", "bil", "bip"}
    file_type : str
    description : str
        Free text; braces and line ends are taken out.
    fields : dict, optional
        Further keys: a text, a number, or a list of either; None and empty ones are left out.
    grid : Grid, optional
        A sheared one cannot be said and is left out, with a warning.
    """
    dtype = np.dtype(dtype)
    code = next(number for number, name in DTYPES.items() if np.dtype(name) == dtype.newbyteorder("="))
    big = dtype.itemsize > 1 and dtype == dtype.newbyteorder(">")
    rows, cols, bands = shape
    places, problem = envi_fields(grid) if grid is not None else ({}, "")
    if problem:
        log.warning("%s", problem)
    lines = [
        "ENVI",
        f"description = {{{' '.join(re.sub('[{}]', ' ', description).split())}}}",
        f"samples = {cols}",
        f"lines = {rows}",
        f"bands = {bands}",
        "header offset = 0",
        f"file type = {file_type}",
        f"data type = {code}",
        f"interleave = {interleave}",
        f"byte order = {int(big)}",
        *(f"{key} = {_shown(value)}" for key, value in (fields or {}).items() if not _absent(value)),
        *(f"{key} = {{{value}}}" for key, value in places.items()),
    ]
    return "\n".join(lines) + "\n"


def _axis_fields(wavelengths: np.ndarray | None, fwhm: np.ndarray | None) -> dict[str, Any]:
    if wavelengths is None:
        return {}
    return {
        "wavelength units": "Nanometers",
        "wavelength": np.nan_to_num(wavelengths, nan=0.0).tolist(),  # read back as "no wavelength"
        "fwhm": None if fwhm is None else fwhm.tolist(),
    }


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _shown(value: Any) -> str:
    """A scalar as it is, a list in braces, eight to a line; no comma or brace inside a name."""
    if not isinstance(value, list | tuple):
        return str(value)
    words = [" ".join(re.sub("[,{}]", " ", w).split()) if isinstance(w, str) else f"{w:.10g}" for w in value]
    return "{\n " + ",\n ".join(", ".join(words[i : i + 8]) for i in range(0, len(words), 8)) + "}"


def _writable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The ENVI type that holds such numbers."""
    return dtype if dtype.newbyteorder("=").str[1:] in DTYPES.values() else np.dtype(np.float32)


def float_blocks(cube: Cube) -> Iterator[Rows]:
    """Every band of a cube in stored order, its own unit, NaN where there is no data."""
    if isinstance(cube.data, Stream):
        yield from cube.data.blocks()
        return
    stored = replace(cube, good_bands=np.ones_like(cube.good_bands), wavelengths=None)  # so nothing is sorted
    for block in stored.blocks():
        block.data[~cube.valid[block.rows]] = np.nan  # a pixel that lacks some bands keeps the others
        yield block.rows, block.data


def _write_pair(
    path: Path,
    text: str,
    blocks: Iterator[Rows],
    shape: tuple[int, int, int],
    *,
    dtype: np.dtype[Any],
    interleave: str = "bsq",
) -> list[Path]:
    """Numbers, then header; each appears whole or not at all."""
    header = path.with_suffix(".hdr")
    with replacing(header) as partial_header, replacing(path) as partial:
        with partial.open("wb") as file:
            _write_blocks(file, blocks, shape, dtype, interleave)
        partial_header.write_text(text, encoding="utf-8")
    return [path, header]


def _write_blocks(
    file: BinaryIO,
    blocks: Iterator[Rows],
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    interleave: str,
) -> None:
    """Blocks of rows into one file; written, not mapped, so that a full disk is an error and not a crash."""
    order = np.argsort(INTERLEAVES[interleave])
    rows, cols, bands = shape
    done = 0
    for part, block in blocks:
        stored = np.ascontiguousarray(block.transpose(order), dtype=dtype)
        if interleave == "bsq":
            for band in range(bands):
                file.seek((band * rows + part.start) * cols * dtype.itemsize)
                file.write(stored[band].data)
        else:
            file.write(stored.data)
        done = part.stop
    if done != rows:
        raise ValueError(f"the blocks end at row {done} of {rows}")
