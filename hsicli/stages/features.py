"""From spectra to features whose distances say how alike two pixels are."""

import logging
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from hsicli.cube import Cube, pixels
from hsicli.errors import InputError
from hsicli.products.labels import Labels
from hsicli.runtime import Checkpoint, Track
from hsicli.stages.masked import MaskedConfig, Patches, masked_codes

log = logging.getLogger(__name__)

Scaling = Literal["none", "bands", "spectra", "range"]

PART = 8192
"""Spectra that are turned together."""


@dataclass(frozen=True)
class FeatureConfig:
    """What is compared of two pixels."""

    kind: Literal["components", "umae", "codes"] = "components"  # codes: of another product, given
    scaling: Literal["none", "bands", "spectra"] = "bands"  # what is made of length 1 before components
    components: int = 5  # principal components of the spectra; 0: all, so distances are those of spectra
    umae: MaskedConfig = field(default_factory=MaskedConfig)

    def __post_init__(self) -> None:
        if self.components < 0:
            raise ValueError(f"components must be 0 (all) or more, it is {self.components}")


class Features(NamedTuple):
    """Of the valid pixels, in row order."""

    values: np.ndarray
    """(n, d) float32: what is compared."""
    components: np.ndarray
    """(n, c) float32: principal components, strongest first; what superpixels are cut by."""
    mean: np.ndarray
    """(bands,) float64: of the spectra themselves."""


FARTHEST = 20
"""Components of bands that go from 0 to 1: in these, pixels to learn from are far apart (as published)."""


def find_features(
    cube: Cube, valid: np.ndarray, config: FeatureConfig, *, grey: int, codes: Labels | None, seed: int,
    device: torch.device, track: Track, checkpoint: Checkpoint, saved: dict[str, Any],
) -> Features:  # fmt: skip
    """What is compared of the valid pixels, and their principal components.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    config : FeatureConfig
    grey : int
        Components that superpixels are cut by.
    codes : Labels, optional
        Whose codes are compared where `config.kind` is "codes".
    seed, device, track, checkpoint
        As of a stage.
    saved : dict
        What the checkpoint had kept.
    """
    if config.kind == "components":
        found = principal_components(cube, valid, config.scaling, config.components, track)
        return Features(found.values, found.values, found.mean)
    few = principal_components(cube, valid, config.scaling, grey, track)
    if config.kind == "codes":
        return Features(_codes_of(codes, valid), few.values, few.mean)
    if "features" not in saved:
        spread = principal_components(cube, valid, "range", FARTHEST, track)
        patches = Patches(cube, valid, few.lowest, few.highest, config.umae.network.patch)
        saved["features"] = masked_codes(
            patches, spread.values, config.umae,
            seed=seed, device=device, track=track, checkpoint=checkpoint, saved=saved,
        )  # fmt: skip
    return Features(saved["features"], few.values, few.mean)


def _codes_of(product: Labels | None, valid: np.ndarray) -> np.ndarray:
    """(n, d) float32."""
    if product is None or product.codes is None:
        raise InputError(
            "there are no codes", hint="give --codes a product of cluster, or of diffuse --features umae"
        )
    codes = np.asarray(product.codes)
    if codes.shape[:2] != valid.shape:
        raise InputError(
            f"the codes are of {codes.shape[0]} × {codes.shape[1]} pixels, the cube has {valid.shape[0]} × "
            f"{valid.shape[1]}",
            hint="give codes that were made of this cube",
        )  # fmt: skip
    found = pixels(codes, valid).astype(np.float32)
    missing = int((~np.isfinite(found).all(axis=1)).sum())
    if missing:
        raise InputError(
            f"{missing} valid pixels have no code", hint="give codes that were made of this cube"
        )
    return found


class Components(NamedTuple):
    """Principal components of the valid pixels, strongest first, in row order."""

    values: np.ndarray
    """(n, d) float32"""
    mean: np.ndarray
    """(bands,) float64: of the spectra themselves."""
    lowest: np.ndarray
    """(bands,) float64"""
    highest: np.ndarray
    """(bands,) float64"""


def principal_components(
    cube: Cube, valid: np.ndarray, scaling: Scaling, count: int, track: Track
) -> Components:
    """The strongest principal components of the spectra, streamed: two walks over the cube.

    Parameters
    ----------
    cube : Cube
    valid : (rows, cols) bool
    scaling : {"none", "bands", "spectra", "range"}
        What is made of length 1 first; "range": each band is made to go from 0 to 1.
    count : int
        0: all, so that distances are those of the spectra.
    track : Track

    Returns
    -------
    Components

    Raises
    ------
    InputError
        If there is no valid pixel, or all spectra are the same.
    """
    bands, size = len(cube.order), int(valid.sum())
    if size == 0:
        raise InputError("no pixel is valid", hint="look at the fill and the mask with hsicli info")
    total, mean, gram = np.zeros(bands), np.zeros(bands), np.zeros((bands, bands))
    lowest, highest = np.full(bands, np.inf), np.full(bands, -np.inf)
    for block in track(cube.blocks(), "components"):
        for spectra, scaled in _parts(block.data, valid[block.rows], scaling):
            mean += spectra.sum(axis=0)
            lowest, highest = (
                np.minimum(lowest, spectra.min(axis=0)),
                np.maximum(highest, spectra.max(axis=0)),
            )
            total += scaled.sum(axis=0)
            gram += scaled.T @ scaled
    lengths = {"bands": np.sqrt(np.diag(gram)), "range": highest - lowest}.get(scaling, np.ones(bands))
    scale = np.divide(1.0, lengths, out=np.zeros(bands), where=lengths > 0)
    centre = total / size * scale
    scatter = gram * scale * scale[:, None] / size - np.outer(centre, centre)
    variance, vectors = np.linalg.eigh(scatter)
    if not variance[-1] > 1e-12 * (scale**2 * np.diag(gram)).sum() / size:
        raise InputError("all pixels have the same spectrum", hint="there is nothing to tell apart")
    directions = vectors[:, ::-1][:, : count or bands]
    largest = np.abs(directions).argmax(axis=0)  # the sign is arbitrary: the same on every machine
    directions = directions * np.sign(directions[largest, np.arange(directions.shape[1])])
    log.debug("%d components hold %.4f of the variance", directions.shape[1],
              variance[::-1][: directions.shape[1]].sum() / variance.sum())  # fmt: skip
    values, done = np.empty((size, directions.shape[1]), dtype=np.float32), 0
    for block in track(cube.blocks(), "features"):
        for _, scaled in _parts(block.data, valid[block.rows], scaling):
            values[done : done + len(scaled)] = (scaled * scale - centre) @ directions
            done += len(scaled)
    return Components(values, mean / size, lowest, highest)


def _parts(data: np.ndarray, valid: np.ndarray, scaling: Scaling) -> list[tuple[np.ndarray, np.ndarray]]:
    """Spectra (m, bands) float64 of the valid pixels, and the same of unit length where that is asked for."""
    spectra = pixels(data, valid)
    out = []
    for first in range(0, len(spectra), PART):
        part = spectra[first : first + PART].astype(np.float64)
        if scaling == "spectra":
            out.append((part, part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-6)))
        else:
            out.append((part, part))
    return out
