"""Maps of many quantities and their composites as GeoTIFF: written as they are made, read back by layer."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from hsicli.cube import Grid, Stream
from hsicli.io.files import replacing
from hsicli.io.geotiff import open_dataset
from hsicli.io.maps import TILE, started_geotiff
from hsicli.products.rasters import Raster

CACHE_MEGABYTES = 64
"""What GDAL may keep of tiles that are being written; it takes a twentieth of the machine otherwise."""


def write_layers(
    path: Path, layers: Stream, names: Sequence[str], *, grid: Grid | None, tags: dict[str, str]
) -> None:
    """Write layers of float32 block by block: NaN is no data, a layer lies together.

    Parameters
    ----------
    path : Path
        A temporary name: half a file may be left there.
    layers : Stream
        Shape (layers, rows, cols); its blocks are consecutive rows.
    names : sequence of str
        Of the layers; become the descriptions of the bands.
    grid : Grid, optional
    tags : dict
        Texts stored in the file.
    """
    shape = (len(names), *layers.shape[1:])
    empty = np.broadcast_to(np.float32(0), shape)  # only its shape and type are asked for
    raster = Raster(empty, tuple(names), float("nan"), grid=grid, tags=tags)
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MEGABYTES), started_geotiff(path, raster) as dataset:
        for first, part in _whole_tiles(layers):
            dataset.write(part, window=Window(0, first, part.shape[2], part.shape[1]))


def _whole_tiles(layers: Stream) -> Iterator[tuple[int, np.ndarray]]:
    """The blocks joined to rows of whole tiles, so that each tile is packed once; with their first row."""
    kept: list[np.ndarray] = []
    first = rows = 0
    for _, block in layers.blocks():
        kept.append(block)
        rows += block.shape[1]
        if rows < TILE:
            continue
        joined = np.concatenate(kept, axis=1)
        whole = rows - rows % TILE
        yield first, joined[:, :whole]
        kept, first, rows = [joined[:, whole:].copy()], first + whole, rows - whole
    if rows:
        yield first, np.concatenate(kept, axis=1)


@contextmanager
def layer_reader(path: Path) -> Iterator[Callable[[str], np.ndarray]]:
    """A function from the name of a layer to its numbers, (rows, cols), while the file is open."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MEGABYTES), open_dataset(path) as dataset:
        numbers = {name: number for number, name in enumerate(dataset.descriptions, start=1)}
        yield lambda name: dataset.read(numbers[name])


def write_picture(
    path: Path,
    picture: np.ndarray,
    names: Sequence[str],
    *,
    nodata: int,
    grid: Grid | None,
    tags: dict[str, str],
) -> None:
    """Write red, green and blue as a GeoTIFF that a GIS shows as it is.

    Parameters
    ----------
    path : Path
        Anything there is replaced, whole or not at all.
    picture : (3, rows, cols) uint8
    names : sequence of str
        What red, green and blue are.
    nodata : int
        Stands in all three for a pixel without data, and nowhere else.
    grid : Grid, optional
    tags : dict
        Texts stored in the file.
    """
    raster = Raster(picture, tuple(names), nodata, grid=grid, tags=tags)
    with replacing(path) as partial, started_geotiff(partial, raster) as dataset:
        dataset.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        dataset.write(picture)
