"""Super-resolution compared: the paper's table and its rivals, on pairs made of libraries and on real pixels.

    python scripts/compare_superres.py DATA --table NAME [--seeds 5] [--first 0] [--only WORD]

DATA is the folder of measured data (docs/data.md). Tables: library, random, blocks (the paper's table on
library mixtures, and on the pixels of cuprite-50x90 split at random and by blocks), minerals (whole minerals
held out), processes (one exact Gaussian process a component), crism (72 channels to a window).

--only takes the models whose names hold a word. In the first three tables,
every pair is scaled to 0…1, each side by itself, as in the paper, and a noise of τ = 0.002 is added to y, so
that no band of a spectrum is exactly 0 or 1: likelihoods are of these, in nats a spectrum.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.spatial import KDTree
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel

from hsicli.instruments import axis
from hsicli.io.reading import read_cube
from hsicli.io.speclib import read_library
from hsicli.models.training import TrainingConfig
from hsicli.runtime import use_threads
from hsicli.stages.superresolution.density import (
    Density,
    covariance,
    deviations,
    likeliest,
    mean,
    region_ranks,
)
from hsicli.stages.superresolution.methods import Model, fit_model, predict, predictions, strangeness
from hsicli.stages.superresolution.scoring import density_scores, pair_scores, summary
from hsicli.stages.superresolution.settings import ModelConfig, NetworkConfig
from hsicli.stages.superresolution.splitting import Split, block_split, random_split

CPU = torch.device("cpu")
NOISE_FLOOR = 0.002
MINERALS = (
    "alunite", "kaolin", "dickite", "halloysite", "muscovite", "illite", "montmorillonite", "calcite",
    "dolomite", "chlorite", "epidote", "jarosite", "goethite", "hematite", "gypsum", "buddingtonite",
    "nontronite", "pyrophyllite", "quartz", "chalcedony",
)  # fmt: skip
HELD_OUT = ("alunite", "calcite", "dolomite", "gypsum", "buddingtonite")
"""Minerals, a few each of sulfates, carbonates and others, that are held out together."""
ASTER = (np.array([2165, 2205, 2260, 2330, 2395.0]), np.array([40, 40, 50, 70, 70.0]))
AVIRIS_NG = 2080 + 5.009 * np.arange(85)
FINE = np.arange(2000.0, 2502.0)

PAPER = NetworkConfig(
    hidden=(128, 128), dropout=0.1, mean="sigmoid",
    training=TrainingConfig(
        epochs=100, batch_size=32, learning_rate=2e-3, final_learning_rate=1e-5, patience=10
    ),
)  # fmt: skip


class Pairs(NamedTuple):
    """Spectra of both sides, and how they are split."""

    low: np.ndarray
    high: np.ndarray
    split: Split

    def part(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both sides of some."""
        return self.low[chosen], self.high[chosen]


class Neighbourhood(NamedTuple):
    """Some spectra x, and the covariance of y among the nearest in x of many that no model has seen."""

    low: np.ndarray
    covariances: np.ndarray


def responses(axis: np.ndarray, centres: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """(m, bands): Gaussian responses on an axis; each sums to one."""
    weights = np.exp(-4 * np.log(2) * ((axis - centres[:, None]) / widths[:, None]) ** 2)
    return weights / weights.sum(axis=1, keepdims=True)


def to_unit(spectra: np.ndarray) -> np.ndarray:
    """Each spectrum from 0 to 1."""
    low = spectra.min(axis=1, keepdims=True)
    return (spectra - low) / np.maximum(spectra.max(axis=1, keepdims=True) - low, 1e-6)


def scaled(low: np.ndarray, high: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As the tables have them."""
    noise = NOISE_FLOOR * np.random.default_rng([seed, 9]).standard_normal(high.shape)
    return to_unit(low), to_unit(high) + noise


def members(data: Path, minerals: tuple[str, ...]) -> np.ndarray:
    """(k, 502): library spectra of these minerals, at every nanometre from 2000."""
    library = read_library(data / "libraries/usgs1995_aviris224/spectra.csv")
    axis, first = np.unique(library.wavelengths, return_index=True)
    chosen = [k for k, name in enumerate(library.names) if name.casefold().startswith(minerals)]
    spectra = library.spectra[chosen][:, first][:, axis > 1990]
    return np.stack([np.interp(FINE, axis[axis > 1990], s) for s in spectra if np.isfinite(s).all()])


def mixtures(spectra: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 502): of one to three members, by uniform shares and a gain of 0.6 to 1.3."""
    made = np.empty((count, spectra.shape[1]))
    for row in made:
        drawn = rng.permutation(len(spectra))[: rng.integers(1, 4)]
        row[:] = rng.dirichlet(np.ones(len(drawn))) @ spectra[drawn] * rng.uniform(0.6, 1.3)
    return made


def measured(made: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What ASTER and AVIRIS-NG see of spectra, with their noise."""
    low = made @ responses(FINE, *ASTER).T
    low = low * rng.normal(1, 0.01) + 0.004 * rng.standard_normal(low.shape)
    high = made @ responses(FINE, AVIRIS_NG, np.full(len(AVIRIS_NG), 5.5)).T
    ripple = 1e-3 * np.sin(np.linspace(0, 8 * np.pi, len(AVIRIS_NG)) + rng.uniform(0, 2 * np.pi))
    return low, high + ripple + 0.003 * rng.standard_normal(high.shape)


def library_pairs(data: Path, seed: int) -> Pairs:
    """10 000 mixtures, 5000 / 2500 / 2500."""
    rng = np.random.default_rng(seed)
    low, high = scaled(*measured(mixtures(members(data, MINERALS), 10_000, rng), rng), seed)
    return Pairs(low, high, random_split(len(low), (0.5, 0.25, 0.25), rng))


def real_pairs(data: Path, seed: int, by: str) -> Pairs:
    """The pixels of cuprite-50x90, 40 bands of 10 nm, with ASTER simulated; 60 / 20 / 20."""
    rng = np.random.default_rng(seed)
    cube = read_cube(data / "benchmarks/cuprite-50x90/cuprite_50x90.hdr")
    image = np.concatenate([block.data for block in cube.blocks()]).astype(np.float64)
    places = np.argwhere(np.ones(image.shape[:2], dtype=bool))
    spectra = image[places[:, 0], places[:, 1]]
    seen = spectra @ responses(cube.axis, *ASTER).T
    seen += 0.004 * rng.standard_normal(seen.shape)
    low, high = scaled(seen, spectra[:, (cube.axis >= 2080) & (cube.axis <= 2510)], seed)
    shares = (0.6, 0.2, 0.2)
    if by == "random":
        return Pairs(low, high, random_split(len(low), shares, rng))
    return Pairs(low, high, block_split(places, 10, shares, rng))


def contenders() -> Iterator[tuple[str, ModelConfig]]:
    """Every row of the paper's table, and ours."""
    ours = ModelConfig(scaling="none", noise_floor=NOISE_FLOOR)
    yield "deep-mixture full", ours
    yield "ridge full", replace(ours, method="ridge")
    yield "mlp full", replace(ours, method="mlp")
    yield "GM full", replace(ours, method="mixture")
    for kind in ("full", "diagonal", "spherical"):
        yield f"G {kind}", replace(ours, method="gaussian", covariance=kind)
        yield f"GM-30 {kind}", replace(ours, method="mixture", covariance=kind, components=30)
        yield f"UGM-30 {kind}", replace(ours, method="unimodal-mixture", covariance=kind, components=30)
        yield f"DCGM {kind}", replace(ours, method="dcgm", covariance=kind, network=PAPER)
        yield f"VE {kind}", replace(ours, method="encoder", covariance=kind)


def fitted(pairs: Pairs, config: ModelConfig, seed: int) -> tuple[Model, float]:
    """A model of the training part, chosen on the validation part; and the seconds of the process it took."""
    before = time.process_time()
    low, high = pairs.part(pairs.split.train)
    held_low, held_high = pairs.part(pairs.split.validation)
    model = fit_model(low, high, held_low, held_high, config, seed=seed, device=CPU)
    return model, time.process_time() - before


def scored(model: Model, low: np.ndarray, high: np.ndarray) -> dict[str, float]:
    """Scores on test pairs, that of the likeliest component beside that of the mean."""
    found = summary(pair_scores(model, low, high))
    rows = [slice(first, first + 500) for first in range(0, len(low), 500)]
    errors = np.concatenate([likeliest(predict(model, low[part])) - high[part] for part in rows])
    rng = np.random.default_rng(0)
    few = slice(0, 300)
    ranks = region_ranks(predict(model, low[few]), high[few], 200, rng)
    regions = {f"region_{100 * level:.0f}": float((ranks <= level).mean()) for level in (0.5, 0.9, 0.95)}
    return found | {"rmse_likeliest": float(np.sqrt((errors**2).mean()))} | regions


def paper_table(
    pairs: Pairs, seed: int, only: str, near: Neighbourhood | None = None
) -> Iterator[dict[str, Any]]:
    """Every contender on these pairs."""
    test = pairs.part(pairs.split.test)
    for name, config in contenders():
        if only not in name:
            continue
        model, seconds = fitted(pairs, config, seed)
        numbers = sum(value.size for key, value in model.arrays.items() if key != "known")
        cost = {"cpu_seconds": seconds, "numbers": numbers, "spectra_a_second": rate(model, test[0])}
        beside = covariance_agreement(model, near) if near else {}
        yield {"model": name} | scored(model, *test) | cost | beside


def mineral_table(data: Path, seed: int, only: str) -> Iterator[dict[str, Any]]:
    """Mixtures of minerals that were learnt from, and of five that were held out of training as a whole."""
    rng = np.random.default_rng(seed)
    known = members(data, tuple(name for name in MINERALS if name not in HELD_OUT))
    strange = members(data, HELD_OUT)
    low, high = scaled(*measured(mixtures(known, 7500, rng), rng), seed)
    pairs = Pairs(low, high, random_split(len(low), (2 / 3, 1 / 6, 1 / 6), rng))
    new = scaled(*measured(mixtures(strange, 1250, rng), rng), seed + 1)
    for name in [name for name in ("deep-mixture full", "GM full", "DCGM full") if only in name]:
        model, _ = fitted(pairs, dict(contenders())[name], seed)
        test = pairs.part(pairs.split.test)
        usual, odd = strangeness(model, test[0]), strangeness(model, new[0])
        both = np.concatenate([usual, odd]).argsort().argsort()
        area = (both[len(usual) :].mean() - (len(odd) - 1) / 2) / len(usual)
        limit = model.strangeness_quantiles[3]
        for title, (x, y) in (("known", test), ("held out", new)):
            score = usual if title == "known" else odd
            flagged = {"flagged": float((score > limit).mean()), "auc": float(area)}
            yield {"model": name, "minerals": title} | scored(model, x, y) | flagged


def neighbourhoods(data: Path, pairs: Pairs, seed: int) -> Neighbourhood:
    """Of 100 test spectra, by the 100 nearest of 40 000 new ones."""
    rng = np.random.default_rng([seed, 1])
    low, high = scaled(*measured(mixtures(members(data, MINERALS), 40_000, rng), rng), seed)
    chosen = pairs.low[pairs.split.test[:100]]
    _, near = KDTree(low).query(chosen, k=100)
    return Neighbourhood(chosen, np.stack([np.cov(high[rows].T) for rows in near]))


def covariance_agreement(model: Model, near: Neighbourhood) -> dict[str, float]:
    """Predicted covariances beside those of the neighbours: deviations, and correlations of bands."""
    density = predict(model, near.low)
    predicted = np.stack([covariance(density, pixel) for pixel in range(len(near.low))])
    above = np.triu_indices(predicted.shape[1], 1)
    widths, true_widths = (np.sqrt(c.diagonal(axis1=1, axis2=2)) for c in (predicted, near.covariances))
    correlations, true_correlations = (
        (c / (w[:, :, None] * w[:, None]))[:, above[0], above[1]]
        for c, w in ((predicted, widths), (near.covariances, true_widths))
    )
    each = [np.corrcoef(a, b)[0, 1] for a, b in zip(correlations, true_correlations, strict=True)]
    totals = np.log(widths.mean(axis=1)), np.log(true_widths.mean(axis=1))
    return {
        "near_deviation_ratio": float(np.median(widths / true_widths)),
        "near_deviations_r": float(np.corrcoef(np.log(widths).ravel(), np.log(true_widths).ravel())[0, 1]),
        "near_totals_r": float(np.corrcoef(*totals)[0, 1]) if np.ptp(totals[0]) > 1e-9 else 0.0,
        "near_correlations_r": float(np.median(each)),
        "near_correlations_rms": float(np.sqrt(((correlations - true_correlations) ** 2).mean())),
    }


def rate(model: Model, low: np.ndarray) -> float:
    """Spectra a second of the process, with mean, deviations, and the factors of the covariance."""
    before, count = time.process_time(), 0
    while time.process_time() - before < 1:
        for part, density in predictions(model, low):
            mean(density), deviations(density)
            count += part.stop - part.start
    return count / (time.process_time() - before)


def gaussian_processes(pairs: Pairs, seed: int) -> dict[str, Any]:
    """One exact Gaussian process a principal component, 12 of them; the rest is noise."""
    low, high = pairs.part(pairs.split.train)
    test = pairs.part(pairs.split.test)
    centre = high.mean(axis=0)
    _, _, directions = np.linalg.svd(high - centre, full_matrices=False)
    basis = directions.T
    codes = (high - centre) @ basis
    kernel = RBF(np.full(low.shape[1], 0.3), (1e-2, 1e2)) + WhiteKernel(0.1)
    before = time.process_time()
    few = np.random.default_rng(seed).permutation(len(low))[:500]
    means, widths, asking = [], [], 0.0
    for k in range(12):
        unit = codes[:, k].std()
        tuned = GaussianProcessRegressor(kernel, random_state=seed).fit(low[few], codes[few, k] / unit)
        whole = GaussianProcessRegressor(tuned.kernel_, optimizer=None).fit(low, codes[:, k] / unit)
        start = time.process_time()
        mean_k, width_k = whole.predict(test[0], return_std=True)
        asking += time.process_time() - start
        means.append(mean_k * unit)
        widths.append(width_k * unit)
    seconds = time.process_time() - before - asking
    n = len(test[0])
    codes_said = np.concatenate([np.stack(means, axis=1), np.zeros((n, high.shape[1] - 12))], axis=1)
    rest = np.broadcast_to(codes[:, 12:].std(axis=0), (n, high.shape[1] - 12))
    scales = 1 / np.concatenate([np.stack(widths, axis=1), rest], axis=1)
    density = Density(
        np.zeros((n, 1)), (centre + codes_said @ basis.T)[:, None], scales[:, None], np.ones((1, 1, 1)), basis
    )
    found = density_scores(density, test[1], np.ones((3, high.shape[1])))
    return {
        "model": "GP a component", "cpu_seconds": seconds, "spectra_a_second": n / asking,
        "rmse": float(np.sqrt(found.squared.mean())), "nll": float(found.nll.mean()),
    }  # fmt: skip


def crism_table(data: Path, seed: int, only: str) -> Iterator[dict[str, Any]]:
    """72 channels of CRISM's multispectral maps to its hyperspectral ones, 1.8 to 2.6 µm, in I/F."""
    rng = np.random.default_rng(seed)
    coarse, wide = axis("crism-mrdr")
    centres, _ = axis("crism-mtrdr")
    inside = (centres > 1800) & (centres < 2600)
    usgs = read_library(data / "libraries/usgs_min_481/spectra.csv")
    chosen = [k for k, name in enumerate(usgs.names) if name.casefold().startswith(MINERALS)]
    mica = read_library(data / "libraries/mica/spectra_numerator.csv")
    sources = [np.stack([_on(centres, lib.wavelengths, s) for s in spectra]) for lib, spectra in (
        (usgs, usgs.spectra[chosen]), (mica, mica.spectra),
    )]  # fmt: skip
    # What is seen of Mars is dull: library minerals are shares of a spectrum that was measured there.
    library, ground = (part[np.isfinite(part).all(axis=1)] for part in sources)
    made = np.empty((10_000, len(centres)))
    for row in made:
        drawn = rng.permutation(len(library))[: rng.integers(1, 4)]
        share = rng.uniform(0, 0.5)
        mineral = rng.dirichlet(np.ones(len(drawn))) @ library[drawn]
        mixed = (1 - share) * ground[rng.integers(len(ground))] + share * mineral
        row[:] = mixed * rng.uniform(0.8, 1.2)
    low = made @ responses(centres, coarse, wide).T
    low += 0.002 * rng.standard_normal(low.shape)
    high = made[:, inside] + 0.002 * rng.standard_normal((len(made), int(inside.sum())))
    split = random_split(len(low), (0.5, 0.25, 0.25), rng)
    pairs = Pairs(low, high, split)
    x, y = pairs.part(split.test)
    straight = np.stack([np.interp(centres[inside], coarse, s) for s in x])
    sizes = {"channels": [len(coarse), int(inside.sum())]}
    yield {"model": "interpolation", "rmse": float(np.sqrt(((straight - y) ** 2).mean()))} | sizes
    for name in [name for name in ("ridge full", "mlp full", "GM full", "deep-mixture full") if only in name]:
        default = ModelConfig()
        config = replace(dict(contenders())[name], noise_floor=default.noise_floor, scaling=default.scaling)
        model, seconds = fitted(pairs, config, seed)
        yield {"model": name, "cpu_seconds": seconds} | summary(pair_scores(model, x, y)) | sizes


def _on(centres: np.ndarray, wavelengths: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """A spectrum at other wavelengths, NaN if some of it is missing there."""
    wavelengths, first = np.unique(wavelengths, return_index=True)
    known = np.isfinite(spectrum[first])
    return np.interp(centres, wavelengths[known], spectrum[first][known]) if known.mean() > 0.9 else np.full(
        len(centres), np.nan
    )  # fmt: skip


def main() -> None:
    """Write one line of JSON a row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--table", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    use_threads(1)
    for seed in range(options.first, options.first + options.seeds):
        match options.table:
            case "library":
                pairs = library_pairs(options.data, seed)
                near = neighbourhoods(options.data, pairs, seed)
                rows = paper_table(pairs, seed, options.only, near)
            case "random" | "blocks":
                rows = paper_table(real_pairs(options.data, seed, options.table), seed, options.only)
            case "minerals":
                rows = mineral_table(options.data, seed, options.only)
            case "processes":
                rows = iter([gaussian_processes(library_pairs(options.data, seed), seed)])
            case "crism":
                rows = crism_table(options.data, seed, options.only)
            case other:
                parser.error(f"there is no table {other}")
        for row in rows:
            print(json.dumps({"table": options.table, "seed": seed} | row), flush=True)


if __name__ == "__main__":
    main()
