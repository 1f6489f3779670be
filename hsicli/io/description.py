"""A file in facts: what it is, how large, on which bands, where, and how it was made. No value is read."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.cube import Cube, Grid
from hsicli.io.crism_names import belongings, describe_name, geometry_beside
from hsicli.io.formats import format_of
from hsicli.io.layers import layer_names
from hsicli.io.pds3_image import LABEL_BYTES
from hsicli.io.places import describe_grid
from hsicli.io.reading import open_cube
from hsicli.library import Library
from hsicli.products.kinds import KINDS
from hsicli.provenance import Provenance

KIND_NAMED: dict[str, Any] = {kind.KIND: kind for kind in KINDS}
"""Kind of product: its class."""

SOURCES = {
    "built in": "built in",
    "taken as": "unit inferred",
    "IMAGERY": "rounded by GDAL",
    "by detector row": "of a table beside",
    "mean of columns": "of an image beside",
}
"""What a note on wavelengths holds: where they come from. Without such a note they are declared."""


def describe(path: Path, *, variable: str | None = None) -> dict[str, Any]:
    """What a cube, library, class map or product says of itself.

    Parameters
    ----------
    path : Path
    variable : str, optional
        Which array of a MATLAB file.

    Returns
    -------
    dict
        Plain texts, numbers, lists and dicts: ``file``, ``format``, ``kind``, and what that kind has.

    Raises
    ------
    InputError
        If the file is missing or cannot be read.
    """
    form = "library" if holds_library(path) else format_of(path)
    facts: dict[str, Any] = {"file": str(path), "format": form}
    if words := describe_name(path):
        facts["name"] = words | _beside(path)
    match form:
        case "product":
            return facts | _describe_product(path)
        case "library":
            return facts | _describe_library(path)
        case "ENVI":
            return facts | _with_layers(_describe_envi(path), path, form)
        case "GeoTIFF":
            classes = _map_classes(path)
            found = describe_cube(open_cube(path))
            if classes:
                return facts | {**found, "kind": "class map", "classes": classes}
            return facts | _with_layers(found, path, form)
        case _:
            return facts | _with_layers(describe_cube(open_cube(path, variable)), path, form)


def holds_library(path: Path) -> bool:
    """Whether a path that could be of something else is of a library: a folder, or the label of a table."""
    if path.is_dir():
        return True
    if path.suffix.casefold() != ".lbl" or not path.is_file():
        return False
    text = path.read_bytes()[:LABEL_BYTES]
    return b"^TABLE" in text and b"^IMAGE" not in text


def _with_layers(facts: dict[str, Any], path: Path, form: str) -> dict[str, Any]:
    """With the names of the planes, if the bands have names and no wavelengths."""
    if facts["kind"] != "cube" or "wavelengths" in facts or form not in {"ENVI", "PDS3", "GeoTIFF", "GDAL"}:
        return facts
    names = layer_names(path)
    return {**facts, "kind": "layers", "layers": list(names)} if names else facts


def _beside(path: Path) -> dict[str, str]:
    """The files that are read together with a CRISM image, or say where its pixels lie."""
    geometry, others = geometry_beside(path), [file.name for file in belongings(path)]
    found = {"geometry": geometry.name} if geometry is not None else {}
    return found | ({"read with": ", ".join(others)} if others else {})


def describe_cube(cube: Cube) -> dict[str, Any]:
    """The facts of a cube."""
    rows, cols, bands = cube.shape
    facts: dict[str, Any] = {
        "kind": "cube",
        "rows": rows,
        "cols": cols,
        "bands": bands,
        "type": np.dtype(getattr(cube.data, "dtype", np.float32)).name,
    }
    if cube.wavelengths is not None:
        facts["wavelengths"] = _axis_facts(cube.wavelengths, cube.fwhm, cube.notes)
    facts["bad_bands"] = _ranges(np.flatnonzero(~cube.good_bands))
    facts["fill"] = [float(value) for value in cube.fill]
    facts["scale"] = cube.scale
    if cube.grid is not None:
        facts["grid"] = describe_grid(cube.grid, rows, cols)
    if cube.denominator is not None:
        facts["divided_by"] = [float(np.nanmin(cube.denominator)), float(np.nanmax(cube.denominator))]
    facts["detector_columns"] = cube.columns is not None
    facts["latitude_longitude"] = cube.latlon is not None
    facts["assumed"] = list(cube.notes)
    return facts


def _axis_facts(wavelengths: np.ndarray, fwhm: np.ndarray | None, notes: tuple[str, ...]) -> dict[str, Any]:
    known = wavelengths[np.isfinite(wavelengths)]
    steps = np.diff(np.sort(known))
    about = [note for note in notes if "wavelengths" in note]
    source = next((name for word, name in SOURCES.items() for note in about if word in note), "declared")
    return {
        "first": float(known.min()),
        "last": float(known.max()),
        "unit": "nm",
        "source": source,
        "spacing": float(np.median(steps)) if len(steps) else None,
        "ascending": bool((np.diff(known) > 0).all()),
        "fwhm": None if fwhm is None else [float(np.nanmin(fwhm)), float(np.nanmax(fwhm))],
    }


def _ranges(indices: np.ndarray) -> list[list[int]]:
    """Runs of consecutive indices as [first, last], counted from 1."""
    runs = np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1) if len(indices) else []
    return [[int(run[0]) + 1, int(run[-1]) + 1] for run in runs]


def _describe_envi(path: Path) -> dict[str, Any]:
    from hsicli.io.envi import find_pair, read_classes
    from hsicli.io.envi_header import CLASSES, LIBRARY

    header, image = find_pair(path)
    if header.kind == LIBRARY:
        return {**_describe_library(path), "interleave": "bsq"}
    shown = {"header": str(header.path), "image": str(image)}
    if header.kind == CLASSES:
        raster = read_classes(path)
        _, rows, cols = raster.data.shape
        place = {"grid": describe_grid(raster.grid, rows, cols)} if raster.grid is not None else {}
        counts = np.bincount(np.maximum(raster.data.ravel(), 0), minlength=len(raster.class_names) + 1)[1:]
        classes = class_table(raster.class_names, raster.colours, counts)
        return {"kind": "class map", "rows": rows, "cols": cols, **shown, "classes": classes, **place}
    facts = {**describe_cube(open_cube(path)), **shown}
    facts["interleave"] = header.layout().interleave
    facts["description"] = " ".join(header.text("description").split())
    for key in ("band names", "default bands", "sensor type", "acquisition time"):
        if header.text(key):
            facts[key.replace(" ", "_")] = list(header.names(key))
    return facts


def _describe_library(path: Path) -> dict[str, Any]:
    from hsicli.io.speclib import read_library

    library: Library = read_library(path)
    return {
        "kind": "library",
        "spectra": len(library.names),
        "bands": len(library.wavelengths),
        "wavelengths": _axis_facts(library.wavelengths, library.fwhm, ()),
        "with_deleted_channels": int(np.isnan(library.spectra).any(axis=1).sum()),
        "names": list(library.names),
    }


def _describe_product(path: Path) -> dict[str, Any]:
    from hsicli.io.hdf5 import read_header, read_product

    header = read_header(path)
    facts: dict[str, Any] = {"kind": header.kind, "schema": header.schema}
    kind = KIND_NAMED.get(header.kind)
    if kind is not None and header.schema == kind.SCHEMA:
        product: Any = read_product(path, kind)
        facts |= describe_cube(product) if isinstance(product, Cube) else _describe_fields(product)
    return facts | {"provenance": describe_provenance(header.provenance)}


def _describe_fields(product: Any) -> dict[str, Any]:
    """Numbers and texts as they are, arrays by shape, axes and unit."""
    facts: dict[str, Any] = {"fields": []}
    rows, cols = 0, 0
    for item in fields(product):
        value = getattr(product, item.name)
        axes, unit = item.metadata.get("axes"), item.metadata.get("unit")
        if value is None or isinstance(value, Grid):
            continue
        entry: dict[str, Any] = {"name": item.name, "axes": axes, "unit": unit}
        if isinstance(value, bool | int | float | str):
            entry["value"] = value
        else:
            entry["shape"] = list(getattr(value, "shape", (len(value),)))
        if axes and axes.split()[:2] == ["rows", "cols"]:
            rows, cols = entry["shape"][:2]
        facts["fields"].append(entry)
    if rows:
        facts |= {"rows": rows, "cols": cols}
    if getattr(product, "wavelengths", None) is not None:
        facts["wavelengths"] = _axis_facts(product.wavelengths, None, ())
    grid = getattr(product, "grid", None)
    if grid is not None and rows:
        facts["grid"] = describe_grid(grid, rows, cols)
    if {"names", "colours", "counts"} <= {item.name for item in fields(product)}:
        facts["classes"] = class_table(product.names, product.colours, product.counts)
    return facts


def class_table(
    names: tuple[str, ...], colours: np.ndarray | None, counts: np.ndarray | None
) -> list[dict[str, Any]]:
    """Number, name, colour and pixels of every class."""
    total = 0 if counts is None else int(counts.sum())
    return [
        {
            "class": k + 1,
            "name": name,
            "colour": None if colours is None else "#" + bytes(int(c) for c in colours[k]).hex(),
            "pixels": None if counts is None else int(counts[k]),
            "share": None if counts is None or not total else float(counts[k]) / total,
        }
        for k, name in enumerate(names)
    ]


def _map_classes(path: Path) -> list[dict[str, Any]]:
    """The classes of a GeoTIFF map, by the tags that hold their names; none for any other image."""
    from hsicli.io.geotiff import open_dataset

    with open_dataset(path) as image:
        tags = image.tags()
        names = [tags[f"CLASS_{k}"] for k in range(1, len(tags) + 1) if f"CLASS_{k}" in tags]
        if not names or image.count != 1:
            return []
        palette = image.colormap(1) if image.colorinterp[0].name == "palette" else {}
        counts = np.bincount(image.read(1).ravel(), minlength=len(names) + 1)[1 : len(names) + 1]
    colours = np.array([palette.get(k + 1, (0, 0, 0))[:3] for k in range(len(names))]) if palette else None
    return class_table(tuple(names), colours, counts)


def describe_provenance(provenance: Provenance) -> dict[str, Any]:
    """How a product was made: command, what departs from the defaults, inputs, and the commands before it."""
    changed = {key: provenance.config.get(key) for key in provenance.sources}
    return {
        "command": provenance.command,
        "method": provenance.method,
        "seed": provenance.seed,
        "device": provenance.device,
        "changed": changed,
        "sources": provenance.sources,
        "inputs": provenance.inputs,
        "before": _before(provenance.parents),
        "libraries": provenance.libraries,
        "fingerprint": provenance.fingerprint,
    }


def _before(parents: dict[str, Any]) -> dict[str, Any]:
    """The commands that made the inputs, by role, and theirs."""
    return {
        role: {"command": parent.get("command"), "before": _before(parent.get("parents", {}))}
        for role, parent in parents.items()
    }
