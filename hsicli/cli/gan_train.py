"""hsicli gan-train."""

from collections.abc import Iterator, Sequence
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, ConfigFile, Device, DryRun, Output, Overrides, Overwrite, Seed
from hsicli.errors import InputError

if TYPE_CHECKING:
    from hsicli.cube import Cube

LISTS = {".txt", ".lst", ".list"}
"""Ends of the names of files that list cubes."""

Cubes = Annotated[
    list[Path],
    typer.Argument(
        metavar="LIST-OR-CUBE...",
        help="Cubes, best denoised; or .txt files that name cubes or patterns, one a line.",
    ),
]
Iterations = Annotated[
    int | None,
    typer.Option("--iterations", min=1, help="Steps of each network, at most.", rich_help_panel=COMPUTE),
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", min=2, help="Real spectra a step.", rich_help_panel=COMPUTE),
]


def gan_train(
    cubes: Cubes,
    output: Output,
    iterations: Iterations = None,
    batch_size: BatchSize = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Learn from many cubes, without labels, how their spectra differ (adversarial networks)."""
    from hsicli.products.weights import Weights
    from hsicli.runtime import pick_device
    from hsicli.stages.gan_train import GanTrainConfig, train_gan

    config = read_config(
        GanTrainConfig, config_file, overrides,
        training__iterations=iterations, training__batch_size=batch_size,
    )  # fmt: skip
    paths = _listed(cubes)
    job = plan(
        "gan-train", reads={f"cube {number}": path for number, path in enumerate(paths, 1)}, writes=output,
        config=config, product=Weights, seed=seed, device=device, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    job.commit(
        train_gan(
            _opened(paths), len(paths), config, seed=seed, device=pick_device(device), track=track,
            checkpoint=job.checkpoint,
        )
    )  # fmt: skip


def _opened(paths: Sequence[Path]) -> Iterator[tuple[str, "Cube"]]:
    """One cube after another."""
    from hsicli.io.reading import read_cube

    for path in paths:
        yield str(path), read_cube(path)


def _listed(given: Sequence[Path]) -> list[Path]:
    """The cubes that are meant, each once, in the order given; those of a pattern by name.

    Raises
    ------
    InputError
        If a list cannot be read or names no cube.
    """
    found: list[Path] = []
    for path in given:
        if path.suffix.lower() not in LISTS:
            found += _matching(path)
            continue
        try:
            lines = [line.strip() for line in path.read_text().splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "is no text"
            raise InputError(f"{path}: {why}", hint="check the list of cubes") from error
        named = [line for line in lines if line and not line.startswith("#")]
        if not named:
            raise InputError(f"{path}: names no cube", hint="write one file name a line")
        found += [cube for line in named for cube in _matching(path.parent / line)]
    return list(dict.fromkeys(found))


def _matching(path: Path) -> list[Path]:
    """The files of a pattern, or the file itself.

    Raises
    ------
    InputError
        If the pattern fits nothing.
    """
    if path.exists() or not has_magic(str(path)):
        return [path]
    found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise InputError(f"{path}: no file is named so", hint="check the pattern")
    return found
