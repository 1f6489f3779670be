"""Blends: of what a pixel of a planted scene without units is mixed, by which law, and how that is stated."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hsicli.algorithms.albedo import powder_reflectance, single_scattering_albedo
from hsicli.algorithms.mixing import bilinear_excess, even_abundances, random_abundances
from hsicli.algorithms.synthesis import Sheet, generator, smooth_field
from hsicli.errors import ConfigError

DRAW = 70
"""Stream of the random numbers that vary abundances from pixel to pixel."""

FIELDS = 10_000
"""Streams of the smooth fields, one an endmember, from here on."""

TRIES = 1000
"""Draws after which no abundance may exceed the cap."""


@dataclass(frozen=True)
class Blend:
    """How abundances are drawn, and how endmembers mix."""

    draw: Literal["dirichlet", "even", "smooth"] = "dirichlet"
    """dirichlet: each pixel by itself, from Dirichlet(concentration, …, concentration). even: each pixel by
    itself, uniform numbers divided by their sum. smooth: softmax of `contrast` times Gaussian fields of
    variance one, one an endmember, features of `size` pixels."""
    most: float = 1.0
    """No abundance exceeds this: a pixel that has one is drawn again (dirichlet, even)."""
    size: float = 24.0
    contrast: float = 3.0
    law: Literal["linear", "bilinear", "hapke"] = "linear"
    """linear: x = Σ a e. bilinear: that and interaction · Σ_{i<j} a_i a_j e_i e_j. hapke: an intimate
    mixture, the single-scattering albedo of the endmembers is mixed linearly."""
    interaction: float = 1.0
    incidence: float = 30.0
    """Of the light, degrees (hapke); reflectance is relative to a white powder in the same light."""
    emergence: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.most <= 1 or self.size <= 0 or self.contrast < 0:
            raise ValueError("blend: most lies in 0…1, size is positive, contrast not negative")
        if not 0 <= self.interaction <= 1:
            raise ValueError(f"blend.interaction lies in 0…1, it is {self.interaction:g}")
        if not (0 <= self.incidence < 90 and 0 <= self.emergence < 90):
            raise ValueError("blend: incidence and emergence are angles from the normal, 0…90 degrees")


def drawn(blend: Blend, concentration: float, sheet: Sheet, p: int, seed: int) -> np.ndarray:
    """Abundances (rows, cols, p) float64 of some rows; a row's are the same whatever rows come with it.

    Raises
    ------
    ConfigError
        If hardly any draw stays below the cap.
    """
    rows, cols = sheet.rows, sheet.cols
    if blend.draw == "smooth":
        y, x = sheet.coordinates
        fields = [smooth_field(y, x, (blend.size, blend.size), seed, FIELDS + k) for k in range(p)]
        parts = np.exp(blend.contrast * np.stack(fields, axis=-1))
        return parts / parts.sum(axis=-1, keepdims=True)
    out = np.empty((rows.stop - rows.start, cols, p))
    for row, here in enumerate(out, rows.start):
        rng = generator(seed, DRAW, row)
        missing = np.arange(cols)
        for _ in range(TRIES):
            here[missing] = _drawn_once(blend, len(missing), np.full(p, concentration), rng)
            missing = missing[here[missing].max(axis=1) > blend.most]
            if not len(missing):
                break
        else:
            raise ConfigError(
                f"blend.most: of {TRIES} mixtures of {p} endmembers some always exceed {blend.most:g}",
                hint="set it higher, or concentration",
            )
    return out


def _drawn_once(blend: Blend, n: int, concentration: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if blend.draw == "even":
        return even_abundances(n, len(concentration), rng)
    return random_abundances(n, concentration, rng)


def mixable(blend: Blend, endmembers: np.ndarray) -> np.ndarray:
    """(p, bands) float32: what of the endmembers mixes linearly."""
    if blend.law != "hapke":
        return endmembers.astype(np.float32)
    incidence, emergence = np.radians(blend.incidence), np.radians(blend.emergence)
    return single_scattering_albedo(endmembers, incidence=incidence, emergence=emergence).astype(np.float32)


def mixed(blend: Blend, mixture: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Spectra (n, bands) float32 of abundances (n, p) and what `mixable` made of the endmembers.

    Summed one endmember at a time: most are absent from most rows, and a sum in this order rounds the same
    everywhere, which a matrix product does not promise.
    """
    present = np.flatnonzero(mixture.any(axis=0))
    spectra = np.zeros((len(mixture), parts.shape[1]), dtype=np.float32)
    for k in present:
        spectra += mixture[:, k, None] * parts[k]
    match blend.law:
        case "bilinear":
            squares = np.zeros_like(spectra)
            for k in present:
                squares += np.square(mixture[:, k, None] * parts[k])
            spectra += bilinear_excess(spectra, squares, blend.interaction)
        case "hapke":
            angles = {"incidence": np.radians(blend.incidence), "emergence": np.radians(blend.emergence)}
            spectra = powder_reflectance(spectra, **angles).astype(np.float32)
    return spectra


def stated(blend: Blend, concentration: float | None) -> str:
    """How the abundances were drawn (None: by units) and mixed, for a header."""
    cap = f", none above {blend.most:g}" if blend.most < 1 else ""
    by = {
        "dirichlet": f"each pixel Dirichlet({concentration or 0:g}, …){cap}",
        "even": f"each pixel uniform numbers over their sum{cap}",
        "smooth": f"softmax of {blend.contrast:g} times Gaussian fields of {blend.size:g} pixels",
    }[blend.draw]
    law = {
        "linear": "linear",
        "bilinear": f"bilinear, interaction {blend.interaction:g}",
        "hapke": f"linear in single-scattering albedo (Hapke), incidence {blend.incidence:g}, emergence "
        f"{blend.emergence:g} degrees",
    }[blend.law]
    return f"abundances: {by if concentration is not None else 'by rock units'}; mixing: {law}"
