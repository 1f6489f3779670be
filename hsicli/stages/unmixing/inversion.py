"""From spectra to abundances: what every method of unmix hands on, and the walk that fills the images."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from hsicli.algorithms.albedo import powder_reflectance, single_scattering_albedo
from hsicli.algorithms.leastsquares import converted, fcls, fractions, nnls
from hsicli.cube import Cube, pixels
from hsicli.runtime import Track

log = logging.getLogger(__name__)

INVERTED_PIXELS = 8192
"""Spectra that are inverted together."""

Brightness = Literal["free", "fixed"]
Units = Literal["raw", "max"]


class Inverted(NamedTuple):
    """Of n spectra."""

    abundances: np.ndarray
    """(n, p), on the simplex."""
    modelled: np.ndarray
    """(n, bands): what the abundances, endmembers and brightness make."""
    brightness: np.ndarray | None
    """(n,) where it is free."""
    deviations: np.ndarray | None = None
    """(n, p)"""


Invert = Callable[[np.ndarray], Inverted]


@dataclass(frozen=True)
class Light:
    """Between reflectance, which is stored, and the quantity whose mixtures are linear.

    Attributes
    ----------
    mixing : {"linear", "hapke"}
    incidence, emergence : float
        Radians; of hapke.
    """

    mixing: Literal["linear", "hapke"]
    incidence: float
    emergence: float

    def inward(self, reflectance: np.ndarray) -> np.ndarray:
        """What mixes: reflectance itself, or single-scattering albedo."""
        if self.mixing == "linear":
            return reflectance
        return single_scattering_albedo(reflectance, incidence=self.incidence, emergence=self.emergence)

    def outward(self, quantity: np.ndarray) -> np.ndarray:
        """The reflectance of it."""
        if self.mixing == "linear":
            return quantity
        return powder_reflectance(quantity, incidence=self.incidence, emergence=self.emergence)


@dataclass(frozen=True, eq=False)
class Images:
    """What the walk fills: the fields of `Abundances` of these names."""

    abundances: np.ndarray
    residual: np.ndarray
    angle: np.ndarray
    brightness: np.ndarray | None
    deviations: np.ndarray | None


def linear_inversion(endmembers: np.ndarray, *, brightness: Brightness, units: Units = "raw") -> Invert:
    """Least squares on the simplex, exact.

    With free brightness NNLS, then divided by the sum; with fixed brightness FCLS.

    Parameters
    ----------
    endmembers : (p, bands) float
    brightness : {"free", "fixed"}
    units : {"raw", "max"}
        What one part of an endmember is.
    """
    scales = endmembers.max(axis=1) if units == "max" else np.ones(len(endmembers))

    def invert(spectra: np.ndarray) -> Inverted:
        found = nnls(spectra, endmembers) if brightness == "free" else fcls(spectra, endmembers)
        modelled = found @ endmembers
        total = (found * scales).sum(axis=1)
        return Inverted(
            converted(fractions(found), scales), modelled, total if brightness == "free" else None
        )

    return invert


def coefficient_inversion(
    solve: Callable[[np.ndarray], np.ndarray], endmembers: np.ndarray, units: Units
) -> Invert:
    """Any solver of coefficients that are not negative; they are divided by their sum.

    Parameters
    ----------
    solve : callable
        (n, bands) to (n, p).
    endmembers : (p, bands) float
    units : {"raw", "max"}
    """
    scales = endmembers.max(axis=1) if units == "max" else np.ones(len(endmembers))

    def invert(spectra: np.ndarray) -> Inverted:
        found = solve(spectra)
        return Inverted(converted(fractions(found), scales), found @ endmembers, (found * scales).sum(axis=1))

    return invert


def walk(cube: Cube, valid: np.ndarray, invert: Invert, light: Light, track: Track) -> Images:
    """Invert every valid pixel, block by block.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    invert : callable
        Of what mixes linearly; the residual is that of the spectra themselves.
    light : Light
    track : Track
    """
    rows, cols = valid.shape
    images: dict[str, np.ndarray] = {}
    for block in track(cube.blocks(), "abundances"):
        here = valid[block.rows]
        spectra = pixels(block.data, here)
        places = np.argwhere(here)
        for first in range(0, len(spectra), INVERTED_PIXELS):
            part = spectra[first : first + INVERTED_PIXELS].astype(np.float64)
            found = invert(light.inward(part))
            place = places[first : first + INVERTED_PIXELS].T
            for name, values in _of(part, found, light).items():
                if name not in images:
                    images[name] = np.full((rows, cols, *values.shape[1:]), np.nan, dtype=np.float32)
                images[name][place[0] + block.rows.start, place[1]] = values
    return Images(
        **{name: images.get(name) for name in Images.__dataclass_fields__}  # type: ignore[arg-type]
    )


def _of(spectra: np.ndarray, found: Inverted, light: Light) -> dict[str, np.ndarray]:
    modelled = light.outward(found.modelled)
    values = {
        "abundances": found.abundances,
        "residual": np.sqrt(np.square(spectra - modelled).mean(axis=1)),
        "angle": angles_of_pairs(spectra, modelled),
        "brightness": found.brightness,
        "deviations": found.deviations,
    }
    return {name: value for name, value in values.items() if value is not None}


def angles_of_pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(n,) radians: the angle of each (n, bands) spectrum to its partner; π/2 where one is zero."""
    lengths = [np.linalg.norm(side, axis=1, keepdims=True) for side in (first, second)]
    u, v = (side / np.maximum(length, 1e-30) for side, length in zip((first, second), lengths, strict=True))
    angle: np.ndarray = 2 * np.arctan2(np.linalg.norm(u - v, axis=1), np.linalg.norm(u + v, axis=1))
    return angle


def natural_brightness(spectra: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """(p, bands): endmembers known by shape alone, made as bright as the pixels that have most of them.

    Each is scaled to the median brightness of the hundredth of the spectra, ten at least, with the largest
    share of it.

    Parameters
    ----------
    spectra : (n, bands) float
    shapes : (p, bands) float
    """
    unit = shapes / np.linalg.norm(shapes, axis=1, keepdims=True)
    found = nnls(spectra, unit)
    total = found.sum(axis=1)
    shares = found / np.maximum(total, 1e-30)[:, None]
    purest = np.argsort(-shares, axis=0, kind="stable")[: max(10, len(spectra) // 100)]
    bright: np.ndarray = np.median(total[purest], axis=0)
    return unit * np.maximum(bright, 1e-12)[:, None]
