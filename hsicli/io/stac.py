"""A STAC item of a product: what it is, where it lies and which files hold it, for a catalogue.

SpatioTemporal Asset Catalog 1.1.0, with the extensions for projections, classes, bodies of the solar system
and processing. A catalogue sorts by time, and hsicli knows the time of an acquisition only if it is told.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.errors import InputError
from hsicli.io.content import Content
from hsicli.io.files import replacing
from hsicli.io.georeference import read_crs
from hsicli.io.places import describe_grid
from hsicli.products.rasters import Raster
from hsicli.provenance import Provenance

VERSION = "1.1.0"
EXTENSION = "https://stac-extensions.github.io/{}/schema.json"
PROJECTION, CLASSES, BODY, PROCESSING = (
    EXTENSION.format(name)
    for name in ("projection/v2.0.0", "classification/v2.0.0", "ssys/v1.1.0", "processing/v1.2.0")
)
MEDIA = {
    ".h5": "application/x-hdf5", ".tif": "image/tiff; application=geotiff", ".png": "image/png",
    ".csv": "text/csv", ".html": "text/html", ".xml": "application/xml", ".json": "application/json",
}  # fmt: skip
"""By suffix; any other file is plain bytes."""
DIGITS = 7
"""Of a degree: a centimetre."""


@dataclass(frozen=True)
class Item:
    """What a catalogue is to know beside the content of the file.

    Attributes
    ----------
    file : Path
    files : sequence of Path
        The file and what stands beside it.
    acquired : datetime, optional
        When the image was taken, in UTC.
    provenance : Provenance, optional
        None of what hsicli did not make.
    """

    file: Path
    files: Sequence[Path]
    acquired: datetime
    provenance: Provenance | None


def write_stac(path: Path, content: Content, item: Item) -> None:
    """Write a STAC item; links are relative to its own folder.

    Parameters
    ----------
    path : Path
    content : Content
        Of the file.
    item : Item

    Raises
    ------
    InputError
        If the content has no place on a body.
    """
    text = json.dumps(_item(path, content, item), indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def _item(path: Path, content: Content, item: Item) -> dict[str, Any]:
    place = _place(content, item.file)
    extensions, properties = [PROJECTION], {"datetime": _zulu(item.acquired), **place["properties"]}
    if place["body"] != "Earth":
        extensions.append(BODY)
        properties["ssys:targets"] = [place["body"]]
    if item.provenance is not None:
        extensions.append(PROCESSING)
        properties |= _processing(item.provenance)
    assets = {file.name: _asset(file, path.parent) for file in item.files}
    if content.raster is not None and content.raster.class_names:
        extensions.append(CLASSES)
        for file in item.files:
            if file.suffix in {".tif", ".h5"}:
                assets[file.name]["classification:classes"] = _classes(content.raster)
    return {
        "type": "Feature", "stac_version": VERSION, "stac_extensions": extensions, "id": item.file.stem,
        "geometry": {"type": "Polygon", "coordinates": [place["ring"]]}, "bbox": place["bbox"],
        "properties": properties, "links": [], "assets": assets,
    }  # fmt: skip


def _place(content: Content, file: Path) -> dict[str, Any]:
    """Body, outline in degrees, and what the extension for projections asks."""
    shape, grid = content.shape, content.grid
    found = describe_grid(grid, *shape) if grid is not None and shape is not None else {}
    corners = found.get("corners_lonlat")
    if grid is None or shape is None or corners is None:
        raise InputError(
            f"{file}: has no place on a body, and a STAC item needs one",
            hint="give a map or cube with a grid; preprocess --project and export --project make one",
        )
    crs = read_crs(grid.wkt) or read_crs(grid.authority)
    properties: dict[str, Any] = {"proj:code": found.get("authority"), "proj:shape": list(shape)}
    properties["proj:wkt2"] = crs.to_wkt(version="WKT2_2019") if crs is not None else None
    properties["proj:transform"] = list(grid.transform or ())
    lon = np.array([east for east, _ in corners])
    lon = (lon + 180) % 360 - 180 if np.ptp(lon) < 180 or lon.max() > 180 else lon
    if np.ptp(lon) > 180:  # over the line where degrees begin again
        lon = np.where(lon < 0, lon + 360, lon)
    ring = [
        [round(float(east), DIGITS), round(north, DIGITS)]
        for east, (_, north) in zip(lon, corners, strict=True)
    ]
    if _turns_right(ring):
        ring.reverse()
    east, north = zip(*ring, strict=True)
    west, right = min(east), max(east)
    return {
        "body": found.get("body", "Earth"), "properties": properties, "ring": [*ring, ring[0]],
        "bbox": [west, min(north), right - 360 if right > 180 else right, max(north)],
    }  # fmt: skip


def _turns_right(ring: list[list[float]]) -> bool:
    """Whether corners go clockwise: an outer ring must not."""
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
    return twice < 0


def _processing(made: Provenance) -> dict[str, Any]:
    return {
        "processing:lineage": " ← ".join(_commands(made.command, made.parents)),
        "processing:software": dict(sorted(made.libraries.items())),
        "hsicli:fingerprint": made.fingerprint,
    }


def _commands(command: str, parents: dict[str, Any]) -> list[str]:
    """The command, and those before it along its first input."""
    before = next(iter(parents.values()), None)
    return [f"hsicli {command}", *(_commands(before["command"], before["parents"]) if before else [])]


def _asset(file: Path, folder: Path) -> dict[str, Any]:
    roles = {".png": ["overview"], ".json": ["metadata"], ".xml": ["metadata"]}.get(file.suffix, ["data"])
    try:
        href = file.resolve().relative_to(folder.resolve()).as_posix()
        href = f"./{href}"
    except ValueError:
        href = file.resolve().as_uri()
    return {"href": href, "type": MEDIA.get(file.suffix, "application/octet-stream"), "roles": roles}


def _classes(raster: Raster) -> list[dict[str, Any]]:
    colours = raster.colours if raster.colours is not None else [None] * len(raster.class_names)
    return [{"value": 0, "name": "unlabeled", "nodata": True}] + [
        {"value": number, "name": name}
        | (
            {}
            if colour is None
            else {"color_hint": "{:02X}{:02X}{:02X}".format(*(int(part) for part in colour))}
        )
        for number, (name, colour) in enumerate(zip(raster.class_names, colours, strict=True), start=1)
    ]


def _zulu(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
