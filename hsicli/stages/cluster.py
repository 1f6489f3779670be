"""cluster: a cube's spectra to a map of material classes (GyPSUM, Algorithm 2)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.colours import distinct_colours
from hsicli.algorithms.gaussians import assign
from hsicli.algorithms.merging import MergePath, cut_path, merge_path
from hsicli.algorithms.modes import POINTS, join_heaps, rare_clusters
from hsicli.algorithms.sampling import kmeans_labels
from hsicli.algorithms.whitening import whitened
from hsicli.cube import Cube, image
from hsicli.errors import InputError
from hsicli.products.labels import Labels
from hsicli.products.subspace import Subspace
from hsicli.runtime import Checkpoint, Track, nowhere, numpy_rng, quiet
from hsicli.stages.classes import ClassSums, class_sums
from hsicli.stages.encoding import (
    EncoderConfig,
    autoencoder_encoder,
    draw_sample,
    encode_cube,
    fit_autoencoder,
    pca_encoder,
    valid_pixels,
)
from hsicli.stages.hysime import HysimeConfig, estimate_subspace
from hsicli.stages.mixtures import MixtureConfig, fit_codes

log = logging.getLogger(__name__)

CODES = (8, 40)
"""Shortest and longest code that an estimated dimension gives."""

ENOUGH = 10
"""Spectra a cluster below which there is nothing to fit."""


@dataclass(frozen=True)
class MergingConfig:
    """Which clusters are one class."""

    max_angle: float | None = None  # λ, radians: joined up to this angle of their means; None: automatic
    # automatic:
    depth: float = 0.4  # apart if less dense between them than this share of the thinner one
    farthest: float = 0.5  # of the median angle between clusters: apart if further apart, valley or not
    rare_angle: float = 0.025  # radians: a small cluster this far from mixtures of classes is a class
    # instead of all that:
    classes: int | None = None  # joined, closest first, until this many are left


@dataclass(frozen=True)
class ClusterConfig:
    """Settings of `hsicli cluster`."""

    VERSION: ClassVar[int] = 2

    method: Literal["autoencoder-mixture", "pca-mixture", "pca-kmeans"] = "autoencoder-mixture"
    dimension: int | None = None  # d, length of a code; HySime's, within 8…40, unless given
    components: int | None = None  # k, clusters before any are joined; 2 d unless given or too many
    max_pixels: int = 300_000  # spectra drawn to learn the codes from, if encoding.SAMPLE_BYTES hold them
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    mixture: MixtureConfig = field(default_factory=MixtureConfig)
    merging: MergingConfig = field(default_factory=MergingConfig)

    def __post_init__(self) -> None:
        counts = {
            "dimension": self.dimension,
            "components": self.components,
            "merging.classes": self.merging.classes,
        }
        for name, value in counts.items():
            if value is not None and value < 1:
                raise ValueError(f"{name} must be 1 or more, it is {value}")


class Clusters(NamedTuple):
    """A cluster for every valid pixel, in row order."""

    codes: np.ndarray
    """(n, d) float32: what was made of the spectra, of unit variance in every direction."""
    labels: np.ndarray
    """(n,) int, from 0."""
    entropy: Callable[[np.ndarray], np.ndarray] | None
    """From the class of each cluster (k,) to the entropy of each pixel's classes (n,), nats."""


def cluster_cube(
    cube: Cube,
    config: ClusterConfig,
    *,
    subspace: Subspace | None = None,
    seed: int,
    device: torch.device,
    track: Track = quiet,
    checkpoint: Checkpoint = nowhere,
) -> Labels:
    """Group the spectra of a preprocessed cube into material classes.

    Codes of d numbers are made of the spectra, k clusters of the codes, and clusters whose mean spectra point
    the same way are joined.

    Parameters
    ----------
    cube : Cube
        Spectra of unit length, as `preprocess` makes them.
    config : ClusterConfig
    subspace : Subspace, optional
        What `hysime` found in the cube; found here unless given or not needed.
    seed, device, track, checkpoint
        As of any stage.

    Returns
    -------
    Labels

    Raises
    ------
    InputError
        If there are too few valid spectra, a band is constant, or the subspace is another cube's.

    References
    ----------
    GyPSUM, Algorithm 2.
    """
    valid = valid_pixels(cube, track)
    dimension = _dimension(cube, config, subspace, track)
    spectra = int(valid.sum())
    components = config.components or max(1, min(2 * dimension, spectra // ENOUGH))
    _check_count(spectra, components, dimension)
    sample = draw_sample(cube, valid, config.max_pixels, numpy_rng(seed))
    saved = checkpoint.load() or {}
    weights: dict[str, Tensor] = {}
    match config.method:
        case "autoencoder-mixture":
            weights = saved.get("weights") or fit_autoencoder(
                sample, dimension, config.encoder,
                seed=seed, device=device, track=track, checkpoint=checkpoint, saved=saved,
            )  # fmt: skip
            encode = autoencoder_encoder(weights, dimension, config.encoder, device)
        case "pca-mixture" | "pca-kmeans":
            encode = pca_encoder(sample, dimension)
    shift = sample.mean
    del sample  # the largest thing held
    codes = encode_cube(cube, valid, encode, track)
    if config.method == "pca-kmeans":
        white = whitened(tensor := torch.from_numpy(codes), tensor).numpy()
        clusters = Clusters(white, kmeans_labels(codes, components, seed=seed), None)
    else:
        clusters = _mixture_clusters(
            torch.from_numpy(codes).to(device), components, config.mixture,
            seed=seed, track=track, saved=saved.get("mixture", {}),
            offer=lambda state: checkpoint.offer(lambda: {"weights": weights, "mixture": state()}),
        )  # fmt: skip
    present, labels = np.unique(clusters.labels, return_inverse=True)
    sums = class_sums(cube, valid, labels, len(present), shift=shift, track=track)
    path = merge_path(sums.means, sums.counts)
    classes = _by_size(_joined(sums, path, clusters.codes, labels, config.merging, seed=seed), sums.counts)
    sums = sums.joined(classes)
    k = len(sums.counts)
    log.info("%d clusters make %d classes", len(present), k)
    return Labels(
        labels=image((classes[labels] + 1).astype(np.int32), valid, 0),
        names=tuple(f"class {number}" for number in range(1, k + 1)),
        colours=distinct_colours(k),
        counts=sums.counts,
        means=sums.means,
        deviations=sums.deviations,
        wavelengths=None if cube.wavelengths is None else cube.axis,
        codes=image(clusters.codes, valid, np.nan),
        entropy=_entropy_image(clusters, present, classes, valid),
        merge_angles=path.heights,
        max_angle=config.merging.max_angle,
        latlon=cube.latlon,
        grid=cube.grid,
    )


def _entropy_image(
    clusters: Clusters, present: np.ndarray, classes: np.ndarray, valid: np.ndarray
) -> np.ndarray | None:
    """(rows, cols) float32, NaN for fill; None for a method that is never unsure."""
    if clusters.entropy is None:
        return None
    of_cluster = np.zeros(int(present[-1]) + 1, dtype=np.int64)
    of_cluster[present] = classes
    return image(clusters.entropy(of_cluster), valid, np.nan)


def _mixture_clusters(
    codes: Tensor,
    components: int,
    config: MixtureConfig,
    *,
    seed: int,
    track: Track,
    saved: dict[str, Any],
    offer: Callable[[Callable[[], dict[str, Any]]], None],
) -> Clusters:
    codes = whitened(codes, codes)
    mixture = fit_codes(codes, components, config, seed=seed, track=track, saved=saved, offer=offer)

    def entropy(classes: np.ndarray) -> np.ndarray:
        members = np.zeros(len(mixture.weights), dtype=np.int64)
        members[: len(classes)] = classes  # the last components may have no pixel of their own
        return assign(codes, mixture, torch.from_numpy(members)).entropy.cpu().numpy()

    return Clusters(codes.cpu().numpy(), assign(codes, mixture).labels.cpu().numpy(), entropy)


def _joined(
    sums: ClassSums,
    path: MergePath,
    codes: np.ndarray,
    labels: np.ndarray,
    config: MergingConfig,
    *,
    seed: int,
) -> np.ndarray:
    """(k,) int: the class of each cluster, from 0."""
    if config.classes is not None:
        by_order = replace(
            path, heights=np.arange(len(path.heights))
        )  # angles do not tell joins apart: they may fall
        return cut_path(by_order, len(path.heights) - config.classes)
    if config.max_angle is not None:
        return cut_path(path, config.max_angle)
    rng = numpy_rng(seed)
    order = rng.permutation(len(labels))
    drawn = [np.flatnonzero(labels[order] == cluster)[:POINTS] for cluster in range(len(sums.counts))]
    points = [codes[np.sort(order[chosen])].astype(np.float64) for chosen in drawn]
    # A share of how far clusters lie apart here: spectra without continuum differ by far smaller angles.
    apart = spectral_angle(sums.means, sums.means)[np.triu_indices(len(sums.counts), 1)]
    farthest = config.farthest * float(np.median(apart)) if len(apart) else 0.0
    classes = join_heaps(sums.means, sums.counts, points, depth=config.depth, rng=rng, max_angle=farthest)
    # Of one direction: as far as the mean of a piece of a noisy cluster lies from the mean of the whole.
    errors = 3 * np.linalg.norm(sums.deviations, axis=1) / np.linalg.norm(sums.means, axis=1)
    errors /= np.sqrt(sums.means.shape[1])
    rare = rare_clusters(classes, sums.means, sums.counts, errors, angle=config.rare_angle)
    if rare:
        own = join_heaps(
            sums.means[rare], sums.counts[rare], [points[i] for i in rare], depth=config.depth, rng=rng,
            max_angle=4 * config.rare_angle,
        )  # fmt: skip
        classes[rare] = classes.max() + 1 + own
        classes = np.unique(classes, return_inverse=True)[1]
    return classes


def _by_size(classes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The same classes, the largest first."""
    size = np.bincount(classes, weights=counts)
    return np.argsort(np.argsort(-size, kind="stable"), kind="stable")[classes]


def _dimension(cube: Cube, config: ClusterConfig, subspace: Subspace | None, track: Track) -> int:
    """The length of a code: as given, or as many as there are directions of signal, within bounds."""
    bands = len(cube.order)
    if subspace is not None:
        _check_subspace(cube, subspace)
    if config.dimension is not None:
        if config.dimension > bands:
            raise InputError(
                f"a code of {config.dimension} numbers is longer than a spectrum of {bands} bands",
                hint="give a smaller --dimension",
            )
        return config.dimension
    found = subspace or estimate_subspace(cube, HysimeConfig(), track=track)
    dimension = min(max(found.dimension, CODES[0]), CODES[1], bands)
    log.info("codes of %d numbers: HySime finds %d directions", dimension, found.dimension)
    return dimension


def _check_subspace(cube: Cube, subspace: Subspace) -> None:
    bands = len(cube.order)
    if subspace.eigenvectors.shape[1] != bands:
        raise InputError(
            f"the subspace is of {subspace.eigenvectors.shape[1]} bands, the cube has {bands} good ones",
            hint="run hsicli hysime on this cube",
        )


def _check_count(spectra: int, components: int, dimension: int) -> None:
    needed = ENOUGH * max(components, dimension)
    if spectra < needed:
        raise InputError(
            f"the cube has {spectra} valid spectra; {components} clusters of {dimension} codes need {needed}",
            hint="look at the fill and the mask with hsicli info, or give fewer --components",
        )
