"""hsicli browse."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import Job, machine, plan
from hsicli.cli.options import (
    COMPUTE,
    ConfigFile,
    CubeArgument,
    DryRun,
    Overrides,
    Overwrite,
    Variable,
    WavelengthTable,
)
from hsicli.cli.standing import sealed

if TYPE_CHECKING:
    from hsicli.stages.browse import BrowseConfig, ParameterMaps

Folder = Annotated[
    Path, typer.Argument(metavar="OUTDIR", help="The folder for maps and pictures; made if it is not there.")
]
Parameters = Annotated[
    str | None,
    typer.Option(
        "--parameters", metavar="A,B,…", help="Only these summary parameters.", rich_help_panel=COMPUTE
    ),
]
Products = Annotated[
    str | None,
    typer.Option(
        "--products", metavar="A,B,…", help="Only these composites (PHY, MAF, …), or none.",
        rich_help_panel=COMPUTE,
    ),
]  # fmt: skip
Custom = Annotated[
    str | None,
    typer.Option(
        "--custom", metavar="R,G,B", help="A composite of three parameters, each NAME or NAME:LOW:HIGH.",
        rich_help_panel=COMPUTE,
    ),
]  # fmt: skip


def browse(
    cube: CubeArgument,
    folder: Folder,
    parameters: Parameters = None,
    products: Products = None,
    custom: Custom = None,
    variable: Variable = None,
    wavelengths: WavelengthTable = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Map CRISM's summary parameters, and compose the browse products that show where minerals may be."""
    from hsicli.io.reading import read_cube
    from hsicli.stages.browse import BrowseConfig, parameter_maps

    config = read_config(
        BrowseConfig, config_file, overrides,
        parameters=_names(parameters), products=_names(products), custom=_names(custom),
    )  # fmt: skip
    output, *beside = _files(folder, cube.stem, config.pictures)
    with _folder_of(output):
        job = plan(
            "browse",
            reads={f"cube {variable}" if variable else "cube": cube, "wavelengths": wavelengths},
            writes=output, beside=beside, config=config, overwrite=overwrite, dry_run=dry_run,
        )  # fmt: skip
        if job.done:
            return
        _warn_of_history(job)
        maps = parameter_maps(
            read_cube(cube, variable=variable, wavelengths=wavelengths), config, track=track
        )
        job.commit_files(lambda _: _write(folder, cube.stem, maps, config, job.provenance.fingerprint))


def _names(text: str | None) -> list[str] | None:
    """The words between commas; an empty list for "none"."""
    if text is None:
        return None
    words = [word.strip().upper() for word in text.split(",") if word.strip()]
    return [] if words == ["NONE"] else words


def _files(folder: Path, stem: str, pictures: Sequence[str]) -> list[Path]:
    """Where the parameters go, and then each composite, as a map and as a picture."""
    names = [f"{stem}_{name}{suffix}" for name in pictures for suffix in (".tif", ".png")]
    return [folder / name for name in (f"{stem}_parameters.tif", *names)]


@contextmanager
def _folder_of(output: Path) -> Iterator[None]:
    """Make the folder if it is not there, and leave nothing behind if nothing was made."""
    from hsicli.errors import InputError
    from hsicli.io.files import check_folder

    folder = output.parent
    if folder.is_file():
        raise InputError(f"{folder}: is a file, not a folder", hint="name a folder for the maps")
    made = not folder.exists()
    if made:
        check_folder(folder)
        folder.mkdir()
    try:
        yield
    except BaseException:
        if not output.exists():
            sealed(output).unlink(missing_ok=True)
        machine.release()  # its lock lies there
        raise
    finally:
        if made:
            with suppress(OSError):  # it is not empty
                folder.rmdir()


def _warn_of_history(job: Job) -> None:
    """Say so if an earlier step has changed what the parameters are defined for."""
    import logging

    made = job.provenance.parents.get("cube", {}).get("config", {})
    log = logging.getLogger(__name__)
    if made.get("continuum"):
        log.warning("the cube had its continuum removed: parameters are defined for reflectance")
    elif made.get("normalize", "none") != "none":
        log.warning(
            "the cube is scaled pixel by pixel (%s): reflectances, slopes and VAR mean nothing, "
            "only ratios and band depths do",
            made["normalize"],
        )


def _write(
    folder: Path, stem: str, maps: "ParameterMaps", config: "BrowseConfig", fingerprint: str
) -> list[Path]:
    """All files: the parameters, then each composite as a map and as a picture."""
    from hsicli.figures.composites import draw_composite
    from hsicli.io.files import replacing
    from hsicli.io.parameter_maps import layer_reader, write_layers, write_picture
    from hsicli.stages.browse import composites

    tags = {"HSICLI_FINGERPRINT": fingerprint}
    [output] = files = _files(folder, stem, ())
    with replacing(output) as partial:
        write_layers(partial, maps.layers, maps.names, grid=maps.grid, tags=tags)
    with ExitStack() as stack:
        layer = stack.enter_context(layer_reader(output))
        for made in composites(maps.names, layer, config, track=track):
            scales = [(name, *limits) for name, limits in zip(made.parameters, made.limits, strict=True)]
            shown = "; ".join(f"{name} {low:.6g} to {high:.6g}" for name, low, high in scales)
            _, image, drawing = _files(folder, stem, (made.name,))
            write_picture(
                image, made.picture, made.parameters, nodata=made.nodata, grid=maps.grid,
                tags={**tags, "STRETCH": shown, "TITLE": made.title},
            )  # fmt: skip
            figure = draw_composite(
                made.picture, f"{made.name}: {made.title}", scales, nodata=made.nodata, grid=maps.grid
            )
            with replacing(drawing) as partial:
                figure.savefig(partial, format="png", metadata={"Software": "hsicli", "Source": fingerprint})
            files += [image, drawing]
    return files
