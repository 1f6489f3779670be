"""Compare `diffuse` with other clusterings, with itself without a part, and with maps that saw no spectrum.

python scripts/compare_diffusion.py CUBE TRUTH [--classes K] [--seeds 10] [--table NAME ...]

K is the number of classes of the truth unless given; no method sees more of the truth than that. All pixels
are clustered, those that the truth labels are scored; classes are paired one to one by a rectangular
assignment. `diffuse` on components draws nothing at random: its spread is over a grid of settings around the
defaults. Table features: the same graph on principal components, on codes of the masked autoencoder and on
codes of `cluster`, with purity at 2 K and 3 K classes, and k-means on each of them.
"""

import argparse
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier

from hsicli.algorithms.scores import METRICS, agreement, contingency
from hsicli.cube import Cube, image
from hsicli.io.labels import read_labels
from hsicli.io.reading import read_cube
from hsicli.models.training import TrainingConfig
from hsicli.models.umae import UmaeConfig
from hsicli.products.labels import ClassMap, Labels
from hsicli.runtime import quiet
from hsicli.stages.cluster import ClusterConfig, MergingConfig, cluster_cube
from hsicli.stages.diffuse import DiffuseConfig, SuperpixelConfig, diffuse_cube
from hsicli.stages.encoding import valid_pixels
from hsicli.stages.features import FeatureConfig
from hsicli.stages.masked import MaskedConfig
from hsicli.stages.oracle import oracle_times
from hsicli.stages.walks import GraphConfig, GridConfig

SHOWN = ("overall_accuracy", "average_accuracy", "kappa", "purity", "nmi")
COLUMNS = [METRICS.index(name) for name in SHOWN]
SPECTRAL_PIXELS = 2500
"""Drawn for spectral clustering; the others follow their nearest one."""

Labelling = Callable[[int], np.ndarray]
"""From a seed to the class (n,) of each valid pixel, from 0."""


def published(classes: int) -> DiffuseConfig:
    """S2DL as published for Salinas A, without the fill of short superpixels."""
    return DiffuseConfig(
        classes=classes,
        features=FeatureConfig("bands", 0),
        superpixels=SuperpixelConfig(count=1000),
        graph=GraphConfig(
            representatives=5, neighbours=50, radius=7, weights="one", percentile=10.0
        ),
    )  # fmt: skip


def ablations(classes: int) -> dict[str, DiffuseConfig]:
    """The default, and the default with one thing changed."""
    base = DiffuseConfig(classes=classes)
    graph, pieces = base.graph, base.superpixels
    return {
        "default": base,
        "no superpixels (1 pixel each)": replace(base, superpixels=replace(pieces, size=1, most=10**6)),
        "superpixels of 20": replace(base, superpixels=replace(pieces, size=20)),
        "grey values clipped by 0.005": replace(base, superpixels=replace(pieces, clip=0.005)),
        "one pixel a superpixel": replace(base, graph=replace(graph, representatives=1)),
        "10 components": replace(base, features=replace(base.features, components=10)),
        "all bands": replace(base, features=replace(base.features, components=0)),
        "spectra of length 1": replace(base, features=replace(base.features, scaling="spectra")),
        "bands as they are": replace(base, features=replace(base.features, scaling="none")),
        "edges of weight 1": replace(base, graph=replace(graph, weights="one")),
        "window of 10": replace(base, graph=replace(graph, radius=10)),
        "window of 10, weight 1": replace(base, graph=replace(graph, radius=10, weights="one")),
        "20 neighbours": replace(base, graph=replace(graph, neighbours=20)),
        "time 0": replace(base, time=0),
        "time 2^20": replace(base, time=2**20),
        "S2DL as published for Salinas A": published(classes),
    }


def grid(classes: int) -> Iterator[DiffuseConfig]:
    """Settings around the defaults."""
    for size, neighbours, components in product((8, 12), (30, 50), (4, 8)):
        yield DiffuseConfig(
            classes=classes,
            features=FeatureConfig(components=components),
            superpixels=SuperpixelConfig(size=size),
            graph=GraphConfig(neighbours=neighbours),
        )


def rivals(cube: Cube, spectra: np.ndarray, valid: np.ndarray, k: int) -> dict[str, Labelling]:
    """Other methods, and those that are blind."""
    few = PCA(min(10, spectra.shape[1])).fit(spectra)
    codes = few.transform(spectra)
    white = codes / codes.std(axis=0)
    places = np.argwhere(valid)

    def spectral(seed: int) -> np.ndarray:
        drawn = np.random.default_rng(seed).permutation(len(codes))[:SPECTRAL_PIXELS]
        model = SpectralClustering(k, affinity="nearest_neighbors", n_neighbors=20, random_state=seed)
        return KNeighborsClassifier(1).fit(codes[drawn], model.fit_predict(codes[drawn])).predict(codes)

    def cluster(seed: int) -> np.ndarray:
        config = ClusterConfig(merging=MergingConfig(classes=k))
        return cluster_cube(cube, config, seed=seed, device=torch.device("cpu")).labels[valid] - 1

    def kmeans(points: np.ndarray) -> Labelling:
        return lambda seed: KMeans(k, n_init=3, random_state=seed).fit_predict(points)

    return {
        "k-means": kmeans(spectra),
        "PCA(10) + k-means": kmeans(codes),
        "GMM on PCA(10)": lambda seed: GaussianMixture(k, random_state=seed).fit_predict(white),
        f"spectral clustering of {SPECTRAL_PIXELS}": spectral,
        "`cluster`": cluster,
        "blind: k-means on row and col": kmeans(places),
    }


def shuffled(cube: Cube, valid: np.ndarray, seed: int) -> Cube:
    """The same spectra at other places."""
    data = np.concatenate([block.data for block in cube.blocks()])
    data[valid] = data[valid][np.random.default_rng(seed).permutation(int(valid.sum()))]
    return Cube(data, valid=valid)


def scored(labels: np.ndarray, truth: ClassMap) -> np.ndarray:
    classes = int(truth.labels.max())
    return agreement(contingency(labels, truth.labels, int(labels.max()), classes))[COLUMNS]


GRAPHS = {
    "": GraphConfig(),
    ", percentile 90": GraphConfig(percentile=90.0),
    ", window of 10, weight 1": GraphConfig(radius=10, weights="one"),
}
"""That features are compared on: the default, one of longer edges, and one that few features decide."""


def masked(given: argparse.Namespace, masks: str) -> FeatureConfig:
    """The masked autoencoder with these settings."""
    training = TrainingConfig(given.epochs, 48, 5e-4, 1.7e-4, given.epochs)
    network = UmaeConfig(patch=given.patch, step=given.step, masks=masks)  # type: ignore[arg-type]
    return FeatureConfig("umae", umae=MaskedConfig(given.pixels, network, training))


def show_features(
    name: str, cube: Cube, truth: ClassMap, k: int, codes: list[Labels | None], *, began: float
) -> None:
    """Rows of one kind of features: each graph, and k-means; of the first graph purity at K, 2 K and 3 K."""
    valid = valid_pixels(cube, quiet)
    seconds = time.perf_counter() - began

    def found(one: Labels | None, graph: GraphConfig, classes: int) -> np.ndarray:
        features = FeatureConfig() if one is None else FeatureConfig("codes")
        config = DiffuseConfig(classes=classes, graph=graph, features=features)
        return scored(diffuse_cube(cube, config, codes=one).labels, truth)

    for words, graph in GRAPHS.items():
        show(f"{name}{words}", [found(one, graph, k) for one in codes], seconds)
    at = SHOWN.index("purity")
    more = np.mean([[found(one, GraphConfig(), times * k)[at] for times in (2, 3)] for one in codes], axis=0)
    print(f"| {name}, purity at 2 K and 3 K: {more[0]:.3f} {more[1]:.3f} |", flush=True)
    rows = []
    for seed, one in enumerate(codes):
        if one is None:
            spectra = np.concatenate([block.data[block.valid] for block in cube.blocks()])
            points = PCA(5).fit_transform(spectra / np.linalg.norm(spectra, axis=0))
        else:
            points = one.codes[valid]
        labels = KMeans(k, n_init=3, random_state=seed).fit_predict(points).astype(np.int32)
        rows.append(scored(image(labels + 1, valid, 0), truth))
    show(f"k-means on {name}", rows, seconds)


def compare_features(cube: Cube, truth: ClassMap, k: int, seeds: int, umae: dict[str, FeatureConfig]) -> None:
    """Principal components, codes of the masked autoencoder, and codes of `cluster`."""
    show_features("components", cube, truth, k, [None], began=time.perf_counter())
    began = time.perf_counter()
    clusters = [
        cluster_cube(cube, ClusterConfig(), seed=seed, device=torch.device("cpu")) for seed in range(seeds)
    ]
    show_features("codes of `cluster`", cube, truth, k, list(clusters), began=began)
    for name, features in umae.items():
        began = time.perf_counter()
        config = DiffuseConfig(classes=k, features=features)
        show_features(
            name,
            cube,
            truth,
            k,
            [diffuse_cube(cube, config, seed=seed) for seed in range(seeds)],
            began=began,
        )


def show(name: str, values: list[np.ndarray], seconds: float) -> None:
    mean, spread = np.mean(values, axis=0), np.std(values, axis=0)
    cells = [
        f"{m:.3f} ± {s:.3f}" if len(values) > 1 else f"{m:.3f}" for m, s in zip(mean, spread, strict=True)
    ]
    print(f"| {name} | {' | '.join(cells)} | {seconds / len(values):.1f} s |", flush=True)


def show_diffuse(name: str, cube: Cube, configs: list[DiffuseConfig], truth: ClassMap) -> None:
    """A row by the rule without labels, and one by the oracle."""
    start = time.perf_counter()
    found = [diffuse_cube(cube, config) for config in configs]
    seconds = time.perf_counter() - start
    show(name, [scored(one.labels, truth) for one in found], seconds)
    show(f"{name}, oracle time", list(oracle_times(found, truth)["oracle_values"][:, COLUMNS]), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cube", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--classes", type=int)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--table", choices=("methods", "ablation", "grid", "features"), nargs="+", default=["methods"]
    )
    parser.add_argument("--pixels", type=int, default=200, help="that the masked autoencoder learns from")
    parser.add_argument("--step", type=int, default=4, help="bands from one of its tokens to the next")
    parser.add_argument("--patch", type=int, default=7, help="rows and cols that each of them sees")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--masks", choices=("fixed", "random"), nargs="+", default=["random"])
    given = parser.parse_args()
    logging.disable(logging.WARNING)

    cube, truth = read_cube(given.cube), read_labels(given.truth)
    classes = given.classes or int((np.bincount(truth.labels.ravel())[1:] > 0).sum())
    valid = valid_pixels(cube, quiet)
    labeled = int((truth.labels > 0).sum())
    print(f"{given.cube.name}: {int(valid.sum())} pixels, K = {classes}, {labeled} labeled")
    print(f"| method | {' | '.join(SHOWN)} | time |\n|{'---|' * (len(SHOWN) + 2)}")
    if "methods" in given.table:
        show_diffuse("`diffuse`", cube, [DiffuseConfig(classes=classes)], truth)
        show_diffuse("S2DL as published for Salinas A", cube, [published(classes)], truth)
        spectra = np.concatenate([block.data[block.valid] for block in cube.blocks()])
        for name, method in rivals(cube, spectra, valid, classes).items():
            start = time.perf_counter()
            maps = [image(method(seed).astype(np.int32) + 1, valid, 0) for seed in range(given.seeds)]
            show(name, [scored(one, truth) for one in maps], time.perf_counter() - start)
        start = time.perf_counter()
        blind = [
            diffuse_cube(shuffled(cube, valid, seed), DiffuseConfig(classes=classes)).labels
            for seed in range(3)
        ]
        show(
            "blind: `diffuse` on shuffled spectra",
            [scored(one, truth) for one in blind],
            time.perf_counter() - start,
        )
    if "grid" in given.table:
        show_diffuse("`diffuse`, 8 settings around the default", cube, list(grid(classes)), truth)
        percentiles = (50.0, 70.0, 80.0, 90.0, 95.0)
        base = DiffuseConfig(classes=classes)
        alone = [replace(base, graph=GraphConfig(percentile=one)) for one in percentiles]
        show_diffuse("`diffuse`, five percentiles, each alone", cube, alone, truth)
        middle = replace(base, grid=GridConfig(percentile=percentiles))
        show_diffuse("`diffuse`, the middle of the five", cube, [middle], truth)
    if "features" in given.table:
        words = f"umae, patches of {given.patch}, a token every {given.step} bands"
        umae = {f"{words}, {masks} masks": masked(given, masks) for masks in given.masks}
        compare_features(cube, truth, classes, given.seeds, umae)
    if "ablation" in given.table:
        for name, config in ablations(classes).items():
            show_diffuse(name, cube, [config], truth)


if __name__ == "__main__":
    main()
