"""How far to trust a fitted model: intervals that hold what they say, and spectra unlike any it knew."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.spatial import KDTree

from hsicli.stages.superresolution.density import Density, deviations, log_likelihood, mean

LEVELS = (0.5, 0.9, 0.95)
"""Of the intervals that a model states."""

NEAREST = 5
"""Training spectra whose mean distance says how strange a spectrum is."""

MOST_KNOWN = 5000
"""Training spectra that are remembered for it."""

QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)
"""Of the strangeness of held-out spectra, kept beside the model."""


class Calibration(NamedTuple):
    """What held-out pairs say of a density."""

    inflation: float
    """All deviations times this: the factor of the highest held-out likelihood."""
    factors: np.ndarray
    """(levels, b): so many deviations on either side of the mean hold a share `LEVELS` of the spectra, each
    band (split conformal: of spectra of the same kind as those held out)."""


def inflated(density: Density, inflation: float) -> Density:
    """The same with all deviations within components times a factor."""
    return density._replace(scales=density.scales / inflation)


def calibrate(density: Density, truth: np.ndarray) -> Calibration:
    """Inflation and intervals of a density by held-out pairs.

    Parameters
    ----------
    density : Density
        Of h held-out pixels.
    truth : (h, b) float
    """

    def loss(log_inflation: float) -> float:
        return -float(log_likelihood(inflated(density, np.exp(log_inflation)), truth).mean())

    found = minimize_scalar(
        loss, bounds=(np.log(0.3), np.log(10.0)), method="bounded", options={"xatol": 1e-3}
    )
    inflation = float(np.exp(found.x))
    tempered = inflated(density, inflation)
    return Calibration(inflation, interval_factors(mean(tempered), deviations(tempered), truth))


def interval_factors(means: np.ndarray, widths: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(levels, b): split-conformal factors, the ⌈level · (h + 1)⌉-th smallest |y − μ|/σ of h pixels.

    Parameters
    ----------
    means, widths, truth : (h, b) float

    References
    ----------
    J. Lei et al., "Distribution-free predictive inference for regression", JASA, 2018.
    """
    score = np.sort(np.abs(truth - means) / widths, axis=0)
    h = len(score)
    places = [min(int(np.ceil(level * (h + 1))), h) - 1 for level in LEVELS]
    return np.asarray(score[places])


def known_spectra(low: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What strangeness is measured from: training spectra, whitened; a sample of them if they are many.

    Parameters
    ----------
    low : (n, m) float
        Scaled.
    rng : Generator
    """
    centre = low.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(low.T, bias=True).reshape(low.shape[1], low.shape[1]))
    kept = values > 1e-10 * max(values.max(), 1e-300)
    turn = vectors[:, kept] / np.sqrt(values[kept])
    chosen = np.sort(rng.permutation(len(low))[:MOST_KNOWN])
    return {"centre": centre, "turn": turn, "known": (low[chosen] - centre) @ turn}


def distance_to_known(arrays: dict[str, np.ndarray], low: np.ndarray) -> np.ndarray:
    """(n,): mean distance to the nearest `NEAREST` training spectra, in deviations of these.

    Parameters
    ----------
    arrays : dict
        From `known_spectra`.
    low : (n, m) float
        Scaled.
    """
    white = (low - arrays["centre"]) @ arrays["turn"]
    count = min(NEAREST, len(arrays["known"]))
    distances, _ = KDTree(arrays["known"]).query(white, k=count)
    return np.asarray(distances.reshape(len(low), count).mean(axis=1))
