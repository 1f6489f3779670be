"""Denoising on a planted CRISM scene, beside Savitzky-Golay, a median and MNF: error, spikes, flat pixels.

    OMP_WAIT_POLICY=PASSIVE python scripts/compare_denoising.py LIBRARY [--rows 96 --cols 64 --seed 0]

LIBRARY is a spectral library of reflectances; the scene's minerals are not taken from it, unless --minerals
names it; in rows with `its minerals` the scene's own are the library. The scene is the recipe `mars`, made
twice with one seed: as an instrument records it, and without defects; its columns are detector columns.
Errors are in the logarithm of reflectance, 1024 to 2605 nm.
"""

import argparse
import logging
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linprog
from scipy.signal import medfilt2d, savgol_filter

from hsicli.algorithms.defects import Defects
from hsicli.cli.config import read_config
from hsicli.cube import Cube
from hsicli.io.speclib import read_library
from hsicli.library import Library
from hsicli.preprocessing.absorptions import build_dictionary
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.preprocessing.denoise import Effort, fit_spectra
from hsicli.preprocessing.sparse_model import SparseModel
from hsicli.runtime import use_threads
from hsicli.stages.cleaning import PreprocessConfig
from hsicli.stages.denoising.settings import DenoiseConfig, Means
from hsicli.stages.planting import SynthConfig
from hsicli.stages.preprocess import preprocess_cube
from hsicli.stages.synth import synthesise

RECIPE = Path(__file__).resolve().parents[1] / "hsicli" / "recipes" / "mars.toml"
SPIKY = 0.03  # a planted defect this far from its neighbours in the logarithm can be told from the noise


def scene(
    rows: int, cols: int, seed: int, library: Path | None
) -> tuple[Cube, np.ndarray, np.ndarray, Library]:
    """A cube with defects; without any; (rows, cols, bands) what spikes added, logarithms; its endmembers."""
    config = read_config(
        SynthConfig, RECIPE, rows=rows, cols=cols, border=0, frame="none", window=[1024, 2605]
    )
    given = None if library is None else read_library(library)

    def image(**changes: object) -> np.ndarray:
        made = synthesise(replace(config, **changes), seed=seed, library=given)
        return np.concatenate([block.data for block in made.blocks()])

    seen = synthesise(config, seed=seed, library=given)
    data = np.concatenate([block.data for block in seen.blocks()])
    clean = image(defects=Defects(), snr=200.0)
    spikes = np.log(data) - np.log(image(defects=replace(config.defects, spikes=0.0)))
    columns = np.broadcast_to(np.arange(cols, dtype=np.int32), (rows, cols))
    return Cube(data, seen.wavelengths, seen.fwhm, columns=columns), np.log(clean), spikes, seen.endmembers


def streamed(cube: Cube, config: DenoiseConfig, means: Means | None = None) -> np.ndarray:
    """(rows, cols, bands): what the stage makes of it."""
    product = preprocess_cube(cube, PreprocessConfig(normalize="none", denoise=config), means=means)
    return np.concatenate([data for _, data in product.data.blocks()])


def rms(error: np.ndarray) -> float:
    """Root mean square of what is there."""
    return float(np.sqrt(np.nanmean(error**2)))


def row(name: str, made: np.ndarray, cube: Cube, clean: np.ndarray, spikes: np.ndarray) -> None:
    """Print one method's figures."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.log(made) - clean
        before = np.log(cube.data) - clean
        changed = np.abs(np.log(made / cube.data)) > SPIKY / 2
    hit, sound = np.abs(spikes) > SPIKY, spikes == 0
    truth = remove_continuum(np.exp(clean), cube.axis).min(axis=2)
    flat = truth > 0.99
    deep = remove_continuum(made, cube.axis).min(axis=2)
    print(
        f"{name:22} rmse {rms(error):.4f}  median |e| {np.nanmedian(np.abs(error)):.4f}  "
        f"on spikes {rms(error[hit]):.4f} (was {rms(before[hit]):.4f})  "
        f"spikes moved {changed[hit].mean():.3f}  others moved {changed[sound].mean():.5f}  "
        f"flat pixels with an absorption > 1 %: {(deep[flat] < 0.99).mean():.3f} of {flat.sum()}",
        flush=True,
    )


def against_exact(cube: Cube, library: Path, sparsity: float, count: int) -> None:
    """Cost and seconds of some pixels: this, and a linear programme for each."""
    dictionary = build_dictionary(read_library(library), cube.axis, cube.fwhm)
    model = SparseModel(dictionary, torch.device("cpu"))
    pick = np.random.default_rng(0).permutation(cube.valid.size)[: max(count, 1024)]
    y = torch.from_numpy(np.log(cube.data.reshape(-1, cube.shape[2])[pick]))
    bands, absorbers = y.shape[1], model.absorbers
    matrix = np.hstack([dictionary.absorptions, dictionary.background, np.eye(bands), -np.eye(bands)])
    limits = [(0, None)] * absorbers + [(None, None)] + [(0, None)] * (bands - 2) + [(None, None)]
    started, least, exact = time.perf_counter(), [], []
    for one in y[:count].double().numpy():
        cost = np.r_[
            np.full(absorbers, sparsity), np.zeros(bands), np.full(2 * bands, 1 / np.linalg.norm(one))
        ]
        found = linprog(cost, A_eq=matrix, b_eq=one, bounds=limits + [(0, None)] * (2 * bands))
        least.append(found.fun)
        exact.append(matrix[:, : model.unknowns] @ found.x[: model.unknowns])
    peer = count / (time.perf_counter() - started)
    print(f"HiGHS, a pixel at a time: {peer:.1f} pixels/s ({count} pixels, {absorbers} absorptions)")
    for iterations, tolerance in ((100, 0.0), (200, 0.0), (400, 0.0), (800, 0.0), (800, 5e-4)):
        started = time.perf_counter()
        found = fit_spectra(model, y, torch.ones_like(y), Effort(sparsity, iterations, tolerance))
        rate = len(y) / (time.perf_counter() - started)
        fit = model.spectra(found.coefficients)
        reached = (y - fit).abs().sum(dim=1) / y.norm(dim=1)
        reached = (reached + sparsity * found.coefficients[:, :absorbers].sum(dim=1))[:count].numpy()
        excess = reached / np.array(least) - 1
        apart = np.sqrt(np.mean((fit[:count].numpy() - np.stack(exact)) ** 2))
        print(
            f"ADMM {iterations:4d}, tolerance {tolerance:g}: cost above the least, median "
            f"{np.median(excess):.1e}, worst {excess.max():.1e}; model off by {apart:.5f} rms; "
            f"{found.iterations.float().mean():.0f} iterations; {rate:.0f} pixels/s, {rate / peer:.0f} times",
            flush=True,
        )


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--minerals", type=Path, help="take the scene's minerals from this library")
    for name, default in {"rows": 96, "cols": 64, "seed": 0, "exact": 40}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--sparsity", type=float, default=0.01)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(use_threads(given.threads))

    cube, clean, spikes, own = scene(given.rows, given.cols, given.seed, given.minerals)
    flat = cube.data.reshape(-1, cube.shape[2])
    row("as recorded", cube.data, cube, clean, spikes)
    row("Savitzky-Golay 5, 2", savgol_filter(cube.data, 5, 2, axis=2), cube, clean, spikes)
    row("Savitzky-Golay 11, 2", savgol_filter(cube.data, 11, 2, axis=2), cube, clean, spikes)
    row("median of 5 bands", medfilt2d(flat, (1, 5)).reshape(cube.data.shape), cube, clean, spikes)
    row("mnf", streamed(cube, DenoiseConfig(method="mnf")), cube, clean, spikes)
    libraries = {"sparse": read_library(given.library), "sparse, its minerals": own}
    for name, library in libraries.items():
        for output in ("denoised", "model"):
            sparse = DenoiseConfig(method="sparse", output=output, sparsity=given.sparsity)
            started = time.perf_counter()
            made = streamed(cube, sparse, Means(library=library))
            rate = cube.valid.size / (time.perf_counter() - started)
            row(f"{name}, {output}", made, cube, clean, spikes)
            print(f"  {rate:.0f} pixels/s, columns and all", flush=True)
    against_exact(cube, given.library, given.sparsity, given.exact)


if __name__ == "__main__":
    main()
