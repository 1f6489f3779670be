"""Which model superres learns, and how."""

from dataclasses import dataclass, field
from typing import Literal

from hsicli.models.training import TrainingConfig
from hsicli.stages.superresolution.scaling import Scaling

Method = Literal["deep-mixture", "dcgm", "gaussian", "mixture", "unimodal-mixture", "encoder", "ridge", "mlp"]
Covariance = Literal["spherical", "diagonal", "full"]


@dataclass(frozen=True)
class NetworkConfig:
    """What networks are built of, and how they learn."""

    hidden: tuple[int, ...] = (192, 192, 192)  # units of the layers that all heads share
    dropout: float = 0.1  # share of the hidden units that is left out while it learns
    mean: Literal["linear", "sigmoid"] = "linear"  # of DCGM's μ; sigmoid: the paper's, for minmax
    members: int = 5  # networks whose means are averaged (deep-mixture)
    weight_decay: float = 1e-4  # of the networks of the mean (deep-mixture, mlp)
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            epochs=60, batch_size=128, learning_rate=3e-3, final_learning_rate=1e-5, patience=10
        )
    )


@dataclass(frozen=True)
class ModelConfig:
    """A model of p(y | x): high-resolution spectra y, given low-resolution ones x."""

    method: Method = "deep-mixture"
    covariance: Covariance = "full"  # of y given x
    scaling: Scaling = "level"  # before the model: by the mean of x; each to 0…1 (minmax, the paper's); none
    cleaning: Literal["none", "mnf"] = "none"  # of y to learn from; it is calibrated on what was measured
    noise_floor: float = 0.0005  # τ, of scaled spectra: no band is more certain than this
    components: int | None = None  # K of a mixture; unless given, 8 of deep-mixture, else by held-out pairs
    network: NetworkConfig = field(default_factory=NetworkConfig)

    def __post_init__(self) -> None:
        if self.network.members < 2:  # each is held against the pairs that it did not see
            raise ValueError(f"network.members must be 2 or more, it is {self.network.members}")
        if not self.noise_floor > 0:
            raise ValueError(f"noise_floor must be positive, it is {self.noise_floor}")
        if self.components is not None and self.components < 1:
            raise ValueError(f"components must be 1 or more, it is {self.components}")
