"""How near to the truth a density is, pixel by pixel."""

from typing import NamedTuple

import numpy as np

from hsicli.stages.superresolution.calibration import LEVELS
from hsicli.stages.superresolution.density import Density, crps, deviations, log_likelihood, mean, ranks
from hsicli.stages.superresolution.methods import Model, predictions


class PixelScores(NamedTuple):
    """Of n pixels."""

    squared: np.ndarray
    """(n,): mean over the bands of the squared error of the mean."""
    angle: np.ndarray
    """(n,): between mean and truth, radians."""
    nll: np.ndarray
    """(n,): −log p(y | x), nats, all bands together."""
    crps: np.ndarray
    """(n,): mean over the bands."""
    stated: np.ndarray
    """(n, levels): share of the bands that lie in the stated intervals, μ ± q σ, q of the calibration."""
    marginal: np.ndarray
    """(n, levels): share of the bands that lie in the central intervals of the density's own marginals."""


def density_scores(density: Density, truth: np.ndarray, factors: np.ndarray) -> PixelScores:
    """Scores of n pixels.

    Parameters
    ----------
    density : Density
    truth : (n, b) float
        In the unit of the density.
    factors : (levels, b) float
        q: deviations on either side of the mean that are said to hold a share `LEVELS`.
    """
    truth = truth.astype(np.float64)
    middle = mean(density)
    away = np.abs(truth - middle)
    width, rank = deviations(density), np.abs(ranks(density, truth) - 0.5)
    return PixelScores(
        squared=np.square(away).mean(axis=1),
        angle=angles_between(middle, truth),
        nll=-log_likelihood(density, truth),
        crps=crps(density, truth).mean(axis=1),
        stated=np.stack([(away <= factor * width).mean(axis=1) for factor in factors], axis=1),
        marginal=np.stack([(rank <= level / 2).mean(axis=1) for level in LEVELS], axis=1),
    )


def angles_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(n,): spectral angle of each pair, radians: θ = 2 atan2(‖u − v‖, ‖u + v‖) of unit vectors."""
    one, other = (
        spectra / np.maximum(np.linalg.norm(spectra, axis=1, keepdims=True), 1e-300)
        for spectra in (first, second)
    )
    return np.asarray(
        2 * np.arctan2(np.linalg.norm(one - other, axis=1), np.linalg.norm(one + other, axis=1))
    )


def pair_scores(model: Model, low: np.ndarray, high: np.ndarray) -> PixelScores:
    """The same of pairs, a block at a time."""
    parts = [
        density_scores(density, high[part], model.interval_factors)
        for part, density in predictions(model, low)
    ]
    return PixelScores(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def summary(scores: PixelScores) -> dict[str, float]:
    """Means by name: plain numbers, to be kept beside weights."""
    means = {
        "rmse": np.sqrt(scores.squared.mean()),
        "angle": scores.angle.mean(),
        "nll": scores.nll.mean(),
        "crps": scores.crps.mean(),
    }
    for number, level in enumerate(LEVELS):
        means[f"coverage_{100 * level:.0f}"] = scores.stated[:, number].mean()
        means[f"marginal_{100 * level:.0f}"] = scores.marginal[:, number].mean()
    return {name: float(value) for name, value in means.items()}
