"""hsicli diffuse."""

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

FeatureKind = Annotated[
    str | None,
    typer.Option(
        "--features",
        help="What is compared: components (principal ones) or umae (codes of a masked autoencoder).",
        rich_help_panel=COMPUTE,
    ),
]
Codes = Annotated[
    Path | None,
    typer.Option(
        "--codes",
        help="Compare the codes in this product: of hsicli cluster, or of diffuse --features umae.",
        rich_help_panel=INPUTS,
    ),
]

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
    codes: Codes = None,
    features: FeatureKind = None,
    classes: Classes = None,
    superpixels: Superpixels = None,
    components: Components = None,
    neighbours: Neighbours = None,
    radius: Radius = None,
    superpixels_only: SuperpixelsOnly = False,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    seed: Seed = 0,
    device: Device = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Group the pixels of a cube by superpixels and diffusion between them, without labels (S2DL, DS2DL)."""
    from hsicli.io.hdf5 import read_product
    from hsicli.io.reading import read_cube
    from hsicli.products.labels import Labels
    from hsicli.runtime import pick_device
    from hsicli.stages.diffuse import DiffuseConfig, diffuse_cube

    config = read_config(
        DiffuseConfig, config_file, overrides, classes=classes, superpixels__count=superpixels,
        features__kind="codes" if codes else features, features__components=components,
        graph__neighbours=neighbours, graph__radius=radius,
        output="superpixels" if superpixels_only else None,
    )  # fmt: skip
    learns = config.features.kind == "umae"  # nothing else is drawn at random, or on a graphics card
    job = plan(
        "diffuse", reads={"cube": cube, "codes": codes}, writes=output, config=config, product=Labels,
        seed=seed if learns else None, device=device if learns else "cpu",
        overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    found = None if codes is None else read_product(codes, Labels)
    job.commit(diffuse_cube(read_cube(cube), config, codes=found, seed=seed, device=pick_device(device),
                            track=track, checkpoint=job.checkpoint))  # fmt: skip
