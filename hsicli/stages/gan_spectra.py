"""Spectra for gan-train: from many cubes, on one axis, continuum removed, no cube dominating."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.signal import savgol_filter

from hsicli.algorithms.sampling import kmeans_labels
from hsicli.cube import Cube, pixels
from hsicli.errors import ConfigError, InputError
from hsicli.instruments import detector_rows
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.runtime import Track

log = logging.getLogger(__name__)

FARTHEST = 20.0
"""nm: a band of the networks may be so far from the nearest band of a cube, and no further."""

SAME = 0.5
"""nm: bands no further apart are the same."""

ORDER = 2
"""Of the Savitzky–Golay filter."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """What was drawn from the cubes.

    Attributes
    ----------
    spectra : (n, bands) float32
        Continuum removed, cube after cube.
    cubes : int
        That gave them.
    valid, flat : int
        Pixels that could be used, and those of them that show nothing.
    """

    spectra: np.ndarray
    cubes: int
    valid: int
    flat: int


def axis_within(window: tuple[float, float], spacing: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Band centres and widths within a window, nm: CRISM's (L), or evenly spaced ones.

    Raises
    ------
    ConfigError
        If the window holds fewer than 32 bands.
    """
    low, high = window
    if spacing is None:
        rows = sorted((row.wavelength, row.fwhm) for row in detector_rows() if row.sensor == "L")
        found = np.array([row for row in rows if low <= row[0] <= high])
    else:
        centres = np.arange(low, high + spacing / 2, spacing) if spacing > 0 and high > low else np.zeros(0)
        found = np.stack([centres, np.full(len(centres), spacing)], axis=1)
    if len(found) < 32:
        raise ConfigError(
            f"window = [{low:g}, {high:g}] holds {len(found)} bands, and the networks need 32 or more",
            hint="widen window, or give a smaller spacing",
        )
    return found[:, 0], found[:, 1]


def line_to(axis: np.ndarray, wavelengths: np.ndarray, smoothing: int) -> np.ndarray:
    """(bands, n): what spectra on `axis` are multiplied with to lie, smoothed, on `wavelengths`.

    Linear interpolation, then the Savitzky–Golay filter.

    Raises
    ------
    InputError
        If the axis does not cover the wavelengths, or has gaps in them.
    """
    nearest = np.abs(axis[:, None] - wavelengths).min(axis=0) if len(axis) else np.full(1, np.inf)
    if nearest.max() > FARTHEST:
        missing = wavelengths[nearest > FARTHEST] if len(axis) else wavelengths
        reach = f"{axis[0]:.0f} to {axis[-1]:.0f} nm" if len(axis) else "none"
        raise InputError(
            f"no bands near {missing[0]:.0f}–{missing[-1]:.0f} nm, which the networks need "
            f"({wavelengths[0]:.0f}–{wavelengths[-1]:.0f} nm; the good bands: {reach})",
            hint="leave this cube out, or learn from a narrower window: --set window=[LOW,HIGH]",
        )
    interpolated = np.stack([np.interp(wavelengths, axis, unit) for unit in np.eye(len(axis))])
    return interpolated @ smoother(len(wavelengths), smoothing)


def smoother(bands: int, smoothing: int) -> np.ndarray:
    """(bands, bands): what spectra are multiplied with to be smoothed."""
    if smoothing == 0:
        return np.eye(bands)
    found: np.ndarray = savgol_filter(np.eye(bands), smoothing, ORDER, axis=1)
    return found


def gather(
    cubes: Iterable[tuple[str, Cube]], count: int, wavelengths: np.ndarray, smoothing: int, flat: float, *,
    most: int, rng: np.random.Generator, track: Track,
) -> Gathered:  # fmt: skip
    """Draw spectra from cubes that are read one after another, the same number from each, if it has them.

    Parameters
    ----------
    cubes : iterable of (name, Cube)
    count : int
        How many cubes these are.
    wavelengths : (bands,) float
        nm.
    smoothing : int
        Bands of the filter; 0 for none.
    flat : float
        Spectra that stay above it are left out.
    most : int
        Spectra of all cubes together.
    rng : Generator
    track : Track

    Raises
    ------
    InputError
        If a cube does not cover the wavelengths, or none has a spectrum that is not flat.
    """
    share = max(1, most // max(count, 1))
    spectra = np.empty((share * count, len(wavelengths)), dtype=np.float32)  # no memory until written
    done = valid = level = resampled = 0
    for name, cube in track(cubes, "spectra", count):
        try:
            axis = cube.axis
            matrix = line_to(axis, wavelengths, smoothing).astype(np.float32)
        except InputError as error:
            raise InputError(f"{name}: {error.problem}", hint=error.hint) from error
        resampled += np.abs(axis[:, None] - wavelengths).min(axis=0).max() > SAME
        kept, here, dull = _reservoir(cube, matrix, wavelengths, flat, spectra[done : done + share], rng=rng)
        done, valid, level = done + kept, valid + here, level + dull
    if not valid:
        raise InputError("there are no valid spectra", hint="look at the cubes with hsicli info")
    if done < 2:
        raise InputError(
            f"of {valid} valid spectra, {level} show nothing deeper than {1 - flat:.3g}: all are flat",
            hint="choose cubes with absorptions, or --set preparation.flat=0.995",
        )
    if resampled:
        log.info(
            "resampled: %d of %d cubes have other bands, and are interpolated to those of the networks",
            resampled, count,
        )  # fmt: skip
    log.info("drawn: %d spectra of %d valid in %d cubes; %d flat", done, valid, count, level)
    return Gathered(spectra[:done], count, valid, level)


def shares(spectra: np.ndarray, clusters: int, balance: float, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """How likely each spectrum is to be drawn, so that what is common does not drown what is rare.

    Clusters of spectra are drawn with probability ∝ size^(1 − balance), and spectra of a cluster alike.

    Parameters
    ----------
    spectra : (n, bands) float32
        Continuum removed.
    clusters : int
        Of k-means, at most n.
    balance : float
        0: every spectrum alike; 1: every cluster alike.
    seed : int

    Returns
    -------
    chances : (n,) float64
        Sum 1.
    labels : (n,) int
        The cluster of each, from 0 without gaps.
    """
    labels = kmeans_labels(spectra, min(clusters, len(spectra)), seed=seed)
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    chances = sizes[labels] ** -float(balance)
    return chances / chances.sum(), labels


def _reservoir(
    cube: Cube, matrix: np.ndarray, wavelengths: np.ndarray, flat: float, kept: np.ndarray, *,
    rng: np.random.Generator,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill `kept` with spectra of a cube, each with the same chance; how many, of how many valid and flat.

    Every spectrum gets a random number, and the smallest stay: the blocks of the walk do not matter.
    """
    size, numbers = len(kept), np.empty(0)
    valid = dull = 0
    for block in cube.blocks():
        removed = remove_continuum(pixels(block.data, block.valid) @ matrix, wavelengths)
        removed = removed[np.isfinite(removed).all(axis=1)]
        shows = removed.min(axis=1) <= flat
        valid, dull = valid + len(removed), dull + int((~shows).sum())
        drawn = rng.random(len(removed))[shows]
        found, room = removed[shows], min(size - len(numbers), len(drawn))
        kept[len(numbers) : len(numbers) + room] = found[:room]
        numbers = np.concatenate([numbers, drawn[:room]])
        if room < len(drawn):
            together = np.concatenate([numbers, drawn[room:]])
            leave = np.argpartition(together, size)
            old, new = np.sort(leave[size:]), np.sort(leave[:size])
            old, new = old[old < size], new[new >= size]
            kept[old], numbers[old] = found[room + new - size], together[new]
    return len(numbers), valid, dull
