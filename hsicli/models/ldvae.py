"""The latent Dirichlet autoencoder: a spectrum to a distribution of abundances, and these to a spectrum."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Dirichlet
from torch.nn.functional import softplus

from hsicli.models.dirichlet import LEAST, approximate_draws, dirichlet_divergence, gamma_divergence

FLOOR = 2e-3
"""Least deviation of the decoder, in units of the spectra: below it the likelihood of clean data explodes."""

DARKEST = 1e-2
"""Least brightness of a pixel: a decoder that begins with negative spectra must not be saved by a sign."""


@dataclass(frozen=True)
class LdvaeConfig:
    """The network and what it minimises."""

    hidden: tuple[int, int] = (128, 64)
    """Units of the hidden layers of the encoder; the `mlp` decoder mirrors them."""
    decoder: Literal["linear", "bilinear", "mlp"] = "linear"
    """μ(z): Σ zₖ eₖ; that and Σ_{i<j} zᵢ zⱼ f_ij; or the network of the paper."""
    sampler: Literal["implicit", "inverse-cdf"] = "implicit"
    """How z is drawn: exactly, or by eq. 1 of the paper."""
    divergence: Literal["exact", "gamma"] = "exact"
    """From the prior: that of Dirichlets, or eq. 4 of the paper."""
    prior: float = 0.5
    """α of the symmetric prior; below 1 prefers pure pixels."""
    beta: float = 1.0
    """β, weight of the divergence; at 1 the loss is the bound of the evidence."""
    omega: float = 10.0
    """ω, weight of ‖z − a‖² where abundances a are given, against the likelihood of a band."""
    anchor: float = 0.0
    """λ_E, weight of ‖E − E₀‖², of linear endmembers from where they started."""

    def __post_init__(self) -> None:
        for name in ("prior", "beta", "omega", "anchor"):
            value = getattr(self, name)
            if value < 0 or (name == "prior" and value == 0):
                raise ValueError(f"{name} must be positive, it is {value}")


class LatentDirichlet(nn.Module):
    """α̂ = f(x), z ~ Dir(α̂), x ~ N(g μ(z), σ²); an endmember is μ of a vertex of the simplex.

    The brightness g of a pixel is the one that its likelihood prefers, or 1. The deviation σ is learnt, band
    by band. A batch holds spectra and, beside each, its abundances, NaN where they are not known.

    Parameters
    ----------
    bands, endmembers : int
    config : LdvaeConfig
    brightness : {"free", "fixed"}

    References
    ----------
    LDVAE, §III; the paper leaves widths, prior and weights open.
    """

    offset: Tensor
    scale: Tensor
    start: Tensor

    def __init__(
        self, bands: int, endmembers: int, config: LdvaeConfig, brightness: Literal["free", "fixed"]
    ) -> None:
        super().__init__()
        wide, narrow = config.hidden
        self.config, self.brightness = config, brightness
        self.bands, self.endmembers = bands, endmembers
        self.encoder = nn.Sequential(
            nn.Linear(bands, wide), nn.ReLU(), nn.Linear(wide, narrow), nn.ReLU(),
            nn.Linear(narrow, endmembers),
        )  # fmt: skip
        self.log_deviation = nn.Parameter(torch.full((bands,), math.log(0.05)))
        self.register_buffer("offset", torch.zeros(bands))
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("start", torch.zeros(endmembers, bands))
        if config.decoder == "mlp":
            self.decoder = nn.Sequential(
                nn.Linear(endmembers, narrow), nn.ReLU(), nn.Linear(narrow, wide), nn.ReLU(),
                nn.Linear(wide, bands),
            )  # fmt: skip
        else:
            self.spectra = nn.Parameter(torch.rand(endmembers, bands))
        if config.decoder == "bilinear":
            pairs = endmembers * (endmembers - 1) // 2
            self.products = nn.Parameter(torch.zeros(pairs, bands))

    def concentrations(self, spectra: Tensor) -> Tensor:
        """(n, p): α̂ of (n, bands) spectra."""
        return softplus(self.encoder((spectra - self.offset) / self.scale)) + LEAST

    def abundances(self, spectra: Tensor) -> Tensor:
        """(n, p): the posterior mean, α̂ / Σ α̂."""
        found = self.concentrations(spectra)
        return found / found.sum(-1, keepdim=True)

    def decode(self, abundances: Tensor) -> Tensor:
        """(n, bands): μ(z)."""
        match self.config.decoder:
            case "mlp":
                made: Tensor = self.decoder(abundances)
                return made
            case "linear":
                return abundances @ self.spectra.clamp_min(0)
            case "bilinear":
                first, second = torch.triu_indices(self.endmembers, self.endmembers, 1)
                products = abundances[..., first] * abundances[..., second]  # none at a vertex
                return abundances @ self.spectra.clamp_min(0) + products @ self.products

    def vertices(self) -> Tensor:
        """(p, bands): the endmembers, μ of each vertex."""
        return self.decode(torch.eye(self.endmembers).to(self.start))

    def loss(self, batch: Tensor) -> Tensor:
        """Mean over (n, bands + p) spectra and abundances: −E ln p(x|z) + β KL(α̂ ‖ α), a band, + ω ‖z − a‖².

        At rest, z is the posterior mean.
        """
        spectra, known = batch[:, : self.bands], batch[:, self.bands :]
        config = self.config
        posterior = self.concentrations(spectra)
        drawn = self._draw(posterior) if self.training else posterior / posterior.sum(-1, keepdim=True)
        loss = self._surprise(spectra, self.decode(drawn)).mean()
        prior = torch.full_like(posterior[0], config.prior)
        apart = dirichlet_divergence if config.divergence == "exact" else gamma_divergence
        loss = loss + config.beta / self.bands * apart(posterior, prior).mean()
        told = torch.isfinite(known).all(-1)
        wrong = (drawn - known.nan_to_num()).square().sum(-1) * told
        loss = loss + config.omega * wrong.sum() / told.sum().clamp_min(1)
        if config.anchor and config.decoder != "mlp":
            loss = loss + config.anchor * (self.spectra - self.start).square().sum(-1).mean()
        return loss

    def _draw(self, posterior: Tensor) -> Tensor:
        if self.config.sampler == "inverse-cdf":
            return approximate_draws(posterior, torch.rand_like(posterior).clamp_min(1e-6))
        drawn: Tensor = Dirichlet(posterior, validate_args=False).rsample()
        return drawn

    def _surprise(self, spectra: Tensor, mean: Tensor) -> Tensor:
        """(n,): −ln p(x|z), the mean over bands, less ½ ln 2π."""
        deviation = self.log_deviation.clamp_min(math.log(FLOOR))
        weights = (-2 * deviation).exp()
        if self.brightness == "free":
            along = (weights * spectra * mean).sum(-1) / (weights * mean.square()).sum(-1).clamp_min(1e-12)
            mean = along.clamp_min(DARKEST)[:, None] * mean
        return ((spectra - mean).square() * weights / 2 + deviation).mean(-1)
