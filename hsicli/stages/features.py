"""From spectra to features whose distances say how alike two pixels are: two walks over the cube."""

import logging
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from hsicli.cube import Cube, pixels
from hsicli.errors import InputError
from hsicli.runtime import Track

log = logging.getLogger(__name__)

PART = 8192
"""Spectra that are turned together."""


@dataclass(frozen=True)
class FeatureConfig:
    """What is compared of two pixels."""

    scaling: Literal["none", "bands", "spectra"] = "bands"  # what is made of length 1 before all else
    components: int = 5  # principal components of the spectra; 0: all, so distances are those of spectra

    def __post_init__(self) -> None:
        if self.components < 0:
            raise ValueError(f"components must be 0 (all) or more, it is {self.components}")


class Features(NamedTuple):
    """Principal components of the valid pixels, strongest first, in row order."""

    values: np.ndarray
    """(n, d) float32"""
    mean: np.ndarray
    """(bands,) float64: of the spectra themselves."""


def principal_features(cube: Cube, valid: np.ndarray, config: FeatureConfig, track: Track) -> Features:
    """The strongest principal components of the spectra, streamed.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    config : FeatureConfig
    track : Track

    Returns
    -------
    Features

    Raises
    ------
    InputError
        If there is no valid pixel, or all spectra are the same.
    """
    bands, count = len(cube.order), int(valid.sum())
    if count == 0:
        raise InputError("no pixel is valid", hint="look at the fill and the mask with hsicli info")
    total, mean, gram = np.zeros(bands), np.zeros(bands), np.zeros((bands, bands))
    for block in track(cube.blocks(), "components"):
        for spectra, scaled in _parts(block.data, valid[block.rows], config):
            mean += spectra.sum(axis=0)
            total += scaled.sum(axis=0)
            gram += scaled.T @ scaled
    lengths = np.sqrt(np.diag(gram)) if config.scaling == "bands" else np.ones(bands)
    scale = np.divide(1.0, lengths, out=np.zeros(bands), where=lengths > 0)
    centre = total / count * scale
    scatter = gram * scale * scale[:, None] / count - np.outer(centre, centre)
    variance, vectors = np.linalg.eigh(scatter)
    if not variance[-1] > 1e-12 * (scale**2 * np.diag(gram)).sum() / count:
        raise InputError("all pixels have the same spectrum", hint="there is nothing to tell apart")
    directions = vectors[:, ::-1][:, : config.components or bands]
    largest = np.abs(directions).argmax(axis=0)  # the sign is arbitrary: the same on every machine
    directions = directions * np.sign(directions[largest, np.arange(directions.shape[1])])
    log.debug("%d components hold %.4f of the variance", directions.shape[1],
              variance[::-1][: directions.shape[1]].sum() / variance.sum())  # fmt: skip
    values, done = np.empty((count, directions.shape[1]), dtype=np.float32), 0
    for block in track(cube.blocks(), "features"):
        for _, scaled in _parts(block.data, valid[block.rows], config):
            values[done : done + len(scaled)] = (scaled * scale - centre) @ directions
            done += len(scaled)
    return Features(values, mean / count)


def _parts(data: np.ndarray, valid: np.ndarray, config: FeatureConfig) -> list[tuple[np.ndarray, np.ndarray]]:
    """Spectra (m, bands) float64 of the valid pixels, and the same of unit length where that is asked for."""
    spectra = pixels(data, valid)
    out = []
    for first in range(0, len(spectra), PART):
        part = spectra[first : first + PART].astype(np.float64)
        if config.scaling == "spectra":
            out.append((part, part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-6)))
        else:
            out.append((part, part))
    return out
