"""Two networks that learn against each other: a generator of spectra, and a discriminator with features."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

KEEP = 0.1
"""Share of a new batch in the running statistics of batch normalisation (Keras says momentum 0.9)."""

BIAS = 0.1
"""Every bias before the first step."""


@dataclass(frozen=True)
class GanConfig:
    """Both networks: convolutions along the wavelengths, as many down as up."""

    latent: int = 50
    """Numbers, uniform in (0, 1), that a spectrum is generated from (z)."""
    kernel: int = 11
    """Bands that a convolution sees."""
    stride: int = 2
    """Step of a convolution of the discriminator, and enlargement of one of the generator."""
    layers: int = 4
    """Convolutions with that stride, in each network."""
    generator_filters: int = 64
    """Channels that the generator begins with; half as many after each convolution."""
    discriminator_filters: int = 20
    """Channels of the discriminator's first convolution; twice as many after each further one."""
    normalisation: Literal["generator", "both"] = "generator"
    """Which networks have batch normalisation."""
    dropout: float = 0.0
    """Share of the discriminator's activations that are left out while it learns."""

    def __post_init__(self) -> None:
        for name in ("latent", "kernel", "stride", "layers", "generator_filters", "discriminator_filters"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, it is {getattr(self, name)}")
        if self.generator_filters < 2**self.layers:
            raise ValueError(
                f"generator_filters must be {2**self.layers} or more, halved {self.layers} times, "
                f"not {self.generator_filters}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, it is {self.dropout}")


def lengths(bands: int, config: GanConfig) -> list[int]:
    """Bands before the first convolution of the discriminator, and positions after each: 240 120 60 30 15."""
    found = [bands]
    for _ in range(config.layers):
        found.append(math.ceil(found[-1] / config.stride))
    return found


class Discriminator(nn.Module):
    """From (n, bands) spectra to (n,) logits of being real.

    Each layer: convolution with a stride, batch normalisation where asked for, ReLU, dropout.

    Parameters
    ----------
    bands : int
    config : GanConfig

    References
    ----------
    Saranathan and Parente, Icarus 2021, Appendix A; what its text leaves open is as in the authors' code.
    """

    def __init__(self, bands: int, config: GanConfig) -> None:
        super().__init__()
        self.bands, self.config = bands, config
        sizes = lengths(bands, config)
        widths = [1, *(config.discriminator_filters * 2**layer for layer in range(config.layers))]
        self.paddings = [_padding(length, config) for length in sizes[:-1]]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, (1, config.kernel), (1, config.stride))
            for before, after in pairwise(widths)
        )
        both = config.normalisation == "both"
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(width, momentum=KEEP, eps=1e-3) if both else nn.Identity() for width in widths[1:]
        )
        self.dropout = nn.Dropout(config.dropout)
        self.feature_count = sizes[-1] * widths[-1]
        self.verdict = nn.Linear(self.feature_count, 1)

    def features(self, spectra: Tensor) -> Tensor:
        """(n, F): the activations before the verdict, position by position; all ≥ 0.

        Parameters
        ----------
        spectra : (n, bands) float Tensor
            Continuum removed, on the bands that the network was made for.
        """
        layer = spectra[:, None, None, :]
        for convolution, norm, sides in zip(self.convolutions, self.norms, self.paddings, strict=True):
            layer = self.dropout(norm(convolution(_channels_last(pad(layer, sides)))).relu())
        return layer[:, :, 0].transpose(1, 2).flatten(1)

    def forward(self, spectra: Tensor) -> Tensor:
        """(n,): the logit of being real."""
        verdict: Tensor = self.verdict(self.features(spectra))[:, 0]
        return verdict


class Generator(nn.Module):
    """From (n, latent) uniform numbers to (n, bands) continuum-removed spectra, between 0 and 1.

    A dense layer to the shortest length; then, to each greater length, repetition of neighbours and a
    convolution; ReLU and batch normalisation after each, a sigmoid at the end.

    Parameters
    ----------
    bands : int
    config : GanConfig
    """

    def __init__(self, bands: int, config: GanConfig) -> None:
        super().__init__()
        self.bands, self.config = bands, config
        shortest, *longer = reversed(lengths(bands, config))
        self.shortest, self.longer = shortest, longer
        widths = [config.generator_filters // 2**layer for layer in range(config.layers + 1)]
        self.enter = nn.Linear(config.latent, shortest * widths[0])
        self.enter_norm = nn.BatchNorm1d(shortest * widths[0], momentum=KEEP, eps=1e-3)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, (1, config.kernel), padding="same") for before, after in pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, momentum=KEEP, eps=1e-3) for width in widths[1:])
        self.leave = nn.Conv2d(widths[-1], 1, (1, config.kernel), padding="same")

    def forward(self, codes: Tensor) -> Tensor:
        """(n, bands): generated spectra."""
        layer = self.enter_norm(self.enter(codes).relu())
        layer = layer.unflatten(1, (self.shortest, -1)).transpose(1, 2)[:, :, None]
        for length, convolution, norm in zip(self.longer, self.convolutions, self.norms, strict=True):
            longer = interpolate(layer, size=(1, length), mode="nearest")
            layer = norm(convolution(_channels_last(longer)).relu())
        made: Tensor = self.leave(layer)[:, 0, 0].sigmoid()
        return made


def start_networks(model: nn.Module, generator: torch.Generator) -> None:
    """Glorot's uniform weights, and biases of `BIAS`.

    Parameters
    ----------
    model : nn.Module
        A Generator or a Discriminator; changed in place.
    generator : torch.Generator
        Of the device of the model.
    """
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight, generator=generator)
                if layer.bias is not None:
                    nn.init.constant_(layer.bias, BIAS)


def in_batches(function: Callable[[Tensor], Tensor], rows: Tensor, size: int = 4096) -> Tensor:
    """What a function of (n, …) makes of many rows, without gradients and a batch at a time."""
    with torch.no_grad():
        return torch.cat([function(part) for part in torch.split(rows, size)])


def _padding(length: int, config: GanConfig) -> tuple[int, int]:
    """Zeros left and right for ⌈length / stride⌉ positions: of an odd number the one more is right."""
    positions = math.ceil(length / config.stride)
    zeros = max((positions - 1) * config.stride + config.kernel - length, 0)
    return zeros // 2, zeros - zeros // 2


def _channels_last(layer: Tensor) -> Tensor:
    """The same, the channels of a position together in memory: convolutions take half the time."""
    return layer.contiguous(memory_format=torch.channels_last)
