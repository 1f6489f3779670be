"""Networks that say one spectrum for another: by squared error, straight or through a latent code."""

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

LEAST_PENALTY = 1e-6
"""Of the first line, in units of the inputs' variance: inputs may be near collinear."""


def hidden_layers(sizes: tuple[int, ...], dropout: float) -> nn.Sequential:
    """Dense layers from size to size, each with SiLU and dropout."""
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.SiLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers)


class Expectation(nn.Module):
    """E(y | x): dense layers beside a straight line.

    Parameters
    ----------
    inputs, bands : int
    hidden : tuple of int
    dropout : float
    """

    def __init__(self, inputs: int, bands: int, hidden: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.inputs = inputs
        self.line = nn.Linear(inputs, bands)
        self.bend = nn.Sequential(hidden_layers((inputs, *hidden), dropout), nn.Linear(hidden[-1], bands))

    def start_at_line(self, x: Tensor, y: Tensor) -> None:
        """Begin as the straight line of least squares through (n, m) and (n, b) spectra."""
        told = torch.cat([x, torch.ones_like(x[:, :1])], dim=1).double()
        gram = told.mT @ told
        gram.diagonal().add_(LEAST_PENALTY * len(x))
        found = torch.linalg.solve(gram, told.mT @ y.double())
        with torch.no_grad():
            self.line.weight.copy_(found[:-1].mT)
            self.line.bias.copy_(found[-1])
            for value in self.bend[1].parameters():
                value.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """(n, b): the mean of y."""
        out: Tensor = self.line(x) + self.bend(x)
        return out

    def loss(self, batch: Tensor) -> Tensor:
        """Mean squared error of (n, m + b) pairs."""
        return (self(batch[:, : self.inputs]) - batch[:, self.inputs :]).square().mean()


class VariationalEncoder(nn.Module):
    """A code z ~ N(μ(x), Σ(x)) near N(0, I), from which y is decoded: no likelihood of y is defined.

    Loss: squared error of a spectrum decoded from a drawn z, and β times the divergence of z from N(0, I).

    Parameters
    ----------
    inputs, bands : int
    hidden : tuple of int
    dropout : float
    covariance : {"spherical", "diagonal", "full"}
        Σ, of the code.

    References
    ----------
    A. Candela, D. R. Thompson, D. Wettergreen, "Automatic experimental design using deep generative models of
    orbital data", i-SAIRAS, 2018.
    """

    CODES = 12
    BETA = 1e-3
    FIRST_DEVIATION = 0.3

    def __init__(
        self, inputs: int, bands: int, hidden: tuple[int, ...], dropout: float,
        covariance: Literal["spherical", "diagonal", "full"],
    ) -> None:  # fmt: skip
        super().__init__()
        self.inputs, self.covariance = inputs, covariance
        widths = 1 if covariance == "spherical" else self.CODES
        correlations = self.CODES * (self.CODES - 1) // 2 if covariance == "full" else 0
        self.encoder = hidden_layers((inputs, *hidden), dropout)
        self.code = nn.Linear(hidden[-1], self.CODES + widths + correlations)
        back = tuple(reversed(hidden))
        self.decoder = nn.Sequential(hidden_layers((self.CODES, *back), dropout), nn.Linear(back[-1], bands))

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """μ (n, d), and the lower triangular L (n, d, d) of Σ = L Lᵀ."""
        found = self.code(self.encoder(x))
        d = self.CODES
        widths = found[:, d : d + 1] if self.covariance == "spherical" else found[:, d : 2 * d]
        start = math.log(math.expm1(self.FIRST_DEVIATION))
        root = torch.diag_embed((softplus(widths + start) + 1e-4).expand(-1, d))
        if self.covariance == "full":
            row, column = torch.tril_indices(d, d, -1, device=x.device)
            below = torch.zeros_like(root)
            below[:, row, column] = found[:, 2 * d :]
            root = root + below
        return found[:, :d], root

    def forward(self, x: Tensor) -> Tensor:
        """(n, b): decoded from the mean of the code."""
        out: Tensor = self.decoder(self.posterior(x)[0])
        return out

    def loss(self, batch: Tensor) -> Tensor:
        """Mean over (n, m + b) pairs; of the code's mean when nothing is drawn, as on held-out pairs."""
        mean, root = self.posterior(batch[:, : self.inputs])
        if not self.training:
            return (self.decoder(mean) - batch[:, self.inputs :]).square().mean()
        drawn = mean + torch.bmm(root, torch.randn_like(mean)[..., None])[..., 0]
        error = (self.decoder(drawn) - batch[:, self.inputs :]).square().mean()
        logarithms = root.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        divergence = (root.square().sum(dim=(1, 2)) + mean.square().sum(dim=1) - self.CODES) / 2 - logarithms
        return error + self.BETA * divergence.mean()
