"""The active set behind `leastsquares`: min ½ aᵀGa − cᵀa, a ≥ 0, and Σa = total or anything; row by row."""

from typing import NamedTuple

import numba
import numpy as np

TOLERANCE = 1e-11
"""An endmember is let in if that lessens the error faster than this, relative to ‖x‖ and its own length."""

DEPENDENT = 1e-12
"""An endmember whose square outside the span of those let in is this share of it is one of their mixtures."""

OUT, IN, TURNED_AWAY = 0, 1, 2

CHUNKS = 64
"""Pieces of the work that threads take in turn."""


class Work(NamedTuple):
    """What solving one row needs; one for each thread."""

    triangle: np.ndarray
    """(p, p): Cholesky factor of the Gram matrix of those let in."""
    chosen: np.ndarray
    """(p,) int64: those let in, in the order of the factor's rows."""
    trial: np.ndarray
    """(p,): their optimum, were it not for the signs."""
    price: np.ndarray
    """(p,): how that optimum moves with the sum."""
    state: np.ndarray
    """(p,) int8: out, in, or turned away until the error is less."""


@numba.njit(cache=True, parallel=True, error_model="numpy")
def solve_rows(
    products: np.ndarray, gram: np.ndarray, size: np.ndarray, total: float, out: np.ndarray
) -> None:
    """Every row: its optimum replaces the guess in `out`.

    Parameters
    ----------
    products : (n, p) float64
        c, products of spectrum and endmembers.
    gram : (p, p) float64
        G, products of endmembers.
    size : (n,) float64
        Length of the spectrum; one that is not finite gives NaN.
    total : float
        What the abundances sum to; infinity if that is free.
    out : (n, p) float64
        A guess, of which the positive ones are let in first; then the optimum.
    """
    n, p = products.shape
    for chunk in numba.prange(CHUNKS):
        work = Work(np.empty((p, p)), np.empty(p, np.int64), np.empty(p), np.empty(p), np.empty(p, np.int8))
        for row in range(chunk * n // CHUNKS, (chunk + 1) * n // CHUNKS):
            if np.isfinite(size[row]):
                count = _started(products[row], gram, total, out[row], work)
                _solve(products[row], gram, (size[row], total, count), out[row], work)
            else:
                out[row] = np.nan


@numba.njit(cache=True, error_model="numpy")
def _started(products: np.ndarray, gram: np.ndarray, total: float, a: np.ndarray, work: Work) -> int:
    """Put the optimum over the positive part of the guess in a, or of what of it stays positive; how many."""
    p = len(products)
    count = 0
    for k in range(p):
        work.state[k] = OUT
        if a[k] > 0:
            work.chosen[count] = k
            count += 1
        a[k] = 0.0
    while count and _factor(gram, 0, count, work):
        _optimum(products, total, count, work)
        kept = 0
        for i in range(count):
            if work.trial[i] > 0:
                work.chosen[kept] = work.chosen[i]
                kept += 1
        if kept == count:
            for i in range(count):
                k = work.chosen[i]
                a[k], work.state[k] = work.trial[i], IN
            return count
        count = kept
    if not np.isfinite(total):
        return 0
    best = 0
    for k in range(p):
        if gram[k, k] * total / 2 - products[k] < gram[best, best] * total / 2 - products[best]:
            best = k
    a[best], work.state[best], work.chosen[0] = total, IN, best
    _factor(gram, 0, 1, work)
    return 1


@numba.njit(cache=True, error_model="numpy")
def _solve(
    products: np.ndarray, gram: np.ndarray, start: tuple[float, float, int], a: np.ndarray, work: Work
) -> None:
    """Let in the endmember that lessens the error fastest, go to the optimum of those in; until none does."""
    size, total, count = start
    p = len(products)
    for _ in range(10 * p + 30):
        price = 0.0
        if np.isfinite(
            total
        ):  # the gradient is alike for all that are in: what one part more of the sum costs
            k = work.chosen[0]
            price = -products[k]
            for i in range(count):
                price += gram[k, work.chosen[i]] * a[work.chosen[i]]
        worst, entering = -TOLERANCE * size, -1
        for k in range(p):
            if work.state[k] == OUT:
                slope = -products[k] - price
                for i in range(count):
                    slope += gram[k, work.chosen[i]] * a[work.chosen[i]]
                if slope < 0 and slope < worst * np.sqrt(gram[k, k]):
                    worst, entering = slope / np.sqrt(gram[k, k]), k
        if entering < 0:
            return
        work.chosen[count] = entering
        if not _factor(gram, count, count + 1, work):
            work.state[entering] = TURNED_AWAY
            continue
        work.state[entering] = IN
        count = _descend(products, gram, (total, count + 1), a, work)
        if work.state[entering] != TURNED_AWAY:  # the error is less now: who was turned away may come again
            for k in range(p):
                if work.state[k] == TURNED_AWAY:
                    work.state[k] = OUT


@numba.njit(cache=True, error_model="numpy")
def _descend(
    products: np.ndarray, gram: np.ndarray, start: tuple[float, int], a: np.ndarray, work: Work
) -> int:
    """Go to the optimum of those in, the last one new, and drop those that reach zero; how many are left."""
    total, count = start
    newcomer = work.chosen[count - 1]
    while count:
        _optimum(products, total, count, work)
        step = 1.0
        for i in range(count):
            here = a[work.chosen[i]]
            if work.trial[i] <= 0:
                step = min(step, here / (here - work.trial[i]) if here > work.trial[i] else 0.0)
        for i in range(count):
            a[work.chosen[i]] += step * (work.trial[i] - a[work.chosen[i]])
        if step >= 1:
            return count
        first, kept, least = count, 0, np.inf
        for i in range(count):
            if work.trial[i] <= 0:
                least = min(least, a[work.chosen[i]])
        for i in range(count):
            k = work.chosen[i]
            if work.trial[i] <= 0 and a[k] <= max(least, 0.0):
                a[k] = 0.0
                work.state[k] = TURNED_AWAY if k == newcomer else OUT
                first = min(first, kept)
            else:
                work.chosen[kept] = k
                kept += 1
        count = kept
        _factor(gram, first, count, work)
    return count


@numba.njit(cache=True, error_model="numpy")
def _optimum(products: np.ndarray, total: float, count: int, work: Work) -> None:
    """The least-squares optimum of those in, of the given sum."""
    for i in range(count):
        work.trial[i] = products[work.chosen[i]]
    _substitute(work.triangle, count, work.trial)
    if np.isfinite(total):
        excess, rate = -total, 0.0
        for i in range(count):
            work.price[i] = 1.0
        _substitute(work.triangle, count, work.price)
        for i in range(count):
            excess += work.trial[i]
            rate += work.price[i]
        for i in range(count):
            work.trial[i] -= excess / rate * work.price[i]


@numba.njit(cache=True, error_model="numpy")
def _factor(gram: np.ndarray, first: int, count: int, work: Work) -> bool:
    """Rows first…count − 1 of the Cholesky factor of those in; False if one depends on those before."""
    triangle, chosen = work.triangle, work.chosen
    for i in range(first, count):
        for j in range(i):
            value = gram[chosen[i], chosen[j]]
            for k in range(j):
                value -= triangle[i, k] * triangle[j, k]
            triangle[i, j] = value * triangle[j, j]
        value = gram[chosen[i], chosen[i]]
        for k in range(i):
            value -= triangle[i, k] * triangle[i, k]
        if value <= DEPENDENT * gram[chosen[i], chosen[i]]:
            return False
        triangle[i, i] = 1 / np.sqrt(value)  # its inverse: divisions are slow
    return True


@numba.njit(cache=True, error_model="numpy")
def _substitute(triangle: np.ndarray, count: int, values: np.ndarray) -> None:
    """Solve L Lᵀ y = values in place; the diagonal of L is kept inverted."""
    for i in range(count):
        value = values[i]
        for k in range(i):
            value -= triangle[i, k] * values[k]
        values[i] = value * triangle[i, i]
    for i in range(count - 1, -1, -1):
        value = values[i] * triangle[i, i]
        values[i] = value
        for k in range(i):
            values[k] -= triangle[i, k] * value
