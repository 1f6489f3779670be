"""Representations: what of two spectra is compared. Each makes directions, and a score is a cosine."""

import copy
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

from hsicli.algorithms.parameter_needs import missing
from hsicli.algorithms.parameter_table import PARAMETERS
from hsicli.algorithms.parameters import summary_parameters
from hsicli.errors import InputError
from hsicli.models.gan import Discriminator, GanConfig, start_networks
from hsicli.runtime import seeded

Pointwise = Literal[
    "gan", "gan-depth", "gan-blend", "blend", "band-depth", "derivative", "continuum-removed", "correlation",
    "angle", "parameters", "random", "autoencoder",
]  # fmt: skip
"""Representations of one spectrum by itself."""

OF_REFLECTANCE = ("angle", "parameters")
"""Those that look at a spectrum with its continuum."""

Encode = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From reflectance and scaled spectra, both (n, bands) float32, to (n, d) float32 rows of length 1."""

Origin = Literal["zero", "flat"]
"""What features are counted from."""

Precision = Literal["bfloat16", "float32"]
"""Of the numbers in a network."""

BATCH = 512
"""Spectra that go through a network together: more do not fit a processor's cache."""

PARAMETER_REACH = 10.0
"""Greatest distance of a band from the wavelength it stands for, nm."""

NO_ABSORPTIONS = {"R", "RB", "IR", "IS", "SH", "VA", "RP"}
"""How parameters begin that measure brightness, slope or scatter, not an absorption."""


def unit(rows: np.ndarray) -> np.ndarray:
    """(n, d) float32: rows of length 1; NaN for a row of zeros."""
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    length[length == 0] = np.nan
    return (rows / length[:, None]).astype(np.float32)


def band_depths(_: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """1 − x: a mineral that fills half of a pixel has bands half as deep, in the same direction."""
    return unit(1 - scaled)


def correlations(_: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """Less its mean: a cosine of these is Pearson's correlation."""
    return unit(scaled - scaled.mean(axis=1, keepdims=True))


def continuum_removed(_: np.ndarray, scaled: np.ndarray) -> np.ndarray:
    """As it is: near 1 almost everywhere, so that all directions are much the same."""
    return unit(scaled)


def reflectances(reflectance: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Reflectance itself: the spectral angle."""
    return unit(reflectance)


def derivatives(wavelengths: np.ndarray) -> Encode:
    """dx/dλ between neighbours: a slope that a continuum left counts little."""
    steps = np.diff(wavelengths).astype(np.float32)
    return lambda _, scaled: unit(np.diff(scaled, axis=1) / steps)


def blended(*parts: Encode) -> Encode:
    """Several representations side by side: the score is the mean of theirs."""
    share = np.float32(1 / np.sqrt(len(parts)))
    return lambda reflectance, scaled: (
        share * np.concatenate([part(reflectance, scaled) for part in parts], axis=1)
    )


def features_of(
    discriminator: Discriminator, device: torch.device, precision: Precision, origin: Origin = "zero"
) -> Encode:
    """The activations of a discriminator before its verdict, computed with such numbers.

    Counted from zero, as in the paper, they hold what any spectrum makes of the biases; counted from those of
    a flat spectrum they say what its absorptions change.
    """
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    network = copy.deepcopy(discriminator).to(device, kind).eval()
    with torch.inference_mode():
        flat = network.features(torch.ones(1, network.bands, device=device, dtype=kind)).float()
    if origin == "zero":
        flat = torch.zeros_like(flat)

    def encode(_: np.ndarray, scaled: np.ndarray) -> np.ndarray:
        out = np.empty((len(scaled), network.feature_count), dtype=np.float32)
        with torch.inference_mode():
            for first in range(0, len(scaled), BATCH):
                part = torch.from_numpy(np.ascontiguousarray(scaled[first : first + BATCH])).to(device, kind)
                found = network.features(part).float() - flat
                found /= found.norm(dim=1, keepdim=True)
                out[first : first + BATCH] = found.cpu().numpy()
        return out

    return encode


def random_features(bands: int, seed: int, device: torch.device, precision: Precision) -> Encode:
    """Those of a discriminator that has learnt nothing."""
    network = Discriminator(bands, GanConfig())
    with seeded(seed, torch.device("cpu")) as generator:
        start_networks(network, generator)
    return features_of(network, device, precision)


def parameters_on(wavelengths: np.ndarray) -> Encode:
    """Summary parameters of absorptions, what is negative (no absorption) as zero.

    Raises
    ------
    InputError
        If the bands allow fewer than three.
    """
    names = [
        name
        for name in PARAMETERS
        if not any(name.startswith(start) for start in NO_ABSORPTIONS)
        and not missing(name, wavelengths, PARAMETER_REACH)
    ]
    if len(names) < 3:
        raise InputError(
            f"the bands allow {len(names)} summary parameters of absorptions, too few to tell minerals apart",
            hint="take another --method, or a cube with more bands",
        )

    def encode(reflectance: np.ndarray, _: np.ndarray) -> np.ndarray:
        found = summary_parameters(np.ascontiguousarray(reflectance), wavelengths, names).T
        return unit(np.maximum(np.nan_to_num(found), 0))

    return encode
