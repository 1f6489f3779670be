"""hsicli evaluate."""

import logging
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import console, track
from hsicli.cli.evaluating_estimates import check_estimate_inputs, estimate_scores, holds_estimate
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, INPUTS, ConfigFile, DryRun, Overrides, Overwrite, Seed
from hsicli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from hsicli.products.abundance_scores import AbundanceScores
    from hsicli.products.scores import Scores

log = logging.getLogger(__name__)

Products = Annotated[
    list[Path],
    typer.Argument(
        metavar="PRODUCT... [SCORES]",
        help="Class maps or estimates of one scene, or abundances; and, last, the product of scores to write "
        "(.h5), if it is to be kept.",
    ),
]
Truth = Annotated[
    Path | None,
    typer.Option(
        "--truth",
        help="A class map, or abundances, that are right: ENVI, GeoTIFF, .mat; of estimates, a cube.",
        rich_help_panel=INPUTS,
    ),
]
Spectra = Annotated[
    Path | None,
    typer.Option(
        "--spectra",
        help="The cube: separation in its spectra, means of regions; what true endmembers find in it.",
        rich_help_panel=INPUTS,
    ),
]
Regions = Annotated[
    Path | None,
    typer.Option("--roi", help="Regions of interest: GeoJSON, or a class map.", rich_help_panel=INPUTS),
]
References = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="Spectra to compare the class means with, or the true endmembers: .sli or .csv.",
        rich_help_panel=INPUTS,
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
Units = Annotated[
    str | None,
    typer.Option(
        "--units",
        help="Of abundances: given, raw, max or free: what shares are parts of.",
        rich_help_panel=COMPUTE,
    ),
]
Oracle = Annotated[
    bool | None,
    typer.Option(
        "--oracle",
        help="Of maps of diffuse: also score the time that the truth would choose.",
        rich_help_panel=COMPUTE,
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
    units: Units = None,
    oracle: Oracle = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Say how far to trust class maps, abundances or estimates: by a truth, by themselves, by a library."""
    from hsicli.stages.evaluate import EvaluateConfig

    maps, output = _split(products)
    config = read_config(EvaluateConfig, config_file, overrides, repeat=repeat, units=units, oracle=oracle)
    extras = {"truth": truth, "spectra": spectra, "roi": roi, "library": library}
    kind = _kind_of(maps)
    if kind.KIND == "abundance-scores":
        extras = _abundance_inputs(maps, extras, match, config.repeat)
    elif kind.KIND == "estimate-scores":
        check_estimate_inputs(extras, match, config.repeat)
    job = None
    if output:
        reads = {f"map {number}": path for number, path in enumerate(maps, 1)} | extras
        job = plan(
            "evaluate", reads=reads, writes=output, config=config, product=kind, seed=seed,
            overwrite=overwrite, dry_run=dry_run,
        )  # fmt: skip
    elif dry_run:
        raise ConfigError("--dry-run: there is no SCORES to write", hint="name an output last")
    if job is None or not job.done:
        scores: Any
        match kind.KIND:
            case "abundance-scores":
                scores = _abundance_scores(maps[0], config, extras)
            case "estimate-scores":
                scores = estimate_scores(maps, config, extras)
            case _:
                scores = _scores(maps, config, extras, seed)
        _show(scores, alone=job is None)
        if job is not None:
            job.commit(scores)
    elif not dry_run:
        from hsicli.io.hdf5 import read_product

        _show(read_product(job.output, kind), alone=False)
    if match and not dry_run:
        _draw_beside(maps[0], match)


def _kind_of(maps: list[Path]) -> Any:
    """The kind of scores that such products have."""
    from hsicli.io.abundances import holds_abundances
    from hsicli.products.abundance_scores import AbundanceScores
    from hsicli.products.estimate_scores import EstimateScores
    from hsicli.products.scores import Scores

    if any(holds_abundances(path) for path in maps):
        return AbundanceScores
    if all(holds_estimate(path) for path in maps):
        return EstimateScores
    return Scores


def _split(products: list[Path]) -> tuple[list[Path], Path | None]:
    """Products, and the output: a last file that is not there yet, or that holds scores."""
    last = products[-1]
    if len(products) == 1 or (last.exists() and not _holds_scores(last)):
        return products, None
    if not last.exists():
        if last.suffix != ".h5":
            raise InputError(
                f"{last}: is not there, and is no name for scores to be kept under",
                hint="check the spelling, or name an output that ends in .h5",
            )
        log.info("%s: is not there: taken as the name to keep the scores under", last)
    return products[:-1], last


def _holds_scores(path: Path) -> bool:
    from hsicli.io.hdf5 import is_hdf5, read_header
    from hsicli.products.abundance_scores import AbundanceScores
    from hsicli.products.estimate_scores import EstimateScores
    from hsicli.products.scores import Scores

    kinds = {Scores.KIND, AbundanceScores.KIND, EstimateScores.KIND}
    return path.is_file() and is_hdf5(path) and read_header(path).kind in kinds


def _scores(maps: list[Path], config: Any, extras: dict[str, Path | None], seed: int) -> "Scores":
    from hsicli.io.class_products import read_classes
    from hsicli.io.labels import read_labels
    from hsicli.io.reading import read_cube
    from hsicli.io.regions import read_regions
    from hsicli.io.speclib import read_library
    from hsicli.stages.evaluate import evaluate_labels

    labels = [read_classes(path) for path in maps]
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


def _abundance_inputs(
    maps: list[Path], extras: dict[str, Path | None], match: Path | None, repeat: int
) -> dict[str, Path | None]:
    """What abundances are scored with: a truth, and its endmembers, if they stand beside it."""
    from hsicli.io.abundances import endmembers_beside

    if len(maps) > 1:
        raise ConfigError("abundances are evaluated one at a time", hint="give one product, and SCORES last")
    if extras["truth"] is None:
        raise ConfigError("abundances are scored against a truth", hint="give --truth FILE")
    if extras["roi"] or match or repeat > 1:
        raise ConfigError("--roi, --match and --repeat are for class maps", hint="leave them out")
    if extras["library"] is None and (found := endmembers_beside(extras["truth"])):
        log.info("%s: taken as the true endmembers, as it stands beside the truth", found)
        return extras | {"library": found}
    return extras


def _abundance_scores(path: Path, config: Any, extras: dict[str, Path | None]) -> "AbundanceScores":
    from hsicli.io.abundances import read_abundances
    from hsicli.io.hdf5 import read_product
    from hsicli.io.reading import read_cube
    from hsicli.io.speclib import read_library
    from hsicli.products.abundances import Abundances
    from hsicli.stages.evaluate_abundances import evaluate_abundances

    truth, library = read_abundances(extras["truth"]) if extras["truth"] else (None, None)
    if truth is None:
        raise ValueError("abundance_inputs lets no call without a truth pass")
    return evaluate_abundances(
        read_product(path, Abundances),
        truth,
        endmembers=read_library(extras["library"]) if extras["library"] else library,
        cube=read_cube(extras["spectra"]) if extras["spectra"] else None,
        units=config.units,
    )


def _show(scores: Any, *, alone: bool) -> None:
    """Print the scores; with --json only if no other result is printed, as that is one document."""
    from hsicli.cli.abundance_tables import abundance_scores_as_json, abundance_tables
    from hsicli.cli.estimate_tables import estimate_scores_as_json, estimate_tables
    from hsicli.cli.score_tables import score_tables, scores_as_json

    forms: dict[str, tuple[Any, Any]] = {
        "scores": (score_tables, scores_as_json),
        "abundance-scores": (abundance_tables, abundance_scores_as_json),
        "estimate-scores": (estimate_tables, estimate_scores_as_json),
    }
    tables, as_json = forms[scores.KIND]
    if not console.as_json:
        for table in tables(scores):
            console.table(table.title, table.columns, table.rows)
            lines = [wrapped for line in table.note.splitlines() for wrapped in textwrap.wrap(line, 110)]
            console.text("\n".join([*lines, ""]))
    elif alone:
        console.result("", as_json(scores))


def _draw_beside(first: Path, other: Path) -> None:
    """Both maps in matched colours, beside the first."""
    from hsicli.figures.maps import draw_two_maps
    from hsicli.io.class_products import read_classes
    from hsicli.io.files import replacing
    from hsicli.io.labels import read_labels
    from hsicli.products.rasters import class_raster
    from hsicli.stages.evaluate import matched_raster

    product = read_classes(first)
    figure = draw_two_maps(
        class_raster(product), matched_raster(product, read_labels(other)), (first.name, other.name)
    )
    path = first.with_name(f"{first.stem}-beside-{other.stem}.png")
    with replacing(path) as partial:
        figure.savefig(partial, format="png", metadata={"Software": "hsicli"})
    log.info("%s: both maps in matched colours", path)
