"""hsicli preprocess."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import Job, plan
from hsicli.cli.options import (
    COMPUTE,
    INPUTS,
    Compress,
    ConfigFile,
    CubeArgument,
    Device,
    DryRun,
    Mask,
    Output,
    Overrides,
    Overwrite,
    UseBadBands,
    Variable,
    WavelengthTable,
)
from hsicli.cli.projecting import (
    Geometry,
    PixelSize,
    Project,
    first_pass,
    forget_first_pass,
    geometry_of,
    on_grid,
    place_of,
)
from hsicli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from hsicli.library import Library
    from hsicli.stages.denoising import Means

METHODS = ("none", "auto", "column", "global")

Window = Annotated[
    str | None,
    typer.Option("--window", metavar="LOW,HIGH", help="Wavelengths to keep, nm.", rich_help_panel=COMPUTE),
]
Ratio = Annotated[
    str | None,
    typer.Option(
        "--ratio",
        metavar="HOW|FILE",
        help="Divide by bland pixels, found: auto, column, global; or none; or by a spectrum.",
        rich_help_panel=COMPUTE,
    ),
]
Bland = Annotated[
    Path | None,
    typer.Option("--bland", help="Divide by the mean of these pixels: a mask.", rich_help_panel=INPUTS),
]
Continuum = Annotated[
    bool | None,
    typer.Option("--continuum/--no-continuum", help="Remove the convex hull.", rich_help_panel=COMPUTE),
]
Normalize = Annotated[
    str | None,
    typer.Option("--normalize", help="l2, minmax, band-depth or none.", rich_help_panel=COMPUTE),
]
DenoiseMethod = Annotated[
    str | None,
    typer.Option(
        "--denoise",
        metavar="HOW",
        help="sparse: a background and library absorptions; mnf: components; none.",
        rich_help_panel=COMPUTE,
    ),
]
LibraryFile = Annotated[
    Path | None,
    typer.Option(
        "--library", help="Reflectances whose absorptions sparse is made of.", rich_help_panel=INPUTS
    ),
]
Transmission = Annotated[
    Path | None,
    typer.Option(
        "--transmission",
        help="A table of transmissions of an atmosphere left in part.",
        rich_help_panel=INPUTS,
    ),
]


def preprocess(
    cube: CubeArgument,
    output: Output,
    window: Window = None,
    mask: Mask = None,
    ratio: Ratio = None,
    bland: Bland = None,
    continuum: Continuum = None,
    normalize: Normalize = None,
    denoise: DenoiseMethod = None,
    library: LibraryFile = None,
    transmission: Transmission = None,
    project: Project = False,
    pixel_size: PixelSize = None,
    geometry: Geometry = None,
    use_bad_bands: UseBadBands = False,
    variable: Variable = None,
    wavelengths: WavelengthTable = None,
    device: Device = "auto",
    compress: Compress = False,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Make the spectra of a cube comparable: clip, denoise, ratio, window, continuum, scale."""
    from hsicli.cube import Cube
    from hsicli.io.labels import read_mask
    from hsicli.io.reading import open_cube, read_cube
    from hsicli.io.speclib import read_library
    from hsicli.stages.cleaning import PreprocessConfig
    from hsicli.stages.preprocess import preprocess_cube

    spectrum = Path(ratio) if ratio and ratio not in METHODS else None
    config = read_config(
        PreprocessConfig, config_file, overrides,
        window_nm=_window(window), ratio="none" if spectrum or bland else ratio, continuum=continuum,
        normalize=normalize, use_bad_bands=use_bad_bands or None, denoise__method=denoise,
        project__method="nearest" if project else None, project__pixel_size=pixel_size,
    )  # fmt: skip
    geometry = geometry_of(cube, lambda: open_cube(cube, variable).grid, geometry, config.project)
    modelled = config.denoise.method == "sparse"  # long: on a device, and it can be taken up again
    job = plan(
        "preprocess",
        # Another array of the same file is another input.
        reads={
            f"cube {variable}" if variable else "cube": cube,
            "mask": mask, "ratio": spectrum, "bland": bland, "wavelengths": wavelengths,
            "library": library, "transmission": transmission, "geometry": geometry,
        },
        writes=output, config=config, product=Cube, device=device if modelled else None,
        overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        if not dry_run:
            forget_first_pass(output)
        return
    opened = read_cube(cube, variable=variable, wavelengths=wavelengths)
    place = place_of(cube, opened.shape, geometry) if geometry else None  # may refuse: before the long work

    def clean() -> Cube:
        return preprocess_cube(
            opened,
            config,
            bland=read_mask(bland) if bland else None,
            reference=read_library(spectrum) if spectrum else None,
            mask=read_mask(mask) if mask else None,
            means=_means(library, transmission, job, device if modelled else None),
            track=track,
        )

    made = clean() if place is None else on_grid(first_pass(job, clean), place, config.project)
    job.commit(made, compress=compress)
    forget_first_pass(output)


def _means(library: Path | None, transmission: Path | None, job: Job, device: str | None) -> "Means":
    """What denoising needs beside the cube."""
    from hsicli.io.speclib import read_library
    from hsicli.runtime import nowhere, pick_device
    from hsicli.stages.denoising import Means

    return Means(
        library=read_library(library) if library else None,
        transmission=_transmission(transmission) if transmission else None,
        device=pick_device(device) if device else None,
        checkpoint=job.checkpoint or nowhere,
    )


def _transmission(path: Path) -> "Library":
    """The mean of a table's transmissions: its columns that are named so, all of them if none is."""
    import numpy as np

    from hsicli.io.tables import read_axis, read_table
    from hsicli.library import Library

    wavelengths, _ = read_axis(path)
    table = read_table(path)
    named = [k for k, name in enumerate(table.names) if name.casefold().endswith("transmission")]
    if not named:
        raise InputError(
            f"{path}: has no column whose name ends with transmission", hint="name it so in the first line"
        )
    values = table.values[:, named]
    there = np.isfinite(wavelengths) & np.isfinite(values).any(axis=1)
    order = np.argsort(wavelengths[there], kind="stable")
    mean = np.nanmean(values[there], axis=1)[order]
    return Library((path.stem,), mean[None], wavelengths[there][order])


def _window(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"--window {text}: expected two numbers", hint="write, for example, --window 1050,2550"
        ) from None
    return [low, high]
