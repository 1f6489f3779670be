"""Best subsets: each spectrum as a mixture of a few members of a library, one a group, and shade (MESMA)."""

import numba
import numpy as np

from hsicli.errors import InputError

MOST_SUBSETS = 2_000_000
"""More than these are not looked through for every pixel."""

DEPENDENT = 1e-10
"""A member whose square outside the span of the others is this share of it adds nothing to them."""

CHUNKS = 64
"""Pieces of the work that threads take in turn."""


def best_subsets(
    spectra: np.ndarray, library: np.ndarray, groups: np.ndarray, *, most: int, least_gain: float = 0.0
) -> np.ndarray:
    """The best mixture of at most `most` members for every spectrum, all subsets looked through.

    For each size the subset with the least squared error among those whose coefficients are all positive; of
    two sizes the smaller, unless the larger takes the share `least_gain` off its root mean square error. What
    the coefficients lack to one is shade.

    Parameters
    ----------
    spectra : (n, bands) float
        Finite.
    library : (m, bands) float
        Finite.
    groups : (m,) int
        Members of the same group exclude each other (variants of one material); number them all to let any
        members mix.
    most : int
        Members a mixture.
    least_gain : float
        0…1.

    Returns
    -------
    (n, m) float64
        At most `most` positive in a row, the others zero; the sum is free.

    Raises
    ------
    InputError
        If there are too many subsets to look through.
    ValueError
        If shapes disagree.

    References
    ----------
    Roberts, Gardner, Church, Ustin, Scheer and Green, "Mapping chaparral in the Santa Monica Mountains using
    multiple endmember spectral mixture models", Remote Sensing of Environment 65, 1998.
    """
    if spectra.shape[1:] != library.shape[1:] or groups.shape != library.shape[:1]:
        raise ValueError(
            f"spectra of shape {spectra.shape}, library of {library.shape}, groups of {groups.shape}"
        )
    count = subset_count(groups, most)
    if count > MOST_SUBSETS:
        raise InputError(
            f"{len(library)} members make {count:,} subsets of up to {most}, more than {MOST_SUBSETS:,}",
            hint="choose fewer members, put variants of one material in a group, or allow fewer a pixel",
        )
    members, x = np.asarray(library, dtype=np.float64), np.asarray(spectra, dtype=np.float64)
    out = np.zeros((len(x), len(members)))
    problem = (members @ members.T, np.ascontiguousarray(groups, dtype=np.int64), np.einsum("ij,ij->i", x, x))
    _search(x @ members.T, problem, most, 1 - least_gain, out)
    return out


def subset_count(groups: np.ndarray, most: int) -> int:
    """How many subsets of 1 to `most` members have no two of a group: groups (m,) int."""
    ways = [1] + [0] * most
    for size in np.unique(groups, return_counts=True)[1]:
        ways = [here + int(size) * before for here, before in zip(ways, [0, *ways[:-1]], strict=True)]
    return sum(ways[1:])


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _search(
    products: np.ndarray,
    problem: tuple[np.ndarray, np.ndarray, np.ndarray],
    most: int,
    keep: float,
    out: np.ndarray,
) -> None:
    """Every row: walk all subsets, the factor of each grown from that of its first members."""
    gram, groups, power = problem
    n = len(products)
    for chunk in numba.prange(CHUNKS):
        errors, found = np.empty(most + 1), np.empty((most + 1, most), np.int64)
        parts, triangle = np.empty((most + 1, most)), np.empty((most, most))
        for row in range(chunk * n // CHUNKS, (chunk + 1) * n // CHUNKS):
            errors[0], errors[1:] = power[row], np.inf
            _walk(products[row], (gram, groups), (errors, found, parts), triangle)
            best = 0
            for size in range(1, most + 1):
                if errors[size] < keep * keep * errors[best]:
                    best = size
            for i in range(best):
                out[row, found[best, i]] = parts[best, i]


@numba.njit(cache=True, error_model="numpy")
def _walk(
    products: np.ndarray,
    problem: tuple[np.ndarray, np.ndarray],
    best: tuple[np.ndarray, np.ndarray, np.ndarray],
    triangle: np.ndarray,
) -> None:
    """Best subset of each size for one spectrum: depth first, members ascending."""
    gram, groups = problem
    errors, found, parts = best
    m, most = len(products), len(triangle)
    chosen, along = np.zeros(most, np.int64), np.empty(most)
    trial, left = np.empty(most), np.empty(most + 1)
    left[0] = errors[0]
    depth = 0
    while depth >= 0:
        k = chosen[depth]
        if k >= m:
            depth -= 1
            if depth >= 0:
                chosen[depth] += 1
            continue
        if not _appended(gram, groups, chosen, depth, triangle):
            chosen[depth] += 1
            continue
        value = products[k]
        for i in range(depth):
            value -= triangle[depth, i] * along[i]
        along[depth] = value / triangle[depth, depth]
        left[depth + 1] = max(left[depth] - along[depth] ** 2, 0.0)
        size = depth + 1
        if left[size] < errors[size] and _positive(triangle, along, size, trial):
            errors[size] = left[size]
            for i in range(size):
                found[size, i], parts[size, i] = chosen[i], trial[i]
        if size < most:
            depth += 1
            chosen[depth] = k + 1
        else:
            chosen[depth] += 1


@numba.njit(cache=True, error_model="numpy")
def _appended(
    gram: np.ndarray, groups: np.ndarray, chosen: np.ndarray, depth: int, triangle: np.ndarray
) -> bool:
    """The factor's row for the last chosen; False if its group is taken or it depends on the others."""
    k = chosen[depth]
    rest = gram[k, k]
    for i in range(depth):
        if groups[chosen[i]] == groups[k]:
            return False
        value = gram[k, chosen[i]]
        for j in range(i):
            value -= triangle[depth, j] * triangle[i, j]
        triangle[depth, i] = value / triangle[i, i]
        rest -= triangle[depth, i] ** 2
    if rest <= DEPENDENT * gram[k, k]:
        return False
    triangle[depth, depth] = np.sqrt(rest)
    return True


@numba.njit(cache=True, error_model="numpy")
def _positive(triangle: np.ndarray, along: np.ndarray, size: int, trial: np.ndarray) -> bool:
    """Coefficients in `trial`; whether all are positive."""
    for i in range(size - 1, -1, -1):
        value = along[i]
        for j in range(i + 1, size):
            value -= triangle[j, i] * trial[j]
        trial[i] = value / triangle[i, i]
        if trial[i] <= 0:
            return False
    return True
