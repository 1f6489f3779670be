"""Exemplars: the spectra that pixels are compared with, and the mineral that each is one of."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.stages.mapping.preparing import Preparing

log = logging.getLogger(__name__)

Variants = Literal["joined", "separate"]

FEWEST = 0.9
"""Share of the bands that an exemplar must have; gaps inside are bridged by lines."""

ALIKE = 0.9999
"""Two minerals whose exemplars have band depths of this cosine cannot be told apart."""


@dataclass(frozen=True, eq=False)
class Exemplars:
    """Reference spectra, prepared as pixels are.

    Attributes
    ----------
    names : tuple of str
        Of the exemplars.
    minerals : tuple of str
        What they are exemplars of, each once.
    mineral_of : (m,) int
        Of each exemplar, a place in `minerals`.
    reflectance, removed : (m, bands) float32
    """

    names: tuple[str, ...]
    minerals: tuple[str, ...]
    mineral_of: np.ndarray
    reflectance: np.ndarray
    removed: np.ndarray

    def first(self) -> np.ndarray:
        """(k,) int: the first exemplar of each mineral."""
        return np.array([int(np.argmax(self.mineral_of == k)) for k in range(len(self.minerals))])


def mineral_name(name: str) -> str:
    """What a spectrum is of: its name without brackets, a number at its end, and underscores.

    ``Mg-Carbonate (93BE: 49; 32) [5x5 AVG]`` is one of Mg-Carbonate, ``KAOLINITE_2`` of kaolinite.
    """
    text = re.sub(r"[(\[].*", "", name).replace("_", " ").strip()
    text = re.sub(r"[\s\-#.]+(variant|var|no)?[\s\-#.]*\d+$", "", text, flags=re.IGNORECASE).strip() or name
    return text.lower() if text.isupper() else text


def mineral_key(name: str) -> str:
    """The same for names that differ in case, hyphens and the like only."""
    return re.sub(r"[^0-9a-z]+", " ", name.casefold()).strip()


def exemplars_of(
    libraries: Sequence[Library], preparing: Preparing, fwhm: np.ndarray | None, variants: Variants
) -> Exemplars:
    """The spectra of libraries as exemplars.

    Parameters
    ----------
    libraries : sequence of Library
        Of any axes.
    preparing : Preparing
    fwhm : (bands,) float, optional
        Of the axis, nm.
    variants : {"joined", "separate"}
        Whether exemplars of one mineral, by their names, count as one.

    Raises
    ------
    InputError
        If no exemplar covers the bands or shows an absorption.
    """
    axis = preparing.wavelengths
    spectra = np.concatenate([library.resampled(axis, fwhm).spectra for library in libraries])
    every = [name for library in libraries for name in library.names]
    names: list[str] = []
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    lost: dict[str, list[str]] = {"lack bands": [], "show no absorption": []}
    for name, spectrum in zip(every, spectra, strict=True):
        filled = _bridged(spectrum, axis)
        if filled is None:
            lost["lack bands"].append(name)
            continue
        removed = preparing.without_continuum(filled[None].astype(np.float32))
        if not preparing.shows(removed)[0]:
            lost["show no absorption"].append(name)
            continue
        names.append(name)
        kept.append((filled.astype(np.float32), np.minimum(removed[0], 1)))
    for reason, those in lost.items():
        if those:
            log.warning("%d exemplars are left out, as they %s: %s", len(those), reason, ", ".join(those[:6]))
    if not kept:
        known = np.concatenate([each.wavelengths for each in libraries])
        raise InputError(
            f"no spectrum of the library covers {axis[0]:g} to {axis[-1]:g} nm and absorbs there; it has "
            f"{known.min():g} to {known.max():g} nm",
            hint="give a library of those wavelengths; hsicli info LIBRARY says what it has",
        )
    minerals, mineral_of = _minerals(tuple(names), variants)
    found = Exemplars(
        tuple(names),
        minerals,
        mineral_of,
        np.stack([row[0] for row in kept]),
        np.stack([row[1] for row in kept]),
    )
    _warn_of_twins(found)
    return found


def _bridged(spectrum: np.ndarray, axis: np.ndarray) -> np.ndarray | None:
    """The spectrum with gaps inside bridged; None if it lacks an end or too much."""
    there = np.isfinite(spectrum)
    if not (there[0] and there[-1]) or there.mean() < FEWEST:
        return None
    return np.interp(axis, axis[there], spectrum[there])


def _minerals(names: tuple[str, ...], variants: Variants) -> tuple[tuple[str, ...], np.ndarray]:
    """The minerals of some exemplars, and which one each is of."""
    minerals: dict[str, str] = {}
    keys = []
    for name in names:
        shown = mineral_name(name) if variants == "joined" else name
        key = mineral_key(shown) if variants == "joined" else name
        minerals.setdefault(key, shown)
        keys.append(key)
    order = list(minerals)
    if len(order) < len(names):
        joined = [shown for key, shown in minerals.items() if keys.count(key) > 1]
        log.info("variants of one mineral count as one: %s", ", ".join(joined))
    return tuple(minerals.values()), np.array([order.index(key) for key in keys])


def _warn_of_twins(found: Exemplars) -> None:
    """Say which minerals have exemplars that no measure can tell apart."""
    depths = 1 - found.removed.astype(np.float64)
    depths /= np.linalg.norm(depths, axis=1, keepdims=True)
    alike = depths @ depths.T > ALIKE
    pairs = {
        tuple(sorted((found.minerals[found.mineral_of[i]], found.minerals[found.mineral_of[j]])))
        for i, j in np.argwhere(np.triu(alike, 1))
        if found.mineral_of[i] != found.mineral_of[j]
    }
    for first, second in sorted(pairs):
        log.warning("%s and %s have the same spectrum: the first of the library is taken", first, second)
