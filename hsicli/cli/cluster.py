"""hsicli cluster."""

from pathlib import Path
from typing import Annotated

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

SubspaceFile = Annotated[
    Path | None,
    typer.Option("--subspace", help="What hsicli hysime found in this cube.", rich_help_panel=INPUTS),
]
Method = Annotated[
    str | None,
    typer.Option("--method", help="autoencoder-mixture, pca-mixture or pca-kmeans.", rich_help_panel=COMPUTE),
]
Dimension = Annotated[
    int | None,
    typer.Option(
        "--dimension",
        min=1,
        help="Numbers that a spectrum becomes; HySime counts them unless given.",
        rich_help_panel=COMPUTE,
    ),
]
Components = Annotated[
    int | None,
    typer.Option(
        "--components",
        min=1,
        help="Clusters before any are joined; twice the dimension unless given.",
        rich_help_panel=COMPUTE,
    ),
]
Classes = Annotated[
    int | None,
    typer.Option("--classes", min=1, help="Join clusters until this many are left.", rich_help_panel=COMPUTE),
]
MaxAngle = Annotated[
    float | None,
    typer.Option(
        "--max-angle",
        metavar="RAD",
        min=0,
        help="Join clusters whose mean spectra are no further apart; 0 joins none.",
        rich_help_panel=COMPUTE,
    ),
]


def cluster(
    cube: CubeArgument,
    output: Output,
    subspace: SubspaceFile = None,
    method: Method = None,
    dimension: Dimension = None,
    components: Components = None,
    classes: Classes = None,
    max_angle: MaxAngle = None,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Group the spectra of a preprocessed cube into material classes, without labels (GyPSUM)."""
    from hsicli.io.hdf5 import read_product
    from hsicli.io.reading import read_cube
    from hsicli.products.labels import Labels
    from hsicli.products.subspace import Subspace
    from hsicli.runtime import pick_device
    from hsicli.stages.cluster import ClusterConfig, cluster_cube

    config = read_config(
        ClusterConfig, config_file, overrides, method=method, dimension=dimension, components=components,
        merging__classes=classes, merging__max_angle=max_angle,
    )  # fmt: skip
    job = plan(
        "cluster", reads={"cube": cube, "subspace": subspace}, writes=output, config=config, product=Labels,
        seed=seed, device=device, overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    found = None if subspace is None else read_product(subspace, Subspace)
    classes_found = cluster_cube(
        read_cube(cube), config, subspace=found, seed=seed, device=pick_device(device),
        track=track, checkpoint=job.checkpoint,
    )  # fmt: skip
    job.commit(classes_found)
