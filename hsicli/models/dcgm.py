"""The Deep Conditional Gaussian Model: a network that says the mean and the precision of a spectrum.

p(y | x) = N(μ(x), Σ(x)), Σ⁻¹ = C Cᵀ, C lower triangular: C₁ its positive diagonal, C₂ what is below it.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, softplus

STEEPNESS = 10.0
"""C₁ = 10 · softplus + λ, and C₂ in tens: a unit of the network is a large step of 1/σ."""

FIRST_DEVIATION = 0.05
"""σ that an unlearnt model says, of scaled spectra."""

CHANNELS, COARSENESS, WIDTH = 16, 5, 5
"""Of the convolutional decoders: channels, bands a coarse one, and taps."""


@dataclass(frozen=True)
class DcgmConfig:
    """The network of Candela et al.; its sizes are ours, as the paper gives none."""

    hidden: tuple[int, ...] = (128, 128)
    dropout: float = 0.1  # the paper's 0.7, read as a share that is dropped, learns clearly less
    covariance: Literal["spherical", "diagonal", "full"] = "full"
    mean: Literal["sigmoid", "linear"] = "sigmoid"  # of μ: the paper's, for spectra scaled to 0…1; or any
    stability: float = 1e-3  # λ, added to C₁
    noise_floor: float = 2e-3  # τ: C₁ stays below 1/τ, so that the likelihood is bounded


class Dcgm(nn.Module):
    """μ, C₁ and C₂ of spectra of `bands` bands, given those of `inputs` bands.

    Parameters
    ----------
    inputs : int
        m.
    bands : int
        b.
    config : DcgmConfig

    Attributes
    ----------
    centre, spread : (m,) Tensor
        What inputs are standardised by.
    level : (b,) Tensor
        What a linear μ is an addition to.
    correlated : bool
        C₂ is learnt, not held at zero: the second stage.
    """

    centre: Tensor
    spread: Tensor
    level: Tensor

    def __init__(self, inputs: int, bands: int, config: DcgmConfig) -> None:
        super().__init__()
        self.bands, self.config = bands, config
        self.register_buffer("centre", torch.zeros(inputs))
        self.register_buffer("spread", torch.ones(inputs))
        self.register_buffer("level", torch.zeros(bands))
        sizes = (inputs, *config.hidden)
        layers = [
            nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Dropout(config.dropout)) for a, b in pairwise(sizes)
        ]
        self.trunk = nn.Sequential(*layers)
        self.mean = _decoder(sizes[-1], bands)
        self.diagonal = (
            nn.Linear(sizes[-1], 1) if config.covariance == "spherical" else _decoder(sizes[-1], bands)
        )
        self.lower = nn.Linear(sizes[-1], bands * (bands - 1) // 2) if config.covariance == "full" else None
        if self.lower is not None:  # the second stage begins at the first one's optimum
            nn.init.zeros_(self.lower.weight)
            nn.init.zeros_(self.lower.bias)
        self.correlated = False

    def outputs(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """μ (n, b), C₁ (n, b), and C₂ (n, b, b) strictly lower triangular, or None if it is zero."""
        codes = self.trunk((x - self.centre) / self.spread)
        mean = _decoded(self.mean, codes, self.bands)
        mean = torch.sigmoid(mean) if self.config.mean == "sigmoid" else mean + self.level
        if self.config.covariance == "spherical":
            diagonal = self.diagonal(codes).expand(-1, self.bands)
        else:
            diagonal = _decoded(self.diagonal, codes, self.bands)
        start = math.log(math.expm1(1 / (STEEPNESS * FIRST_DEVIATION)))
        log_scales = torch.log(STEEPNESS * softplus(diagonal + start) + self.config.stability)
        return mean, capped(log_scales, self.config.noise_floor).exp(), self._lower(codes)

    def loss(self, batch: Tensor) -> Tensor:
        """Mean negative log-likelihood, nats, of (n, m + b) pairs.

        ½‖Cᵀ(y − μ)‖² − Σ_i log C_ii + (b/2) log 2π: a triangular product, nothing to solve.
        """
        m = len(self.centre)
        mean, diagonal, lower = self.outputs(batch[:, :m])
        residual = batch[:, m:] - mean
        white = residual * diagonal
        if lower is not None:
            white = white + torch.bmm(residual[:, None], lower)[:, 0]
        constant = self.bands / 2 * math.log(2 * math.pi)
        return (white.square().sum(dim=1) / 2 - diagonal.log().sum(dim=1)).mean() + constant

    def _lower(self, codes: Tensor) -> Tensor | None:
        if self.lower is None or not self.correlated:
            return None
        whole = codes.new_zeros(len(codes), self.bands, self.bands)
        row, column = torch.tril_indices(self.bands, self.bands, -1, device=codes.device)
        whole[:, row, column] = STEEPNESS * self.lower(codes)
        return whole


def capped(log_scales: Tensor, noise_floor: float) -> Tensor:
    """Logarithms of 1/σ that stay below that of 1/τ, smoothly: no band is more certain than τ."""
    most = -math.log(noise_floor)
    return most - softplus(most - log_scales)


def _decoder(codes: int, bands: int) -> nn.Sequential:
    """From codes to a spectrum: coarse channels, a convolution over the fine ones."""
    coarse = -(-bands // COARSENESS)
    return nn.Sequential(
        nn.Linear(codes, CHANNELS * coarse), nn.Conv1d(CHANNELS, 1, WIDTH, padding=WIDTH // 2)
    )


def _decoded(decoder: nn.Module, codes: Tensor, bands: int) -> Tensor:
    dense, convolution = decoder.children()
    coarse = dense(codes).view(len(codes), CHANNELS, -1)
    fine: Tensor = convolution(interpolate(coarse, size=bands, mode="linear", align_corners=False))
    return fine[:, 0]
