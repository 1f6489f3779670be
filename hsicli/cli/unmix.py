"""hsicli unmix."""

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
    Device,
    DryRun,
    Output,
    Overrides,
    Overwrite,
    Seed,
)
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from hsicli.library import Library

Unmixed = Annotated[
    Path,
    typer.Argument(
        metavar="CUBE",
        help="A cube of reflectance: ENVI, PDS3, GeoTIFF, NetCDF, MATLAB or a product; with --generate, "
        "what unmix wrote.",
    ),
]
Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        help="blind; supervised (--truth); transfer, known, sunsal, collaborative, mesma (--library); vca, "
        "nfindr, ppi, sivm, smacc, archetypes, nmf, autoencoder.",
        rich_help_panel=COMPUTE,
    ),
]
Endmembers = Annotated[
    int | None,
    typer.Option(
        "--endmembers", min=2, help="How many; HySime counts them unless given.", rich_help_panel=COMPUTE
    ),
]
SubspaceFile = Annotated[
    Path | None,
    typer.Option("--subspace", help="What hsicli hysime found in this cube.", rich_help_panel=INPUTS),
]
References = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="Spectra to take, or to name endmembers after: .csv, .sli, …",
        rich_help_panel=INPUTS,
    ),
]
Members = Annotated[
    str | None,
    typer.Option(
        "--members",
        metavar="A,B,…",
        help="Which spectra of the library; the beginning of a name that is unique is enough.",
        rich_help_panel=INPUTS,
    ),
]
Truth = Annotated[
    Path | None,
    typer.Option(
        "--truth", help="Abundances to learn from, a band an endmember: ENVI, …", rich_help_panel=INPUTS
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        help="What unmix wrote for another cube: its endmembers or network.",
        rich_help_panel=INPUTS,
    ),
]
Generate = Annotated[
    Path | None,
    typer.Option(
        "--generate",
        metavar="ABUNDANCES",
        help="Make spectra of these abundances, by the decoder in the first file; OUT is a cube.",
        rich_help_panel=INPUTS,
    ),
]


def unmix(
    cube: Unmixed,
    output: Output,
    method: Method = None,
    endmembers: Endmembers = None,
    subspace: SubspaceFile = None,
    library: References = None,
    members: Members = None,
    truth: Truth = None,
    weights: Weights = None,
    generate: Generate = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Find which materials are in a cube, and how much of each is in every pixel (LDVAE and others)."""
    from hsicli.cube import Cube
    from hsicli.io.hdf5 import read_product
    from hsicli.io.reading import read_cube
    from hsicli.products.abundances import Abundances
    from hsicli.products.subspace import Subspace
    from hsicli.runtime import pick_device
    from hsicli.stages.unmix import unmix_cube
    from hsicli.stages.unmixing.generation import generate_spectra
    from hsicli.stages.unmixing.methods import UnmixConfig

    config = read_config(UnmixConfig, config_file, overrides, method=method, endmembers=endmembers)
    if members and library is None:
        raise ConfigError("--members are those of a library", hint="give --library too")
    extras = {"subspace": subspace, "truth": truth, "weights": weights, "generate": generate}
    # Other members of the same library are another input.
    extras |= {f"library {members}" if members else "library": library}
    job = plan(
        "unmix", reads={"cube": cube, **extras}, writes=output, config=config,
        product=Cube if generate else Abundances, seed=seed, device=device,
        overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    if generate:
        job.commit(
            generate_spectra(read_product(cube, Abundances), read_cube(generate), device=pick_device(device))
        )
        return
    job.commit(
        unmix_cube(
            read_cube(cube), config,
            subspace=read_product(subspace, Subspace) if subspace else None,
            library=_library(library, members),
            truth=_truth(truth) if truth else None,
            weights=read_product(weights, Abundances) if weights else None,
            seed=seed, device=pick_device(device), track=track, checkpoint=job.checkpoint,
        )
    )  # fmt: skip


def _library(path: Path | None, members: str | None) -> "Library | None":
    if path is None:
        return None
    from hsicli.io.speclib import read_library

    library = read_library(path)
    return library.members(tuple(name.strip() for name in members.split(","))) if members else library


def _truth(path: Path) -> "np.ndarray":
    """(rows, cols, p): abundances of a product or an image, NaN where there are none."""
    import numpy as np

    from hsicli.io.hdf5 import is_hdf5, read_header, read_product
    from hsicli.io.reading import read_cube
    from hsicli.products.abundances import Abundances

    if path.is_file() and is_hdf5(path) and read_header(path).kind == Abundances.KIND:
        return np.asarray(read_product(path, Abundances).abundances)
    cube = read_cube(path)
    rows, cols, _ = cube.shape
    image = np.full((rows, cols, len(cube.order)), np.nan, dtype=np.float32)
    for block in cube.blocks():
        image[block.rows][block.valid] = block.data[block.valid]
    return image
