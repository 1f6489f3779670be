"""hsicli evaluate."""

import logging
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import console, track
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, INPUTS, ConfigFile, DryRun, Overrides, Overwrite, Seed
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    from hsicli.products.scores import Scores

Products = Annotated[
    list[Path],
    typer.Argument(
        metavar="LABELS... [SCORES]",
        help="Class maps of one scene; and, last, the product of scores to write (.h5), if it is to be kept.",
    ),
]
Truth = Annotated[
    Path | None,
    typer.Option("--truth", help="A class map that is right: ENVI, GeoTIFF, .mat.", rich_help_panel=INPUTS),
]
Spectra = Annotated[
    Path | None,
    typer.Option(
        "--spectra", help="A cube: separation in its spectra, means of regions.", rich_help_panel=INPUTS
    ),
]
Regions = Annotated[
    Path | None,
    typer.Option("--roi", help="Regions of interest: GeoJSON, or a class map.", rich_help_panel=INPUTS),
]
References = Annotated[
    Path | None,
    typer.Option(
        "--library", help="Spectra to compare the class means with: .sli or .csv.", rich_help_panel=INPUTS
    ),
]
Match = Annotated[
    Path | None,
    typer.Option(
        "--match",
        help="Another class map of the scene: draw both in matched colours, as LABELS-beside-NAME.png.",
        rich_help_panel=INPUTS,
    ),
]
Repeat = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        min=1,
        help="Cluster the cube (--spectra) so often in all, with the seeds that follow: mean and spread.",
        rich_help_panel=COMPUTE,
    ),
]


def evaluate(
    products: Products,
    truth: Truth = None,
    spectra: Spectra = None,
    roi: Regions = None,
    library: References = None,
    match: Match = None,
    repeat: Repeat = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Say how far to trust class maps: against a truth, by themselves, by region, by a library."""
    from hsicli.products.scores import Scores
    from hsicli.stages.evaluate import EvaluateConfig

    maps, output = _split(products)
    config = read_config(EvaluateConfig, config_file, overrides, repeat=repeat)
    extras = {"truth": truth, "spectra": spectra, "roi": roi, "library": library}
    job = None
    if output:
        reads = {f"map {number}": path for number, path in enumerate(maps, 1)} | extras
        job = plan(
            "evaluate", reads=reads, writes=output, config=config, product=Scores, seed=seed,
            overwrite=overwrite, dry_run=dry_run,
        )  # fmt: skip
    elif dry_run:
        raise ConfigError("--dry-run: there is no SCORES to write", hint="name an output last")
    if job is None or not job.done:
        scores = _scores(maps, config, extras, seed)
        _show(scores, alone=job is None)
        if job is not None:
            job.commit(scores)
    elif not dry_run:
        from hsicli.io.hdf5 import read_product

        _show(read_product(job.output, Scores), alone=False)
    if match and not dry_run:
        _draw_beside(maps[0], match)


def _split(products: list[Path]) -> tuple[list[Path], Path | None]:
    """Maps, and the output: a last file that is not there yet, or that holds scores."""
    last = products[-1]
    if len(products) == 1 or (last.exists() and not _holds_scores(last)):
        return products, None
    return products[:-1], last


def _holds_scores(path: Path) -> bool:
    from hsicli.io.hdf5 import is_hdf5, read_header
    from hsicli.products.scores import Scores

    return path.is_file() and is_hdf5(path) and read_header(path).kind == Scores.KIND


def _scores(maps: list[Path], config: Any, extras: dict[str, Path | None], seed: int) -> "Scores":
    from hsicli.io.hdf5 import read_product
    from hsicli.io.labels import read_labels
    from hsicli.io.reading import read_cube
    from hsicli.io.regions import read_regions
    from hsicli.io.speclib import read_library
    from hsicli.products.labels import Labels
    from hsicli.stages.evaluate import evaluate_labels

    labels = [read_product(path, Labels) for path in maps]
    if config.repeat > 1:
        from hsicli.cli.repetition import repeat_clustering

        labels += repeat_clustering(maps, extras["spectra"], config.repeat - 1)
    rows, cols = labels[0].labels.shape
    return evaluate_labels(
        labels,
        config,
        truth=read_labels(extras["truth"]) if extras["truth"] else None,
        cube=read_cube(extras["spectra"]) if extras["spectra"] else None,
        regions=read_regions(extras["roi"], (rows, cols), labels[0].grid) if extras["roi"] else None,
        library=read_library(extras["library"]) if extras["library"] else None,
        seed=seed,
        track=track,
    )


def _show(scores: "Scores", *, alone: bool) -> None:
    """Print the scores; with --json only if no other result is printed, as that is one document."""
    from hsicli.cli.score_tables import score_tables, scores_as_json

    if not console.as_json:
        for table in score_tables(scores):
            console.table(table.title, table.columns, table.rows)
            lines = [wrapped for line in table.note.splitlines() for wrapped in textwrap.wrap(line, 110)]
            console.text("\n".join([*lines, ""]))
    elif alone:
        console.result("", scores_as_json(scores))


def _draw_beside(first: Path, other: Path) -> None:
    """Both maps in matched colours, beside the first."""
    from hsicli.figures.maps import draw_two_maps
    from hsicli.io.files import replacing
    from hsicli.io.hdf5 import read_product
    from hsicli.io.labels import read_labels
    from hsicli.products.labels import Labels
    from hsicli.products.rasters import class_raster
    from hsicli.stages.evaluate import matched_raster

    product = read_product(first, Labels)
    figure = draw_two_maps(
        class_raster(product), matched_raster(product, read_labels(other)), (first.name, other.name)
    )
    path = first.with_name(f"{first.stem}-beside-{other.stem}.png")
    with replacing(path) as partial:
        figure.savefig(partial, format="png", metadata={"Software": "hsicli"})
    logging.getLogger(__name__).info("%s: both maps in matched colours", path)
