"""What a cube holds, band by band: the one walk that `hsicli info --statistics` takes."""

from typing import NamedTuple

import numpy as np

from hsicli.cube import Cube
from hsicli.runtime import Track, quiet


class BandStatistics(NamedTuple):
    """Of the bands that `Cube.blocks` yields, over the valid pixels; NaN where there are none."""

    pixels: int
    """Valid ones."""
    share: float
    """Of all pixels."""
    bands: np.ndarray
    """(used,) int: place of each band in the file, from 0."""
    least: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    greatest: np.ndarray
    """(used,) float64 each."""
    missing: np.ndarray
    """(used,) float64: share of the pixels with any data that have none in this band."""


def band_statistics(cube: Cube, *, track: Track = quiet) -> BandStatistics:
    """Least, mean, standard deviation and greatest value of every band, in one walk over the cube.

    Parameters
    ----------
    cube : Cube
    track : Track

    Returns
    -------
    BandStatistics
        Means and deviations by pairwise merging of blocks (Chan, Golub and LeVeque, 1983), float64.
    """
    used = len(cube.order)
    count, touched = 0, 0
    least, greatest = np.full(used, np.inf), np.full(used, -np.inf)
    mean, squares, absent = np.zeros(used), np.zeros(used), np.zeros(used)
    for block in track(cube.blocks(), "statistics"):
        finite = np.isfinite(block.data)
        some = finite.any(axis=2)
        touched += int(some.sum())
        absent += (some[..., None] & ~finite).sum(axis=(0, 1))
        spectra = block.data[block.valid].astype(np.float64)
        if not len(spectra):
            continue
        least = np.minimum(least, spectra.min(axis=0))
        greatest = np.maximum(greatest, spectra.max(axis=0))
        here = spectra.mean(axis=0)
        total = count + len(spectra)
        squares += ((spectra - here) ** 2).sum(axis=0) + (here - mean) ** 2 * (count * len(spectra) / total)
        mean += (here - mean) * (len(spectra) / total)
        count = total
    rows, cols, _ = cube.shape
    nothing = np.full(used, np.nan)
    return BandStatistics(
        pixels=count,
        share=count / (rows * cols),
        bands=cube.order,
        least=least if count else nothing,
        mean=mean if count else nothing,
        deviation=np.sqrt(squares / count) if count else nothing,
        greatest=greatest if count else nothing,
        missing=absent / touched if touched else nothing,
    )
