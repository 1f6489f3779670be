"""hsicli synth."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, INPUTS, DryRun, Overrides, Overwrite, Seed
from hsicli.errors import ConfigError, InputError

AS_TRDR = (
    'product="trdr"',
    'instrument="crism-trdr-l"',
    'frame="detector"',
    'on_mars="nowhere"',
    "border=0",
    "defects.co2=0.0",  # all of the atmosphere is there
    "defects.seam=0.0",  # one detector
    "defects.air=1.0",
    "defects.air_spread=0.08",
    "defects.smile=4.0",
    "defects.air_error=0.03",
)
"""What --as trdr sets, beneath --set."""

RECIPES = ("mars", "core", "mixtures", "cuprite", "cuprite-mixtures")

Recipe = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="mars, core, mixtures, cuprite, cuprite-mixtures, or a TOML file. Pixels of the mixtures are "
        "drawn from Dirichlet(1), mixed linearly; --set concentration, blend.draw, blend.law change that.",
    ),
]
SceneOut = Annotated[
    Path, typer.Argument(metavar="OUT", help="The ENVI cube to write (.img); its truth goes beside it.")
]
As = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="WHAT",
        help="cube, or trdr: a CRISM TRDR (L), the atmosphere not removed; --cols 640, 320, 128 or 64.",
        rich_help_panel=COMPUTE,
    ),
]
AirFrom = Annotated[
    Path | None,
    typer.Option(
        "--transmission", help="Take the atmosphere of --as trdr from this table.", rich_help_panel=INPUTS
    ),
]
Rows = Annotated[int | None, typer.Option("--rows", min=1, help="Rows.", rich_help_panel=COMPUTE)]
Cols = Annotated[int | None, typer.Option("--cols", min=1, help="Columns.", rich_help_panel=COMPUTE)]
Snr = Annotated[
    float | None,
    typer.Option(
        "--snr",
        metavar="DB",
        help="Mean square of the signal, over pixels and bands, to that of the noise; dB, or inf.",
        rich_help_panel=COMPUTE,
    ),
]
SpectraFrom = Annotated[
    Path | None,
    typer.Option("--library", help="Take the endmembers from this spectral library.", rich_help_panel=INPUTS),
]
Members = Annotated[
    str | None,
    typer.Option(
        "--members", metavar="A,B,…", help="Endmembers of a recipe without units.", rich_help_panel=INPUTS
    ),
]


def recipe_file(recipe: str) -> Path:
    """The TOML that a recipe's name stands for: one of ours, or a file."""
    if recipe in RECIPES:
        return Path(__file__).parents[1] / "recipes" / f"{recipe}.toml"
    if not Path(recipe).is_file():
        close = difflib.get_close_matches(recipe, RECIPES, 1)
        raise InputError(
            f"{recipe}: is neither a recipe nor a TOML file",
            hint=f"did you mean {close[0]}?" if close else f"choose among {', '.join(RECIPES)}",
        )
    return Path(recipe)


def synth(
    recipe: Recipe,
    output: SceneOut,
    rows: Rows = None,
    cols: Cols = None,
    snr: Snr = None,
    kind: As = "cube",
    library: SpectraFrom = None,
    transmission: AirFrom = None,
    members: Members = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Make a scene with known truth: an ENVI cube or a TRDR, its labels, abundances, endmembers and noise."""
    from hsicli.io.scene import scene_files, write_scene
    from hsicli.io.speclib import read_library
    from hsicli.io.transmission import read_transmission
    from hsicli.stages.planting import SynthConfig
    from hsicli.stages.synth import synthesise

    chosen = [name.strip() for name in members.split(",")] if members else None
    given = {"rows": rows, "cols": cols, "snr": snr, "members": chosen}
    config = read_config(SynthConfig, recipe_file(recipe), overrides, **given)
    if kind != "cube":
        preset = _trdr(kind, config.cols)
        config = read_config(SynthConfig, recipe_file(recipe), [*preset, *(overrides or [])], **given)
    if transmission and not config.defects.air:
        raise ConfigError(
            "--transmission: this scene has no atmosphere", hint="give --as trdr, or leave it out"
        )
    if members and config.units:
        raise ConfigError(
            f"--members: the recipe {recipe} has rock units, and takes its endmembers from them",
            hint="use the recipe mixtures, or change units in a recipe of your own",
        )
    sensor = "L" if config.product == "trdr" else None
    image, *beside = scene_files(output, sensor=sensor)
    job = plan(
        "synth", reads={"library": library, "transmission": transmission}, writes=image, beside=beside,
        config=config, seed=seed, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    scene = synthesise(
        config,
        seed=seed,
        library=read_library(library) if library else None,
        transmission=read_transmission(transmission) if transmission else None,
    )
    job.commit_files(lambda path: write_scene(path, scene))


def _trdr(kind: str, cols: int) -> list[str]:
    """What makes the recipe a TRDR of so many columns."""
    from hsicli.io.crism_axis import valid_columns

    if kind != "trdr":
        raise ConfigError(f"--as {kind}: is neither cube nor trdr", hint="write --as trdr, or leave it out")
    part = valid_columns("L", cols)
    if part is None:
        raise ConfigError(
            f"--as trdr: CRISM has no image of {cols} columns", hint="give --cols 640, 320, 128 or 64"
        )
    return [*AS_TRDR, f"blind=[{part.start}, {cols - part.stop}]"]
