"""hsicli gan-map."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import (
    COMPUTE,
    INPUTS,
    ConfigFile,
    CubeArgument,
    Device,
    DryRun,
    Output,
    Overrides,
    Overwrite,
    Seed,
)
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    from hsicli.cube import Cube
    from hsicli.library import Library

WeightsFile = Annotated[
    Path,
    typer.Argument(
        metavar="WEIGHTS", help="What hsicli gan-train wrote; none, for a method without a network."
    ),
]
Exemplars = Annotated[
    Path,
    typer.Argument(metavar="LIBRARY", help="Exemplars: .csv, .sli, a folder of spectra; none, with --like."),
]
Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        help="gan, gan-depth, gan-blend; without weights blend, band-depth, derivative, correlation, "
        "continuum-removed, angle, parameters, random, autoencoder, fatt, dafatt, demud.",
        rich_help_panel=COMPUTE,
    ),
]
Like = Annotated[
    str | None,
    typer.Option(
        "--like",
        metavar="SPECTRUM",
        help="One exemplar more: a file of a spectrum, or ROW,COL of a pixel of the cube.",
        rich_help_panel=INPUTS,
    ),
]
FalseAlarms = Annotated[
    float | None,
    typer.Option(
        "--false-alarms",
        metavar="SHARE",
        help="Choose each mineral's threshold so that this share of neutral spectra passes, as 1e-4.",
        rich_help_panel=COMPUTE,
    ),
]
Composite = Annotated[
    str | None,
    typer.Option(
        "--composite",
        help="least-smoothed or highest-score: which scale counts where they do not agree.",
        rich_help_panel=COMPUTE,
    ),
]
Ratios = Annotated[
    bool | None,
    typer.Option(
        "--ratios",
        help="Look at ratios with bland pixels too, and mark what only these show.",
        rich_help_panel=COMPUTE,
    ),
]


def gan_map(
    cube: CubeArgument,
    weights: WeightsFile,
    library: Exemplars,
    output: Output,
    method: Method = None,
    like: Like = None,
    false_alarms: FalseAlarms = None,
    composite: Composite = None,
    ratios: Ratios = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Map minerals: each pixel by the exemplar that it resembles most, identified, guessed, or left open."""
    from hsicli.io.hdf5 import read_product
    from hsicli.io.reading import read_cube
    from hsicli.io.speclib import read_library
    from hsicli.products.minerals import Minerals
    from hsicli.products.weights import Weights
    from hsicli.runtime import pick_device
    from hsicli.stages.gan_map import GanMapConfig, map_minerals

    config = read_config(
        GanMapConfig, config_file, overrides, method=method, composite=composite, ratios=ratios,
        calibration__false_alarms=false_alarms,
    )  # fmt: skip
    network, references = (None if _is_none(path) else path for path in (weights, library))
    if references is None and like is None:
        raise ConfigError("there is nothing to look for", hint="give a library, or --like SPECTRUM")
    wanted = Path(like) if like and Path(like).exists() else None
    reads = {"cube": cube, "weights": network, "library": references, "like": wanted}
    if like and wanted is None:
        reads[f"cube, like {like}"] = cube  # another pixel of the same cube is another input
    job = plan(
        "gan-map", reads=reads, writes=output, config=config, product=Minerals,
        seed=seed, device=device, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    image = read_cube(cube)
    libraries = [] if references is None else [read_library(references)]
    libraries += [_like(like, wanted, image)] if like else []
    job.commit(
        map_minerals(
            image, read_product(network, Weights) if network else None, libraries, config,
            seed=seed, device=pick_device(device), track=track,
        )
    )  # fmt: skip


def _is_none(path: Path) -> bool:
    """Whether it is the word, and no file of that name."""
    return str(path) == "none" and not path.exists()


def _like(text: str, path: Path | None, cube: "Cube") -> "Library":
    """The spectrum that is looked for, by its file or by its pixel."""
    from hsicli.cli.pixels import parse_pixel
    from hsicli.errors import InputError
    from hsicli.io.speclib import read_library
    from hsicli.stages.exemplars import take_exemplar

    if path is not None:
        return read_library(path)
    if text.count(",") != 1 or Path(text).suffix:
        raise InputError(f"{text}: there is no such file", hint="give a file of a spectrum, or ROW,COL")
    row, col = parse_pixel(text, "--like")
    return take_exemplar(cube, f"like {row},{col}", [(row, col)], window=1)[0]
