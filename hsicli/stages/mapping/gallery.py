"""The spectra that show what a map found: of each mineral the mean, the best and the worst pixel."""

from typing import NamedTuple

import numpy as np

from hsicli.stages.mapping.references import Exemplars

TIERS = 2
"""Guesses and identifications, by level of confidence less one."""


class Found(NamedTuple):
    """Pixels that have a mineral."""

    mineral: np.ndarray
    """(n,) int: from 0."""
    confidence: np.ndarray
    """(n,) int: 1 or 2."""
    score: np.ndarray
    """(n,) float32"""
    reflectance: np.ndarray
    """(n, bands) float32"""
    removed: np.ndarray
    """(n, bands) float32: continuum removed, at the scale that won."""
    places: np.ndarray
    """(n, 2) int: row and column."""


class Shown(NamedTuple):
    """What a product has of it."""

    reflectance: np.ndarray
    """(k, 4, bands) float64: exemplar, mean, best, worst."""
    removed: np.ndarray
    """(k, 4, bands) float64"""
    places: np.ndarray
    """(k, 2, 2) int32"""


class Gallery:
    """Sums and extremes that grow while a cube is walked.

    Parameters
    ----------
    minerals, bands : int
    """

    def __init__(self, minerals: int, bands: int) -> None:
        self.counts = np.zeros((minerals, TIERS), dtype=np.int64)
        self.sums = np.zeros((minerals, TIERS, 2, bands))  # reflectance, continuum removed
        self.extremes = np.full((minerals, TIERS, 2, 2, bands), np.nan, dtype=np.float32)  # best, worst
        self.scores = np.full((minerals, TIERS, 2), (-np.inf, np.inf))
        self.places = np.full((minerals, TIERS, 2, 2), -1, dtype=np.int32)

    def add(self, found: Found) -> None:
        """Take in some pixels."""
        for k in np.unique(found.mineral):
            for tier in range(TIERS):
                here = np.flatnonzero((found.mineral == k) & (found.confidence == tier + 1))
                if not len(here):
                    continue
                self.counts[k, tier] += len(here)
                self.sums[k, tier, 0] += found.reflectance[here].sum(axis=0, dtype=np.float64)
                self.sums[k, tier, 1] += found.removed[here].sum(axis=0, dtype=np.float64)
                scores = found.score[here]
                best, worst = self.scores[k, tier]
                if scores.max() > best:
                    self._keep(int(k), tier, 0, found, int(here[scores.argmax()]))
                if scores.min() < worst:
                    self._keep(int(k), tier, 1, found, int(here[scores.argmin()]))

    def _keep(self, k: int, tier: int, end: int, found: Found, at: int) -> None:
        self.scores[k, tier, end] = found.score[at]
        self.extremes[k, tier, end] = found.reflectance[at], found.removed[at]
        self.places[k, tier, end] = found.places[at]

    def shown(self, exemplars: Exemplars) -> Shown:
        """Of each mineral what is identified, or guessed where nothing is."""
        first = exemplars.first()
        minerals, bands = len(exemplars.minerals), exemplars.removed.shape[1]
        spectra = np.full((2, minerals, 4, bands), np.nan)
        places = np.full((minerals, 2, 2), -1, dtype=np.int32)
        for k in range(minerals):
            spectra[0, k, 0], spectra[1, k, 0] = exemplars.reflectance[first[k]], exemplars.removed[first[k]]
            tier = 1 if self.counts[k, 1] else 0
            if self.counts[k, tier]:
                spectra[:, k, 1] = self.sums[k, tier] / self.counts[k, tier]
                spectra[:, k, 2:] = self.extremes[k, tier].swapaxes(0, 1)
                places[k] = self.places[k, tier]
        return Shown(spectra[0], spectra[1], places)
