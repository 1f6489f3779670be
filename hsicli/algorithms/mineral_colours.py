"""Colours of minerals: one for each in every map, and eyes that mix up hues tell them apart too."""

import functools
import hashlib
import re

import numpy as np

from hsicli.algorithms.colours import oklab

KNOWN = (
    "mg carbonate|magnesite", "fe mg smectite|fe smectite|nontronite", "al smectite|montmorillonite",
    "olivine|mg olivine|forsterite", "hcp|high ca pyroxene", "lcp|low ca pyroxene", "kaolinite", "jarosite",
    "poly hyd sulf|polyhydrated sulfate", "mono hyd sulf|monohydrated sulfate|kieserite",
    "hydrated silica|opal|chalcedony", "serpentine", "mg smectite|saponite", "gypsum", "alunite", "epidote",
    "prehnite", "illite muscovite|illite|muscovite", "fe olivine|fayalite", "chlorite", "analcime", "talc",
    "hematite", "bassanite", "fe ca carbonate|calcite|siderite", "plagioclase|feldspar", "margarite",
    "hydrox fe sulf|hydroxylated fe sulfate", "chloride", "h2o ice", "co2 ice", "goethite",
    "olv smect mix|olivine smectite mix", "natrojarosite", "disordered kaolinite|halloysite", "corrensite",
    "buddingtonite", "dumortierite", "andradite", "pyrope", "sphene", "basalt", "dust",
)  # fmt: skip
"""Minerals in the order in which they choose a colour; | parts names of one."""

OTHERS = 40
"""Colours for minerals that are not known, by their names."""

STEPS = np.array([0, 30, 60, 90, 120, 150, 180, 210, 240, 255])

LIGHTNESS, CHROMA = (0.38, 0.86), 0.07
"""OKLab lightness and least chroma of a colour: its tint, for guesses, is lighter than any."""

EYES = (
    np.eye(3),
    np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
)
"""What becomes of linear red, green and blue without a defect, without L cones, and without M cones."""

TINT = 0.55
"""Share of white in the colour of a guess."""


def mineral_colours(names: tuple[str, ...]) -> np.ndarray:
    """The colours of some minerals.

    A name that begins with a known one (``Alunite GDS84``) has its colour; one that does not has a colour by
    its letters. Where that is taken by a name before, the next free one serves: within a map no two are
    the same, and in all maps those of known minerals.

    Parameters
    ----------
    names : tuple of str
        Case, hyphens and underscores do not matter.

    Returns
    -------
    (k, 3) uint8

    References
    ----------
    Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
    deficiency", IEEE TVCG 15, 2009: full protanopia and deuteranopia.
    """
    palette = _palette()
    taken: set[int] = set()
    out = np.empty((len(names), 3), dtype=np.uint8)
    # Known names first, so that a stranger never takes the colour of one that comes after it.
    for row in sorted(range(len(names)), key=lambda row: _key(names[row]) not in _places()):
        place = _place(_key(names[row]))
        while place in taken and len(taken) < len(palette):
            place = (place + 1) % len(palette)
        taken.add(place)
        out[row] = palette[place]
    return out


def tints(colours: np.ndarray) -> np.ndarray:
    """The lighter colours of guesses.

    Parameters
    ----------
    colours : (k, 3) uint8

    Returns
    -------
    (k, 3) uint8
    """
    found: np.ndarray = np.round(colours + (255.0 - colours) * TINT).astype(np.uint8)
    return found


def seen_by(colours: np.ndarray) -> np.ndarray:
    """Places in OKLab as each kind of eye sees them.

    Parameters
    ----------
    colours : (n, 3) uint8

    Returns
    -------
    (eyes, n, 3) float64
    """
    srgb = colours / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    views = [np.clip(linear @ eye.T, 0, 1) for eye in EYES]
    shown = [np.where(view <= 0.0031308, 12.92 * view, 1.055 * view ** (1 / 2.4) - 0.055) for view in views]
    return np.stack([oklab(255 * view) for view in shown])


def _key(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", " ", name.casefold()).strip()


def _place(key: str) -> int:
    """Place in the palette: of the longest known name that it begins with, else by its letters."""
    words = key.split(" ")
    for count in range(len(words), 0, -1):
        place = _places().get(" ".join(words[:count]))
        if place is not None:
            return place
    return len(KNOWN) + int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % OTHERS


@functools.cache
def _places() -> dict[str, int]:
    return {name: place for place, names in enumerate(KNOWN) for name in names.split("|")}


@functools.cache
def _palette() -> np.ndarray:
    """(n, 3) uint8: each as far as can be from those before it, for the eye that sees them closest."""
    lattice = np.stack(np.meshgrid(STEPS, STEPS, STEPS, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness, a, b = oklab(lattice).T
    usable = (lightness >= LIGHTNESS[0]) & (lightness <= LIGHTNESS[1]) & (np.hypot(a, b) >= CHROMA)
    candidates = lattice[usable].astype(np.uint8)
    light = seen_by(tints(candidates))
    places = seen_by(candidates)
    chosen = [int(np.abs(candidates.astype(int) - (0, 150, 30)).sum(axis=1).argmin())]  # carbonates are green
    nearest = np.full(len(candidates), np.inf)
    while len(chosen) < len(KNOWN) + OTHERS:
        last = chosen[-1]
        for own, other in ((places, places), (places, light), (light, places)):
            nearest = np.minimum(nearest, _apart(own, other[:, last : last + 1]))
        chosen.append(int(nearest.argmax()))
    return candidates[chosen]


def _apart(colours: np.ndarray, one: np.ndarray) -> np.ndarray:
    """(n,): distance to one colour, for most eyes and for those that see it least, as a geometric mean."""
    distances = np.linalg.norm(colours - one, axis=2)
    found: np.ndarray = np.sqrt(distances[0] * distances.min(axis=0))
    return found
