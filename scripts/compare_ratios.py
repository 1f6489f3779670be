"""Ratios by bland pixels on a planted CRISM scene, beside those by the planted neutral material.

    python scripts/compare_ratios.py [--rows 240 --cols 120 --seeds 3 --stripes 0.02]

The scene is the recipe `mars`, made twice with a seed: as an instrument records it, and without noise and
defects; its columns are detector columns. The truth of a pixel is its spectrum without defects over that of
the neutral material (dust). Angles are to that truth, 1050 to 2550 nm, medians over the pixels of the other
materials: of the whole spectra, and of their absorptions alone (1 less the spectrum without its continuum).
"""

import argparse
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from hsicli.algorithms.defects import Defects
from hsicli.cli.config import read_config
from hsicli.cube import Cube
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.runtime import use_threads
from hsicli.stages.cleaning import PreprocessConfig
from hsicli.stages.planting import SynthConfig
from hsicli.stages.preprocess import preprocess_cube
from hsicli.stages.synth import synthesise

RECIPE = Path(__file__).resolve().parents[1] / "hsicli" / "recipes" / "mars.toml"
NEUTRAL = "dust"
PURE = 0.8  # share of the neutral material in the pixels that the planted ratio is taken of


def scene(
    rows: int, cols: int, seed: int, stripes: float | None = None
) -> tuple[Cube, np.ndarray, np.ndarray, np.ndarray]:
    """The cube as recorded, its spectra without defects, the share of the neutral material, and that."""
    config = read_config(
        SynthConfig, RECIPE, rows=rows, cols=cols, border=0, frame="none", window=[1050, 2550]
    )
    if stripes is not None:
        config = replace(config, defects=replace(config.defects, stripes=stripes))
    seen = synthesise(config, seed=seed)
    clean = synthesise(replace(config, defects=Defects(), snr=200.0), seed=seed)
    data, pure = (np.concatenate([block.data for block in made.blocks()]) for made in (seen, clean))
    member = seen.endmembers.names.index(NEUTRAL)
    share = np.concatenate([block.abundances[..., member] for block in seen.blocks()])
    columns = np.broadcast_to(np.arange(cols, dtype=np.int32), (rows, cols))
    cube = Cube(data, seen.wavelengths, seen.fwhm, columns=columns)
    return cube, pure, share, seen.endmembers.spectra[member]


def by_planted(cube: Cube, share: np.ndarray, *, columns: bool) -> np.ndarray:
    """Divided by the mean of the planted neutral pixels: of the image, or of the column if it has three."""
    whole = cube.data[share > PURE].mean(axis=0)
    if not columns:
        return cube.data / whole
    means = [
        cube.data[share[:, col] > PURE, col].mean(axis=0) if (share[:, col] > PURE).sum() >= 3 else whole
        for col in range(cube.shape[1])
    ]
    return cube.data / np.stack(means)


def by_stage(cube: Cube, how: str) -> tuple[np.ndarray, np.ndarray]:
    """What `preprocess --ratio` makes of it, and its denominator."""
    made = preprocess_cube(cube, PreprocessConfig(ratio=how, normalize="none", max_clipped=1.0))  # type: ignore[arg-type]
    ratio = np.concatenate([data for _, data in made.data.blocks()])
    return ratio, made.denominator


def angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(n,) degrees: between each spectrum and its truth."""
    unit = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (first, second)]
    return np.degrees(2 * np.arcsin(np.minimum(np.linalg.norm(unit[0] - unit[1], axis=1) / 2, 1)))


def medians(ratio: np.ndarray, truth: np.ndarray, wavelengths: np.ndarray) -> tuple[float, float]:
    """Median spectral angle, degrees: with the continuum, and of the absorptions alone."""
    known = np.isfinite(ratio).all(axis=1)
    pair = [each[known].astype(np.float32) for each in (ratio, truth)]
    bands = [1 - remove_continuum(each, wavelengths) for each in pair]
    return float(np.median(angles(*pair))), float(np.nanmedian(angles(*bands)))


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, default in {"rows": 240, "cols": 120, "seeds": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument(
        "--stripes", type=float, help="gain of a detector column, relative; the recipe's unless given"
    )
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    use_threads(None)
    for seed in range(given.seeds):
        cube, clean, share, neutral = scene(given.rows, given.cols, seed, given.stripes)
        other = share < 0.2
        truth = (clean / neutral)[other]
        made = {
            "not divided": (cube.data / neutral, neutral),
            "global": by_stage(cube, "global"),
            "column": by_stage(cube, "column"),
            "planted neutral": (by_planted(cube, share, columns=False), neutral),
            "planted neutral of the column": (by_planted(cube, share, columns=True), neutral),
        }
        for name, (ratio, denominator) in made.items():
            whole, bands = medians(ratio[other], truth, cube.axis)
            apart = angles(denominator[None], neutral[None])[0]
            print(f"seed {seed}  {name:30} {whole:5.2f}° {bands:5.1f}°  denominator {apart:.2f}° off")


if __name__ == "__main__":
    main()
