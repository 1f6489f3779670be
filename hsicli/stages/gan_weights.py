"""A trained GAN as `Weights`, and back: what gan-train hands on to gan-map."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hsicli.errors import InputError
from hsicli.models.gan import Discriminator, GanConfig, Generator
from hsicli.products.weights import Weights, packed

METHOD = "gan"
"""Of `Weights.method`."""


@dataclass(frozen=True)
class Preparation:
    """How a spectrum of reflectance is made what the networks see; the same for a pixel and an exemplar."""

    smoothing: int = 11
    """Bands of the Savitzky–Golay filter (order 2) before the continuum is taken; 0 for none."""
    flat: float = 0.99
    """A spectrum that stays above this everywhere, continuum removed, shows nothing and is left out."""
    depths: tuple[float, ...] = (0.02, 0.4)
    """Least and greatest depth that the deepest absorption was scaled to at random; none: not scaled."""

    def __post_init__(self) -> None:
        if self.smoothing and (self.smoothing % 2 == 0 or self.smoothing < 5):
            raise ValueError(f"smoothing must be 0, or odd and 5 or more, it is {self.smoothing}")
        if not 0 < self.flat < 1:
            raise ValueError(f"flat must be between 0 and 1, it is {self.flat}")
        if self.depths and not (len(self.depths) == 2 and 0 < self.depths[0] <= self.depths[1] < 1):
            raise ValueError(f"depths must be two numbers 0 < low <= high < 1, or none, not {self.depths}")


@dataclass(frozen=True, eq=False)
class Gan:
    """Both networks, with the axis and the preparation of their spectra.

    Attributes
    ----------
    discriminator : Discriminator
    generator : Generator
    wavelengths : (bands,) float64
        nm.
    preparation : Preparation
    """

    discriminator: Discriminator
    generator: Generator
    wavelengths: np.ndarray
    preparation: Preparation


@dataclass(frozen=True, eq=False)
class Learning:
    """What was seen while the networks learnt.

    Attributes
    ----------
    names : tuple of str
        Of the columns, the first counts iterations.
    rows : (looks, columns) float
    panel : mapping of str to array
        Spectra to be drawn: ``real (n, bands)``, ``at (k,)`` iterations, ``generated (k, n, bands)``.
    """

    names: tuple[str, ...] = ()
    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    panel: dict[str, np.ndarray] = field(default_factory=dict)


def gan_weights(
    gan: Gan,
    learning: Learning | None = None,
    training: dict[str, Any] | None = None,
    fwhm: np.ndarray | None = None,
) -> Weights:
    """All of it as one product.

    Parameters
    ----------
    gan : Gan
    learning : Learning, optional
    training : dict, optional
        What it was learnt from, for who reads the settings.
    fwhm : (bands,) float, optional
        nm.
    """
    arrays: dict[str, np.ndarray] = {}
    for part, network in (("discriminator", gan.discriminator), ("generator", gan.generator)):
        arrays |= {
            f"{part}/{name}": value.detach().cpu().numpy() for name, value in network.state_dict().items()
        }
    settings = {
        "network": asdict(gan.discriminator.config),
        "preparation": asdict(gan.preparation),
        "training": training or {},
    }
    seen = learning or Learning()
    names, numbers = packed(arrays | {f"panel/{name}": value for name, value in seen.panel.items()})
    return Weights(
        method=METHOD,
        settings=json.dumps(settings),
        wavelengths=gan.wavelengths,
        fwhm=fwhm,
        array_names=names,
        numbers=numbers,
        history_names=seen.names,
        history=seen.rows if len(seen.rows) else None,
    )


def gan_of(weights: Weights, device: torch.device) -> Gan:
    """The networks of weights that gan-train wrote, at rest.

    Raises
    ------
    InputError
        If the weights are of another model.
    """
    if weights.method != METHOD:
        raise InputError(
            f"these are weights of {weights.method}, not of a GAN", hint="make them with hsicli gan-train"
        )
    settings, arrays = json.loads(weights.settings), weights.arrays()
    network, bands = GanConfig(**settings["network"]), len(weights.wavelengths)
    preparation = settings["preparation"]
    preparation["depths"] = tuple(preparation["depths"])
    discriminator, generator = Discriminator(bands, network), Generator(bands, network)
    for part, model in (("discriminator", discriminator), ("generator", generator)):
        model.load_state_dict(_state(arrays, part))
        model.to(device).eval()
    return Gan(discriminator, generator, weights.wavelengths, Preparation(**preparation))


def discriminator_of(weights: Weights, device: torch.device) -> Discriminator:
    """The discriminator of weights that gan-train wrote, at rest; see `gan_of`."""
    return gan_of(weights, device).discriminator


def _state(arrays: dict[str, np.ndarray], part: str) -> dict[str, Tensor]:
    """The state of one network, float32 but for counts."""
    found = {}
    for name, value in arrays.items():
        first, _, rest = name.partition("/")
        if first == part:
            kind = torch.int64 if rest.endswith("num_batches_tracked") else torch.float32
            found[rest] = torch.from_numpy(value).to(kind)
    return found
