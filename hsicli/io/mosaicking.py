"""Many maps under one grid: what they have tile by tile, and the files of the mosaic they become.

::

    mosaic.tif             the classes, with their legend
    mosaic-sources.tif     which map each cell came from; how many have a class there, how many this one
    mosaic-score.tif       the score of what was taken, where the maps have scores
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from rasterio.windows import Window as Part

from hsicli.io.files import replacing
from hsicli.io.framing import area_of
from hsicli.io.geotiff import grid_of, open_dataset
from hsicli.io.map_layers import CLASS, CONFIDENCE, SCORE, OpenMap
from hsicli.io.maps import TILE, legend, legend_path, started_geotiff
from hsicli.io.warping import Frame, Place, Window, pixels_under
from hsicli.products.rasters import MAX_BYTE_CLASSES, Raster

SOURCES = ("source", "labeled", "agreeing", "confidence")
"""Layers of the second file."""

CACHE_MEGABYTES = 128
"""What GDAL may keep of all open maps; fixed, so that the layout of a file does not depend on the machine."""

QUICKLOOK_CELLS = 4_000_000
"""A picture is drawn of no more."""

ABSENT = {CLASS: (0, np.int32), SCORE: (np.nan, np.float32), CONFIDENCE: (2, np.uint8)}
"""What a layer has where a map does not say, and its type."""


class Placed(NamedTuple):
    """A map, where it lies, and the window of the grid that it may have pixels in."""

    map: OpenMap
    place: Place
    area: Window


class Sample(NamedTuple):
    """What several maps have under one window of a grid; only maps that have a class there."""

    maps: list[int]
    """Which of them, in their order."""
    labels: np.ndarray
    """(n, rows, cols) int: in each map's own numbers; 0 = none."""
    scores: np.ndarray | None
    """(n, rows, cols) float; NaN = none; None where no map has any."""
    confidence: np.ndarray | None
    """(n, rows, cols) uint8: 2 = identified, 1 = guess; 2 where a map does not say; None where none does."""


@contextmanager
def bounded_cache() -> Iterator[None]:
    """Read and write maps in bounded memory."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MEGABYTES):
        yield


def placed_maps(maps: Sequence[OpenMap], places: Sequence[Place], frame: Frame) -> list[Placed]:
    """The maps of a mosaic, each with its part of the grid."""
    return [Placed(one, place, area_of(frame, place)) for one, place in zip(maps, places, strict=True)]


def frame_tiles(frame: Frame) -> list[Window]:
    """The windows of a grid, tile by tile as a GeoTIFF stores them."""
    return [
        (slice(row, min(row + TILE, frame.rows)), slice(col, min(col + TILE, frame.cols)))
        for row in range(0, frame.rows, TILE)
        for col in range(0, frame.cols, TILE)
    ]


def sample(maps: Sequence[Placed], frame: Frame, window: Window) -> Sample:
    """What the maps have under the cells of a window, nearest neighbour."""
    found = [
        (number, layers)
        for number, one in enumerate(maps)
        if all(
            part.start < own.stop and own.start < part.stop
            for part, own in zip(window, one.area, strict=True)
        )
        and (layers := _layers_under(one, frame, window))
    ]
    shape = tuple(part.stop - part.start for part in window)
    stacks: dict[str, np.ndarray | None] = {SCORE: None, CONFIDENCE: None}
    for name in stacks:
        if any(name in layers for _, layers in found):
            absent = np.full(shape, *ABSENT[name])
            stacks[name] = np.stack([layers.get(name, absent) for _, layers in found])
    labels = np.stack([layers[CLASS] for _, layers in found]) if found else np.zeros((0, *shape), np.int32)
    return Sample([number for number, _ in found], labels, stacks[SCORE], stacks[CONFIDENCE])


def _layers_under(one: Placed, frame: Frame, window: Window) -> dict[str, np.ndarray]:
    """The layers of a map by name; nothing if it has no class there."""
    rows, cols = pixels_under(frame, window, one.place)
    inside = (rows >= 0) & (cols >= 0)
    if not inside.any():
        return {}
    first = [int(at[at >= 0].min()) for at in (rows, cols)]
    part = tuple(slice(low, int(at.max()) + 1) for low, at in zip(first, (rows, cols), strict=True))
    at = tuple(np.maximum(at - low, 0) for low, at in zip(first, (rows, cols), strict=True))
    layers: dict[str, np.ndarray] = {}
    for name, (fill, kind) in ABSENT.items():
        if name in one.map.layers:
            layers[name] = np.where(inside, one.map.layers[name](*part)[at], np.asarray(fill, dtype=kind))
        if not layers[CLASS].any():
            return {}
    return layers


def mosaic_files(output: Path, *, scored: bool) -> list[Path]:
    """What `write_mosaic` writes: classes, sources and, where the maps have scores, scores; legends last."""
    maps = _maps(output, scored=scored)
    return [*maps, *map(legend_path, maps[:2])]


def _maps(output: Path, *, scored: bool) -> list[Path]:
    ends = ("-sources", "-score") if scored else ("-sources",)
    return [output, *(output.with_name(f"{output.stem}{end}.tif") for end in ends)]


def write_mosaic(
    output: Path,
    frame: Frame,
    classes: tuple[tuple[str, ...], np.ndarray],
    sources: tuple[tuple[str, ...], np.ndarray],
    tiles: Iterable[tuple[Window, Mapping[str, np.ndarray]]],
    *,
    scored: bool,
    tags: dict[str, str],
) -> None:
    """Write a mosaic while it is made, tile by tile; every file appears whole or not at all.

    Parameters
    ----------
    output : Path
        The map of classes, a ``.tif``.
    frame : Frame
    classes, sources : (names, colours)
        Of classes 1…k and of maps 1…n; colours (…, 3) uint8.
    tiles : iterable of (window, layers)
        Layers by name: ``class``, those of `SOURCES`, and ``score``.
    scored : bool
        Whether there are scores to write.
    tags : dict of str
        Stored in each file.
    """
    paths = _maps(output, scored=scored)
    rasters = [
        _empty(frame, (CLASS,), _kind(len(classes[0])), classes, tags),
        _empty(frame, SOURCES, _kind(len(sources[0])), sources, tags),
        _empty(frame, (SCORE,), np.dtype(np.float32), ((), None), tags),
    ][: len(paths)]
    legends = [legend_path(path) for path in paths[:2]]
    with ExitStack() as stack:  # closed from the last to the first: the map of classes is the last to appear
        partials = [stack.enter_context(replacing(path)) for path in paths]
        partial_legends = [stack.enter_context(replacing(path)) for path in legends]
        counts = _write_tiles(partials, rasters, tiles)
        for partial, raster, found in zip(partial_legends, rasters, counts, strict=False):
            partial.write_bytes(legend(raster, found))


def _kind(highest: int) -> np.dtype:
    return np.dtype(np.uint8 if highest <= MAX_BYTE_CLASSES else np.uint16)


def _empty(
    frame: Frame,
    layers: tuple[str, ...],
    kind: np.dtype,
    legend: tuple[tuple[str, ...], np.ndarray | None],
    tags: dict[str, str],
) -> Raster:
    """A raster of the grid's shape that takes no memory."""
    data = np.broadcast_to(np.zeros((), dtype=kind), (len(layers), frame.rows, frame.cols))
    nodata = np.nan if kind.kind == "f" else 0
    return Raster(data, layers, nodata, *legend, grid=frame.grid, tags=tags)


def _write_tiles(
    partials: Sequence[Path],
    rasters: Sequence[Raster],
    tiles: Iterable[tuple[Window, Mapping[str, np.ndarray]]],
) -> list[np.ndarray]:
    """All tiles into all files; pixels of each class and of each source, the empty ones first."""
    counts = [np.zeros(len(raster.class_names) + 1, dtype=np.int64) for raster in rasters]
    rows, cols = rasters[0].data.shape[1:]
    with ExitStack() as stack:
        files = [
            stack.enter_context(started_geotiff(partial, raster))
            for partial, raster in zip(partials, rasters, strict=True)
        ]
        for window, layers in tiles:
            part = Part.from_slices(*window)
            for place, (file, raster) in enumerate(zip(files, rasters, strict=True)):
                block = np.stack([layers[name] for name in raster.layer_names]).astype(raster.data.dtype)
                file.write(block, window=part)
                if raster.class_names:
                    counts[place] += np.bincount(block[0].ravel(), minlength=len(counts[place]))
    for count in counts:
        count[0] = rows * cols - count[1:].sum()
    return counts


def read_quicklook(path: Path, names: tuple[str, ...], colours: np.ndarray) -> Raster:
    """A class map as coarse as a picture needs it, with the counts of the whole."""
    dataset = open_dataset(path)
    step = max(1, int(np.ceil(np.sqrt(dataset.height * dataset.width / QUICKLOOK_CELLS))))
    data = np.empty((1, -(-dataset.height // step), -(-dataset.width // step)), dtype=dataset.dtypes[0])
    counts = np.zeros(len(names) + 1, dtype=np.int64)
    for row in range(0, dataset.height, TILE * step):  # whole tiles, and a whole number of steps
        part = (slice(row, min(row + TILE * step, dataset.height)), slice(0, dataset.width))
        block = dataset.read(1, window=Part.from_slices(*part))
        counts += np.bincount(block.ravel(), minlength=len(counts))
        data[0, row // step : -(-part[0].stop // step)] = block[::step, ::step]
    grid = grid_of(dataset)
    if grid is not None and grid.transform is not None:
        a, b, x, d, e, y = grid.transform
        grid = replace(grid, transform=(a * step, b * step, x, d * step, e * step, y))
    return Raster(data, (CLASS,), 0, names, colours, counts[1:], grid)
