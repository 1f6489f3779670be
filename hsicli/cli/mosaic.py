"""hsicli mosaic."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, INPUTS, ConfigFile, DryRun, Overrides, Overwrite
from hsicli.errors import ConfigError

log = logging.getLogger(__name__)

Maps = Annotated[
    list[Path],
    typer.Argument(metavar="MAP...", help="Class maps: GeoTIFF, products (.h5), ENVI classifications."),
]
MosaicOut = Annotated[Path, typer.Argument(metavar="OUT", help="The map to write, a .tif file.")]
Geometry = Annotated[
    list[Path] | None,
    typer.Option(
        "--geometry",
        metavar="DDR",
        help="Derived geometry of a map in sensor space, if it is not beside it; repeatable.",
        rich_help_panel=INPUTS,
    ),
]
Pixel = Annotated[
    float | None,
    typer.Option("--pixel", metavar="METRES", help="Size of a cell; the finest map's unless given.",
                 rich_help_panel=COMPUTE),
]  # fmt: skip
Parallel = Annotated[
    float | None,
    typer.Option(
        "--parallel", metavar="DEG", help="Standard parallel of a map of Mars.", rich_help_panel=COMPUTE
    ),
]
Extent = Annotated[
    str | None,
    typer.Option("--extent", metavar="W,S,E,N", help="What to cover, degrees; all of the maps unless given.",
                 rich_help_panel=COMPUTE),
]  # fmt: skip
Crs = Annotated[
    str | None,
    typer.Option("--crs", metavar="CODE", help="Coordinate system, as EPSG:32611.", rich_help_panel=COMPUTE),
]


def mosaic(
    maps: Maps,
    output: MosaicOut,
    geometry: Geometry = None,
    pixel: Pixel = None,
    parallel: Parallel = None,
    extent: Extent = None,
    crs: Crs = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Put the class maps of many images together on one grid, each cell from the map that is surest of it."""
    from hsicli.io.framing import common_frame
    from hsicli.io.map_layers import find_geometry, open_map, place_map
    from hsicli.io.mosaicking import bounded_cache, placed_maps
    from hsicli.stages.mosaic import MosaicConfig, common_legend, pixel_finder

    config = read_config(
        MosaicConfig, config_file, overrides, pixel=pixel, parallel=parallel, extent=_box(extent), crs=crs
    )
    _check_output(output)
    with bounded_cache():
        opened = [open_map(path) for path in maps]
        ddrs = find_geometry(opened, geometry or [])
        names = _names(maps)
        job = plan(
            "mosaic",
            reads=_inputs(names, opened, ddrs), writes=output, beside=_files(output, opened)[1:],
            config=config, overwrite=overwrite, dry_run=dry_run,
        )  # fmt: skip
        if job.done:
            return
        legend = common_legend([one.names for one in opened], [one.colours for one in opened])
        places = [place_map(one, ddr, pixel_finder) for one, ddr in zip(opened, ddrs, strict=True)]
        frame = common_frame(
            places, crs=config.crs, parallel=config.parallel, pixel=config.pixel, extent=config.extent
        )
        placed = placed_maps(opened, places, frame)
        tags = {"HSICLI_FINGERPRINT": job.provenance.fingerprint}
        job.commit_files(lambda path: _write(path, placed, frame, legend, (names, tags)))


def _inputs(names: Sequence[str], maps: Sequence[Any], ddrs: Sequence[Path | None]) -> dict[str, Path | None]:
    """All files that are read, by role; a role has the name of its map, as the mosaic has."""
    found: dict[str, Path | None] = {}
    for number, (name, one, ddr) in enumerate(zip(names, maps, ddrs, strict=True), 1):
        found[f"map {number} {name}"] = one.path
        found[f"geometry {number}"] = ddr
        found |= {f"layers {number}.{place}": path for place, path in enumerate(one.beside, 1)}
    return found


def _files(output: Path, maps: Sequence[Any]) -> list[Path]:
    """All files of a mosaic, the map of classes first."""
    from hsicli.io.mosaicking import mosaic_files

    scored = any("score" in one.layers for one in maps)
    return [*mosaic_files(output, scored=scored), output.with_suffix(".png")]


def _write(
    output: Path, placed: list[Any], frame: Any, legend: Any, labels: tuple[tuple[str, ...], dict[str, str]]
) -> list[Path]:
    """Make them."""
    from hsicli.figures.maps import draw_map
    from hsicli.io.files import replacing
    from hsicli.io.mosaicking import read_quicklook, write_mosaic
    from hsicli.stages.mosaic import source_colours

    (names, tags), classes = labels, (legend.names, legend.colours)
    files = _files(output, [one.map for one in placed])
    write_mosaic(
        output, frame, classes, (names, source_colours(len(names))), _tiles(placed, frame, legend),
        scored=any("score" in one.map.layers for one in placed), tags=tags,
    )  # fmt: skip
    with replacing(files[-1]) as partial:
        source = {"Software": "hsicli", "Source": tags["HSICLI_FINGERPRINT"]}
        draw_map(read_quicklook(output, *classes)).savefig(partial, format="png", metadata=source)
    return files


def _tiles(placed: list[Any], frame: Any, legend: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every tile that a map has a class in; what the maps say of each other is told at the end."""
    from hsicli.io.mosaicking import frame_tiles, sample
    from hsicli.stages.mosaic import compose, preferred

    order = preferred([one.place.pixel for one in placed])
    twice = agreed = 0
    for window in track(frame_tiles(frame), "mosaic"):
        found = sample(placed, frame, window)
        if not found.maps:
            continue
        tile = compose(
            found.labels, found.scores, found.confidence, maps=found.maps, order=order, tables=legend.tables
        )
        both = tile["labeled"] > 1
        twice += int(both.sum())
        agreed += int((tile["agreeing"][both] == tile["labeled"][both]).sum())
        yield window, tile
    if twice:
        log.info(
            "%d cells have a class in several maps; in %.1f %% of them all agree", twice, 100 * agreed / twice
        )


def _check_output(output: Path) -> None:
    """Refuse an output that is no GeoTIFF."""
    if output.suffix.lower() not in {".tif", ".tiff"}:
        raise ConfigError(f"{output}: the output is a GeoTIFF", hint=f"name it {output.stem}.tif")


def _names(maps: Sequence[Path]) -> tuple[str, ...]:
    """What to call each map: its stem, with its folder before it where stems repeat."""
    stems = [path.stem for path in maps]
    return tuple(
        stem if stems.count(stem) == 1 else f"{path.resolve().parent.name}/{stem}"
        for stem, path in zip(stems, maps, strict=True)
    )


def _box(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"--extent {text}: expected four numbers", hint="write, for example, --extent 77.0,18.0,78.0,19.0"
        ) from None
    return [west, south, east, north]
