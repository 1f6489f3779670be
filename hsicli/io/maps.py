"""Maps as GeoTIFF: layers that a GIS shows with their legend, and converts without losing it."""

import os
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioIOError
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window

from hsicli.cube import Grid
from hsicli.io.files import no_room, replacing
from hsicli.io.geotiff import AUTHORITY_TAG, WKT_TAG
from hsicli.products.rasters import Raster

TILE = 256
"""Pixels along the side of a tile."""

UNCLASSIFIED = "Unclassified"
"""What class 0 is called: ENVI's word."""

CLASS_TAG = "CLASS_{}"
"""Tag that holds the name of a class, for readers without the sidecar."""

_INTEGER, _TEXT = 0, 2
_FIELDS = (
    # name, GDAL's number of the type, GDAL's number of the usage
    ("value", _INTEGER, 5),
    ("name", _TEXT, 2),
    ("red", _INTEGER, 6),
    ("green", _INTEGER, 7),
    ("blue", _INTEGER, 8),
    ("count", _INTEGER, 1),
)


def write_geotiff(path: Path, raster: Raster) -> None:
    """Write a raster and, if it has classes, its legend beside it as ``NAME.tif.aux.xml``.

    Tiled, DEFLATE; class names in the sidecar (category names and a thematic table) and in tags; the
    coordinate system in the file's keys and, as it came, in tags. The same raster gives the same bytes. Each
    of the two files appears whole or not at all, the ``.tif`` last.

    Parameters
    ----------
    path : Path
        The ``.tif``; anything there is replaced.
    raster : Raster
        Colours are for classes 1…k of the first layer.
    """
    data = raster.data.astype(np.uint8) if raster.data.dtype == bool else raster.data
    sidecar = legend_path(path)
    if raster.class_names:
        counts = np.bincount(raster.data[0].ravel(), minlength=len(raster.class_names) + 1)
        with replacing(sidecar) as partial:
            partial.write_bytes(legend(raster, counts))
    else:
        sidecar.unlink(missing_ok=True)  # of another raster, or another program's statistics of one
    with replacing(path) as partial, started_geotiff(partial, replace(raster, data=data)) as dataset:
        dataset.write(data)


def write_cloud_geotiff(path: Path, raster: Raster) -> None:
    """The same as `write_geotiff`, laid out for reading over a network: with overviews, directory first.

    Overviews of classes show the class that most of their pixels have.

    Parameters
    ----------
    path : Path
        The ``.tif``; anything there is replaced, whole or not at all.
    raster : Raster
    """
    plain = path.with_name(f".{path.name}.tmp-{os.getpid()}-plain.tif")
    resampling = "MODE" if raster.class_names else "AVERAGE"
    try:
        write_geotiff(plain, raster)
        with replacing(path) as partial:
            copy(plain, partial, driver="COG", compress="DEFLATE", overview_resampling=resampling)
            legend_path(partial).unlink(missing_ok=True)  # GDAL's; ours says the same
            if raster.class_names:
                legend_path(plain).replace(legend_path(path))
    except RasterioIOError as error:
        raise no_room(path.parent) from error
    finally:
        plain.unlink(missing_ok=True)
        legend_path(plain).unlink(missing_ok=True)


def legend_path(path: Path) -> Path:
    """The sidecar of a map, where GDAL looks for its legend."""
    return path.with_name(path.name + ".aux.xml")


@contextmanager
def started_geotiff(path: Path, raster: Raster) -> Iterator[Any]:
    """A GeoTIFF with everything of a raster but its numbers, open for them.

    Parameters
    ----------
    path : Path
        A temporary name; see `write_geotiff` for what the file is like. Tiles that are never written take no
        room, and read as no data.
    raster : Raster
        Only type and shape of its data count.

    Raises
    ------
    HsiError
        If the disk is full.
    """
    data = raster.data
    layers, rows, cols = data.shape
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "width": cols,
        "height": rows,
        "count": layers,
        "dtype": data.dtype.name,
        "nodata": raster.nodata,
        "tiled": True,
        "blockxsize": TILE,
        "blockysize": TILE,
        "compress": "deflate",
        "predictor": 3 if data.dtype.kind == "f" else 1,
        "BIGTIFF": "IF_SAFER",
        "SPARSE_OK": "TRUE",
        **({"photometric": "MINISBLACK", "interleave": "band"} if layers > 1 else {}),
        **georeference(raster.grid),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path, "w", **profile) as dataset:
                dataset.update_tags(**_tags(raster))
                if raster.colours is not None and layers == 1 and data.dtype in (np.uint8, np.uint16):
                    dataset.write_colormap(
                        1, {i: (*rgb, 255 if i else 0) for i, rgb in enumerate(_palette(raster))}
                    )
                for layer, name in enumerate(raster.layer_names, start=1):
                    dataset.set_band_description(layer, name)
                yield dataset
            _read_through(path)
        except RasterioIOError as error:
            raise no_room(path.parent) from error


def _read_through(path: Path) -> None:
    """Read every tile once: GDAL writes the last of them on closing, and says nothing if it could not."""
    with rasterio.open(path) as dataset:
        for row in range(0, dataset.height, TILE):
            dataset.read(window=Window(0, row, dataset.width, min(TILE, dataset.height - row)))


def georeference(grid: Grid | None) -> dict[str, Any]:
    """What rasterio needs to know of a grid; a system that GDAL cannot read stays in the tags alone."""
    if grid is None:
        return {}
    found: dict[str, Any] = {}
    if grid.transform is not None:
        found["transform"] = Affine(*grid.transform)
    for system in (grid.wkt, grid.authority):  # the code, where both are known
        if system is not None:
            with suppress(CRSError):
                found["crs"] = rasterio.CRS.from_user_input(system)
    return found


def grid_tags(grid: Grid | None) -> dict[str, str]:
    """The tags that keep a coordinate system as it came."""
    if grid is None:
        return {}
    known = {WKT_TAG: grid.wkt, AUTHORITY_TAG: grid.authority}
    return {tag: text for tag, text in known.items() if text is not None}


def _tags(raster: Raster) -> dict[str, str]:
    tags = {**raster.tags, **grid_tags(raster.grid)}
    for number, name in enumerate(raster.class_names, start=1):
        tags[CLASS_TAG.format(number)] = name
    return dict(sorted(tags.items()))


def _palette(raster: Raster) -> list[tuple[int, int, int]]:
    """Red, green and blue of classes 0…k, as Python's own integers."""
    if raster.colours is None:
        return [(0, 0, 0)] * (1 + len(raster.class_names))
    return [(0, 0, 0), *((int(red), int(green), int(blue)) for red, green, blue in raster.colours)]


def legend(raster: Raster, found: np.ndarray) -> bytes:
    """The sidecar as GDAL writes it: tags, names, colours and the table of the classes.

    Parameters
    ----------
    raster : Raster
        Its data do not count.
    found : (classes + 1, …) int
        Pixels of each class in them, the unlabeled ones first. Where `raster.counts` is known it goes before.
    """
    names = (UNCLASSIFIED, *raster.class_names)
    palette = _palette(raster)
    counts = found[: len(names)]
    if raster.counts is not None:
        counts = np.concatenate([counts[:1], raster.counts])
    root = ET.Element("PAMDataset")
    metadata = ET.SubElement(root, "Metadata")
    for key, text in _tags(raster).items():
        ET.SubElement(metadata, "MDI", key=key).text = text
    band = ET.SubElement(root, "PAMRasterBand", band="1")
    ET.SubElement(band, "Description").text = raster.layer_names[0]
    if raster.colours is not None:
        ET.SubElement(band, "ColorInterp").text = "Palette"
        table = ET.SubElement(band, "ColorTable")
        for number, rgb in enumerate(palette):
            colour = {f"c{i}": str(value) for i, value in enumerate((*rgb, 255 if number else 0), start=1)}
            ET.SubElement(table, "Entry", colour)
    categories = ET.SubElement(band, "CategoryNames")
    for name in names:
        ET.SubElement(categories, "Category").text = name
    attributes = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (title, kind, usage) in enumerate(_FIELDS):
        definition = ET.SubElement(attributes, "FieldDefn", index=str(index))
        for key, value in (("Name", title), ("Type", kind), ("Usage", usage)):
            ET.SubElement(definition, key).text = str(value)
    for number, (name, rgb, count) in enumerate(zip(names, palette, counts, strict=True)):
        row = ET.SubElement(attributes, "Row", index=str(number))
        for value in (number, name, *rgb, int(count)):
            ET.SubElement(row, "F").text = str(value)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=False) + b"\n"
