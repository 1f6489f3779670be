"""Class maps, open: names, place and layers, the numbers read by window when they are asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.errors import RasterioIOError
from rasterio.windows import Window as Part

from hsicli.cube import Grid
from hsicli.errors import InputError
from hsicli.io.crism_names import geometry_beside, parse_name
from hsicli.io.geotiff import grid_of, open_dataset
from hsicli.io.labels import PICTURES, PRODUCTS, legend_of, read_labels
from hsicli.io.layers import read_geometry
from hsicli.io.warping import Finder, Place, grid_place, sensor_place
from hsicli.products.labels import Labels
from hsicli.products.minerals import Minerals

MAP_PRODUCTS = (Labels, Minerals)
"""Kinds that hold a class map: `labels`, `names`, `colours`, `grid`, and perhaps `score` and `confidence`."""

CLASS, SCORE, CONFIDENCE = "class", "score", "confidence"
"""Layers by their name in a GeoTIFF."""

Locate = Callable[[np.ndarray, np.ndarray], tuple[Finder, tuple[float, float]]]
"""From planes of latitude and longitude to the way back, and the usual distance of neighbours, radians."""

Read = Callable[[slice, slice], np.ndarray]


@dataclass(frozen=True, eq=False)
class OpenMap:
    """A class map whose numbers are read when they are asked for.

    Attributes
    ----------
    path : Path
    shape : (rows, cols)
    names : tuple of str
        Of the classes 1…k.
    colours : (k, 3) uint8, optional
    grid : Grid, optional
    layers : mapping of str to function
        ``class``, and ``score`` and ``confidence`` where the map has them: each gives a window.
    beside : tuple of Path
        Other files that layers come from.
    """

    path: Path
    shape: tuple[int, int]
    names: tuple[str, ...]
    colours: np.ndarray | None
    grid: Grid | None
    layers: Mapping[str, Read]
    beside: tuple[Path, ...] = ()


def open_map(path: Path) -> OpenMap:
    """A class map: GeoTIFF, a product that has one, or whatever else `read_labels` takes.

    A layer ``score`` or ``confidence`` may be in the file itself, or in ``STEM-score.tif`` or
    ``STEM-sources.tif`` beside it.

    Raises
    ------
    InputError
        If the file is missing, unreadable, or holds no class map.
    """
    if path.suffix.casefold() in PRODUCTS:
        return _open_product(path)
    if path.suffix.casefold() in PICTURES:
        return _open_picture(path)
    found = read_labels(path)
    layers = {CLASS: _held(found.labels.astype(np.min_scalar_type(int(found.labels.max(initial=0)))))}
    return OpenMap(path, _shape(found.labels), found.names, found.colours, found.grid, layers)


def _open_product(path: Path) -> OpenMap:
    from hsicli.io.hdf5 import read_header, read_product

    kinds = {kind.KIND: kind for kind in MAP_PRODUCTS}
    found = read_header(path).kind
    if found not in kinds:
        raise InputError(
            f"{path}: holds a {found}, which is no class map", hint=f"give a product of {', '.join(kinds)}"
        )
    product: Any = read_product(path, kinds[found])
    layers = {CLASS: _held(product.labels)}
    for name in (SCORE, CONFIDENCE):
        values = getattr(product, name, None)
        if values is not None:
            layers[name] = _held(values)
    return OpenMap(path, _shape(product.labels), product.names, product.colours, product.grid, layers)


def _open_picture(path: Path) -> OpenMap:
    dataset = open_dataset(path)
    bands = {name: band for band, name in zip(dataset.indexes, dataset.descriptions, strict=True)}
    if (dataset.count > 1 and CLASS not in bands) or dataset.dtypes[bands.get(CLASS, 1) - 1][0] not in "ui":
        raise InputError(
            f"{path}: has {dataset.count} band{'s' * (dataset.count > 1)} of {dataset.dtypes[0]}, "
            "expected one of class numbers",
            hint="give the class map (OUTPUT.tif of a command), not scores, abundances or a picture",
        )
    layers = {CLASS: _read_from(dataset, bands.get(CLASS, 1))}
    highest = max(int(layers[CLASS](*part.toslices()).max(initial=0)) for _, part in dataset.block_windows(1))
    names, colours = legend_of(path, dataset, highest)
    names = (*names, *(f"class {number}" for number in range(len(names) + 1, highest + 1)))
    files = []
    for file in (path, *(path.with_name(f"{path.stem}-{end}.tif") for end in ("score", "sources"))):
        if not file.is_file():
            continue
        other = open_dataset(file)
        for band, name in zip(other.indexes, other.descriptions, strict=True):
            if name in {SCORE, CONFIDENCE} and name not in layers and other.shape == dataset.shape:
                layers[name] = _read_from(other, band)
                files.append(file)
    beside = tuple(dict.fromkeys(file for file in files if file != path))
    return OpenMap(path, dataset.shape, names, colours, grid_of(dataset), layers, beside)


def _shape(labels: np.ndarray) -> tuple[int, int]:
    rows, cols = labels.shape
    return rows, cols


def _held(values: np.ndarray) -> Read:
    return lambda rows, cols: np.asarray(values[rows, cols])


def _read_from(dataset: Any, band: int) -> Read:
    """The band by window; no data is 0 in whole numbers."""
    nodata = dataset.nodatavals[band - 1]

    def read(rows: slice, cols: slice) -> np.ndarray:
        try:
            values: np.ndarray = dataset.read(band, window=Part.from_slices(rows, cols))
        except RasterioIOError as error:
            raise InputError(
                f"{dataset.name}: cannot be read to its end: it is cut short or damaged",
                hint="copy the file again, or make it again",
            ) from error
        if values.dtype.kind in "ui" and nodata:
            values = np.where(values == nodata, 0, values)
        return values

    return read


def find_geometry(maps: Sequence[OpenMap], given: Sequence[Path]) -> list[Path | None]:
    """For each map the derived geometry (DDR) that places it; None for a map that has a grid.

    Parameters
    ----------
    maps : sequence of OpenMap
    given : sequence of Path
        DDRs, told apart by the observation in their names; a single one goes with a single map.

    Raises
    ------
    InputError
        If a map has neither a grid nor a geometry, or a geometry belongs to no map.
    """
    bare = [one for one in maps if one.grid is None]
    observations = {name[:3]: path for path in given if (name := parse_name(path)) is not None}
    found: list[Path | None] = []
    for one in maps:
        if one.grid is not None:
            found.append(None)
            continue
        name = parse_name(one.path)
        geometry = observations.get(name[:3]) if name is not None else None
        if geometry is None and len(given) == len(bare) == 1:
            geometry = given[0]
        found.append(geometry_for(one.path, geometry))
    for path in given:
        if path not in found:
            raise InputError(
                f"{path}: belongs to none of the maps that need it",
                hint="give maps in sensor space, with the names of their observations",
            )
    return found


def place_map(one: OpenMap, geometry: Path | None, locate: Locate) -> Place:
    """Where a map lies: by its grid, or by the planes of its derived geometry.

    Raises
    ------
    InputError
        If the geometry has another shape, or no place for any pixel.
    """
    if geometry is None:
        return grid_place(str(one.path), one.grid or Grid(), one.shape)
    return place_by_geometry(one.path, one.shape, geometry, locate)


def geometry_for(image: Path, given: Path | None) -> Path:
    """The derived geometry (DDR) of an image in sensor space: the one that is given, else that beside it.

    A DDR has its own, and a product has what its image had.

    Raises
    ------
    InputError
        If none is given, none of its observation lies beside it, and it carries no places itself.
    """
    geometry = given or geometry_beside(image) or (image if _places_itself(image) else None)
    if geometry is None:
        raise InputError(
            f"{image}: has no georeferencing, and no DDR of its observation lies beside it",
            hint="name its derived geometry with --geometry …_DE…_DDR1.LBL",
        )
    return geometry


def _places_itself(image: Path) -> bool:
    """Whether a file holds the latitude and longitude of its own pixels."""
    from hsicli.io.hdf5 import is_hdf5, read_array

    name = parse_name(image)
    if name is not None and name.kind == "DDR":
        return True
    ours = image.suffix.casefold() in PRODUCTS and image.is_file() and is_hdf5(image)
    return ours and read_array(image, "latlon") is not None


def place_by_geometry(image: Path, shape: tuple[int, int], geometry: Path, locate: Locate) -> Place:
    """Where an image in sensor space lies, by the planes of its derived geometry.

    Raises
    ------
    InputError
        If the geometry has another shape, or no place for any pixel.
    """
    planes = read_geometry(geometry)
    latitude, longitude = planes["latitude"], planes["longitude"]
    if latitude.shape != shape:
        raise InputError(
            f"{geometry}: has {' × '.join(map(str, latitude.shape))} pixels, "
            f"{image.name} has {' × '.join(map(str, shape))}",
            hint="give the DDR of the same observation and detector, and the whole image",
        )
    if np.isfinite(latitude + longitude).sum() < 2:
        raise InputError(f"{geometry}: places no pixel", hint="fetch it again")
    return sensor_place(str(image), (latitude, longitude), *locate(latitude, longitude))
