"""What instrument and atmosphere do to a scene: stripes, drift, gas, spikes, the seam of two detectors."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from hsicli.algorithms.air import Air, see_through
from hsicli.algorithms.synthesis import generator, smooth_field

SEAM = 1030.0
"""Where CRISM's two detectors meet, nm."""

STRIPES, DRIFT, GAS, NOISE, SPIKES = 50, 51, 52, 60, 61
"""Streams of random numbers: what each is for."""


@dataclass(frozen=True)
class Defects:
    """How strong each defect is; 0 = absent."""

    stripes: float = 0.0
    """Standard deviation of the gain of a detector column, relative; smooth along the spectrum."""
    drift: float = 0.0
    """Standard deviation of an offset of a column that wanders slowly along the rows, in reflectance."""
    co2: float = 0.0
    """Standard deviation of the optical depth of carbon dioxide left near 2 µm, over columns."""
    spikes: float = 0.0
    """Chance of a sample to be hit: ±5 to 30 deviations of the noise, one or two bands wide."""
    stuck: float = 0.2
    """Share of the spikes that persist along a column."""
    seam: float = 0.0
    """Relative excess of the bands below 1030 nm over those above."""
    air: float = 0.0
    """Mean path through the whole atmosphere, in that of a volcano scan: not corrected at all."""
    air_spread: float = 0.0
    """Standard deviation of the path, relative; smooth over the scene, as heights are."""
    smile: float = 0.0
    """By how much the atmosphere's bands are shifted in the outermost columns, nm."""
    air_error: float = 0.0
    """Standard deviation of the atmosphere's optical depth in a column and band, relative."""


@dataclass(frozen=True, eq=False)
class Instrument:
    """The defects of one scene, drawn once."""

    defects: Defects
    wavelengths: np.ndarray
    noise: np.ndarray
    """(bands,) float32: standard deviation."""
    gains: np.ndarray
    """(cols, bands) float32."""
    offsets: np.ndarray
    """(cols,) float32"""
    gas: np.ndarray
    """(cols,) float32: optical depth of each column."""
    stuck: np.ndarray
    """(cols, bands) float32: spikes that persist."""
    seed: int
    air: Air | None = None


def instrument(
    defects: Defects, wavelengths: np.ndarray, noise: np.ndarray, cols: int, seed: int
) -> Instrument:
    """Draw what is constant along the rows.

    Parameters
    ----------
    defects : Defects
    wavelengths : (bands,) float
        nm, ascending.
    noise : (bands,) float
        Standard deviation of the white noise.
    cols, seed : int

    Returns
    -------
    Instrument
    """
    bands = len(wavelengths)
    gains = np.empty((cols, bands))
    stuck = np.zeros((cols, bands), dtype=np.float32)
    below = wavelengths < SEAM
    for col in range(cols):
        rng = generator(seed, STRIPES, col)
        white = rng.standard_normal(bands)
        for part in (below, ~below):
            if part.any():
                smooth = gaussian_filter1d(white[part], 6.0, mode="wrap")
                gains[col, part] = 1 + defects.stripes * smooth * np.sqrt(2 * np.sqrt(np.pi) * 6.0)
        hits = rng.random(bands) < defects.spikes * defects.stuck
        stuck[col] = hits * _heights(rng, bands) * noise
    gains[:, below] *= 1 + defects.seam
    columns = np.stack([generator(seed, GAS, col).standard_normal(2) for col in range(cols)])
    return Instrument(
        defects,
        wavelengths,
        noise.astype(np.float32),
        gains.astype(np.float32),
        (defects.drift * columns[:, 0]).astype(np.float32),
        (defects.co2 * columns[:, 1]).astype(np.float32),
        stuck,
        seed,
    )


def observed(spectra: np.ndarray, row: int, through: Instrument) -> np.ndarray:
    """The spectra of one row as the instrument records them; the input is used up.

    Parameters
    ----------
    spectra : (cols, bands) float32
        Without noise.
    row : int
    through : Instrument

    Returns
    -------
    (cols, bands) float32
    """
    defects, seed = through.defects, through.seed
    if through.air is not None:
        see_through(spectra, row, through.air)
    if defects.stripes or defects.seam:
        spectra *= through.gains
    if defects.co2:
        near, depth = _gas_profile(through.wavelengths)
        trend = np.float32(0.5 * defects.co2 * _along(row, 300.0, seed, GAS))
        spectra[:, near] *= np.exp(-(through.gas + trend)[:, None] * depth)
    if defects.drift:
        spectra += (through.offsets * np.float32(1 + 0.7 * _along(row, 250.0, seed, DRIFT)))[:, None]
    if through.noise.any():
        rng = generator(seed, NOISE, row)
        spectra += rng.standard_normal(spectra.shape, dtype=np.float32) * through.noise
    if defects.spikes:
        spectra += through.stuck
        _add_spikes(spectra, row, through)
    return spectra


def _along(row: int, scale: float, seed: int, stream: int) -> float:
    """A slow random function of the row, variance 1."""
    at = np.full((1, 1), float(row))
    return float(smooth_field(at, np.zeros((1, 1)), (scale, 1.0), seed, stream, octaves=1)[0, 0])


def _gas_profile(wavelengths: np.ndarray) -> tuple[slice, np.ndarray]:
    """Bands near the triplet of CO₂, and the triplet there, float32: peaks at 1960, 2010 and 2060 nm."""
    first, last = np.searchsorted(wavelengths, [1880.0, 2140.0])
    near = wavelengths[first:last, None]
    sigma = 25.0 / np.sqrt(8 * np.log(2))
    triplet = np.exp(-0.5 * np.square((near - [1960.0, 2010.0, 2060.0]) / sigma)) @ [0.6, 1.0, 0.5]
    return slice(int(first), int(last)), triplet.astype(np.float32)


def _add_spikes(spectra: np.ndarray, row: int, through: Instrument) -> None:
    rng = generator(through.seed, SPIKES, row)
    cols, bands = spectra.shape
    rate = through.defects.spikes * (1 - through.defects.stuck)
    count = rng.poisson(rate * spectra.size)
    col, band = rng.integers(cols, size=count), rng.integers(bands, size=count)
    height = _heights(rng, count)
    wide = rng.random(count) < 0.4
    np.add.at(spectra, (col, band), height * through.noise[band])
    beside = np.minimum(band + 1, bands - 1)[wide]
    np.add.at(spectra, (col[wide], beside), height[wide] * through.noise[beside])


def _heights(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count,) float32: spikes in deviations of the noise."""
    return (rng.uniform(5, 30, count) * rng.choice([-1, 1], count)).astype(np.float32)
