"""diffuse: superpixels, the densest pixels of each, and classes by diffusion between these (S2DL, DS2DL)."""

import logging
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from hsicli.algorithms.colours import distinct_colours
from hsicli.algorithms.diffusion import coordinates
from hsicli.algorithms.neighbours import neighbour_distances
from hsicli.algorithms.superpixels import entropy_rate_superpixels, to_bytes
from hsicli.cube import Cube, image
from hsicli.errors import InputError
from hsicli.products.labels import Labels
from hsicli.runtime import Checkpoint, Track, nowhere, quiet
from hsicli.stages.classes import class_sums
from hsicli.stages.encoding import valid_pixels
from hsicli.stages.features import FeatureConfig, Features, find_features
from hsicli.stages.walks import GraphConfig, GridConfig, choose_time, classes_of_times, start_walk

log = logging.getLogger(__name__)

CPU = torch.device("cpu")


@dataclass(frozen=True)
class SuperpixelConfig:
    """The pieces that the image is cut into."""

    count: int | None = None  # P; None: one for so many pixels, and at most so many superpixels:
    size: int = 10
    most: int = 4000
    components: int = 3  # features that the cutting sees, as grey values
    clip: float = 0.0  # share of the pixels cut off at either end before features become grey values
    balance: float = 0.5  # λ′, weight of even sizes
    sigma: float = 5.0  # σ, grey values that make an edge
    strip_pixels: int = 4_000_000  # an image larger than this is cut strip by strip

    def __post_init__(self) -> None:
        for name, value in {
            "count": self.count,
            "size": self.size,
            "most": self.most,
            "components": self.components,
        }.items():
            if value is not None and value < 1:
                raise ValueError(f"superpixels.{name} must be 1 or more, it is {value}")


@dataclass(frozen=True)
class DiffuseConfig:
    """Settings of `hsicli diffuse`."""

    VERSION: ClassVar[int] = 2

    output: Literal["classes", "superpixels"] = "classes"
    classes: int | None = None  # K; None: of each time, where the score of its modes falls most
    time: int | None = None  # t; None: the one whose classes are most like those of all others
    features: FeatureConfig = field(default_factory=FeatureConfig)
    superpixels: SuperpixelConfig = field(default_factory=SuperpixelConfig)
    graph: GraphConfig = field(default_factory=GraphConfig)
    grid: GridConfig = field(default_factory=GridConfig)

    def __post_init__(self) -> None:
        self.grid.graphs(self.graph)  # each of them must be possible
        if self.classes is not None and self.classes < 2:
            raise ValueError(f"classes must be 2 or more, it is {self.classes}")
        if self.time is not None and self.time < 0:
            raise ValueError(f"time must be 0 or more, it is {self.time}")


def diffuse_cube(
    cube: Cube, config: DiffuseConfig, *, codes: Labels | None = None, seed: int = 0,
    device: torch.device = CPU, track: Track = quiet, checkpoint: Checkpoint = nowhere,
) -> Labels:  # fmt: skip
    """Group the pixels of a cube by superpixels and a random walk between the dense pixels of these.

    Only the masked autoencoder draws at random: else the same cube and settings give the same classes.

    Parameters
    ----------
    cube : Cube
    config : DiffuseConfig
    codes : Labels, optional
        Whose codes are compared where `config.features.kind` is "codes".
    seed, device, track, checkpoint
        As of any stage.

    Returns
    -------
    Labels
        With superpixels, density, representatives, eigenvalues, and the classes of every time; of superpixels
        alone if `config.output` asks for no more. With codes, if they were made here.

    Raises
    ------
    InputError
        If there is no valid pixel, all spectra are the same, there are fewer superpixels than classes, or
        there are no codes for this cube.

    References
    ----------
    Cui et al., arXiv:2312.15447 (S2DL); arXiv:2604.13307 (DS2DL).
    """
    valid = valid_pixels(cube, track)
    done = dict(checkpoint.load() or {})
    features = find_features(
        cube, valid, config.features, grey=config.superpixels.components, codes=codes,
        seed=seed, device=device, track=track, checkpoint=checkpoint, saved=done,
    )  # fmt: skip
    done.pop("masked", None)
    if "superpixels" not in done:
        done["superpixels"] = cut_superpixels(features.components, valid, config, track)
        checkpoint.offer(lambda: done)
    superpixels = done["superpixels"]
    if config.output == "superpixels":
        return _product(
            cube, valid, superpixels - 1, features, track, superpixels=image(superpixels, valid, 0)
        )
    count = int(superpixels.max())
    if config.classes is not None and count < config.classes:
        raise InputError(
            f"{count} superpixels cannot make {config.classes} classes",
            hint="give fewer --classes, or more --superpixels",
        )
    if "distances" not in done:
        most = max(graph.neighbours for graph in config.grid.graphs(config.graph))
        done["distances"] = neighbour_distances(features.values, most)
        checkpoint.offer(lambda: done)
    found = _classes(features.values, done["distances"], superpixels - 1, valid, config=config, track=track)
    return _product(
        cube, valid, found.pop("labels")[superpixels - 1] - 1, features, track,
        superpixels=image(superpixels, valid, 0),
        codes=image(features.values, valid, np.nan) if config.features.kind == "umae" else None,
        **found,
    )  # fmt: skip


def _classes(
    values: np.ndarray, distances: np.ndarray, superpixels: np.ndarray, valid: np.ndarray, *,
    config: DiffuseConfig, track: Track,
) -> dict[str, Any]:  # fmt: skip
    """The chosen classes (P,) of the superpixels, from 1, and the other fields of the product."""
    graphs, names = config.grid.graphs(config.graph), config.grid.names(config.graph)
    every = []
    for graph in graphs:
        walk = start_walk(values, distances, superpixels, valid, graph)
        every.append((walk, classes_of_times(walk, graph, config.classes, config.time, track)))
    choice = choose_time([found for _, found in every], np.bincount(superpixels), config.classes)
    ends = np.cumsum([len(found.times) for _, found in every])
    setting = int(np.searchsorted(ends, choice.chosen, side="right"))
    walk, found = every[setting]
    at = choice.chosen - int(ends[setting] - len(found.times))
    if len(graphs) > 1:
        log.info("%s, of %d settings", names[setting], len(graphs))
    places = np.argwhere(valid).astype(np.int32)
    return {
        "labels": found.labels[at],
        "density": image(walk.density.astype(np.float32), valid, np.nan),
        "representatives": places[walk.chosen.pixels],
        "modes": places[walk.chosen.pixels[found.modes[at]]],
        "eigenvalues": walk.values,
        "diffusion": coordinates(walk.values, walk.vectors, int(found.times[at])),
        "times": np.concatenate([found.times for _, found in every]),
        "time_labels": np.concatenate([found.labels for _, found in every]),
        "time_distances": choice.distances,
        "time_chosen": choice.chosen,
        "time_settings": tuple(np.repeat(names, [len(found.times) for _, found in every]).tolist())
        if len(graphs) > 1
        else (),
    }


def cut_superpixels(
    features: np.ndarray, valid: np.ndarray, config: DiffuseConfig, track: Track = quiet
) -> np.ndarray:
    """The superpixel of each valid pixel, from 1; strips of a large image are cut one by one.

    Parameters
    ----------
    features : (n, d) float
        Of the valid pixels, strongest component first.
    valid : (rows, cols) bool
    config : DiffuseConfig
    track : Track

    Returns
    -------
    (n,) int32
    """
    settings, pixels = config.superpixels, int(valid.sum())
    wanted = settings.count or min(settings.most, max(1, round(pixels / settings.size)))
    if wanted > pixels:
        raise InputError(
            f"the image has {pixels} valid pixels, too few for {wanted} superpixels",
            hint="give fewer --superpixels",
        )
    rows, cols = valid.shape
    strips = max(1, -(-rows * cols // settings.strip_pixels))
    edges = np.linspace(0, rows, strips + 1).astype(int)
    grey = to_bytes(image(features[:, : settings.components], valid, np.nan), valid, settings.clip)
    out, before = np.zeros(valid.shape, dtype=np.int32), 0
    for first, last in track(list(pairwise(edges)), "superpixels"):
        part = slice(first, last)
        inside = int(valid[part].sum())
        if inside == 0:
            continue
        share = min(inside, max(1, round(wanted * inside / pixels)))
        cut = entropy_rate_superpixels(
            grey[part], share, valid=valid[part], balance=settings.balance, sigma=settings.sigma
        )
        out[part] = np.where(cut > 0, cut + before, 0)
        before += int(cut.max())
    if before > wanted:
        log.info("%d superpixels, not %d: islands of valid pixels are cut apart", before, wanted)
    return out[valid]


def _product(
    cube: Cube, valid: np.ndarray, labels: np.ndarray, features: Features, track: Track, **more: Any
) -> Labels:
    k = int(labels.max()) + 1
    sums = class_sums(cube, valid, labels, k, shift=features.mean, track=track)
    kind = "class" if "times" in more else "superpixel"
    return Labels(
        labels=image((labels + 1).astype(np.int32), valid, 0),
        names=tuple(f"{kind} {number}" for number in range(1, k + 1)),
        colours=distinct_colours(k),
        counts=sums.counts,
        means=sums.means,
        deviations=sums.deviations,
        wavelengths=None if cube.wavelengths is None else cube.axis,
        latlon=cube.latlon,
        grid=cube.grid,
        **more,
    )
