"""A linear autoencoder whose code is abundances and whose weights are endmembers, by the spectral angle."""

import torch
from torch import Tensor, nn

from hsicli.models.losses import spectral_angle

SHARPNESS = 3.0
"""Factor before the softmax, which makes pure pixels reachable."""


class LinearUnmixer(nn.Module):
    """a = softmax(3 (W x̄ + b)), x̂ = Σ aₖ eₖ, eₖ ≥ 0; x̄ is x less the mean of the spectra, by their spread.

    Parameters
    ----------
    start : (p, bands) Tensor
        Where the endmembers begin.
    offset, scale : (bands,) and scalar Tensor
        Mean and spread of the spectra.

    References
    ----------
    Palsson, Ulfarsson and Sveinsson, "Convolutional autoencoder for spectral–spatial hyperspectral unmixing",
    IEEE TGRS 59(1), 2021, whose convolutions this does without.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, start: Tensor, offset: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.encoder = nn.Linear(start.shape[1], len(start))
        self.spectra = nn.Parameter(start.clone())
        self.register_buffer("offset", offset.clone())
        self.register_buffer("scale", scale.clone())

    def abundances(self, spectra: Tensor) -> Tensor:
        """(n, p): on the simplex."""
        return torch.softmax(SHARPNESS * self.encoder((spectra - self.offset) / self.scale), dim=-1)

    def loss(self, batch: Tensor) -> Tensor:
        """Mean angle between (n, bands) spectra and what comes back of them."""
        return spectral_angle(batch, self.abundances(batch) @ self.spectra.clamp_min(0)).mean()
