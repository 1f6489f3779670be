"""hsicli report."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, INPUTS, ConfigFile, DryRun, Overrides, Overwrite
from hsicli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from hsicli.figures.page import Table
    from hsicli.figures.report import Entry
    from hsicli.products.overview import Match
    from hsicli.provenance import Provenance
    from hsicli.stages.report import ReportConfig

log = logging.getLogger(__name__)

MOST_CLASSES = 254
"""A map of more classes, such as superpixels, has its pictures, but does not lie over the scene."""

Products = Annotated[
    list[Path],
    typer.Argument(metavar="PRODUCT...", help="Products of one scene (.h5), and a cube of it in any format."),
]
Page = Annotated[Path, typer.Argument(metavar="PAGE", help="The page to write, an .html file.")]
LibraryFile = Annotated[
    Path | None,
    typer.Option("--library", help="Spectra to name the classes after.", rich_help_panel=INPUTS),
]
Title = Annotated[
    str | None,
    typer.Option("--title", help="Of the page; the name of the scene unless given.", rich_help_panel=INPUTS),
]
Rgb = Annotated[
    str | None,
    typer.Option(
        "--rgb", metavar="R,G,B", help="Wavelengths of the picture, nm; by the cube's unless given.",
        rich_help_panel=COMPUTE,
    ),
]  # fmt: skip


def report(
    products: Products,
    output: Page,
    library: LibraryFile = None,
    title: Title = None,
    rgb: Rgb = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Put products on one page that opens anywhere: map over scene, spectra at a click, figures, origin."""
    from hsicli.cube import Cube
    from hsicli.figures.report import report_page
    from hsicli.io.files import replacing
    from hsicli.stages.report import ReportConfig

    config = read_config(ReportConfig, config_file, overrides, title=title, rgb=_wavelengths(rgb))
    if output.suffix.lower() not in {".html", ".htm"}:
        raise ConfigError(
            f"{output}: the output is a page", hint=f"name it {output.stem}.html, and give it last"
        )
    reads = {f"product {number} {path.name}": path for number, path in enumerate(products, 1)}
    job = plan(
        "report", reads={**reads, "library": library}, writes=output, config=config,
        overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    entries = [_entry(path, config, library) for path in products]
    cubes = [entry for entry in entries if isinstance(entry.product, Cube)]
    if len(cubes) > 1:
        raise ConfigError(
            f"{cubes[0].name} and {cubes[1].name} are both cubes, and a page shows one",
            hint="give the cube whose spectra are to be seen",
        )
    viewer = _viewer(cubes[0], entries, config) if cubes else None
    if not cubes:
        log.info("no cube is given: the page has maps and figures, but no scene to click on")
    name = config.title or (cubes[0].name if cubes else entries[0].name).rpartition(".")[0]
    text = report_page(name, entries, viewer)

    def write(path: Path) -> list[Path]:
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
        return [path]

    job.commit_files(write)


def _wavelengths(text: str | None) -> list[float] | None:
    """Three wavelengths between commas."""
    if text is None:
        return None
    try:
        red, green, blue = (float(word) for word in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--rgb {text}: expected three wavelengths in nm", hint="write --rgb R,G,B, as 2530,1330,770"
        ) from error
    return [red, green, blue]


def _entry(path: Path, config: "ReportConfig", library: Path | None) -> "Entry":
    """A product with what a page says of it; a raw image is read as a cube."""
    from hsicli.cube import Cube
    from hsicli.figures.report import Entry
    from hsicli.io.formats import format_of
    from hsicli.io.hdf5 import read_header, read_product
    from hsicli.io.reading import read_cube
    from hsicli.products.kinds import KINDS
    from hsicli.products.labels import Labels

    if format_of(path) != "product":
        cube = read_cube(path)
        return Entry(path.name, cube, None, _facts(cube))
    header = read_header(path)
    kinds = {kind.KIND: kind for kind in KINDS}
    if header.kind not in kinds:
        raise InputError(f"{path}: holds a {header.kind}, which this hsicli does not know")
    product: Any = read_product(path, kinds[header.kind])
    matches = []
    if isinstance(product, Labels) and library is not None:
        matches = _matches(product, header.provenance, library, config)
    facts = _facts(product) if isinstance(product, Cube) else {}
    return Entry(path.name, product, header.provenance, facts, _tables(product), matches)


def _tables(product: Any) -> list["Table"]:
    """The tables of scores, as the screen shows them."""
    from hsicli.cli.abundance_tables import abundance_tables
    from hsicli.cli.estimate_tables import estimate_tables
    from hsicli.cli.score_tables import score_tables
    from hsicli.figures.page import Table
    from hsicli.products.abundance_scores import AbundanceScores
    from hsicli.products.estimate_scores import EstimateScores
    from hsicli.products.scores import Scores

    match product:
        case Scores():
            found = score_tables(product)
        case AbundanceScores():
            found = abundance_tables(product)
        case EstimateScores():
            found = estimate_tables(product)
        case _:
            found = []
    return [
        Table(one.columns, tuple(one.rows), ": ".join(filter(None, (one.title, one.note)))) for one in found
    ]


def _facts(cube: Any) -> dict[str, object]:
    """What the page says of a cube, by its name."""
    from hsicli.io.places import describe_grid

    rows, cols, _ = cube.shape
    facts: dict[str, object] = {"size": f"{rows} rows × {cols} columns × {len(cube.order)} good bands"}
    if cube.wavelengths is not None:
        facts["wavelengths"] = f"{cube.axis[0]:.1f} to {cube.axis[-1]:.1f} nm"
    if cube.grid is not None:
        place = describe_grid(cube.grid, rows, cols)
        facts |= {key: place[key] for key in ("body", "projection", "authority") if place.get(key)}
        if "pixel" in place:
            facts["pixel"] = "{:.6g} × {:.6g} {}".format(*place["pixel"], place["unit"])
        if corners := place.get("corners_lonlat"):
            east, north = zip(*corners, strict=True)
            facts["corners"] = (
                f"{min(east):.4f} to {max(east):.4f}° east, {min(north):.4f} to {max(north):.4f}° north"
            )
    return facts


def _matches(product: Any, made: "Provenance", library: Path, config: "ReportConfig") -> list[list["Match"]]:
    """For each class, the library spectra nearest to its mean."""
    from hsicli.io.speclib import read_library
    from hsicli.stages.report import resembling

    before = made.parents.get("cube", {}).get("config", {})
    return resembling(product, read_library(library), config, without_continuum=bool(before.get("continuum")))


def _viewer(scene: "Entry", entries: Sequence["Entry"], config: "ReportConfig") -> Any:
    """The cube under the maps of its size; a map of another size is no map of this scene."""
    from hsicli.figures.viewer import Viewer
    from hsicli.io.places import describe_grid
    from hsicli.products.labels import Labels
    from hsicli.stages.report import overview

    cube = scene.product
    maps = {
        entry.name: entry
        for entry in entries
        if isinstance(entry.product, Labels) and len(entry.product.names) <= MOST_CLASSES
    }
    for name, entry in maps.items():
        if entry.product.labels.shape != cube.shape[:2]:
            raise InputError(
                "{}: has {} rows × {} columns".format(name, *entry.product.labels.shape)
                + f", the cube {scene.name} has {cube.shape[0]} × {cube.shape[1]}",
                hint="give products of one scene",
            )
    unit = describe_grid(cube.grid, *cube.shape[:2]).get("unit", "") if cube.grid else ""
    return Viewer(
        overview(cube, config, track=track),
        {name: entry.product for name, entry in maps.items()},
        {name: entry.matches for name, entry in maps.items() if entry.matches},
        {"metre": "m"}.get(unit, unit),
    )
