"""A random walk between the densest pixels of superpixels, and the classes that it shows at each time."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Literal, NamedTuple

import numpy as np

from hsicli.algorithms.backbones import classes_by_modes, majority
from hsicli.algorithms.densities import Representatives, bandwidth, densest_pixels, density
from hsicli.algorithms.diffusion import coordinates, diffusion_times, walk_eigenpairs, window_graph
from hsicli.algorithms.partitions import variation_of_information
from hsicli.cube import image
from hsicli.runtime import Track

log = logging.getLogger(__name__)

ALONE = 1e-9
"""Of the third coordinate, against the second, what no longer counts: then all later times are the same."""


@dataclass(frozen=True)
class GraphConfig:
    """The graph that the walk goes on."""

    representatives: int = 3  # n_k, of each superpixel
    short_superpixels: Literal["fewer", "first-pixels"] = "fewer"  # what one of fewer pixels than n_k gives
    neighbours: int = 40  # N: of the graph, of the density, and of a mode's backbone
    radius: int = 0  # R, rows and cols to either side in which neighbours are looked for; 0: anywhere
    weights: Literal["one", "gaussian"] = "gaussian"
    percentile: float = 50.0  # q, of the distances to neighbours: σ₀
    eigenpairs: int = 10  # that a diffusion distance is made of, the trivial one among them

    def __post_init__(self) -> None:
        for name, least in {"representatives": 1, "neighbours": 2, "radius": 0, "eigenpairs": 2}.items():
            if getattr(self, name) < least:
                raise ValueError(f"graph.{name} must be {least} or more, it is {getattr(self, name)}")
        if not 0 <= self.percentile <= 100:
            raise ValueError(f"graph.percentile must be within 0 and 100, it is {self.percentile}")


@dataclass(frozen=True)
class GridConfig:
    """Other settings of the graph, each with each of the others; none: the one that the graph has."""

    representatives: tuple[int, ...] = ()
    neighbours: tuple[int, ...] = ()
    radius: tuple[int, ...] = ()
    percentile: tuple[float, ...] = ()

    def graphs(self, graph: GraphConfig) -> list[GraphConfig]:
        """The graph in every setting; alone, if there is no grid."""
        varied = {item.name: getattr(self, item.name) for item in fields(self) if getattr(self, item.name)}
        return [replace(graph, **dict(zip(varied, each, strict=True))) for each in product(*varied.values())]

    def names(self, graph: GraphConfig) -> list[str]:
        """What tells each of `graphs` from the others, as ``neighbours 40, radius 0``."""
        varied = [item.name for item in fields(self) if getattr(self, item.name)]
        return [", ".join(f"{name} {getattr(one, name):g}" for name in varied) for one in self.graphs(graph)]


class Times(NamedTuple):
    """The classes of every superpixel at every time of a walk, or of several walks."""

    times: np.ndarray
    """(times,) int64"""
    labels: np.ndarray
    """(times, P) int32: classes from 1, by falling number of pixels."""
    modes: list[np.ndarray]
    """Of each time, the representative that each class began at."""


class Choice(NamedTuple):
    """The time whose classes are most like those of all others."""

    distances: np.ndarray
    """(times,) float64: mean variation of information to the classes of all times, bits."""
    chosen: int


class Walk(NamedTuple):
    """What the walk goes between."""

    density: np.ndarray
    """(n,) float64, of every valid pixel; sums to 1."""
    chosen: Representatives
    values: np.ndarray
    """(eigenpairs,) float64: |λ|, falling from 1."""
    vectors: np.ndarray
    """(m, eigenpairs) float64"""
    rarest: float
    """Smallest share of time that the walk spends at a representative."""
    sizes: np.ndarray
    """(P,) int: pixels of each superpixel."""


def start_walk(
    features: np.ndarray,
    distances: np.ndarray,
    superpixels: np.ndarray,
    valid: np.ndarray,
    config: GraphConfig,
) -> Walk:
    """Density, representatives, graph and its eigenpairs.

    Parameters
    ----------
    features : (n, d) float
        Of the valid pixels, in row order.
    distances : (n, k) float
        To the nearest others of each, k ≥ N where there are as many.
    superpixels : (n,) int
        From 0.
    valid : (rows, cols) bool
    config : GraphConfig
    """
    distances = distances[:, : config.neighbours]
    scale = bandwidth(distances, config.percentile)
    dense = density(distances, scale)
    fill = None
    if config.short_superpixels == "first-pixels":
        number = image(np.arange(len(dense)), valid, -1).T  # the published program counts down the columns
        fill = number[number >= 0][: 2 * config.representatives]
    chosen = densest_pixels(superpixels, dense, config.representatives, fill=fill)
    graph, pieces = window_graph(
        features[chosen.pixels], np.argwhere(valid)[chosen.pixels],
        radius=config.radius or max(valid.shape), neighbours=config.neighbours,
        weights=config.weights, scale=scale,
    )  # fmt: skip
    if pieces > 1:
        log.info("the graph of %d dense pixels was in %d pieces; their most alike pixels link them",
                 graph.shape[0], pieces)  # fmt: skip
    values, vectors, rarest = walk_eigenpairs(graph, config.eigenpairs)
    return Walk(dense, chosen, values, vectors, rarest, np.bincount(superpixels))


def classes_of_times(
    walk: Walk, config: GraphConfig, classes: int | None, time: int | None, track: Track
) -> Times:
    """The classes at every time of a walk.

    Parameters
    ----------
    walk : Walk
    config : GraphConfig
    classes : int, optional
        K; of each time, where the score of its modes falls most, unless given.
    time : int, optional
        t, the only one to look at.
    track : Track
    """
    second = float(walk.values[1]) if len(walk.values) > 1 else 0.0
    times = diffusion_times(second, walk.rarest) if time is None else np.array([time])
    labels: list[np.ndarray] = []
    modes: list[np.ndarray] = []
    left = (walk.values[2:3] / max(second, 1e-300)) ** times[:, None].astype(float)  # of the third coordinate
    for row, each in enumerate(track(times, "times")):
        if row and (left[row - 1] < ALONE).all():  # the second coordinate alone told points apart before
            labels.append(labels[-1])
            modes.append(modes[-1])
            continue
        found = classes_by_modes(
            coordinates(walk.values, walk.vectors, int(each)), walk.density[walk.chosen.pixels],
            walk.chosen.superpixels, classes, config.neighbours,
        )  # fmt: skip
        voted = majority(found.labels, walk.chosen.superpixels, len(walk.sizes)) - 1
        pixels = np.bincount(voted, weights=walk.sizes, minlength=len(found.modes))
        largest = np.argsort(-pixels, kind="stable")
        labels.append((np.argsort(largest)[voted] + 1).astype(np.int32))
        modes.append(found.modes[largest[: np.count_nonzero(pixels)]])
    return Times(times, np.stack(labels), modes)


def choose_time(found: Sequence[Times], sizes: np.ndarray, classes: int | None) -> Choice:
    """The time, of all walks, whose classes are most like those of all others: no label is needed.

    Parameters
    ----------
    found : sequence of Times
        Of walks between the same superpixels.
    sizes : (P,) int
        Pixels of each.
    classes : int, optional
        K that was asked for.
    """
    every = np.concatenate([each.labels for each in found])
    times = np.concatenate([each.times for each in found])
    counts = every.max(axis=1)
    telling = (counts > 1) & (counts <= len(sizes) / 2)
    if telling.any():
        distances = variation_of_information(every, sizes)[:, telling].mean(axis=1)
    else:
        distances = np.zeros(len(times))
    best = int(np.where(telling, distances, np.inf).argmin())
    if classes is None:
        log.info("%d classes, where the score of modes falls most, at time %d", counts[best], times[best])
    elif counts[best] < classes:
        log.warning("%d classes, not %d: the others won no superpixel", counts[best], classes)
    return Choice(distances, best)
