"""The walk of `superres apply`: every pixel's estimate, and a closer look at some."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from hsicli.cube import Block, Cube
from hsicli.errors import InputError
from hsicli.products.weights import Weights
from hsicli.runtime import numpy_rng
from hsicli.stages.superresolution.density import covariance, deviations, mean, sample
from hsicli.stages.superresolution.methods import Model, model_of, predict, predictions, strangeness
from hsicli.stages.superresolution.sampling import spectral_clusters
from hsicli.stages.superresolution.sensors import Sensor, noisy, seen

log = logging.getLogger(__name__)

CANDIDATES = 32
"""Pixels of a block that are remembered, to choose some of all to look at."""


def known_model(weights: Weights, device: torch.device) -> Model:
    """The model of weights.

    Raises
    ------
    InputError
        If they are of another command, or of another version of the model.
    """
    if "superres" not in json.loads(weights.settings):
        raise InputError(
            f"the weights are of {weights.method}, not of hsicli superres train",
            hint="give weights that it wrote",
        )
    try:
        return model_of(weights, device)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"the model {weights.method} was stored by another version of hsicli, and cannot be read",
            hint="train it again with this version",
        ) from error


@dataclass(frozen=True, eq=False)
class Walk:
    """What a walk over the cube needs and fills in."""

    cube: Cube
    model: Model
    bands: np.ndarray
    """Of each block, those that are the model's channels; of a sensor, those of the sensor."""
    sensor: Sensor | None
    truth: Cube | None
    truth_bands: np.ndarray | None
    noise: np.ndarray
    wanted: tuple[tuple[int, int], ...]
    chosen: int
    samples: int
    seed: int
    images: dict[str, np.ndarray]
    kept: dict[str, list[Any]] = field(default_factory=lambda: {"place": [], "input": [], "truth": []})


def rooms_for(count: int, b: int, samples: int, *, with_truth: bool) -> dict[str, np.ndarray]:
    """What is filled in when the walk is done: the chosen pixels, and what is kept of them."""
    if not count:
        return {}
    rooms = {
        "pixels": np.full((count, 2), -1, dtype=np.int32),
        "covariances": np.full((count, b, b), np.nan),
    }
    if samples:
        rooms["samples"] = np.full((count, samples, b), np.nan, dtype=np.float32)
    if with_truth:
        rooms["truth"] = np.full((count, b), np.nan, dtype=np.float32)
    return rooms


def in_step(walk: Walk, size: int) -> Iterator[tuple[Block, Block | None]]:
    """Blocks of the cube with those of the truth."""
    if walk.truth is None:
        for block in walk.cube.blocks(size):
            yield block, None
    elif walk.truth is walk.cube:
        for block in walk.cube.blocks(size):
            yield block, block
    else:
        yield from zip(walk.cube.blocks(size), walk.truth.blocks(size), strict=True)


def estimated(walk: Walk, block: Block, true: Block | None, b: int) -> np.ndarray:
    """(rows, cols, 2 b + m) float32: mean, deviation and input, joined; the images are filled."""
    valid, spectra = block.valid, block.data[block.valid][:, walk.bands]
    rng = np.random.default_rng([walk.seed, block.rows.start])
    if walk.sensor is not None:
        spectra = noisy(seen(spectra, walk.sensor), walk.noise, rng)
    joined = np.full((*valid.shape, 2 * b + spectra.shape[1]), np.nan, dtype=np.float32)
    found = np.empty((len(spectra), joined.shape[2]), dtype=np.float32)
    found[:, 2 * b :] = spectra
    for part, density in predictions(walk.model, spectra):
        found[part, :b] = mean(density)
        found[part, b : 2 * b] = deviations(density)
    joined[valid] = found
    walk.images["spread"][block.rows][valid] = np.sqrt(np.square(found[:, b : 2 * b]).mean(axis=1))
    if len(spectra):
        walk.images["strangeness"][block.rows][valid] = strangeness(walk.model, spectra)
    _remember(walk, block, true, spectra, rng)
    return joined


def _remember(
    walk: Walk, block: Block, true: Block | None, spectra: np.ndarray, rng: np.random.Generator
) -> None:
    """Keep the input, and the truth, of wanted pixels, or of some that may be chosen."""
    first = block.rows.start
    row, col = np.nonzero(block.valid)
    if walk.wanted:
        index = [
            k
            for place in walk.wanted
            for k in np.flatnonzero((row + first == place[0]) & (col == place[1])).tolist()
        ]
    else:
        index = np.sort(rng.permutation(len(row))[:CANDIDATES]).tolist()
    for k in index:
        walk.kept["place"].append((first + row[k], col[k]))
        walk.kept["input"].append(spectra[k].copy())  # a view would keep the whole block
        if true is not None:
            walk.kept["truth"].append(true.data[row[k], col[k]][walk.truth_bands])


def look_closer(walk: Walk, rooms: dict[str, np.ndarray]) -> None:
    """Fill in covariances, samples and truth of the chosen pixels."""
    if not np.isfinite(walk.images["spread"]).any():
        raise InputError("the cube has no valid spectra", hint="look at its fill with hsicli info")
    if not rooms or not walk.kept["place"]:
        return
    inputs = np.stack(walk.kept["input"])
    places = [(int(row), int(col)) for row, col in walk.kept["place"]]
    if walk.wanted:
        missing = [place for place in walk.wanted if place not in places]
        for row, col in missing:
            log.warning("pixel %d,%d has no data, so no covariance", row, col)
        order = [places.index(place) if place in places else -1 for place in walk.wanted]
    else:
        order = _unlike(mean(predict(walk.model, inputs)), walk.chosen, walk.seed)
    rng = numpy_rng(walk.seed)
    for number, k in enumerate(order):
        if k < 0:
            rooms["pixels"][number] = walk.wanted[number]
            continue
        density = predict(walk.model, inputs[k : k + 1])
        rooms["pixels"][number] = places[k]
        rooms["covariances"][number] = covariance(density, 0)
        if "samples" in rooms:
            rooms["samples"][number] = sample(density, walk.samples, rng)[:, 0]
        if "truth" in rooms:
            rooms["truth"][number] = walk.kept["truth"][k]


def _unlike(spectra: np.ndarray, count: int, seed: int) -> list[int]:
    """Of each of so many clusters of shapes the spectrum nearest to the cluster's mean; all, if few."""
    if len(spectra) <= count:
        return list(range(len(spectra)))
    labels = spectral_clusters(spectra, count, seed=seed)
    chosen = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        shapes = spectra[members] / np.abs(spectra[members]).mean(axis=1, keepdims=True)
        chosen.append(int(members[np.square(shapes - shapes.mean(axis=0)).sum(axis=1).argmin()]))
    return chosen
