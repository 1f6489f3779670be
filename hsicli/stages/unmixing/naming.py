"""What endmembers are called: by the library spectra they resemble, or by number."""

import logging
from typing import Any, NamedTuple

import numpy as np

from hsicli.algorithms.angles import spectral_angle
from hsicli.library import Library
from hsicli.stages.identify import Compare, rank_library

log = logging.getLogger(__name__)

RANKS = 2
"""The best match and the runner-up."""

LEAST_OVERLAP = 0.5
"""Share of an endmember's bands that a library spectrum must have."""

ALIKE = 0.01
"""Radians: members closer than this share their abundance as chance will have it."""


class Matches(NamedTuple):
    """Of endmembers with a library: the fields of `Abundances`."""

    library_names: tuple[str, ...]
    matches: np.ndarray
    """(p, ranks) int, from 1; 0 = none."""
    match_angles: np.ndarray
    """(p, ranks) radians."""
    matched: np.ndarray
    """(p, bands) the best match on the bands of the endmembers, NaN where there is none."""


def match_endmembers(
    endmembers: np.ndarray, wavelengths: np.ndarray, library: Library, compare: Compare
) -> Matches:
    """The library spectra nearest to each endmember, by angle.

    Parameters
    ----------
    endmembers : (p, bands) float
    wavelengths : (bands,) float
        nm, ascending.
    library : Library
    compare : {"band-depth", "continuum-removed", "spectrum"}
        What of them, see `nearest_spectra`.
    """
    rows, angles = rank_library(
        endmembers, wavelengths, library,
        compare=compare, ranks=RANKS, least_overlap=LEAST_OVERLAP,
    )  # fmt: skip
    if (rows[:, 0] < 0).any():
        log.warning("the library has no spectrum with half of the cube's bands, so nothing is named after it")
    best = library.resampled(wavelengths).spectra[np.maximum(rows[:, 0], 0)]
    return Matches(library.names, rows + 1, angles, np.where(rows[:, :1] >= 0, best, np.nan))


def endmember_names(p: int, matches: Matches | None) -> tuple[str, ...]:
    """A name each: of its best match, numbered where several share it; else its number."""
    if matches is None:
        return tuple(f"endmember {number}" for number in range(1, p + 1))
    best = [int(row[0]) for row in matches.matches]
    names: list[str] = []
    for number, row in enumerate(best, 1):
        name = matches.library_names[row - 1] if row else f"endmember {number}"
        times = best[: number - 1].count(row)
        names.append(f"{name} ({times + 1})" if row and times else name)
    return tuple(names)


def distinct_members(library: Library) -> Library:
    """The same without spectra that are there twice; a warning names those, and those nearly alike.

    Parameters
    ----------
    library : Library
        Finite in all bands.
    """
    angles = spectral_angle(library.spectra, library.spectra)
    first, second = np.nonzero(np.triu(angles < ALIKE, 1))
    same = {
        int(j) for i, j in zip(first, second, strict=True) if _equal(library.spectra[i], library.spectra[j])
    }
    for i, j in zip(first, second, strict=True):
        if j in same:
            log.warning("the library has %s twice (as %s too): it is used once", *_named(library, i, j))
        elif i not in same:
            log.warning(
                "%s and %s are nearly alike (%.2f°): how they share their abundance is left to the noise",
                *_named(library, i, j), np.degrees(angles[i, j]),
            )  # fmt: skip
    keep = [row for row in range(len(library.names)) if row not in same]
    return Library(
        tuple(library.names[row] for row in keep), library.spectra[keep], library.wavelengths, library.fwhm
    )


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.allclose(one, other, rtol=1e-5, atol=0))


def _named(library: Library, i: Any, j: Any) -> tuple[str, str]:
    return library.names[i], library.names[j]
