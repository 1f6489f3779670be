"""GeoTIFF cubes (and whatever else GDAL opens): mapped where they lie plainly, else read by rows."""

import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.windows import Window

from hsicli.cube import CRISM_FILL, Cube, Grid
from hsicli.errors import InputError
from hsicli.io.axes import Axis, normalise_axis, unit_name
from hsicli.io.crism import product_axis
from hsicli.io.georeference import authority_of
from hsicli.io.rows import lazy_rows

WKT_TAG, AUTHORITY_TAG = "CRS_WKT", "CRS_AUTHORITY"
"""Tags that keep what the keys of a GeoTIFF lose of a coordinate system."""

MAX_STRIPS = 100_000
"""Strips of a plain file that are looked up one by one before it is mapped."""

_CENTRE = re.compile(r"(?:^|\()\s*(\d+\.?\d*(?:[eE][+-]?\d+)?)\s*([^\d\s().]+)\s*\)?\s*$")
"""What a band's description says: ``436.13 Nanometers``, or ``a name (2.2 Micrometers)``."""


def read_geotiff(path: Path) -> Cube:
    """The cube that GDAL finds in a file: a memory map if it is a plain one, else rows when asked for.

    Wavelengths come from the tags of the bands, else from their descriptions, else from GDAL's own IMAGERY
    metadata (which is rounded); a CRISM product without any is known by its bands and its fill value.

    Raises
    ------
    InputError
        If GDAL cannot open the file, or its numbers are complex.
    """
    dataset = open_dataset(path)
    if any(name.startswith("complex") for name in dataset.dtypes):
        raise InputError(f"{path}: holds complex numbers", hint="name an image of reflectance")
    dtype = np.result_type(*dataset.dtypes)
    axis = _axis(dataset, path)
    declared = dict.fromkeys(value for value in dataset.nodatavals if value is not None)
    fill = tuple(value for value in declared if not math.isnan(value))
    scales, offsets = np.array(dataset.scales), np.array(dataset.offsets)
    by_band = bool(offsets.any() or (scales != scales[0]).any())
    grid, notes = grid_of(dataset), axis.notes
    if by_band:
        notes += ("bands have their own scale and offset: applied",)
    if grid is None and dataset.gcps[0]:
        notes += ("georeferencing by ground control points is left out",)

    def read(rows: slice) -> np.ndarray:
        window = Window(0, rows.start, dataset.width, rows.stop - rows.start)
        try:
            data = dataset.read(window=window).transpose(1, 2, 0)
        except RasterioIOError as error:
            raise InputError(
                f"{path}: rows {rows.start + 1} to {rows.stop} cannot be read: it is cut short or damaged",
                hint="copy the file again",
            ) from error
        if not by_band:
            return data
        value = data.astype(np.float32)
        value[np.isin(data, fill)] = np.nan
        return value * scales.astype(np.float32) + offsets.astype(np.float32)

    shape = (dataset.height, dataset.width, dataset.count)
    data = None if by_band else _mapped(dataset, path)
    if data is None:
        data = lazy_rows(shape, np.dtype(np.float32) if by_band else dtype, read)
    return Cube(
        data=data,
        wavelengths=axis.wavelengths,
        fwhm=axis.fwhm,
        good_bands=axis.good_bands,
        grid=grid,
        scale=1.0 if by_band or not scales[0] else float(scales[0]),
        fill=() if by_band else fill,
        notes=notes,
    )


def open_dataset(path: Path) -> Any:
    """The rasterio dataset of a file.

    Raises
    ------
    InputError
        If there is none, or GDAL does not know what it is.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file", hint="check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path)
    except RasterioError as error:
        raise InputError(
            f"{path}: GDAL cannot open it ({str(error).splitlines()[0]})",
            hint="check that the file is whole, and an image",
        ) from error
    if dataset.count == 0:
        raise InputError(f"{path}: holds no image of its own", hint="name one of the images inside of it")
    return dataset


def grid_of(dataset: Any) -> Grid | None:
    """Where the pixels of a dataset lie; None where it does not say.

    A coordinate system that we wrote ourselves comes back as it went in, its code included: the keys of a
    GeoTIFF lose the codes of Mars.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        affine, crs = dataset.transform, dataset.crs
    transform = None if affine.is_identity else (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f)
    if not crs:
        return None if transform is None else Grid(transform)
    tags = dataset.tags()
    if WKT_TAG in tags and _equivalent(tags[WKT_TAG], crs):
        return Grid(transform, tags[WKT_TAG], tags.get(AUTHORITY_TAG))
    try:
        wkt = crs.to_wkt(version="WKT2_2019")
    except CRSError:
        wkt = crs.to_wkt()
    return Grid(transform, wkt, authority_of(crs))


def _equivalent(wkt: str, crs: Any) -> bool:
    """Whether the text describes what the file's own keys do, as far as those can tell."""
    try:
        ours, theirs = rasterio.CRS.from_wkt(wkt).to_dict(), crs.to_dict()
    except CRSError:
        return False
    keys = (ours.keys() | theirs.keys()) - {"no_defs", "k", "lat_ts", "type"}
    return all(_near(ours.get(key, 0), theirs.get(key, 0)) for key in keys)


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _mapped(dataset: Any, path: Path) -> np.ndarray | None:
    """(rows, cols, bands): the numbers where they lie; None unless they lie there plainly, in one piece."""
    plain = dataset.driver == "GTiff" and dataset.compression is None and len(set(dataset.dtypes)) == 1
    by_pixel = dataset.interleaving is None or dataset.interleaving.name == "pixel"
    height, width = dataset.block_shapes[0]
    strips = -(-dataset.height // height)
    planes = 1 if by_pixel else dataset.count
    packed = "NBITS" in dataset.tags(1, ns="IMAGE_STRUCTURE")
    if not plain or packed or width != dataset.width or strips * planes > MAX_STRIPS:
        return None
    with path.open("rb") as file:
        order = {b"II": "<", b"MM": ">"}.get(file.read(2), "")
    dtype = np.dtype(dataset.dtypes[0]).newbyteorder(order or "=")
    row_bytes = dataset.width * dtype.itemsize * (dataset.count if by_pixel else 1)
    starts = [
        dataset.get_tag_item(f"BLOCK_OFFSET_0_{strip}", "TIFF", bidx=band + 1)
        for band in range(planes)
        for strip in range(strips)
    ]
    if not order or None in starts:  # a strip that was never written has no place
        return None
    first = int(starts[0])
    expected = (
        first + (band * dataset.height + strip * height) * row_bytes
        for band in range(planes)
        for strip in range(strips)
    )
    end = first + planes * dataset.height * row_bytes
    if [int(start) for start in starts] != list(expected) or path.stat().st_size < end:
        return None
    rows, cols, bands = dataset.height, dataset.width, dataset.count
    if by_pixel:
        return np.memmap(path, dtype, "r", first, (rows, cols, bands))
    return np.memmap(path, dtype, "r", first, (bands, rows, cols)).transpose(1, 2, 0)


def _axis(dataset: Any, path: Path) -> Axis:
    where, bands = str(path), dataset.count
    tags = [dataset.tags(band) for band in dataset.indexes]
    widths = _numbers([tag.get("fwhm") for tag in tags])
    flags = _numbers([tag.get("bbl") for tag in tags])
    centres, unit, note = (
        _numbers([tag.get("wavelength") for tag in tags]),
        tags[0].get("wavelength_units"),
        "",
    )
    if centres is None:
        centres, unit = _described(dataset.descriptions)
    if centres is None:
        imagery = [dataset.tags(band, ns="IMAGERY") for band in dataset.indexes]
        centres, unit = _numbers([tag.get("CENTRAL_WAVELENGTH_UM") for tag in imagery]), "µm"
        widths = _numbers([tag.get("FWHM_UM") for tag in imagery]) if widths is None else widths
        note = "wavelengths: from GDAL's IMAGERY metadata, which may be rounded to 1 nm"
    if centres is None:
        crism = dataset.dtypes[0] == "float32" and CRISM_FILL in dataset.nodatavals
        built_in = product_axis(bands) if crism else None
        note = f"wavelengths: none found for its {bands} bands" if bands > 1 else ""
        if built_in is not None:
            return built_in._replace(
                notes=(*built_in.notes, f"taken for CRISM: {bands} bands of float32, fill 65535")
            )
    axis = normalise_axis(bands, where, wavelengths=centres, unit=unit, fwhm=widths, good_bands=flags)
    return axis._replace(notes=(*axis.notes, note)) if note else axis


def _numbers(texts: list[str | None]) -> list[float] | None:
    """The texts as numbers; None unless every one is."""
    try:
        return [float(text or "") for text in texts]
    except ValueError:
        return None


def _described(descriptions: tuple[str | None, ...]) -> tuple[list[float] | None, str | None]:
    """The wavelengths and their unit in the descriptions of the bands; None unless each has one."""
    found = [_CENTRE.search(text or "") for text in descriptions]
    units = {match.group(2) for match in found if match is not None}
    if None in found or len(units) != 1 or unit_name(unit := units.pop()) in {None, "index"}:
        return None, None
    return [float(match.group(1)) for match in found if match is not None], unit
