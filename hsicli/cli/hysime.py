"""hsicli hysime."""

from hsicli.cli.config import read_config
from hsicli.cli.console import track
from hsicli.cli.job import plan
from hsicli.cli.options import ConfigFile, CubeArgument, DryRun, Output, Overrides, Overwrite


def hysime(
    cube: CubeArgument,
    output: Output,
    config_file: ConfigFile = None,
    overrides: Overrides = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
) -> None:
    """Find how many directions of a cube's spectra stand above its noise, which they are, and the noise."""
    from hsicli.io.reading import read_cube
    from hsicli.products.subspace import Subspace
    from hsicli.stages.hysime import HysimeConfig, estimate_subspace

    config = read_config(HysimeConfig, config_file, overrides)
    job = plan(
        "hysime", reads={"cube": cube}, writes=output, config=config, product=Subspace,
        overwrite=overwrite, dry_run=dry_run,
    )  # fmt: skip
    if job.done:
        return
    job.commit(estimate_subspace(read_cube(cube), config, track=track))
