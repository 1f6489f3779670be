"""A mixture of Gaussians about a mean that is known: what is left of a spectrum, given another.

In coordinates in which the residuals are uncorrelated as a whole, the strongest q first:

p(r | x) = Σ_k π_k(x) N(δ_k(x), Σ_k(x)),  Σ_k⁻¹ = D_k U_k U_kᵀ D_k,  Σ_k π_k δ_k = 0

D_k(x) is a positive diagonal, U_k unit lower triangular and the same for all x: which coordinates err
together is learnt once, how much they err depends on x. Displacements δ_k and correlations U_k are of the
first q coordinates; the others are noise, of one factor a spectrum. As the weighted displacements sum to
zero, the mean of the mixture is the mean that it is about, whatever the likelihood would have of it.
"""

import math

import torch
from torch import Tensor, nn

from hsicli.models.dcgm import capped
from hsicli.models.expectation import hidden_layers


class ResidualMixture(nn.Module):
    """K components over b coordinates, given m inputs.

    Parameters
    ----------
    inputs, bands, components, correlated : int
        m, b, K, and q.
    hidden : tuple of int
    dropout : float
    noise_floor : float
        τ: no coordinate is more certain than this, in the unit of the residuals.

    Attributes
    ----------
    widths : (b,) Tensor
        Deviation of each coordinate: what displacements and scales are relative to.
    levels : (K, b) Parameter
        log D, times the width, where the network says nothing.
    below : (K, q, q) Parameter
        U, of which only what is below the diagonal counts.
    """

    widths: Tensor

    def __init__(
        self, inputs: int, bands: int, components: int, correlated: int, *, hidden: tuple[int, ...],
        dropout: float, noise_floor: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.inputs, self.bands, self.correlated = inputs, bands, correlated
        self.components, self.noise_floor = components, noise_floor
        self.trunk = hidden_layers((inputs, *hidden), dropout)
        self.weights = nn.Linear(hidden[-1], components)
        self.displacements = nn.Linear(hidden[-1], components * correlated)
        self.scales = nn.Linear(hidden[-1], components * correlated)
        self.noise = nn.Linear(hidden[-1], 1)
        for layer in (self.weights, self.displacements, self.scales, self.noise):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.register_buffer("widths", torch.ones(bands))
        self.levels = nn.Parameter(torch.zeros(components, bands))
        self.below = nn.Parameter(torch.zeros(components, correlated, correlated))

    def start_at(self, weights: Tensor, means: Tensor, scales: Tensor, factors: Tensor) -> None:
        """Begin as one mixture for all x: components that begin alike would stay alike.

        Parameters
        ----------
        weights : (K,) Tensor
        means : (K, q) Tensor
            Of the first coordinates, in the unit of the residuals.
        scales, factors : (K, q) and (K, q, q) Tensor
            D and U of the first coordinates.
        """
        q = self.correlated
        with torch.no_grad():
            self.weights.bias.copy_(weights.log())
            self.displacements.bias.copy_((means / self.widths[:q]).flatten())
            self.levels[:, :q] = (scales * self.widths[:q]).log()
            self.below.copy_(factors)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Weights, log π (n, K); displacements δ (n, K, q); scales, log D (n, K, b)."""
        codes = self.trunk(x)
        log_weights = self.weights(codes).log_softmax(dim=1)
        shape = (len(x), self.components, self.correlated)
        apart = self.displacements(codes).view(shape)
        apart = apart - (log_weights.exp()[..., None] * apart).sum(dim=1, keepdim=True)
        apart = apart * self.widths[: self.correlated]
        noise = self.noise(codes)[:, None].expand(-1, self.components, self.bands - self.correlated)
        log_scales = self.levels - self.widths.log() + torch.cat([self.scales(codes).view(shape), noise], 2)
        return log_weights, apart, capped(log_scales, self.noise_floor)

    def factors(self) -> Tensor:
        """(K, q, q): U."""
        return torch.tril(self.below, -1) + torch.eye(self.correlated, device=self.below.device)

    def loss(self, batch: Tensor) -> Tensor:
        """Mean negative log-likelihood, nats, of (n, m + b) inputs and residuals."""
        q, residuals = self.correlated, batch[:, None, self.inputs :]
        log_weights, apart, log_scales = self(batch[:, : self.inputs])
        scales = log_scales.exp()
        first = torch.einsum("nkq,kqp->nkp", (residuals[..., :q] - apart) * scales[..., :q], self.factors())
        others = residuals[..., q:] * scales[..., q:]
        distance = first.square().sum(dim=2) + others.square().sum(dim=2)
        joint = log_weights - distance / 2 + log_scales.sum(dim=2)
        return self.bands / 2 * math.log(2 * math.pi) - joint.logsumexp(dim=1).mean()
