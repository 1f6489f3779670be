"""hsicli superres: train and apply."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsicli.cli.aligning import alignment_of
from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import Job, plan
from hsicli.cli.options import (
    COMPUTE,
    INPUTS,
    Command,
    ConfigFile,
    CubeArgument,
    Device,
    DryRun,
    Mask,
    Output,
    Overrides,
    Overwrite,
    Seed,
)
from hsicli.cli.pixels import parse_pixel
from hsicli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from hsicli.cube import Cube
    from hsicli.provenance import Provenance
    from hsicli.stages.superresolution.sensors import Sensor

CUBES = {"cube", "low", "high"}
"""Roles of the inputs that a command makes its cube of."""

superres = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Infer spectra of high resolution from those of low resolution, and how sure that is (DCGM).",
)

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="[LOW] HIGH WEIGHTS",
        help="Cubes of low and of high resolution, and the .h5 to write; with --sensor, no LOW.",
    ),
]
SensorOption = Annotated[
    str | None,
    typer.Option(
        "--sensor",
        metavar="NAME|FILE|LIST",
        help="See the cube of high resolution through a sensor: aster, landsat-oli, sentinel-2, crism-mrdr; "
        "a table of responses, or of centres and widths; or CENTRE:WIDTH,… in nm.",
        rich_help_panel=INPUTS,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="deep-mixture; dcgm (the paper's), gaussian, mixture, unimodal-mixture, encoder, ridge, mlp.",
        rich_help_panel=COMPUTE,
    ),
]
Window = Annotated[
    str | None,
    typer.Option(
        "--window",
        metavar="LOW,HIGH",
        help="Wavelengths to learn, nm, of both cubes.",
        rich_help_panel=COMPUTE,
    ),
]
Shift = Annotated[
    str | None,
    typer.Option(
        "--shift",
        metavar="ROWS,COLS",
        help="How far down and right of HIGH a pixel of the same ground lies in LOW.",
        rich_help_panel=INPUTS,
    ),
]
Points = Annotated[
    Path | None,
    typer.Option(
        "--points",
        help="Ground control points: a table of row and col in LOW, then in HIGH; LOW may have other pixels.",
        rich_help_panel=INPUTS,
    ),
]
Weights = Annotated[Path, typer.Argument(metavar="WEIGHTS", help="What hsicli superres train wrote.")]
Truth = Annotated[
    Path | None,
    typer.Option(
        "--truth", help="A cube of high resolution, to be drawn beside the estimate.", rich_help_panel=INPUTS
    ),
]
Covariance = Annotated[
    list[str] | None,
    typer.Option(
        "--covariance",
        metavar="ROW,COL",
        help="A pixel whose covariance is kept and drawn, counted from 0; repeatable. Some unlike ones else.",
        rich_help_panel=COMPUTE,
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(
        "--samples", min=0, help="Spectra drawn from the density of each such pixel.", rich_help_panel=COMPUTE
    ),
]


@superres.command(cls=Command)
def train(
    files: Files,
    sensor: SensorOption = None,
    model: ModelOption = None,
    window: Window = None,
    shift: Shift = None,
    points: Points = None,
    mask: Mask = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Learn from pairs of spectra what one sensor says of what another would see."""
    from hsicli.products.weights import Weights as Product
    from hsicli.runtime import pick_device
    from hsicli.stages.superres_train import SuperresTrainConfig, train_superres

    table, named = _table(sensor)
    config = read_config(
        SuperresTrainConfig, config_file, overrides, sensor=named, model__method=model,
        pairs__window=_numbers("--window", window), shift=_numbers("--shift", shift),
    )  # fmt: skip
    simulated = bool(table or config.sensor)
    _check_files(files, simulated=simulated)
    output, high, low = files[-1], files[-2], None if simulated else files[0]
    reads = {"high": high, "low": low, "sensor": table, "points": points, "mask": mask}
    job = plan(
        "superres train", reads=reads, writes=output, config=config, product=Product, seed=seed,
        device=device, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    fine, coarse = _cube(high, mask if simulated else None), _cube(low, mask) if low else None
    text = str(table) if table else config.sensor
    job.commit(
        train_superres(
            fine, config, low=coarse, sensor=_sensor(text, fine) if text else None,
            alignment=alignment_of(config.shift, points), seed=seed, device=pick_device(device), track=track,
            checkpoint=job.checkpoint,
        )
    )  # fmt: skip


@superres.command(cls=Command)
def apply(
    cube: CubeArgument,
    weights: Weights,
    output: Output,
    sensor: SensorOption = None,
    truth: Truth = None,
    covariance: Covariance = None,
    samples: Samples = None,
    mask: Mask = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Infer the spectra of high resolution of every pixel of a cube: mean, deviation, strangeness."""
    from hsicli.io.hdf5 import read_header, read_product
    from hsicli.io.reading import read_cube
    from hsicli.products.estimates import Estimate
    from hsicli.products.weights import Weights as Product
    from hsicli.runtime import pick_device
    from hsicli.stages.superres_apply import SuperresApplyConfig, apply_superres

    table, named = _table(sensor)
    pixels = [list(parse_pixel(text, "--covariance")) for text in covariance or []]
    config = read_config(
        SuperresApplyConfig, config_file, overrides, sensor=named, pixels=pixels or None, samples=samples
    )
    reads = {"cube": cube, "weights": weights, "sensor": table, "truth": truth, "mask": mask}
    job = plan(
        "superres apply", reads=reads, writes=output, config=config, product=Estimate, seed=seed,
        device=device, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    learnt = read_product(weights, Product)
    coarse = _cube(cube, mask)
    text = str(table) if table else config.sensor
    job.commit(
        apply_superres(
            coarse, learnt, config,
            sensor=_sensor(text, coarse) if text else None,
            truth=read_cube(truth) if truth else None,
            same_scene=_same_scene(job, read_header(weights).provenance),
            seed=seed, device=pick_device(device), track=track,
        )
    )  # fmt: skip


def _check_files(files: list[Path], *, simulated: bool) -> None:
    """Refuse too many or too few files."""
    if len(files) == (2 if simulated else 3):
        return
    if simulated:
        raise ConfigError(
            f"with --sensor there are two files, HIGH WEIGHTS; {len(files)} are named",
            hint="leave LOW out: it is simulated",
        )
    raise ConfigError(
        f"expected LOW HIGH WEIGHTS, {len(files)} files are named",
        hint="name both cubes and the output; or HIGH WEIGHTS --sensor aster",
    )


def _table(sensor: str | None) -> tuple[Path | None, str | None]:
    """The sensor as a file, or as a name or list."""
    if sensor is not None and Path(sensor).is_file():
        return Path(sensor), None
    return None, sensor


def _sensor(text: str, cube: "Cube") -> "Sensor":
    """The bands of a sensor that a cube shows."""
    from hsicli.io.sensors import read_sensor, seen_weights
    from hsicli.stages.superresolution.sensors import Sensor

    fwhm = None if cube.fwhm is None else cube.fwhm[cube.order]
    found, weights = seen_weights(cube.axis, read_sensor(text, cube.axis, fwhm))
    return Sensor(found.names, found.centres, found.widths, weights)


def _cube(path: Path, mask: Path | None) -> "Cube":
    from hsicli.io.labels import read_mask
    from hsicli.io.reading import read_cube

    cube = read_cube(path)
    if mask is None:
        return cube
    keep = read_mask(mask)
    if keep.shape != cube.valid.shape:
        raise InputError(
            f"{mask}: has {keep.shape[0]}×{keep.shape[1]} pixels (rows×cols), {path.name} has "
            f"{cube.shape[0]}×{cube.shape[1]}",
            hint="give a mask of the cube",
        )
    return cube.with_valid(keep)


def _numbers(option: str, text: str | None) -> list[float] | None:
    """Two numbers of an option."""
    if text is None:
        return None
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"{option} {text}: expected two numbers", hint=f"write, for example, {option} 0,1"
        ) from None
    return [first, second]


def _same_scene(job: Job, learnt: "Provenance") -> bool:
    """Whether weights were learnt from the cube that they are applied to, as it is or otherwise prepared."""
    side = "low" if "low" in learnt.inputs else "high"
    return bool(_cubes_behind(asdict(job.provenance), "cube") & _cubes_behind(asdict(learnt), side))


def _cubes_behind(step: dict[str, Any], role: str) -> set[str]:
    """Digests of an input, and of the cubes that it was made from."""
    if role not in step["inputs"]:  # of another command
        return set()
    found = {step["inputs"][role]}
    parent = step["parents"].get(role)
    if parent is not None:
        for other in CUBES & parent["inputs"].keys():
            found |= _cubes_behind(parent, other)
    return found
