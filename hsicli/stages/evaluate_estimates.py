"""evaluate, for estimates: against a cube of high resolution, beside what needs no model."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy import stats

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.products.estimate_scores import ESTIMATE_SCORE_TITLES, EstimateScores
from hsicli.products.estimates import Estimate
from hsicli.products.weights import Weights
from hsicli.runtime import Track, quiet
from hsicli.stages.identify import Compare, rank_library
from hsicli.stages.superresolution.calibration import LEVELS
from hsicli.stages.superresolution.channels import bands_of
from hsicli.stages.superresolution.diagnostics import LEAST_DEPTH, covered, measured
from hsicli.stages.superresolution.inference import known_model
from hsicli.stages.superresolution.scoring import PixelScores, angles_between, pair_scores

log = logging.getLogger(__name__)

MOST_PIXELS = 50_000
"""More are not scored: every so manieth is."""

MATCHED_PIXELS = 2_000
"""More are not compared with a library."""

BLOCK_SIDE = 10
"""Pixels along the blocks whose means are compared."""


def evaluate_estimates(
    products: Sequence[Estimate],
    truth: Cube,
    *,
    library: Library | None = None,
    compare: Compare = "band-depth",
    least_overlap: float = 0.5,
    device: torch.device,
    track: Track = quiet,
) -> EstimateScores:
    """Score estimates of one scene against a cube of it.

    Parameters
    ----------
    products : sequence of Estimate
        On the same pixels and bands; each further one is compared with the first.
    truth : Cube
    library : Library, optional
        To see whether estimate and truth resemble the same spectrum.
    compare, least_overlap
        As for `identify.rank_library`.
    device, track
        As of any stage.

    Returns
    -------
    EstimateScores

    Raises
    ------
    InputError
        If shapes or bands disagree, or no pixel is left to score.
    """
    first = products[0]
    bands = _checked(products, truth)
    index, right, unseen, left_out = _gathered(products, truth, bands, track)
    found = [_flat(product.mean, index) for product in products]
    scored = [
        _pixel_scores(product, index, right, device) for product in track(products, "scores", len(products))
    ]
    guesses = _guesses(first, index, right)
    values = np.stack([_values(one) for one in scored])
    features = covered(first.wavelengths)
    return EstimateScores(
        names=tuple(product.method for product in products),
        pixels=len(index),
        unseen=unseen,
        left_out=left_out,
        metrics=tuple(ESTIMATE_SCORE_TITLES),
        values=values,
        baselines=tuple(guesses),
        baseline_values=np.stack([_plain_values(guess, right) for guess in guesses.values()]),
        levels=np.array(LEVELS),
        stated=np.stack([one.stated.mean(axis=0) for one in scored]),
        marginal=np.stack([one.marginal.mean(axis=0) for one in scored]),
        wavelengths=first.wavelengths,
        band_rmse=np.stack([np.sqrt(np.square(one - right).mean(axis=0)) for one in found]),
        band_deviation=np.stack(
            [np.sqrt(np.square(_flat(product.deviation, index)).mean(axis=0)) for product in products]
        ),
        **_by_strangeness(first, index, scored[0]),
        **_features(found, right, first.wavelengths, features),
        **_tests(scored, index, truth.shape[1]),
        **(
            _agreement(
                found, right, guesses, first, library=library, compare=compare, least_overlap=least_overlap
            )
            if library
            else {}
        ),
    )


def _checked(products: Sequence[Estimate], truth: Cube) -> np.ndarray:
    """(bands,) int: those of the truth that the estimates are of."""
    first = products[0]
    for product in products:
        same = len(product.wavelengths) == len(first.wavelengths)
        if product.spread.shape != first.spread.shape or not (
            same and np.allclose(product.wavelengths, first.wavelengths)
        ):
            raise InputError(
                "the estimates are not of the same pixels and bands",
                hint="give estimates of one scene, by models of one window",
            )
    if truth.shape[:2] != first.spread.shape:
        rows, cols = first.spread.shape
        raise InputError(
            f"the truth has {truth.shape[0]}×{truth.shape[1]} pixels (rows×cols), the estimate {rows}×{cols}",
            hint="crop or project them to the same grid first",
        )
    return bands_of(truth.axis, first.wavelengths, first.fwhm, "the truth")


def _gathered(
    products: Sequence[Estimate], truth: Cube, bands: np.ndarray, track: Track
) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Flat indices of the scored pixels, their true spectra, how many could be, and how many were seen."""
    there = np.logical_and.reduce([np.isfinite(product.spread) for product in products])
    valid = np.zeros(there.shape, dtype=bool)
    for block in track(truth.blocks(), "valid pixels"):
        valid[block.rows] = block.valid
    there &= valid
    seen = np.zeros(there.shape, dtype=bool)
    for product in products:
        if product.used is not None:
            seen |= product.used > 0
    unseen = np.flatnonzero(there & ~seen)
    if not len(unseen):
        raise InputError(
            "no pixel has both an estimate and a truth that no model has seen",
            hint="give another scene, or keep blocks for testing in training (split.shares)",
        )
    step = -(-len(unseen) // MOST_PIXELS)
    index = unseen[::step]
    chosen = np.zeros(there.shape, dtype=bool)
    chosen.flat[index] = True
    right = np.concatenate([block.data[chosen[block.rows]][:, bands] for block in truth.blocks()])
    return index, right.astype(np.float64), len(unseen), int((there & seen).sum())


def _flat(image: Any, index: np.ndarray) -> np.ndarray:
    """(n, bands) float64: of chosen pixels."""
    row, col = np.divmod(index, image.shape[1])
    return np.asarray(image[row, col], dtype=np.float64)


def _pixel_scores(
    product: Estimate, index: np.ndarray, right: np.ndarray, device: torch.device
) -> PixelScores:
    """The density of every scored pixel is rebuilt from what the product keeps of it."""
    weights = Weights(
        method=product.method, settings=product.settings, wavelengths=product.input_wavelengths,
        array_names=product.array_names, numbers=product.numbers,
    )  # fmt: skip
    return pair_scores(known_model(weights, device), _flat(product.inputs, index).astype(np.float32), right)


def _values(scores: PixelScores) -> np.ndarray:
    """(metrics,) in the order of the titles."""
    return np.array(
        [np.sqrt(scores.squared.mean()), scores.angle.mean(), scores.nll.mean(), scores.crps.mean()]
    )


def _plain_values(guess: np.ndarray, right: np.ndarray) -> np.ndarray:
    away = guess - right
    return np.array([np.sqrt(np.square(away).mean()), angles_between(guess, right).mean(), np.nan, np.nan])


def _guesses(product: Estimate, index: np.ndarray, right: np.ndarray) -> dict[str, np.ndarray]:
    """What needs no model: the mean of the truth, and lines between the channels."""
    seen = _flat(product.inputs, index)
    lines = np.stack([np.interp(product.wavelengths, product.input_wavelengths, one) for one in seen])
    return {"constant": np.broadcast_to(right.mean(axis=0), right.shape), "interpolation": lines}


def _by_strangeness(product: Estimate, index: np.ndarray, scores: PixelScores) -> dict[str, Any]:
    """Errors and coverage of the first estimate by classes of strangeness."""
    edges = product.strangeness_usual
    place = np.minimum(np.searchsorted(edges, product.strangeness.flat[index]), len(edges))
    classes = range(len(edges) + 1)
    return {
        "strange_shares": np.append(product.strangeness_shares, np.inf),
        "strange_counts": np.array([(place == k).sum() for k in classes]),
        "strange_rmse": np.array([np.sqrt(_mean(scores.squared[place == k])) for k in classes]),
        "strange_coverage": np.array([_mean(scores.stated[place == k, 1]) for k in classes]),
    }


def _features(
    found: list[np.ndarray], right: np.ndarray, wavelengths: np.ndarray, features: np.ndarray
) -> dict[str, Any]:
    """Depth and position of diagnostic absorptions, where the truth has them."""
    depth, position = measured(right, wavelengths, features)
    there = (depth >= LEAST_DEPTH) & np.isfinite(position)
    mine = [measured(spectra, wavelengths, features) for spectra in found]
    columns = range(len(features))

    def over(value: np.ndarray) -> list[float]:
        return [_mean(value[there[:, k], k]) for k in columns]

    return {
        "features": features,
        "feature_pixels": there.sum(axis=0),
        "feature_depth": np.array(over(depth)),
        "depth_error": np.array([np.sqrt(over(np.square(one - depth))) for one, _ in mine]),
        "depth_bias": np.array([over(one - depth) for one, _ in mine]),
        "position_error": np.array([np.sqrt(over(np.square(one - position))) for _, one in mine]),
    }


def _mean(values: np.ndarray) -> float:
    """Of what is not NaN; NaN of nothing."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _tests(scored: list[PixelScores], index: np.ndarray, cols: int) -> dict[str, Any]:
    """Paired t-tests of the first estimate with every other, over pixels and over the means of blocks."""
    if len(scored) < 2:
        return {}
    row, col = np.divmod(index, cols)
    _, block = np.unique(row // BLOCK_SIDE * cols + col // BLOCK_SIDE, return_inverse=True)
    counts = np.bincount(block)
    tested = {"squared error": "squared", "NLL": "nll", "CRPS": "crps"}
    differences, pixels, blocks = [], [], []
    for other in scored[1:]:
        apart = [getattr(scored[0], name) - getattr(other, name) for name in tested.values()]
        differences.append([float(one.mean()) for one in apart])
        pixels.append([_p_value(one) for one in apart])
        blocks.append([_p_value(np.bincount(block, one) / counts) for one in apart])
    return {
        "tested": tuple(tested),
        "differences": np.array(differences),
        "p_pixels": np.array(pixels),
        "p_blocks": np.array(blocks),
        "blocks": len(counts),
    }


def _p_value(differences: np.ndarray) -> float:
    """Two-sided, of a t-test of paired differences; NaN where they are too few or all the same."""
    if len(differences) < 2 or differences.std() == 0:
        return float("nan")
    return float(stats.ttest_1samp(differences, 0).pvalue)


def _agreement(
    found: list[np.ndarray], right: np.ndarray, guesses: dict[str, np.ndarray], first: Estimate, *,
    library: Library, compare: Compare, least_overlap: float,
) -> dict[str, Any]:  # fmt: skip
    """Whether estimate and truth resemble the same spectrum of a library."""
    chosen = slice(None, None, -(-len(right) // MATCHED_PIXELS))

    def nearest(spectra: np.ndarray) -> np.ndarray:
        rows, _ = rank_library(
            spectra[chosen], first.wavelengths, library, compare=compare, ranks=1, least_overlap=least_overlap
        )
        return rows[:, 0]

    true = nearest(right)
    if not (true >= 0).any():
        log.warning("library: no spectrum shares enough bands with the estimate, so nothing is compared")
        return {}
    words = np.array([*(name.replace("_", " ").split()[0].casefold() for name in library.names), ""])

    def shares(spectra: np.ndarray) -> tuple[float, float]:
        mine = nearest(spectra)
        return float((mine == true).mean()), float((words[mine] == words[true]).mean())

    runs = np.array([shares(spectra) for spectra in found])
    return {
        "compared": compare,
        "library_pixels": len(true),
        "agreement": runs[:, 0],
        "mineral_agreement": runs[:, 1],
        "baseline_agreement": np.array([shares(guess) for guess in guesses.values()]),
    }
