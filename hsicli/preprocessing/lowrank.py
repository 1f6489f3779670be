"""Spectra without the directions in which there is more noise than signal: the minimum noise fraction."""

from typing import NamedTuple

import numpy as np

from hsicli.algorithms.noise import BandSums

FLOOR = 1e-6
"""Least noise of a direction, a share of the mean one."""


class LowRank(NamedTuple):
    """A linear filter of spectra: y → m + F (y − m)."""

    mean: np.ndarray
    """(bands,) float64: m."""
    filter: np.ndarray
    """(bands, bands) float64: F, a projection."""
    ratios: np.ndarray
    """(bands,) float64: variance to noise variance of each component, the clearest first."""
    kept: int
    """Components that F keeps."""


def noise_fractions(sums: BandSums, noise: np.ndarray, components: int | None = None) -> LowRank:
    """The filter that keeps the clearest components of an image.

    Components are the directions that are uncorrelated both in the spectra and in the noise.

    Parameters
    ----------
    sums : BandSums
        Of the whole image.
    noise : (bands, bands) float
        Covariance of its noise.
    components : int, optional
        How many are kept; those with more signal than noise unless given.

    Returns
    -------
    LowRank

    Raises
    ------
    ValueError
        If there are no more components than asked for, or no pixels.

    References
    ----------
    Green et al., "A transformation for ordering multispectral data in terms of image quality with
    implications for noise removal", IEEE TGRS, 1988.
    """
    bands = len(sums.total)
    if not sums.pixels or (components is not None and not 1 <= components <= bands):
        raise ValueError(f"{components} components of {sums.pixels} spectra of {bands} bands")
    mean = sums.total / sums.pixels
    covariance = sums.products / sums.pixels - np.outer(mean, mean)
    power, axes = np.linalg.eigh(noise)
    root = np.sqrt(np.maximum(power, FLOOR * max(power.mean(), 1e-300)))
    whiten = (axes / root) @ axes.T  # N^-½
    ratios, directions = np.linalg.eigh(whiten @ covariance @ whiten)
    ratios, directions = ratios[::-1], directions[:, ::-1]
    kept = max(1, int((ratios > 2).sum())) if components is None else components
    signal = directions[:, :kept]
    return LowRank(mean, ((axes * root) @ axes.T) @ signal @ signal.T @ whiten, ratios, kept)


def filtered(spectra: np.ndarray, low_rank: LowRank) -> np.ndarray:
    """Each spectrum without the components that are left out.

    Parameters
    ----------
    spectra : (n, bands) float32
        A spectrum with NaN stays NaN.
    low_rank : LowRank

    Returns
    -------
    (n, bands) float32
    """
    matrix = low_rank.filter.T.astype(np.float32)
    shift = (low_rank.mean - low_rank.filter @ low_rank.mean).astype(np.float32)
    out: np.ndarray = spectra @ matrix + shift
    return out
