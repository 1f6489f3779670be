"""Scores of abundances: whose endmember is whose, how far shares are off, how often intervals hold."""

import numpy as np

from hsicli.algorithms.leastsquares import converted

MARGIN = 1e-6
"""A truth so near to 0 or 1 is at it."""


def best_pairs(costs: np.ndarray) -> np.ndarray:
    """For each true endmember the found one that the cheapest one-to-one pairing gives it (Hungarian method).

    Parameters
    ----------
    costs : (p, q) float
        Of found endmember i for true endmember j.

    Returns
    -------
    (q,) int64
        −1 for one that is left alone, as there are fewer found.

    Raises
    ------
    ValueError
        If a cost is not finite.
    """
    from scipy.optimize import linear_sum_assignment

    if not np.isfinite(costs).all():
        raise ValueError("costs must be finite")
    partners = np.full(costs.shape[1], -1)
    rows, columns = linear_sum_assignment(costs)
    partners[columns] = rows
    return partners


def abundance_distances(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Root mean square difference of every found abundance to every true one.

    Parameters
    ----------
    found : (n, p) float
    truth : (n, q) float

    Returns
    -------
    (p, q) float64
    """
    a, b = np.asarray(found, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    squares = (a**2).sum(axis=0)[:, None] - 2 * a.T @ b + (b**2).sum(axis=0)
    distances: np.ndarray = np.sqrt(np.maximum(squares, 0) / len(a))
    return distances


def paired(found: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Found abundances (n, p) in the order of the truth, (n, q) by partners (q,); 0 without one."""
    columns = np.concatenate([found, np.zeros((len(found), 1), dtype=found.dtype)], axis=1)
    ordered: np.ndarray = columns[:, partners]
    return ordered


def squared_errors(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean square difference of each endmember's abundance: of (n, q) and (n, q), (q,) float64.

    The root of its mean is the overall error, the root of each that of one endmember.
    """
    difference = np.subtract(found, truth, dtype=np.float64)
    errors: np.ndarray = np.einsum("ij,ij->j", difference, difference) / len(difference)
    return errors


def best_scales(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Units of the endmembers in which abundances come nearest to the truth.

    The positive s that minimise Σ (aₖ sₖ / Σⱼ aⱼ sⱼ − bₖ)², by quasi-Newton steps on ln s from s = 1.

    Parameters
    ----------
    found : (n, q) float
        Paired with the truth. A column of zeros keeps the scale 1.
    truth : (n, q) float

    Returns
    -------
    (q,) float64
        Their geometric mean is one.
    """
    from scipy.optimize import minimize

    a, b = np.asarray(found, dtype=np.float64), np.asarray(truth, dtype=np.float64)

    def error(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parts = converted(a, np.exp(logs))
        gap = parts - b
        pull = gap * parts
        slope = 2 * (pull - parts * pull.sum(axis=1, keepdims=True)).mean(axis=0)
        return float(np.mean(np.sum(gap * gap, axis=1))), slope

    logs = minimize(error, np.zeros(a.shape[1]), jac=True, method="L-BFGS-B", options={"ftol": 1e-14}).x
    return np.exp(logs - logs.mean())


def interval_coverage(
    mean: np.ndarray, deviation: np.ndarray, truth: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """How often central intervals of the abundances hold the truth.

    An abundance is taken for a Beta variable of this mean and deviation, as a component of a Dirichlet one
    is: α₀ = m(1 − m)/s² − 1, parameters m α₀ and (1 − m) α₀. An interval whose density grows without bound
    towards 0 or 1 reaches to it. Where no Beta variable has this mean and deviation, as at a mean of 0 or 1,
    the interval is that of a normal one.

    Parameters
    ----------
    mean, deviation, truth : (n, q) float
        Pairs with a deviation of zero are left out.
    levels : (k,) float
        Shares that the intervals should hold, 0…1.

    Returns
    -------
    (k,) float64
        Shares that they do hold; NaN if none can be told.
    """
    from scipy.special import betainc, ndtr

    told = deviation.ravel() > 0
    if not told.any():
        return np.full(len(levels), np.nan)
    m, s, b = (np.asarray(x, dtype=np.float64).ravel()[told] for x in (mean, deviation, truth))
    total = m * (1 - m) / s**2 - 1
    beta = (total > 0) & (m > 0) & (m < 1)
    place, reaches = ndtr((b - m) / s), np.zeros(len(m), dtype=bool)
    first, second, at = m[beta] * total[beta], (1 - m[beta]) * total[beta], b[beta]
    place[beta] = betainc(first, second, np.clip(at, 0, 1))
    reaches[beta] = ((at <= MARGIN) & (first < 1)) | ((at >= 1 - MARGIN) & (second < 1))
    tails = (1 - np.asarray(levels, dtype=np.float64)) / 2
    return np.array([np.mean(((place >= tail) & (place <= 1 - tail)) | reaches) for tail in tails])


def quartiles_and_mean(values: np.ndarray) -> np.ndarray:
    """First quartile, median, third quartile and mean of the finite values of (…) : (4,), NaN without any."""
    known = np.asarray(values, dtype=np.float64)[np.isfinite(values)]
    if not len(known):
        return np.full(4, np.nan)
    return np.array([*np.quantile(known, [0.25, 0.5, 0.75]), known.mean()])
