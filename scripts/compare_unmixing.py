"""Unmixing compared: methods against truth, on measured and on planted scenes.

    python scripts/compare_unmixing.py DATA --table NAME [--seeds 10]

DATA is the folder of measured data (docs/data.md). Labels are read for scoring alone, but by supervised.
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.leastsquares import converted
from hsicli.algorithms.mixing import noise_deviation, random_abundances
from hsicli.cube import Cube
from hsicli.io.labels import read_labels
from hsicli.io.reading import read_cube
from hsicli.io.speclib import read_library
from hsicli.library import Library
from hsicli.models.ldvae import LdvaeConfig
from hsicli.models.training import TrainingConfig
from hsicli.products.abundances import Abundances
from hsicli.runtime import use_threads
from hsicli.stages.unmix import unmix_cube
from hsicli.stages.unmixing.methods import UnmixConfig
from hsicli.stages.unmixing.planted import TransferConfig
from hsicli.stages.unmixing.supervision import SupervisedConfig

CPU = torch.device("cpu")
ONTECH = (
    "Adularia GDS57", "Jarosite GDS99", "Jarosite GDS101", "Anorthite HS349.3B", "Calcite WS272",
    "Alunite GDS83", "Howlite GDS155", "Corrensite CorWa-1", "Fassaite HS118.3B",
)  # fmt: skip
SIDE = 64
TARGETS = (3.0, 2.0, 1.0, 0.5, 0.25)
PIXEL = 0.7**2
GROUPS = ("alunite", "kaolin", "muscovite", "chalcedony", "montmorillonite", "buddingtonite", "calcite")


def image_of(path: Path) -> np.ndarray:
    """(rows, cols, layers): an image that is no spectra, whole."""
    cube = read_cube(path)
    return np.concatenate([np.where(b.valid[..., None], b.data, np.nan) for b in cube.blocks()])


def run(cube: Cube, seed: int, **settings: Any) -> tuple[Abundances, float]:
    """A product, and the seconds that it took."""
    inputs = {name: settings.pop(name, None) for name in ("truth", "library")}
    before = time.perf_counter()
    product = unmix_cube(cube, UnmixConfig(**settings), seed=seed, device=CPU, **inputs)
    return product, time.perf_counter() - before


def paired(product: Abundances, endmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(p,) place of each true endmember in the product, by angle; (p,) the angles, radians."""
    angles = spectral_angle(endmembers, product.endmembers)
    place = linear_sum_assignment(angles)[1]
    return place, angles[np.arange(len(place)), place]


def errors(product: Abundances, truth: np.ndarray, place: np.ndarray, units: str) -> np.ndarray:
    """(n, p): found less true where both are known and nothing was told."""
    found = np.asarray(product.abundances, dtype=np.float64)
    if units == "max" and product.convention == "raw":
        found = converted(found.reshape(-1, found.shape[2]), product.endmembers.max(axis=1)).reshape(
            found.shape
        )
    found = found[..., place]
    there = np.isfinite(found).all(axis=2) & np.isfinite(truth).all(axis=2)
    if product.used is not None:
        there &= product.used == 0
    return (found - truth)[there]


def rms(values: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.square(values).mean()))


def spread(values: list[float]) -> str:
    """Mean and deviation."""
    return f"{np.mean(values):.4f} ± {np.std(values):.4f}"


def samson(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """Blind methods: mean SAD, abundance RMSE in units of endmembers scaled to 1, seconds."""
    cube = read_cube(data / "benchmarks/samson/samson.hdr")
    truth = image_of(data / "benchmarks/samson/samson_abundance.hdr")
    reference = read_library(data / "benchmarks/samson/samson_endmembers.csv").spectra
    yield ("method", "SAD", "RMSE", "worst SAD", "worst RMSE", "s")
    for name in ("blind", "archetypes", "nmf", "autoencoder", "vca", "nfindr", "ppi", "sivm", "smacc"):
        angles, misses, seconds = [], [], []
        for seed in range(seeds):
            product, took = run(cube, seed, method=name, endmembers=3, units="max")
            place, apart = paired(product, reference)
            angles.append(float(apart.mean()))
            misses.append(rms(errors(product, truth, place, "max")))
            seconds.append(took)
        row = (spread(angles), spread(misses), f"{max(angles):.4f}", f"{max(misses):.4f}")
        yield (name, *row, f"{np.median(seconds):.1f}")


def supervised(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """LDVAE told a share of Samson's abundances; scored on the pixels that it was not told."""
    cube = read_cube(data / "benchmarks/samson/samson.hdr")
    truth = image_of(data / "benchmarks/samson/samson_abundance.hdr")
    reference = read_library(data / "benchmarks/samson/samson_endmembers.csv").spectra
    yield ("split", "told", "RMSE", "SAD", "in 90 % interval", "constant", "s")
    for split in ("random", "blocks"):
        for fraction in (0.8, 0.05, 0.01):
            config = SupervisedConfig(fraction, split)
            rows = []
            for seed in range(seeds):
                product, took = run(cube, seed, method="supervised", truth=truth, supervised=config)
                left = product.used == 0
                wrong = errors(product, truth, np.arange(3), "given")
                within = np.abs(product.abundances - truth)[left] <= 1.645 * product.deviations[left]
                constant = rms(truth[left] - truth[product.used > 0].mean(axis=0))
                angle = np.diag(spectral_angle(reference, product.endmembers)).mean()
                rows.append((rms(wrong), angle, within.mean(), constant, took))
            columns = list(zip(*rows, strict=True))
            yield (
                split, f"{fraction:.0%}", spread(columns[0]), spread(columns[1]),
                f"{np.mean(columns[2]):.2f}", f"{np.mean(columns[3]):.3f}", f"{np.median(columns[4]):.1f}",
            )  # fmt: skip


def usgs(data: Path, names: tuple[str, ...]) -> Library:
    """Members of the USGS library of 1995 without bands that one of them lacks."""
    library = read_library(data / "libraries/usgs1995_aviris224").members(names)
    there = np.isfinite(library.spectra).all(axis=0)
    return Library(library.names, library.spectra[:, there], library.wavelengths[there])


def planted(library: Library, concentration: float, snr: float, seed: int) -> tuple[Cube, np.ndarray]:
    """A cube of independent pixels and its abundances; SNR = 10 lg mean(x²)/σ²."""
    rng = np.random.default_rng(seed)
    p, bands = library.spectra.shape
    abundances = random_abundances(SIDE * SIDE, np.full(p, concentration), rng)
    clean = abundances @ library.spectra
    noise = noise_deviation(float(np.square(clean).mean()), snr, np.ones(bands))
    spectra = clean + noise * rng.standard_normal(clean.shape)
    shape = (SIDE, SIDE, -1)
    cube = Cube(spectra.reshape(shape).astype(np.float32), wavelengths=library.wavelengths)
    return cube, abundances.reshape(shape)


def linear_mmse(library: Library, concentration: float, snr: float, cube: Cube, truth: np.ndarray) -> float:
    """RMSE of the best linear estimate, told endmembers, noise and the moments of the abundances."""
    ends, p = library.spectra, len(library.names)
    prior = (np.eye(p) - 1 / p) / (p * (p * concentration + 1))
    spectra = cube.data.reshape(-1, ends.shape[1]).astype(np.float64)
    power = np.square(truth.reshape(-1, p) @ ends).mean()
    noise = power / 10 ** (snr / 10) if np.isfinite(snr) else 1e-12
    gain = prior @ ends @ np.linalg.inv(ends.T @ prior @ ends + noise * np.eye(ends.shape[1]))
    return rms(1 / p + (spectra - ends.mean(axis=0)) @ gain.T - truth.reshape(-1, p))


def ontech(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """Tables II and III on cubes like OnTech-HSI-Syn-21, 64×64: SAD / RMSE by SNR."""
    library = usgs(data, ONTECH)
    levels = (20.0, 30.0, 40.0, 50.0, np.inf)
    yield ("abundances", "method", *(f"{snr:g} dB" for snr in levels))
    for concentration in (1.0, 0.2):
        rows: dict[str, list[list[str]]] = {}
        for snr in levels:
            found: dict[str, list[tuple[float, float]]] = {}
            for seed in range(seeds):
                cube, truth = planted(library, concentration, snr, 1000 + seed)
                constant = (np.nan, rms(truth - 1 / len(library.names)))
                found.setdefault("constant", []).append(constant)
                bound = linear_mmse(library, concentration, snr, cube, truth)
                found.setdefault("linear MMSE, told all", []).append((np.nan, bound))
                for name, product in _ontech_runs(library, concentration, snr, cube, seed):
                    place, apart = paired(product, library.spectra)
                    miss = rms(errors(product, truth, place, "raw"))
                    found.setdefault(name, []).append((float(apart.mean()), miss))
            for name, values in found.items():
                sad, miss = np.mean(values, axis=0)
                rows.setdefault(name, []).append("" if np.isnan(sad) else f"{sad:.3f} / ")
                rows[name][-1] += f"{miss:.4f}"
        for name, cells in rows.items():
            yield (f"Dirichlet({concentration:g})", name, *cells)


def _ontech_runs(
    library: Library, concentration: float, snr: float, cube: Cube, seed: int
) -> Iterator[tuple[str, Abundances]]:
    yield "FCLS, told endmembers", run(cube, seed, method="known", library=library)[0]
    trained, known = planted(library, concentration, snr, 2000 + seed)
    both = Cube(np.concatenate([trained.data, cube.data]), wavelengths=library.wavelengths)
    told = np.concatenate([known, np.full_like(known, np.nan)])
    product = run(
        both, seed, method="supervised", brightness="fixed", truth=told, supervised=SupervisedConfig(1.0)
    )[0]
    yield "LDVAE, supervised", replace(product, abundances=product.abundances[SIDE:], used=None)
    yield "LDVAE, blind", run(cube, seed, endmembers=len(library.names), brightness="fixed")[0]


def coverage(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """Share of true abundances within 1.645 deviations, blind, on planted mixtures; 0.90 is right."""
    library = usgs(data, ONTECH[4:8])
    yield ("abundances", "SNR", "in 90 % interval", "RMSE", "mean deviation")
    for concentration in (0.2, 1.0):
        for snr in (20.0, 30.0, 40.0, 50.0):
            rows = []
            for seed in range(seeds):
                cube, truth = planted(library, concentration, snr, 3000 + seed)
                product, _ = run(cube, seed, endmembers=4, brightness="fixed")
                place, _ = paired(product, library.spectra)
                wrong = product.abundances[..., place] - truth
                sure = product.deviations[..., place]
                rows.append(((np.abs(wrong) <= 1.645 * sure).mean(), rms(wrong), sure.mean()))
            found = np.mean(rows, axis=0)
            yield (f"Dirichlet({concentration:g})", f"{snr:g}", *(f"{value:.3f}" for value in found))


def koirala(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """Powders in seven steps between two pure ones: abundance RMSE of tile means, and of pixels."""
    folder = data / "benchmarks/koirala-fe-al"
    cube = read_cube(folder / "fe_al_camera_mosaic.hdr")
    truth = image_of(folder / "fe_al_camera_mosaic_abundance.hdr")
    tiles = read_labels(folder / "fe_al_camera_mosaic_tiles.hdr").labels
    spectra = image_of(folder / "fe_al_camera_mosaic.hdr")
    numbers = range(1, int(tiles.max()) + 1)
    known = np.array([truth[tiles == tile].mean(axis=0) for tile in numbers])
    pure = [int(known[:, k].argmax()) for k in range(2)]
    mixed = [tile for tile in range(len(known)) if tile not in pure]
    ends = np.array([spectra[tiles == tile + 1].mean(axis=0) for tile in pure])
    library = Library(("Fe2O3", "Al2O3"), ends, cube.axis)
    constant = rms(known[mixed] - known[mixed].mean(axis=0))
    yield ("endmembers", "model", "tile means", "pixels")
    yield ("", "constant", f"{constant:.4f}", "")
    network = LdvaeConfig(decoder="bilinear", anchor=1e4)
    for name, settings in (
        ("linear, brightness fixed", {"method": "known", "brightness": "fixed"}),
        ("linear, brightness free", {"method": "known", "brightness": "free"}),
        ("hapke", {"method": "known", "mixing": "hapke"}),
        ("linear", {"method": "blind", "brightness": "fixed"}),
        ("bilinear", {"method": "blind", "brightness": "fixed", "network": network}),
        ("hapke", {"method": "blind", "mixing": "hapke"}),
    ):
        blind = settings["method"] == "blind"
        extra = {"endmembers": 2} if blind else {"library": library}
        misses = []
        for seed in range(min(seeds, 3) if blind else 1):
            product, _ = run(cube, seed, **settings, **extra)
            place = paired(product, ends)[0]
            found = product.abundances[..., place]
            means = np.array([np.nanmean(found[tiles == tile], axis=0) for tile in numbers])
            there = np.isin(tiles, [tile + 1 for tile in mixed])
            misses.append((rms((means - known)[mixed]), rms((found - truth)[there])))
        columns = np.mean(misses, axis=0)
        yield ("blind" if blind else "pure tiles", name, *(f"{value:.4f}" for value in columns))


def hysu(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """Areas of the targets, m², summed over the pixels of each size; truth in the first row."""
    del seeds
    folder = data / "benchmarks/dlr-hysu"
    cube = read_cube(folder / "hysu_full.hdr")
    sizes = read_labels(folder / "hysu_full_target_size.hdr").labels
    library = read_library(folder / "hysu_endmembers.csv")
    yield ("method", "material", *(f"{side:g} m" for side in TARGETS), "elsewhere")
    yield ("truth", "", *(f"{side**2:.2f}" for side in TARGETS), "0")
    for name, settings in (
        ("known, fixed", {"method": "known"}),
        ("known, free", {"method": "known", "brightness": "free"}),
        ("mesma", {"method": "mesma"}),
        ("transfer", {"method": "transfer"}),
    ):
        product, _ = run(cube, 0, library=library, **settings)
        for k, material in enumerate(product.names[:-1]):  # the last is grass
            shares = product.abundances[..., k]
            areas = [float(shares[sizes == number].sum()) * PIXEL for number in range(1, len(TARGETS) + 1)]
            elsewhere = float(np.nanmean(shares[sizes == 0]))
            yield (name, material, *(f"{area:.2f}" for area in areas), f"{elsewhere:.3f}")


def cuprite(data: Path, seeds: int) -> Iterator[tuple[str, ...]]:
    """Table IV's protocol, which the image has no part in; then methods that it has, 2.0 to 2.48 µm."""
    del seeds
    folder = data / "benchmarks/cuprite-50x90"
    cube = read_cube(folder / "cuprite_50x90.hdr")
    library = read_library(folder / "usgs_reference_spectra_188b.csv")
    twelve = library.members(tuple(library.names[row] for row in range(14) if row not in (4, 6)))
    rng = np.random.default_rng(0)
    noise = Cube(rng.uniform(0.1, 0.9, cube.shape).astype(np.float32), wavelengths=cube.wavelengths)
    paper = UnmixConfig(
        method="transfer",
        brightness="fixed",
        network=LdvaeConfig(decoder="mlp", sampler="inverse-cdf", divergence="gamma", prior=0.1),
        training=TrainingConfig(epochs=30, patience=30),
        transfer=TransferConfig(8192, 1.0, 0.0, 0.0, 0.0, np.inf, 0),
    )
    yield ("protocol of Table IV", "image", "SAD of one-hot spectra to the library", "median angle of pixels")
    for name, image in (("its settings", cube), ("its settings", noise)):
        product = unmix_cube(image, paper, library=twelve, seed=0, device=CPU)
        apart = np.diag(spectral_angle(twelve.spectra, product.endmembers)).mean()
        what = "Cuprite" if image is cube else "random numbers"
        yield (name, what, f"{apart:.4f}", f"{np.nanmedian(product.angle):.3f}")
    window = cube.with_bands((cube.wavelengths > 2000) & (cube.wavelengths < 2480))
    yield ("method", "median residual", "median angle", "largest mean shares", "")
    maps: dict[str, np.ndarray] = {}
    for method in ("blind", "transfer", "known", "sunsal", "mesma"):
        free = {} if method == "blind" else {"brightness": "free"}
        product, _ = run(window, 0, method=method, library=library, **free)
        shares = np.nanmean(product.abundances, axis=(0, 1))
        first = ", ".join(f"{product.names[k]} {shares[k]:.2f}" for k in np.argsort(-shares)[:6])
        yield (
            method,
            f"{np.nanmedian(product.residual):.4f}",
            f"{np.nanmedian(product.angle):.4f}",
            first,
            "",
        )
        maps[method] = _of_groups(product)
    yield ("correlation of maps", *(f"{group}" for group in GROUPS))
    for one, other in itertools.combinations(maps, 2):
        pairs = zip(maps[one], maps[other], strict=True)
        cells = [f"{np.corrcoef(a, b)[0, 1]:.2f}" if a.any() and b.any() else "–" for a, b in pairs]
        yield (f"{one} and {other}", *cells)


def _of_groups(product: Abundances) -> np.ndarray:
    """(groups, pixels): shares summed over endmembers whose names begin alike."""
    flat = product.abundances.reshape(-1, len(product.names))
    rows = [[name.casefold().startswith(group) for name in product.names] for group in GROUPS]
    return np.stack([flat[:, row].sum(axis=1) for row in rows])


TABLES = {
    "samson": samson, "supervised": supervised, "ontech": ontech, "coverage": coverage,
    "koirala": koirala, "hysu": hysu, "cuprite": cuprite,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--table", choices=sorted(TABLES), required=True)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    use_threads(asked.threads)
    for row in TABLES[asked.table](asked.data, asked.seeds):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
