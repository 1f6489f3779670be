"""Column striping in maps of summary parameters, before and after: the GAN paper's Figure 2, truth known.

    OMP_WAIT_POLICY=PASSIVE python scripts/compare_striping.py LIBRARY TRANSMISSION [--out FOLDER --rows 160]

Two planted scenes of the recipe `mars`: as a TER has it (atmosphere removed but for a rest; `--denoise mnf`
and `sparse`), and as a TRDR has it, with the atmosphere of TRANSMISSION, which columns see differently
(`--denoise atmosphere`, and `table`: the same without fitting the transmission again). LIBRARY is a spectral
library of reflectances; in rows with `own` the scene's own minerals are the library.

Stripes: standard deviation over the columns of the median error of a column, the slow change over columns
taken off. Noise: robust standard deviation of what else differs from the truth. --out writes pictures.
"""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from compare_denoising import rms, streamed
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter1d

from hsicli.algorithms.composites import stretched
from hsicli.algorithms.defects import Defects
from hsicli.algorithms.parameters import summary_parameters
from hsicli.cli.config import read_config
from hsicli.cli.synth import AS_TRDR, recipe_file
from hsicli.cube import Cube
from hsicli.figures.composites import draw_composite
from hsicli.io.speclib import read_library
from hsicli.io.transmission import read_transmission
from hsicli.library import Library
from hsicli.runtime import use_threads
from hsicli.stages.denoising.settings import DenoiseConfig, Means
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise

NAMES = ("MIN2200", "BD1900_2", "D2300")
BARE = ("product='cube'", "frame='none'", "border=0", "window=[1024.0,2605.0]")
HYDRATED = (1850.0, 2100.0)
"""Where water and the carbon dioxide of the atmosphere absorb, nm."""


class Planted(NamedTuple):
    """A scene as recorded, and what a perfect instrument without air would have recorded."""

    cube: Cube
    clean: np.ndarray
    seen_through: np.ndarray
    """(rows, cols, bands) the atmosphere alone, without noise and defects of the instrument: a ratio."""
    own: Library


def planted(config: SynthConfig, seed: int, transmission: Library | None) -> Planted:
    """Make it, its columns being those of the detector."""

    def image(**changes: object) -> np.ndarray:
        made = synthesise(replace(config, **changes), seed=seed, transmission=transmission)
        return np.concatenate([block.data for block in made.blocks()])

    made = synthesise(config, seed=seed, transmission=transmission)
    columns = np.broadcast_to(np.arange(config.cols, dtype=np.int32), (config.rows, config.cols))
    cube = Cube(image(), made.wavelengths, made.fwhm, columns=columns)
    still = {"snr": 200.0}
    clean = image(defects=Defects(), **still)
    air = replace(config.defects, stripes=0.0, drift=0.0, spikes=0.0, seam=0.0)
    return Planted(cube, clean, image(defects=air, **still) / clean, made.endmembers)


def maps(spectra: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(parameters, rows, cols) float32."""
    rows, cols, bands = spectra.shape
    found = summary_parameters(spectra.reshape(-1, bands).astype(np.float32), axis, NAMES)
    return found.reshape(len(NAMES), rows, cols)


def striping(error: np.ndarray) -> tuple[float, float]:
    """Stripes and noise of a map's error."""
    column = np.nanmedian(error, axis=0)
    stripe = column - gaussian_filter1d(column, 8.0, mode="nearest")
    rest = error - column
    return float(np.std(stripe)), float(1.4826 * np.nanmedian(np.abs(rest - np.nanmedian(rest))))


def row(name: str, spectra: np.ndarray, scene: Planted, truth: np.ndarray) -> np.ndarray:
    """Print one method's figures; its maps."""
    found = maps(spectra, scene.cube.axis)
    cells = [
        "{} {:.4f} {:.4f}".format(key, *striping(each))
        for key, each in zip(NAMES, found - truth, strict=True)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.log(spectra) - np.log(scene.clean)
    error[~np.isfinite(error)] = np.nan
    wet = (scene.cube.axis > HYDRATED[0]) & (scene.cube.axis < HYDRATED[1])
    gas = np.log(scene.seen_through)[..., wet]
    left = float(np.nansum(error[..., wet] * gas) / np.sum(gas * gas))
    print(
        f"{name:34} rmse {rms(error):.4f}, {HYDRATED[0]:g}-{HYDRATED[1]:g} nm {rms(error[..., wet]):.4f}, "
        f"atmosphere left {left:+.2f}; stripes, noise of " + ", ".join(cells),
        flush=True,
    )
    return found


def picture(name: str, tiles: dict[str, np.ndarray], limits: tuple[float, float]) -> Figure:
    """One parameter by all methods side by side, in one grey scale."""
    gap = np.full((next(iter(tiles.values())).shape[0], 3), 255, dtype=np.uint8)
    strips = [part for tile in tiles.values() for part in (stretched(tile, *limits), gap)][:-1]
    return draw_composite(
        np.stack([np.hstack(strips)] * 3),
        f"{name}: {' | '.join(tiles)}",
        [(name, *limits)] * 3,
        nodata=255,
        grid=None,
    )


def methods(
    scene: Planted, library: Library, transmission: Library, kind: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and spectra of each method for this kind of image."""
    if kind == "TER":
        yield "mnf", streamed(scene.cube, DenoiseConfig(method="mnf"))
    for name, known in (("", library), (" own", scene.own)):
        means = Means(known, transmission)
        if kind == "TRDR":
            kinds = {
                "table": DenoiseConfig(method="atmosphere", rounds=0),
                "atmosphere": DenoiseConfig(method="atmosphere"),
            }
        else:
            sparse = DenoiseConfig(method="sparse")
            striped = replace(sparse, destripe=False)
            kinds = {
                "sparse": sparse,
                "sparse + CO2": sparse,
                "sparse, stripes left": striped,
                "sparse + CO2, stripes left": striped,
            }
        for method, config in kinds.items():
            given = means if kind == "TRDR" or "CO2" in method else means._replace(transmission=None)
            yield f"{method}{name}", streamed(scene.cube, config, given)
            if method in {"sparse", "atmosphere"}:
                yield f"{method}{name} model", streamed(scene.cube, replace(config, output="model"), given)


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("transmission", type=Path)
    parser.add_argument("--out", type=Path)
    for name, default in {"rows": 160, "cols": 64, "seed": 0, "threads": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    torch.set_num_threads(use_threads(given.threads or None))
    library, transmission = read_library(given.library), read_transmission(given.transmission)
    size = {"rows": given.rows, "cols": given.cols}
    for kind, preset in {"TER": ("on_mars='nowhere'", "defects.seam=0.0"), "TRDR": AS_TRDR}.items():
        config = read_config(SynthConfig, recipe_file("mars"), [*preset, *BARE], **size)
        scene = planted(config, given.seed, transmission if kind == "TRDR" else None)
        truth = maps(scene.clean, scene.cube.axis)
        tiles = {"truth": truth, "recorded": row(f"{kind} recorded", scene.cube.data, scene, truth)}
        if kind == "TRDR":
            ideal = scene.cube.data / scene.seen_through
            tiles["true air"] = row("TRDR by the true atmosphere", ideal, scene, truth)
        for name, spectra in methods(scene, library, transmission, kind):
            tiles[name] = row(f"{kind} {name}", spectra, scene, truth)
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            shown = {name: tile for name, tile in tiles.items() if "own" not in name}
            for place, name in enumerate(NAMES):
                low, high = np.nanpercentile(truth[place], [0.5, 99.5])
                limits = float(low - 0.01), float(high + 0.01)
                figure = picture(name, {key: tile[place] for key, tile in shown.items()}, limits)
                figure.savefig(given.out / f"{kind.lower()}-{name.lower()}.png")


if __name__ == "__main__":
    main()
