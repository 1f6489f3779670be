"""The denoising step of preprocess: what is learnt of a cube first, and what then becomes of each block."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from hsicli.algorithms.noise import add_rows, no_sums, regression_noise
from hsicli.cube import Block, Cube
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.preprocessing.lowrank import filtered, noise_fractions
from hsicli.preprocessing.survey import Limits, clipped_blocks
from hsicli.runtime import Checkpoint, Track, nowhere

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

Denoise = Callable[[Block, np.ndarray], tuple[Block, np.ndarray | None]]
"""From a block and the pixels that are wanted: the block denoised, and the model's reflectance, if any."""


@dataclass(frozen=True)
class DenoiseConfig:
    """How spectra are freed of noise, spikes and stripes."""

    method: Literal["none", "sparse", "atmosphere", "mnf"] = "none"
    output: Literal["denoised", "model", "background", "residual"] = "denoised"
    window_nm: tuple[float, float] = (1024.0, 2605.0)  # modelled, unless preprocess has a window
    sparsity: float = 0.01  # λ_a, cost of a library absorption
    iterations: int = 800  # at most, a hundred are typical, as many as the authors' code takes
    tolerance: float = 5e-4  # of the residuals of the iteration, a root mean square
    passes: int = 2  # the second leaves out what the first found to be spikes
    spike: float = 0.015  # least distance from the model that is a spike, logarithm of reflectance
    spike_sigmas: float = 4.0  # and in robust standard deviations of its column and band
    destripe: bool = True  # where detector columns are known
    rounds: int = 5  # atmosphere: times that the transmission t of each detector column is fitted again
    components: int | None = None  # mnf: how many are kept; None: those with more signal than noise

    def __post_init__(self) -> None:
        if min(self.sparsity, self.tolerance, self.spike, self.spike_sigmas) < 0:
            raise ConfigError(
                "denoise: sparsity, tolerance, spike and spike_sigmas must not be negative",
                hint="see configs/preprocess.toml",
            )
        if min(self.iterations, self.passes, self.components or 1, self.rounds + 1) < 1:
            raise ConfigError(
                "denoise: iterations, passes and components must be 1 or more, rounds not negative",
                hint="see configs/preprocess.toml",
            )
        if not self.window_nm[0] < self.window_nm[1]:
            raise ConfigError(
                "denoise.window_nm: the first number must be the smaller", hint="write the lower limit first"
            )

    @property
    def models(self) -> bool:
        """Whether spectra are modelled, with a library."""
        return self.method in {"sparse", "atmosphere"}


class Means(NamedTuple):
    """What denoising needs beside the cube and the settings."""

    library: Library | None = None
    transmission: Library | None = None
    device: "torch.device | None" = None
    checkpoint: Checkpoint = nowhere


def by_low_rank(cube: Cube, limits: Limits, config: DenoiseConfig, track: Track) -> Denoise:
    """Learn from the cube which components stand above its noise, and keep these of every spectrum."""
    bands = len(cube.order)
    if config.components is not None and config.components > bands:
        raise InputError(
            f"denoise.components: {config.components} of {bands} bands", hint="set fewer components"
        )
    sums = no_sums(bands)
    for block, _ in track(clipped_blocks(cube, limits), "noise"):
        valid = block.valid & cube.valid[block.rows]
        # No pairs of neighbours: on ground that varies from pixel to pixel, their differences are no noise.
        sums = add_rows(sums, block.data, valid, first=1, step=cube.shape[0] + 1, above=None)
    if sums.pixels <= bands:
        raise InputError(
            f"{sums.pixels} whole spectra are too few for the noise of {bands} bands",
            hint="use --denoise sparse or none",
        )
    try:
        variance, _ = regression_noise(sums)
    except np.linalg.LinAlgError as error:
        raise InputError(
            "some bands are combinations of others, so their noise cannot be told from the signal",
            hint="mark interpolated or repeated bands bad in the header",
        ) from error
    low_rank = noise_fractions(sums, np.diag(variance), config.components)
    log.info("denoised: %d of %d components kept", low_rank.kept, bands)

    def denoise(block: Block, wanted: np.ndarray) -> tuple[Block, None]:
        spectra = block.data.reshape(-1, block.data.shape[2])
        clean = filtered(spectra, low_rank)
        if config.output == "residual":
            np.subtract(spectra, clean, out=clean)
        data = clean.reshape(block.data.shape)
        return Block(block.rows, data, wanted & block.valid), None

    return denoise
