"""Spectra as a file of references has them, on their way to a library: named, ascending, deleted ones NaN."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hsicli.library import Library

HUGE = 1e30
"""No measured value is as large; USGS writes −1.23e34 where a channel was deleted."""

ZERO_RUN = 3
"""So many exact zeros at an end of the axis are no measurement."""


@dataclass(frozen=True, eq=False)
class RawSpectra:
    """What a file holds.

    Attributes
    ----------
    names : tuple of str
    values : (m, bands) float64
        Reflectance; NaN or a huge number where a channel was deleted.
    wavelengths : (bands,) float64
        nm, in the order of the file; NaN for a channel without one.
    fwhm : (bands,) float64, optional
        nm.
    notes : tuple of str
        What was assumed, mended or left out.
    """

    names: tuple[str, ...]
    values: np.ndarray
    wavelengths: np.ndarray
    fwhm: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def without_deleted(raw: RawSpectra) -> RawSpectra:
    """NaN where a channel was deleted: a huge number, or a run of exact zeros at an end of the axis."""
    found: np.ndarray = np.where(np.abs(raw.values) < HUGE, raw.values, np.nan)
    notes = list(raw.notes)
    for name, ordered in (("start", found), ("end", found[:, ::-1])):
        run: np.ndarray = np.logical_and.accumulate(ordered == 0, axis=1)
        zeros = run.sum(axis=1)
        deleted = (zeros >= ZERO_RUN) & (zeros < run.shape[1])  # a black spectrum is a spectrum too
        if deleted.any():
            notes.append(f"zeros at the {name} of {deleted.sum()} spectra: taken as deleted channels")
            ordered[run & deleted[:, None]] = np.nan
    return replace(raw, values=found, notes=tuple(notes))


def as_library(raw: RawSpectra) -> tuple[Library, tuple[str, ...]]:
    """A library whose axis ascends and whose names differ, and what is to be said of it."""
    raw = without_deleted(raw)
    notes = list(raw.notes)
    order = np.argsort(raw.wavelengths, kind="stable")
    order = order[np.isfinite(raw.wavelengths[order])]
    if (np.diff(order) < 0).any():
        notes.append("the wavelengths do not ascend: sorted")
    names = unique(raw.names)
    if names != raw.names:
        notes.append("names that occur twice are numbered")
    fwhm = None if raw.fwhm is None else raw.fwhm[order]
    return Library(names, raw.values[:, order], raw.wavelengths[order], fwhm), tuple(notes)


def unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names, the second of a kind with (2) behind it."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def one_word(text: str) -> str:
    """A name without line breaks and runs of blanks."""
    return " ".join(text.split())


def stem(path: Path) -> str:
    """The name of a file without its suffixes of text, as ``a`` of ``a.spectrum.txt``."""
    return path.name.split(".")[0] or path.stem
