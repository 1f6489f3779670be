"""hsicli preprocess."""

import functools
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
    geometry_of,
    in_two_passes,
    laid,
)
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    from hsicli.cube import Cube
    from hsicli.stages.cleaning import PreprocessConfig

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
        help="sparse: a background and library absorptions; atmosphere: as well, for TRDR; mnf; none.",
        rich_help_panel=COMPUTE,
    ),
]
LibraryFile = Annotated[
    Path | None,
    typer.Option(
        "--library", help="Reflectances whose absorptions the model is made of.", rich_help_panel=INPUTS
    ),
]
Transmission = Annotated[
    Path | None,
    typer.Option(
        "--transmission",
        help="A table of transmissions: of an atmosphere left in part (sparse), or not removed (atmosphere).",
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
    from hsicli.io.reading import open_cube, read_cube
    from hsicli.stages.cleaning import PreprocessConfig

    spectrum = Path(ratio) if ratio and ratio not in METHODS else None
    config = read_config(
        PreprocessConfig, config_file, overrides,
        window_nm=_window(window), ratio="none" if spectrum or bland else ratio, continuum=continuum,
        normalize=normalize, use_bad_bands=use_bad_bands or None, denoise__method=denoise,
        project__method="nearest" if project else None, project__pixel_size=pixel_size,
    )  # fmt: skip
    geometry = geometry_of(cube, lambda: open_cube(cube, variable).grid, geometry, config.project)
    modelled = config.denoise.models  # long: on a device, and it can be taken up again
    files = {
        "mask": mask, "ratio": spectrum, "bland": bland, "wavelengths": wavelengths,
        "library": library, "transmission": transmission, "geometry": geometry,
    }  # fmt: skip
    job = plan(
        "preprocess",
        # Another array of the same file is another input.
        reads={f"cube {variable}" if variable else "cube": cube, **files},
        writes=output, config=config, product=Cube, device=device if modelled else None,
        overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    opened = read_cube(cube, variable=variable, wavelengths=wavelengths)
    cells = laid(cube, opened.shape, geometry, config.project) if geometry else None  # may refuse: goes first
    clean = functools.partial(_cleaned, opened, config, files, job, device if modelled else None)
    made = clean() if cells is None else in_two_passes(job, clean, *cells)
    job.commit(made, compress=compress)


def _cleaned(
    cube: "Cube", config: "PreprocessConfig", files: dict[str, Path | None], job: Job, device: str | None
) -> "Cube":
    """The cube, its spectra made comparable with what the files hold."""
    from hsicli.io.labels import read_mask
    from hsicli.io.speclib import read_library
    from hsicli.io.transmission import read_transmission
    from hsicli.runtime import nowhere, pick_device
    from hsicli.stages.denoising.settings import Means
    from hsicli.stages.preprocess import preprocess_cube

    library, transmission, ratio = files["library"], files["transmission"], files["ratio"]
    means = Means(
        library=read_library(library) if library else None,
        transmission=read_transmission(transmission) if transmission else None,
        device=pick_device(device) if device else None,
        checkpoint=job.checkpoint or nowhere,
    )
    bland, mask = (read_mask(path) if path else None for path in (files["bland"], files["mask"]))
    reference = read_library(ratio) if ratio else None
    return preprocess_cube(
        cube, config, bland=bland, reference=reference, mask=mask, means=means, track=track
    )


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
