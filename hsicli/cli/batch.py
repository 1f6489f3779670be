"""hsicli batch."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.console import console, track
from hsicli.cli.interrupts import interrupts
from hsicli.cli.job import machine as process
from hsicli.cli.options import COMPUTE, INPUTS, RUN, DryRun
from hsicli.errors import ConfigError, HsiError, InputError, PartError

if TYPE_CHECKING:
    from hsicli.cli.batching.planning import Task
    from hsicli.cli.batching.recipe import Recipe
    from hsicli.cli.batching.results import Row
    from hsicli.cli.batching.running import Machine

log = logging.getLogger(__name__)

SHOWN = 40
"""Images that the screen lists; of more, those that failed."""

RecipeArgument = Annotated[
    str,
    typer.Argument(metavar="RECIPE", help="gypsum, gan-map, unmix, diffuse, or a TOML that names stages."),
]
ListArgument = Annotated[
    Path,
    typer.Argument(metavar="LIST", help="Images: a path or pattern a line, or a CSV with a column image."),
]
OutputFolder = Annotated[
    Path, typer.Argument(metavar="OUTDIR", help="Folder to write to; a folder an image.")
]
Shared = Annotated[
    list[str] | None,
    typer.Option(
        "--with", metavar="NAME=FILE", help="A file that is the same for all images; repeatable.",
        rich_help_panel=INPUTS,
    ),
]  # fmt: skip
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory", metavar="MB", min=100, help="For all stages that run at once; most of it unless given.",
        rich_help_panel=RUN,
    ),
]  # fmt: skip
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Run elsewhere: slurm, or a folder with a Snakemake profile.",
        rich_help_panel=COMPUTE,
    ),
]


def batch(
    recipe: RecipeArgument,
    images: ListArgument,
    outdir: OutputFolder,
    shared: Shared = None,
    memory: Memory = None,
    profile: Profile = None,
    dry_run: DryRun = False,
) -> None:
    """Take every image of a list through the stages of a recipe; what is up to date is not made again."""
    from hsicli.cli.batching.listing import read_list
    from hsicli.cli.batching.planning import judged, memory_mb, tasks_of
    from hsicli.cli.batching.recipe import read_recipe
    from hsicli.cli.batching.results import rows_of
    from hsicli.cli.batching.running import Machine, check_engine
    from hsicli.io.files import Lock
    from hsicli.runtime import available_threads

    check_engine()
    steps = read_recipe(recipe)
    items = read_list(images, _shared(shared))
    cores = process.threads or available_threads()
    plans = tasks_of(steps, items, outdir.resolve(), cores)
    if outdir.exists() and not outdir.is_dir():
        raise ConfigError(f"{outdir}: is a file, and the outputs need a folder", hint="name another")
    if dry_run:
        _show_plan(list(track(judged(plans, cores), "plan", len(plans))))
        return
    outdir.mkdir(parents=True, exist_ok=True)
    lock = Lock(outdir.resolve() / "batch")
    process.locks.append(lock)
    plans = list(track(judged(plans, cores), "plan", len(plans)))
    made = Machine(cores, memory or memory_mb(), _gpus(), profile)
    interrupts.listen()
    try:
        _run(outdir, steps, plans, made, lock)
    finally:
        rows = rows_of(plans, outdir.resolve() / ".batch" / "marks")
        _write(outdir.resolve(), recipe, steps, plans, rows)
    _show(outdir, rows)


def _run(outdir: Path, steps: "Recipe", plans: "Sequence[list[Task]]", made: "Machine", lock: object) -> None:
    """Give what is needed to the engine, and show how far it is."""
    from hsicli.cli.batching.running import run_plan, write_plan

    tasks = [task for tasks in plans for task in tasks if task.needed]
    plan = write_plan(outdir.resolve() / ".batch", steps, tasks, made)
    if not tasks:
        return
    for _ in track(run_plan(plan, tasks, made, lock), "stages", len(tasks)):  # type: ignore[arg-type]
        pass


def _write(
    outdir: Path, title: str, steps: "Recipe", plans: "Sequence[list[Task]]", rows: "Sequence[Row]"
) -> None:
    """The tables and the page of all images."""
    from hsicli.cli.batching.joining import write_classes, write_index, write_mosaic
    from hsicli.cli.batching.results import by_item, write_rows

    try:
        write_rows(outdir / "items.csv", rows)
        write_classes(outdir, rows)
        if steps.mosaic is not None:
            wrong = write_mosaic(outdir, steps.mosaic, plans, rows)
            if wrong:
                log.warning("no mosaic: %s", wrong)
        write_index(outdir, f"{title}: {outdir.name}", by_item(rows), rows)
    except (OSError, HsiError) as error:  # a full disk: what became of the images is shown all the same
        log.warning("the tables could not be written: %s", error)


def _show_plan(plans: "Sequence[list[Task]]") -> None:
    """What would be done: a line an image that needs something, and how much in all."""
    needed = [task for tasks in plans for task in tasks if task.needed]
    if console.as_json:
        lines = [{"item": task.item, "stage": task.stage, "needed": task.needed, "why": task.why}
                 for tasks in plans for task in tasks]  # fmt: skip
        console.result(
            "", {"images": len(plans), "stages": sum(map(len, plans)), "needed": len(needed), "tasks": lines}
        )
        return
    busy = [tasks for tasks in plans if any(task.needed for task in tasks)]
    rows = [
        (tasks[0].item, ", ".join(task.stage for task in tasks if task.needed),
         next(task.why for task in tasks if task.needed) or "not made yet")
        for tasks in busy[:SHOWN]
    ]  # fmt: skip
    if rows:
        console.table("", ("image", "would be made", "why"), rows)
    more = f" (the first {SHOWN} are listed)" if len(busy) > SHOWN else ""
    console.text(f"{len(busy)} of {len(plans)} images, {len(needed)} stages would be made{more}")


def _show(outdir: Path, rows: "Sequence[Row]") -> None:
    """The table of images, and where the whole of it is; exit 5 if some are not whole."""
    from dataclasses import asdict

    from hsicli.cli.batching.joining import broken
    from hsicli.cli.batching.results import by_item

    images = by_item(rows)
    bad = broken(images)
    if console.as_json:
        console.result("", {"output": str(outdir), "images": len(images), "failed": len(bad),
                            "items": [asdict(row) for row in rows]})  # fmt: skip
    else:
        listed = images if len(images) <= SHOWN else bad[:SHOWN]
        if listed:
            cells = [
                (one.item, one.state, f"{one.seconds:.1f}", f"{one.memory_mb:.0f}", one.stage, one.reason)
                for one in listed
            ]
            console.table("", ("image", "state", "seconds", "MB", "stage", "reason"), cells)
        console.text(str(outdir))
    if bad:
        console.as_json = False  # one object is enough on stdout
        raise PartError(
            f"{outdir}: {len(bad)} of {len(images)} images are not whole",
            hint="items.csv and the logs there say why; mend them, and give the same command",
        )


def _shared(words: list[str] | None) -> dict[str, Path]:
    """Files for all images, by the name that the recipe has for them."""
    out = {}
    for word in words or []:
        name, equals, file = word.partition("=")
        if not equals or not name:
            raise ConfigError(
                f"--with {word}: expected NAME=FILE", hint="write, for example, --with weights=w.h5"
            )
        if not Path(file).exists():
            raise InputError(
                f"{file}: there is no such file", hint="check the spelling and the current folder"
            )
        out[name] = Path(file)
    return out


def _gpus() -> int:
    """GPUs that torch can use; it is not asked where there is no driver, as that takes a second."""
    if not Path("/proc/driver/nvidia").exists():
        return 0
    from hsicli.runtime import count_gpus

    return count_gpus()
