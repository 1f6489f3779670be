"""Class maps and masks that others made: ENVI, GeoTIFF, pictures, MATLAB; and our own products."""

import logging
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.envi import find_pair, header_beside, read_classes, read_envi
from hsicli.io.envi_header import CLASSES
from hsicli.products.labels import ClassMap, Labels

log = logging.getLogger(__name__)

PRODUCTS = {".h5", ".hdf5"}
PICTURES = {".tif", ".tiff", ".png", ".vrt", ".gif", ".bmp", ".jpg", ".jpeg"}
"""Suffixes of files that need no header, and have none even where one of the same stem lies beside them."""

_CLASS_TAG = re.compile(r"CLASS_(\d+)$")


def read_labels(path: Path, variable: str | None = None) -> ClassMap:
    """The class map in a file: 0 = unlabeled, classes 1…k, names and colours where the file has them.

    Parameters
    ----------
    path : Path
        An ENVI classification (or any ENVI image of one band of integers), a GeoTIFF or picture of one band,
        a .mat with one matrix of integers, or a product of the kind `labels`.
    variable : str, optional
        Which matrix of a .mat.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or holds no class numbers.
    """
    found = _read(path, variable)
    highest = int(found.labels.max(initial=0))
    if len(found.names) >= highest:
        return found
    if found.names:
        log.info("%s: names %d of its %d classes", path.name, len(found.names), highest)
    names = (*found.names, *(f"class {number}" for number in range(len(found.names) + 1, highest + 1)))
    return ClassMap(found.labels, names, _whole(found.colours, len(names)), found.grid)


def read_mask(path: Path, variable: str | None = None) -> np.ndarray:
    """(rows, cols) bool: the pixels to keep: neither zero nor "no data".

    Parameters
    ----------
    path : Path
        An ENVI image, GeoTIFF or .mat of one band of any type; a picture, where any colour but black keeps;
        a product: the labelled pixels of `labels`, the valid ones of `cube`.
    variable : str, optional
        Which matrix of a .mat.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or has several bands.
    """
    _check(path)
    suffix = path.suffix.casefold()
    if suffix in PRODUCTS:
        from hsicli.io.hdf5 import read_header, read_product

        if read_header(path).kind == Cube.KIND:
            return np.asarray(read_product(path, Cube).valid)
        return np.asarray(read_product(path, Labels).labels) > 0
    if suffix == ".mat":
        return _kept(_matrix(path, variable)[:, :, None], ())
    if suffix == ".hdr" or (suffix not in PICTURES and header_beside(path) is not None):
        header, _ = find_pair(path)
        if header.kind == CLASSES:
            return read_classes(path).data[0] > 0
        cube = read_envi(path)
        _check_bands(path, cube.shape[2])
        return _kept(np.asarray(cube.data), cube.fill)
    from hsicli.io.geotiff import open_dataset

    dataset = open_dataset(path)
    return _kept(dataset.read(list(_colours_of(dataset, path))).transpose(1, 2, 0), _nodata(dataset))


def _read(path: Path, variable: str | None) -> ClassMap:
    _check(path)
    suffix = path.suffix.casefold()
    if suffix in PRODUCTS:
        from hsicli.io.hdf5 import read_product

        product = read_product(path, Labels)
        return ClassMap(np.asarray(product.labels), product.names, product.colours, product.grid)
    if suffix == ".mat":
        return ClassMap(_class_numbers(_matrix(path, variable), (), path), ())
    if suffix == ".hdr" or (suffix not in PICTURES and header_beside(path) is not None):
        raster = read_classes(path)
        ignored = find_pair(path)[0].numbers("data ignore value")
        labels = _class_numbers(raster.data[0], () if ignored is None else tuple(ignored), path)
        return ClassMap(labels, raster.class_names, raster.colours, raster.grid)
    return _from_picture(path)


def _check(path: Path) -> None:
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: {what}", hint="check the spelling and the current folder")


def _from_picture(path: Path) -> ClassMap:
    """A map in whatever GDAL opens, its names from the sidecar or the tags."""
    from hsicli.io.geotiff import grid_of, open_dataset

    dataset = open_dataset(path)
    if dataset.count > 1 and dataset.descriptions[0] != "class":
        raise InputError(
            f"{path}: has {dataset.count} bands, expected one of class numbers",
            hint="save the class numbers themselves, not a picture in their colours",
        )
    labels = _class_numbers(dataset.read(1), _nodata(dataset), path)
    names, colours = legend_of(path, dataset, int(labels.max(initial=0)))
    return ClassMap(labels, names, colours, grid_of(dataset))


def legend_of(path: Path, dataset: Any, highest: int) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Names and colours of the classes of an open map, as far as sidecar, tags and palette have them.

    Parameters
    ----------
    path : Path
    dataset : rasterio dataset
        Of the same file.
    highest : int
        The greatest class number in it.
    """
    names = _sidecar_names(path) or _tag_names(dataset.tags())
    return names, _colour_table(dataset, max(len(names), highest))


def _nodata(dataset: Any) -> tuple[float, ...]:
    return () if dataset.nodata is None else (float(dataset.nodata),)


def _class_numbers(values: np.ndarray, nodata: tuple[float, ...], path: Path) -> np.ndarray:
    """(rows, cols) int32; no data and NaN are 0."""
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, 0)
    values = np.where(np.isin(values, nodata), 0, values)
    if values.dtype.kind not in "iub" and (values != np.round(values)).any():
        raise InputError(
            f"{path}: holds {values.dtype.name} numbers with fractions, expected class numbers",
            hint="give a map of whole numbers, 0 = unlabeled",
        )
    if values.min(initial=0) < 0 or values.max(initial=0) > np.iinfo(np.int32).max:
        raise InputError(
            f"{path}: holds numbers from {values.min()} to {values.max()}, expected 0 (unlabeled) to k",
            hint="renumber the classes, or declare what means no data",
        )
    return values.astype(np.int32)


def _matrix(path: Path, variable: str | None) -> np.ndarray:
    """(rows, cols): the only matrix of a .mat, or the one of this name."""
    from hsicli.io.matlab import list_variables

    variables = list_variables(path)
    matrices = [v for v in variables if len(v.shape) == 2 and min(v.shape) > 1 and variable in {None, v.name}]
    if len(matrices) != 1:
        listed = ", ".join(f"{v.name} ({' × '.join(map(str, v.shape))})" for v in variables) or "no numbers"
        wanted = "one matrix of rows × cols" + (f" named {variable}" if variable else "")
        raise InputError(
            f"{path}: expected {wanted}; it holds {listed}",
            hint="save the map alone, or name one of these",
        )
    return np.asarray(matrices[0].load())


def _kept(values: np.ndarray, fill: tuple[float, ...]) -> np.ndarray:
    """(rows, cols) bool: any band is neither zero nor fill nor NaN."""
    keep = (values != 0) & ~np.isin(values, fill)
    if values.dtype.kind == "f":
        keep &= np.isfinite(values)
    kept: np.ndarray = keep.any(axis=2)
    return kept


def _check_bands(path: Path, bands: int) -> None:
    if bands != 1:
        raise InputError(f"{path}: has {bands} bands, a mask has one", hint="save the mask alone")


def _colours_of(dataset: Any, path: Path) -> range:
    """The bands of a picture that are seen: grey, or red, green and blue, without what is transparent."""
    seen = [
        band for band, kind in zip(dataset.indexes, dataset.colorinterp, strict=True) if kind.name != "alpha"
    ]
    if len(seen) not in {1, 3} or (len(seen) == 3 and dataset.dtypes[0] != "uint8"):
        _check_bands(path, len(seen))
    return range(1, len(seen) + 1)


def _colour_table(dataset: Any, classes: int) -> np.ndarray | None:
    """(classes, 3) uint8: the palette of the first band, if it has one."""
    try:
        table = dataset.colormap(1)
    except ValueError:
        return None
    colours = np.array([table[number][:3] for number in sorted(table) if number > 0], dtype=np.uint8)
    return _whole(colours, classes)


def _whole(colours: np.ndarray | None, classes: int) -> np.ndarray | None:
    """The colours of so many classes; None unless each has one."""
    return None if colours is None or len(colours) < classes or not classes else colours[:classes]


def _sidecar_names(path: Path) -> tuple[str, ...]:
    """The category names that GDAL keeps beside a map, from class 1 on."""
    sidecar = path.with_name(path.name + ".aux.xml")
    if not sidecar.is_file():
        return ()
    try:
        root = ET.parse(sidecar).getroot()
    except ET.ParseError:
        log.warning("%s: cannot be read; the classes keep the names in the map's tags", sidecar.name)
        return ()
    names = [item.text or "" for item in root.findall("PAMRasterBand[@band='1']/CategoryNames/Category")]
    return tuple(name or f"class {number}" for number, name in enumerate(names) if number > 0)


def _tag_names(tags: dict[str, str]) -> tuple[str, ...]:
    """The names in the tags CLASS_1, CLASS_2 and so on."""
    found = {int(match.group(1)): text for key, text in tags.items() if (match := _CLASS_TAG.match(key))}
    return tuple(found.get(number, f"class {number}") for number in range(1, max(found, default=0) + 1))
