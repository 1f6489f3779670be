"""hsicli diffuse."""

from typing import Annotated

import typer

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import COMPUTE, ConfigFile, CubeArgument, DryRun, Output, Overrides, Overwrite

Classes = Annotated[
    int | None,
    typer.Option("--classes", min=2, help="Classes; estimated unless given.", rich_help_panel=COMPUTE),
]
Superpixels = Annotated[
    int | None,
    typer.Option(
        "--superpixels",
        min=1,
        help="Pieces to cut the image into; by its size unless given.",
        rich_help_panel=COMPUTE,
    ),
]
Components = Annotated[
    int | None,
    typer.Option(
        "--components", min=0, help="Principal components that are compared; 0: all.", rich_help_panel=COMPUTE
    ),
]
Neighbours = Annotated[
    int | None,
    typer.Option("--neighbours", min=2, help="Of a pixel: density and graph.", rich_help_panel=COMPUTE),
]
Radius = Annotated[
    int | None,
    typer.Option(
        "--radius",
        min=0,
        help="Rows and cols to either side in which the graph looks for neighbours; 0: anywhere.",
        rich_help_panel=COMPUTE,
    ),
]
SuperpixelsOnly = Annotated[
    bool,
    typer.Option("--superpixels-only", help="Write the map of superpixels.", rich_help_panel=COMPUTE),
]


def diffuse(
    cube: CubeArgument,
    output: Output,
    classes: Classes = None,
    superpixels: Superpixels = None,
    components: Components = None,
    neighbours: Neighbours = None,
    radius: Radius = None,
    superpixels_only: SuperpixelsOnly = False,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Group the pixels of a cube by superpixels and diffusion between them, without labels (S2DL)."""
    from hsicli.io.reading import read_cube
    from hsicli.products.labels import Labels
    from hsicli.stages.diffuse import DiffuseConfig, diffuse_cube

    config = read_config(
        DiffuseConfig, config_file, overrides, classes=classes, superpixels__count=superpixels,
        features__components=components, graph__neighbours=neighbours, graph__radius=radius,
        output="superpixels" if superpixels_only else None,
    )  # fmt: skip
    job = plan(
        "diffuse", reads={"cube": cube}, writes=output, config=config, product=Labels,
        device="cpu", overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    job.commit(diffuse_cube(read_cube(cube), config, track=track, checkpoint=job.checkpoint))
