"""Models of one line: the joint Gaussian, and ridge regression with the covariance of its errors."""

import numpy as np

from hsicli.algorithms.conditional import conditional_gaussian, floored, precision_factor
from hsicli.stages.superresolution.density import Density
from hsicli.stages.superresolution.settings import Covariance

PENALTIES = 10.0 ** np.arange(-8, 2)
"""Of ridge regression, shares of the mean variance of x; the held-out pairs choose."""

Arrays = dict[str, np.ndarray]


def constrained(covariance: np.ndarray, kind: Covariance) -> np.ndarray:
    """A covariance as far as its kind keeps it: all, the diagonal, or the mean of the diagonal."""
    match kind:
        case "full":
            return covariance
        case "diagonal":
            return np.diag(np.diagonal(covariance))
        case "spherical":
            return np.eye(len(covariance)) * np.diagonal(covariance).mean()


def fit_gaussian(low: np.ndarray, high: np.ndarray, kind: Covariance, floor: float) -> Arrays:
    """G: the Gaussian of the pairs, its joint covariance as far as `kind` keeps it.

    If it keeps no more than a diagonal, x says nothing of y: the estimate is the mean.

    Parameters
    ----------
    low : (n, m) float
    high : (n, b) float
    kind : {"spherical", "diagonal", "full"}
    floor : float
    """
    joint = np.hstack([low, high])
    covariance = constrained(np.cov(joint.T, bias=True), kind)
    given = conditional_gaussian(joint.mean(axis=0), floored(covariance, floor), low.shape[1])
    scales, factor = precision_factor(given.covariance)
    return {"intercept": given.intercept, "slope": given.slope, "scales": scales, "factor": factor}


def fit_ridge(
    low: np.ndarray, high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray, *,
    kind: Covariance, floor: float,
) -> Arrays:  # fmt: skip
    """Ridge regression, its penalty by the held-out pairs, and the covariance of its errors there.

    Parameters
    ----------
    low, high : (n, m) and (n, b) float
    held_low, held_high : (h, m) and (h, b) float
    kind : {"spherical", "diagonal", "full"}
        Of the covariance of the errors.
    floor : float
    """
    centre, level = low.mean(axis=0), high.mean(axis=0)
    x, y = low - centre, high - level
    gram, cross = x.T @ x, x.T @ y
    unit = np.trace(gram) / len(gram)
    best, slope, errors = np.inf, np.zeros((0, 0)), held_high
    for penalty in PENALTIES * unit:
        found = np.linalg.solve(gram + penalty * np.eye(len(gram)), cross).T
        left = held_high - level - (held_low - centre) @ found.T
        if (left**2).mean() < best:
            best, slope, errors = (left**2).mean(), found, left
    return {"intercept": level - slope @ centre, "slope": slope} | error_arrays(errors, kind, floor)


def line_density(arrays: Arrays, low: np.ndarray) -> Density:
    """What a line says of (n, m) spectra."""
    return error_density(arrays, low @ arrays["slope"].T + arrays["intercept"])


def error_arrays(errors: np.ndarray, kind: Covariance, floor: float) -> Arrays:
    """The covariance of errors on held-out pairs, drawn to its diagonal as if by b more of them.

    Parameters
    ----------
    errors : (h, b) float
    kind : {"spherical", "diagonal", "full"}
    floor : float
        τ: deviation added to every band.
    """
    h, b = errors.shape
    second = errors.T @ errors / h
    drawn = (h * second + b * np.diag(np.diagonal(second))) / (h + b)
    scales, factor = precision_factor(floored(constrained(drawn, kind), floor))
    return {"scales": scales, "factor": factor}


def error_density(arrays: Arrays, means: np.ndarray) -> Density:
    """Gaussians of these (n, b) means and one covariance."""
    scales = np.broadcast_to(arrays["scales"], (len(means), 1, means.shape[1]))
    return Density(np.zeros((len(means), 1)), means[:, None], scales, arrays["factor"][None])
