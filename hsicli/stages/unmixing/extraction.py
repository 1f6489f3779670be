"""What unmixing learns from: a sample of spectra; and endmembers that are found in it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import torch

from hsicli.algorithms.archetypes import Archetypes, archetypes, continued, least_coherent
from hsicli.algorithms.endmembers import nfindr, sivm, vca
from hsicli.algorithms.factorization import band_sparseness, sparse_nmf
from hsicli.algorithms.leastsquares import nnls
from hsicli.algorithms.purity import ppi, smacc
from hsicli.cube import Cube, pixels
from hsicli.errors import InputError
from hsicli.products.subspace import Subspace
from hsicli.runtime import Checkpoint, Track, numpy_rng
from hsicli.stages.hysime import HysimeConfig, estimate_subspace
from hsicli.stages.unmixing.inversion import natural_brightness

log = logging.getLogger(__name__)

Search = Literal["vca", "nfindr", "ppi", "sivm", "smacc", "archetypes", "nmf"]

NEGATIVE = 1e-3
"""Share of negative numbers that is worth a warning."""


@dataclass(frozen=True)
class SearchConfig:
    """How endmembers are found."""

    most: int = 12  # more are not sought, whatever HySime's dimension
    restarts: int = 12  # random starts of archetypal analysis
    rounds: int = 100  # of each
    within: float = 0.05  # a start takes part in the choice if it fits no worse than the best by this share
    polish: int = 300  # rounds more for the start that was chosen
    steps: int = 300  # of NMF, its sparsity as its authors have it

    def __post_init__(self) -> None:
        for name in ("most", "restarts", "rounds", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"search.{name} must be 1 or more, it is {getattr(self, name)}")


def drawn_spectra(cube: Cube, valid: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """(m, bands) float64: spectra drawn at random, each valid pixel with the same chance, in image order."""
    count = int(valid.sum())
    drawn = np.zeros(count, dtype=bool)
    drawn[rng.permutation(count)[:size]] = True
    chosen = np.zeros(valid.shape, dtype=bool)
    chosen[valid] = drawn
    sample = np.concatenate([pixels(block.data, chosen[block.rows]) for block in cube.blocks()])
    negative = float((sample < 0).mean()) if sample.size else 0.0
    if negative > NEGATIVE:
        log.warning(
            "%.1f %% of the numbers are negative, which no mixture can be: atmospheric residuals, an offset, "
            "or a cube that is no reflectance", 100 * negative,
        )  # fmt: skip
    return sample.astype(np.float64)


def count_endmembers(
    cube: Cube, given: int | None, subspace: Subspace | None, most: int, track: Track
) -> int:
    """How many to look for: as given, or HySime's dimension up to a cap, which is said."""
    bands = len(cube.order)
    if given is not None:
        if given > bands:
            raise InputError(
                f"{given} endmembers are more than the {bands} bands can tell apart",
                hint="give a smaller --endmembers",
            )
        return given
    if subspace is not None and subspace.eigenvectors.shape[1] != bands:
        raise InputError(
            f"the subspace is of {subspace.eigenvectors.shape[1]} bands, the cube has {bands} good ones",
            hint="run hsicli hysime on this cube",
        )
    found = (subspace or estimate_subspace(cube, HysimeConfig(), track=track)).dimension
    count = min(max(found, 2), most, bands)
    log.info(
        "%d endmembers: HySime finds %d directions%s", count, found,
        ", and search.most caps them (--endmembers says how many)" if found > most else "",
    )  # fmt: skip
    return count


def search_endmembers(
    method: Search, spectra: np.ndarray, p: int, config: SearchConfig, seed: int, *,
    track: Track, checkpoint: Checkpoint, saved: dict[str, Any],
) -> np.ndarray:  # fmt: skip
    """(p, bands): endmembers found in a sample, as bright as the spectra are.

    Parameters
    ----------
    method : {"vca", "nfindr", "ppi", "sivm", "smacc", "archetypes", "nmf"}
    spectra : (n, bands) float
    p : int
    config : SearchConfig
    seed, track, checkpoint, saved
        As of `fit_autoencoder`.
    """
    rng = numpy_rng(seed)
    match method:
        case "vca":
            return spectra[vca(spectra, p, rng=rng)]
        case "nfindr":
            return spectra[nfindr(spectra, p, rng=rng)]
        case "ppi":
            return spectra[ppi(spectra, p, rng=rng)]
        case "sivm":
            return spectra[sivm(spectra, p)]
        case "smacc":
            return spectra[smacc(spectra, p).rows]
        case "archetypes":
            return _archetypes(spectra, p, config, seed, track=track, checkpoint=checkpoint, saved=saved)
        case "nmf":
            start = spectra[vca(spectra, p, rng=rng)]
            steps = sparse_nmf(spectra, start, nnls(spectra, start), sparsity=band_sparseness(spectra))
            found = start
            for step in track(islice(steps, config.steps), "nmf", config.steps):
                found = step.endmembers
            return natural_brightness(spectra, found)


def _archetypes(
    spectra: np.ndarray, p: int, config: SearchConfig, seed: int, *, track: Track,
    checkpoint: Checkpoint, saved: dict[str, Any],
) -> np.ndarray:  # fmt: skip
    """The least coherent of the starts that fit; a start that was made before a stop is not made again."""
    runs = [Archetypes(np.asarray(w), np.empty((0, p)), m, c) for w, m, c in saved.get("runs", [])]

    def missing() -> Iterator[Archetypes]:
        for number in range(len(runs), config.restarts):
            rng = np.random.default_rng([seed, number])
            yield from archetypes(spectra, p, restarts=1, rounds=config.rounds, rng=rng)

    for run in track(missing(), "archetypes", config.restarts - len(runs)):
        runs.append(run)
        checkpoint.offer(
            lambda: {"runs": [[torch.from_numpy(r.weights), r.misfit, r.coherence] for r in runs]}
        )
    chosen = least_coherent(runs, within=config.within)
    chosen = continued(spectra, chosen, rounds=config.polish) if config.polish else chosen
    log.debug(
        "archetypes: of %d starts, misfit %.3g to %.3g, the one taken has %.3g",
        len(runs), min(r.misfit for r in runs), max(r.misfit for r in runs), chosen.misfit,
    )  # fmt: skip
    shapes = chosen.weights @ (spectra / np.linalg.norm(spectra, axis=1, keepdims=True))
    return natural_brightness(spectra, shapes)
