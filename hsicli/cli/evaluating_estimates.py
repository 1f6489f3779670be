"""The part of `hsicli evaluate` that scores estimates."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsicli.cli.console import track
from hsicli.errors import ConfigError

if TYPE_CHECKING:
    from hsicli.products.estimate_scores import EstimateScores


def holds_estimate(path: Path) -> bool:
    """Whether a file is a product of `hsicli superres apply`."""
    from hsicli.io.hdf5 import is_hdf5, read_header
    from hsicli.products.estimates import Estimate

    return path.is_file() and is_hdf5(path) and read_header(path).kind == Estimate.KIND


def check_estimate_inputs(extras: dict[str, Path | None], match: Path | None, repeat: int) -> None:
    """Refuse what estimates cannot be scored with, or without."""
    if extras["truth"] is None:
        raise ConfigError("estimates are scored against a cube of high resolution", hint="give --truth CUBE")
    if extras["roi"] or extras["spectra"] or match or repeat > 1:
        raise ConfigError("--spectra, --roi, --match and --repeat are for class maps", hint="leave them out")


def estimate_scores(paths: list[Path], config: Any, extras: dict[str, Path | None]) -> "EstimateScores":
    """The scores of estimates of one scene."""
    from hsicli.io.hdf5 import read_product
    from hsicli.io.reading import read_cube
    from hsicli.io.speclib import read_library
    from hsicli.products.estimates import Estimate
    from hsicli.runtime import pick_device
    from hsicli.stages.evaluate_estimates import evaluate_estimates

    truth = extras["truth"]
    if truth is None:
        raise ValueError("check_estimate_inputs lets no call without a truth pass")
    return evaluate_estimates(
        [read_product(path, Estimate) for path in paths],
        read_cube(truth),
        library=read_library(extras["library"]) if extras["library"] else None,
        compare=config.compare,
        least_overlap=config.least_overlap,
        device=pick_device("cpu"),
        track=track,
    )
