"""Maps as GeoTIFF: layers that a GIS shows with their legend, and converts without losing it."""

import contextlib
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import CRSError, NotGeoreferencedWarning
from rasterio.transform import Affine

from hsicli.io.files import replacing
from hsicli.io.geotiff import AUTHORITY_TAG, WKT_TAG
from hsicli.products import Raster

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
    layers, rows, cols = raster.data.shape
    data = raster.data.astype(np.uint8) if raster.data.dtype == bool else raster.data
    sidecar = path.with_name(path.name + ".aux.xml")
    tags = _tags(raster)
    if raster.class_names:
        with replacing(sidecar) as partial:
            partial.write_bytes(_legend(raster, tags))
    else:
        sidecar.unlink(missing_ok=True)  # of another raster, or another program's statistics of one
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
        **({"photometric": "MINISBLACK"} if layers > 1 else {}),
        **_georeference(raster),
    }
    with replacing(path) as partial, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(partial, "w", **profile) as dataset:
            dataset.update_tags(**tags)
            if raster.colours is not None and layers == 1 and data.dtype in (np.uint8, np.uint16):
                dataset.write_colormap(
                    1, {i: (*rgb, 255 if i else 0) for i, rgb in enumerate(_palette(raster))}
                )
            for layer, name in enumerate(raster.layer_names, start=1):
                dataset.set_band_description(layer, name)
            dataset.write(data)


def _georeference(raster: Raster) -> dict[str, Any]:
    """What rasterio needs to know of the grid; a system that GDAL cannot read stays in the tags alone."""
    if raster.grid is None:
        return {}
    found: dict[str, Any] = {}
    if raster.grid.transform is not None:
        found["transform"] = Affine(*raster.grid.transform)
    for system in (raster.grid.wkt, raster.grid.authority):  # the code, where both are known
        if system is not None:
            with contextlib.suppress(CRSError):
                found["crs"] = rasterio.CRS.from_user_input(system)
    return found


def _tags(raster: Raster) -> dict[str, str]:
    tags = dict(raster.tags)
    if raster.grid is not None and raster.grid.wkt is not None:
        tags[WKT_TAG] = raster.grid.wkt
    if raster.grid is not None and raster.grid.authority is not None:
        tags[AUTHORITY_TAG] = raster.grid.authority
    for number, name in enumerate(raster.class_names, start=1):
        tags[CLASS_TAG.format(number)] = name
    return dict(sorted(tags.items()))


def _palette(raster: Raster) -> list[tuple[int, int, int]]:
    """Red, green and blue of classes 0…k, as Python's own integers."""
    if raster.colours is None:
        return [(0, 0, 0)] * (1 + len(raster.class_names))
    return [(0, 0, 0), *((int(red), int(green), int(blue)) for red, green, blue in raster.colours)]


def _legend(raster: Raster, tags: dict[str, str]) -> bytes:
    """The sidecar as GDAL writes it: tags, names, colours and the table of the classes."""
    names = (UNCLASSIFIED, *raster.class_names)
    palette = _palette(raster)
    counts = np.bincount(raster.data[0].ravel(), minlength=len(names))[: len(names)]
    if raster.counts is not None:
        counts = np.concatenate([counts[:1], raster.counts])
    root = ET.Element("PAMDataset")
    metadata = ET.SubElement(root, "Metadata")
    for key, text in tags.items():
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
