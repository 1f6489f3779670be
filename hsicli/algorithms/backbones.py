"""Classes by diffusion: dense points far from any denser one are modes, and each point follows a denser one.

What is chosen here is fixed, as ties are many: of equal densities the lower number counts as denser.
"""

from typing import NamedTuple

import numba
import numpy as np
from scipy.spatial import cKDTree

MOST_CLASSES = 40
"""Looked for where their number is not known."""

NEAR = 24
"""Points nearest to each that are looked at first."""


class Found(NamedTuple):
    """The classes at one time."""

    labels: np.ndarray
    """(m,) int32, from 1, of each representative."""
    modes: np.ndarray
    """(k,) int: the representative that each class began at."""


def classes_by_modes(
    places: np.ndarray, density: np.ndarray, superpixels: np.ndarray, classes: int | None, backbone: int
) -> Found:
    """Find modes, and give each point the class of the mode that it leads to.

    The score of a point is p ρ: its density times the diffusion distance to the nearest denser point. Modes
    are the points of highest score, one a superpixel at most. The `backbone` − 1 points nearest to a mode
    take its class, rank by rank, the class of lower number first; each other point, by falling density, takes
    that of its nearest denser point.

    Parameters
    ----------
    places : (m, l) float
        Diffusion coordinates.
    density : (m,) float
        p.
    superpixels : (m,) int
        From 0.
    classes : int, optional
        K; there are fewer if there are fewer superpixels. Unless given, that number of modes, two to
        `MOST_CLASSES`, after which the score falls by the largest factor.
    backbone : int
        N, a mode itself among them.

    Returns
    -------
    Found

    References
    ----------
    Maggioni and Murphy, "Learning by unsupervised nonlinear diffusion", JMLR 2019;
    Cui et al., "Superpixel-based and spatially regularized diffusion learning", arXiv:2312.15447.
    """
    order = np.argsort(-density, kind="stable")
    sorted_places = np.ascontiguousarray(places[order], dtype=np.float64)
    leads, squares = _nearest_denser(sorted_places)
    squares[0] = ((sorted_places - sorted_places[0]) ** 2).sum(axis=1).max()
    score = np.empty(len(order))
    score[order] = density[order] * np.sqrt(squares)
    candidates = np.argsort(-score, kind="stable")
    _, first = np.unique(superpixels[candidates], return_index=True)
    candidates = candidates[np.sort(first)]  # the best of each superpixel, best first
    modes = candidates[: classes or _count_modes(score[candidates])]
    labels = np.zeros(len(order), dtype=np.int32)
    labels[modes] = np.arange(1, len(modes) + 1)
    _grow_backbones(labels, places, modes, backbone)
    sorted_labels = labels[order]
    _follow(sorted_labels, leads)
    labels[order] = sorted_labels
    return Found(labels, modes)


def _count_modes(scores: np.ndarray) -> int:
    """How many of the falling scores come before the largest drop, as a factor."""
    shown = np.maximum(scores[1 : MOST_CLASSES + 1], 1e-300)  # s₂, s₃, …
    if len(shown) < 2:
        return len(scores)
    return int(np.argmax(shown[:-1] / shown[1:])) + 2


def _nearest_denser(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each point the nearest before it, and the squared distance; points come by falling density.

    A tree names the nearest few of all; only where none of these is denser every denser point is looked at.
    """
    m = len(places)
    asked = min(NEAR, m)
    reach, near = cKDTree(places).query(places, asked)
    near = near.reshape(m, asked)
    squares = np.where(
        near < np.arange(m)[:, None], ((places[:, None] - places[near]) ** 2).sum(axis=2), np.inf
    )
    best = squares.min(axis=1)
    nearest = np.where(squares == best[:, None], near, m).min(axis=1)
    # Beyond the few there may be one as near: of equally near ones the densest counts.
    open_ = np.flatnonzero(~(best < reach.reshape(m, asked)[:, -1] ** 2 * (1 - 1e-9)))
    open_ = open_[open_ > 0]
    nearest[open_], best[open_] = _look_at_all(places, open_)
    nearest[0] = 0
    return nearest, best


@numba.njit(cache=True, parallel=True)
def _look_at_all(places: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nearest, squares = np.zeros(len(asked), np.int64), np.full(len(asked), np.inf)
    for place in numba.prange(len(asked)):
        i, best, at = asked[place], np.inf, 0
        for j in range(i):
            total = 0.0
            for axis in range(places.shape[1]):
                total += (places[i, axis] - places[j, axis]) ** 2
                if total >= best:
                    break
            if total < best:
                best, at = total, j
        nearest[place], squares[place] = at, best
    return nearest, squares


def _grow_backbones(labels: np.ndarray, places: np.ndarray, modes: np.ndarray, backbone: int) -> None:
    """Give the points nearest to each mode its class, in place."""
    squares = np.stack([((places - places[mode]) ** 2).sum(axis=1) for mode in modes])
    squares[np.arange(len(modes)), modes] = -1  # itself first
    ranks = np.argsort(squares, axis=1, kind="stable")[:, 1:backbone]
    for rank in ranks.T:
        for number, point in enumerate(rank, 1):
            if labels[point] == 0:
                labels[point] = number


@numba.njit(cache=True)
def _follow(labels: np.ndarray, leads: np.ndarray) -> None:
    for i in range(len(labels)):
        if labels[i] == 0:
            labels[i] = labels[leads[i]]


def majority(labels: np.ndarray, superpixels: np.ndarray, count: int) -> np.ndarray:
    """The commonest class among the representatives of each superpixel; of equally common ones the first.

    Parameters
    ----------
    labels : (m,) int
        Classes, from 1.
    superpixels : (m,) int
        From 0.
    count : int
        P, of superpixels.

    Returns
    -------
    (P,) int32
    """
    k = int(labels.max())
    votes = np.bincount(superpixels * k + labels - 1, minlength=count * k).reshape(count, k)
    return (votes.argmax(axis=1) + 1).astype(np.int32)
