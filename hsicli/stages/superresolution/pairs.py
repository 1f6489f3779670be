"""Pairs of spectra of the same ground: one of low resolution, one of high."""

import logging
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.runtime import Track
from hsicli.stages.superresolution.alignment import Alignment, low_pixels
from hsicli.stages.superresolution.sampling import balanced, spectral_clusters, thinned, thinning_step
from hsicli.stages.superresolution.sensors import Sensor, noise_deviations, noisy, seen

log = logging.getLogger(__name__)

FLAT = 1e-6
"""A spectrum whose range is less than this share of its level is constant."""


@dataclass(frozen=True)
class PairsConfig:
    """Which pairs are drawn."""

    count: int = 10_000  # pairs in all (paper: 10 000)
    pool: int = 40_000  # pixels drawn at random, of which `count` are chosen by cluster
    clusters: int = 30  # of the pool's shapes; each gives as many pairs as any other, if it has them; 1: any
    thinning: int | None = None  # one pixel of so many squared; as many as leave `pool` pixels if None
    window: tuple[float, float] | None = None  # nm, of both sides; all good bands if None (paper: 2000–2500)
    snr: float = 100.0  # of a simulated sensor, at the mean of each band; 0: it has no noise

    def __post_init__(self) -> None:
        for name in ("count", "pool", "clusters", "thinning"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"pairs.{name} must be 1 or more, it is {value}", hint=f"set pairs.{name}")
        if self.snr < 0:
            raise ConfigError(f"pairs.snr is {self.snr:g}", hint="give a ratio, or 0 for no noise")


class Pairs(NamedTuple):
    """n pairs, and what they were made of."""

    low: np.ndarray
    """(n, m) float32"""
    high: np.ndarray
    """(n, b) float32"""
    places: np.ndarray
    """(n, 2) int: row and column of the pixel of low resolution."""
    noise: np.ndarray
    """(m,): deviation of the noise that was added; 0 of a sensor that was there."""


def in_window(cube: Cube, window: tuple[float, float] | None, role: str) -> Cube:
    """The cube with its bands in the window alone.

    Raises
    ------
    InputError
        If it has no wavelengths, or none of them is in the window.
    """
    axis = cube.axis  # says it if there is none
    if window is None:
        return cube
    low, high = window
    wavelengths = np.asarray(cube.wavelengths)
    cube = cube.with_bands((wavelengths >= low) & (wavelengths <= high))
    if not len(cube.order):
        raise InputError(
            f"the {role} cube has no band within {low:g} to {high:g} nm: it covers {axis[0]:g} to "
            f"{axis[-1]:g} nm",
            hint="give another --window",
        )
    return cube


def check_sides(low: Cube, high: Cube, alignment: Alignment | None) -> None:
    """Refuse two cubes that cannot be of the same ground or of the same light.

    Raises
    ------
    InputError
        If they differ in size and nothing aligns them, or no wavelength is in the range of both.
    """
    if alignment is None and low.shape[:2] != high.shape[:2]:
        raise InputError(
            f"the low-resolution cube has {low.shape[0]}×{low.shape[1]} pixels (rows×cols), the "
            f"high-resolution one {high.shape[0]}×{high.shape[1]}",
            hint="crop them alike, or align them with --points or --shift",
        )
    one, other = low.axis, high.axis
    if one[0] > other[-1] or other[0] > one[-1]:
        raise InputError(
            f"no wavelength is in both cubes: {one[0]:g} to {one[-1]:g} nm and {other[0]:g} to "
            f"{other[-1]:g} nm",
            hint="give two cubes of the same part of the spectrum",
        )


def pairs_of_cubes(
    low: Cube, high: Cube, alignment: Alignment, config: PairsConfig, *, seed: int, track: Track
) -> Pairs:
    """Pairs of two cubes; a low pixel goes with the mean of the high ones that lie in it.

    Parameters
    ----------
    low, high : Cube
    alignment : Alignment
    config : PairsConfig
    seed : int
    track : Track

    Raises
    ------
    InputError
        If they share no ground that is valid in both.
    """
    shape = low.shape[:2]
    covered = np.zeros(shape, dtype=bool)
    for block in track(high.blocks(), "valid pixels"):
        index = low_pixels(alignment, block.rows, high.shape[1], shape)
        covered.flat[index[block.valid & (index >= 0)]] = True
    valid = _valid(low, track) & covered
    rng = np.random.default_rng(seed)
    chosen = _pool(valid, config, rng)
    drawn_low = _gathered(low, chosen, shape, None, track)
    drawn_high = _gathered(high, chosen, shape, alignment, track)
    kept = _balanced(drawn_low, drawn_high, config, rng, seed)
    places = np.stack(np.divmod(chosen[kept], shape[1]), axis=1)
    return Pairs(drawn_low[kept], drawn_high[kept], places, np.zeros(drawn_low.shape[1]))


def pairs_of_sensor(
    high: Cube, sensor: Sensor, targets: np.ndarray, config: PairsConfig, *, seed: int, track: Track
) -> Pairs:
    """Pairs of a cube and what a sensor would see of it, with noise.

    Parameters
    ----------
    high : Cube
        All bands that the sensor is simulated from.
    sensor : Sensor
    targets : (used,) bool
        Which of the cube's good bands are the pairs' side of high resolution.
    config : PairsConfig
    seed : int
    track : Track

    Raises
    ------
    InputError
        If no pixel is valid.
    """
    shape = high.shape[:2]
    rng = np.random.default_rng(seed)
    chosen = _pool(_valid(high, track), config, rng)
    whole = _gathered(high, chosen, shape, None, track)
    clean, drawn_high = seen(whole, sensor), whole[:, targets]
    noise = noise_deviations(clean, config.snr)
    drawn_low = noisy(clean, noise, rng)
    kept = _balanced(clean, drawn_high, config, rng, seed)
    places = np.stack(np.divmod(chosen[kept], shape[1]), axis=1)
    return Pairs(drawn_low[kept], drawn_high[kept], places, noise)


def _valid(cube: Cube, track: Track) -> np.ndarray:
    """(rows, cols) bool."""
    valid = np.zeros(cube.shape[:2], dtype=bool)
    for block in track(cube.blocks(), "valid pixels"):
        valid[block.rows] = block.valid
    return valid


def _pool(valid: np.ndarray, config: PairsConfig, rng: np.random.Generator) -> np.ndarray:
    """(n,) int: flat indices of the pixels that are looked at."""
    count = int(valid.sum())
    if not count:
        raise InputError(
            "no pixel is valid on both sides", hint="look at the fill, the mask and the alignment"
        )
    pool = max(config.pool, config.count)
    step = config.thinning or thinning_step(count, pool)
    index = thinned(valid, step, rng)
    chosen = np.sort(rng.permutation(index)[:pool])
    log.info(
        "pairs: %s valid pixels%s, %s of them looked at",
        f"{count:,}", f", one of every {step}×{step}" if step > 1 else "", f"{len(chosen):,}",
    )  # fmt: skip
    return chosen


def _gathered(
    cube: Cube, chosen: np.ndarray, shape: tuple[int, int], alignment: Alignment | None, track: Track
) -> np.ndarray:
    """(n, bands) float32: spectra of chosen pixels; aligned, the mean of the valid ones that lie in each."""
    place = np.full(shape[0] * shape[1], -1, dtype=np.int32)
    place[chosen] = np.arange(len(chosen))
    total = np.zeros((len(chosen), len(cube.order)), dtype=np.float32)
    counts = np.zeros(len(chosen), dtype=np.float32)
    for block in track(cube.blocks(), "pairs"):
        if alignment is None:
            index = np.arange(block.rows.start, block.rows.stop)[:, None] * shape[1] + np.arange(shape[1])
        else:
            index = low_pixels(alignment, block.rows, cube.shape[1], shape)
        there = np.where((index >= 0) & block.valid, place[index], -1)
        wanted = there >= 0
        np.add.at(total, there[wanted], block.data[wanted])
        np.add.at(counts, there[wanted], 1)
    return total / counts[:, None]


def _balanced(
    low: np.ndarray, high: np.ndarray, config: PairsConfig, rng: np.random.Generator, seed: int
) -> np.ndarray:
    """(n,) int: which of the pool are pairs: none that is constant, as many of each cluster as there are."""
    usable = np.flatnonzero(_varies(low) & _varies(high))
    if not len(usable):
        raise InputError(
            "every spectrum is constant over its bands: there is nothing to learn",
            hint="check that these are cubes of spectra, and the --window",
        )
    if len(usable) < len(high):
        log.info("pairs: %d spectra that are constant were left out", len(high) - len(usable))
    if len(usable) <= config.count:
        log.info("pairs: all %s were taken", f"{len(usable):,}")
        return usable
    labels = spectral_clusters(high[usable], config.clusters, seed=seed)
    kept = usable[balanced(labels, config.count, rng)]
    sizes = np.bincount(labels)
    log.info(
        "pairs: %s drawn evenly from %d clusters of %d to %d spectra",
        f"{len(kept):,}", len(sizes), sizes.min(), sizes.max(),
    )  # fmt: skip
    return kept


def _varies(spectra: np.ndarray) -> np.ndarray:
    """(n,) bool: those that are not constant, as far as more than one band can tell."""
    if spectra.shape[1] == 1:
        return np.ones(len(spectra), dtype=bool)
    least, most = spectra.min(axis=1), spectra.max(axis=1)
    return np.asarray(most - least > FLAT * np.maximum(np.abs(least), np.abs(most)))
