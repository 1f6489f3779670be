"""Images in sensor space on a map grid, on request: their geometry, their grid, and a pass for each space."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.console import track
from hsicli.cli.options import COMPUTE, INPUTS
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from hsicli.cli.job import Job
    from hsicli.cube import Cube, Grid
    from hsicli.stages.projection import ProjectConfig

log = logging.getLogger(__name__)

Project = Annotated[
    bool,
    typer.Option(
        "--project",
        help="Lay an image in sensor space on a map grid, nearest neighbour, by its DDR.",
        rich_help_panel=COMPUTE,
    ),
]
PixelSize = Annotated[
    float | None,
    typer.Option(
        "--pixel-size",
        metavar="METRES",
        help="With --project: side of a cell; the spacing of the pixels unless given.",
        rich_help_panel=COMPUTE,
    ),
]
Geometry = Annotated[
    Path | None,
    typer.Option(
        "--geometry",
        metavar="DDR",
        help="With --project: latitudes and longitudes, if they do not lie beside the image.",
        rich_help_panel=INPUTS,
    ),
]


def geometry_of(
    image: Path, grid: "Callable[[], Grid | None]", given: Path | None, config: "ProjectConfig"
) -> Path | None:
    """The derived geometry (DDR) that an image is to be projected by; None if it is not to be.

    Whether it has a grid is asked only if it is to be.

    Raises
    ------
    ConfigError
        If the image lies on a map grid, or a geometry is given for nothing.
    InputError
        If there is no geometry.
    """
    from hsicli.io.map_layers import geometry_for

    if config.method == "none":
        if given is not None:
            raise ConfigError("--geometry: nothing is projected", hint="give --project too")
        return None
    if grid() is not None:
        raise ConfigError(f"{image}: lies on a map grid already", hint="leave out --project")
    return geometry_for(image, given)


def laid(
    image: Path, shape: tuple[int, ...], geometry: Path, config: "ProjectConfig"
) -> "tuple[np.ndarray, Grid]":
    """Which pixel each cell of a grid has, of an image in sensor space; what was derived of the grid is said.

    Returns
    -------
    (rows, cols) int64
        Flat indices of pixels; −1 for none.
    Grid

    Raises
    ------
    InputError
        If the geometry is of another image.
    """
    import numpy as np

    from hsicli.io.framing import common_frame
    from hsicli.io.map_layers import place_by_geometry
    from hsicli.io.warping import pixel_index
    from hsicli.stages.mosaic import pixel_finder

    place = place_by_geometry(image, (shape[0], shape[1]), geometry, pixel_finder)
    if config.pixel_size is None:
        log.info(
            "cells of %g m, the usual distance of neighbouring pixels: --pixel-size METRES gives another",
            place.pixel,
        )
    frame = common_frame([place], parallel=config.parallel, pixel=config.pixel_size)
    index = pixel_index(frame, place)
    seen = np.unique(index[index >= 0]).size
    log.info(
        "%d of %d pixels are nearest to a cell; %.1f %% of the %d cells have a pixel",
        seen, shape[0] * shape[1], 100 * (index >= 0).mean(), index.size,
    )  # fmt: skip
    return index, frame.grid


def in_two_passes(job: "Job", make: "Callable[[], Cube]", index: "np.ndarray", grid: "Grid") -> "Cube":
    """The cube that is made, on a grid whose cells have the pixels of `laid`.

    In sensor space it lies beside the output meanwhile, as a product of the run's own fingerprint: what an
    earlier run of the same words left there is taken as it is. It goes when the last row has been projected.
    """
    from hsicli.cube import BLOCK_BYTES, Cube, Stream
    from hsicli.io.files import clear_leftovers, replacing
    from hsicli.io.hdf5 import read_product, write_product
    from hsicli.stages.projection import project_cube

    path = job.output.with_name(job.output.name + ".sensor")
    clear_leftovers(path)
    if _made_by(path, job):
        log.info("goes on from %s, the preprocessed image in sensor space", path.name)
    else:
        with replacing(path) as partial:
            write_product(partial, make(), job.provenance)
    projected = project_cube(read_product(path, Cube), index, grid)
    walk = projected.data
    rows, cols, bands = projected.shape
    count = -(-rows // max(1, BLOCK_BYTES // (4 * cols * bands)))

    def blocks() -> "Iterator[tuple[slice, np.ndarray]]":
        yield from track(walk.blocks(), "project", count)  # type: ignore[union-attr]
        path.unlink(missing_ok=True)  # what has been mapped stays readable

    return replace(projected, data=Stream(walk.shape, blocks))


def _made_by(path: Path, job: "Job") -> bool:
    """Whether an earlier run of the same words left this, whole."""
    from hsicli.errors import InputError
    from hsicli.io.hdf5 import read_header

    try:
        return path.is_file() and read_header(path).provenance.fingerprint == job.provenance.fingerprint
    except InputError:
        return False
