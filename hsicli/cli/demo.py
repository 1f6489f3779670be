"""hsicli demo."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hsicli.cli.console import console
from hsicli.cli.options import Seed

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to; made if it is not there.")]

STEPS = (
    "synth mars scene.img --rows 150 --cols 200",
    "preprocess scene.img cube.h5 --window 1050,2550",
    "hysime cube.h5 subspace.h5",
    "cluster cube.h5 classes.h5 --subspace subspace.h5",
    "evaluate classes.h5 scores.h5 --truth scene_labels.img",
    "gan-train scene.img weights.h5 --iterations 300 --set looks.every=150",
    "gan-map scene.img weights.h5 scene_endmembers.csv minerals.h5",
    "evaluate minerals.h5 mineral_scores.h5 --truth scene_labels.img",
)
FILES = {"img", "h5", "csv"}
SEEDED = {"synth", "cluster", "evaluate", "gan-train", "gan-map"}


def demo(ctx: typer.Context, folder: Folder = Path("demo"), seed: Seed = 0) -> None:
    """Make a scene with known truth, run the chain on it, and write a page of what came out."""
    folder.mkdir(parents=True, exist_ok=True)
    program = ctx.find_root().command
    quiet, as_json = console.verbosity < 0, console.as_json  # each step sets up the screen for itself
    for step in STEPS:
        words = [str(folder / word) if word.rpartition(".")[2] in FILES else word for word in step.split()]
        if words[0] in SEEDED:
            words += ["--seed", str(seed)]
        sys.stderr.write(f"$ hsicli {' '.join(words)}\n")
        words += ["--quiet"] if quiet else []
        code = program.main(args=words, prog_name="hsicli", standalone_mode=False)
        if code:
            raise typer.Exit(code)
    report = folder / "report.html"
    _write_page(folder, report)
    console.as_json = as_json
    console.result(str(report), {"output": str(report), "state": "written"})


def _write_page(folder: Path, report: Path) -> None:
    from hsicli.cube import Cube
    from hsicli.figures.demo import demo_page
    from hsicli.io.files import replacing
    from hsicli.io.hdf5 import read_product
    from hsicli.io.labels import read_labels
    from hsicli.io.speclib import read_library
    from hsicli.products.labels import Labels
    from hsicli.products.minerals import Minerals
    from hsicli.products.scores import Scores
    from hsicli.products.subspace import Subspace
    from hsicli.products.weights import Weights
    from hsicli.stages.evaluate import matched_raster
    from hsicli.stages.report import ReportConfig, overview

    classes = read_product(folder / "classes.h5", Labels)
    text = demo_page(
        truth=matched_raster(classes, read_labels(folder / "scene_labels.img")),
        endmembers=len(read_library(folder / "scene_endmembers.csv").names),
        subspace=read_product(folder / "subspace.h5", Subspace),
        classes=classes,
        scores=read_product(folder / "scores.h5", Scores),
        weights=read_product(folder / "weights.h5", Weights),
        minerals=read_product(folder / "minerals.h5", Minerals),
        mineral_scores=read_product(folder / "mineral_scores.h5", Scores),
        commands=[f"hsicli {step}" for step in STEPS],
        scene=overview(read_product(folder / "cube.h5", Cube), ReportConfig()),
    )
    with replacing(report) as partial:
        partial.write_text(text)
