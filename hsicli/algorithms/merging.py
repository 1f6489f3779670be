"""Joining classes whose mean spectra point the same way: the whole path, and where to cut it.

A path is a binary tree over k old classes, made by joining the closest pair of means k − 1 times. Its heights
are the spectral angles of those joins; whatever the largest angle allowed, the classes are a cut of the one
tree.
"""

from dataclasses import dataclass

import numpy as np

from hsicli.algorithms.angles import spectral_angle

CLOUD = 6.0
"""Deviations across a cloud of noise in one direction: three to either side of its middle."""

CHANCE = 5.0
"""Standard errors by which the means of two random halves may differ."""


@dataclass(frozen=True, eq=False)
class MergePath:
    """Every join from k classes to one, in the order they were made.

    Attributes
    ----------
    pairs : (k − 1, 2) int
        What join t made one: old classes are 0…k − 1, and join t makes number k + t.
    heights : (k − 1,) float64
        Spectral angle of the two means, radians. A join can be lower than the one before it, as means move.
    counts : (k − 1, 2) float64
        Pixels of the two.
    """

    pairs: np.ndarray
    heights: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class NaturalCut:
    """Where the noise says that a path should be cut.

    Attributes
    ----------
    max_angle : float
        The cut (λ), radians: what noise alone can put between two means.
    lowest, highest : float
        Any λ from the first, and below the second, gives the same classes; far apart = a stable choice.
    classes : int
        How many are left.
    """

    max_angle: float
    lowest: float
    highest: float
    classes: int


def merge_path(means: np.ndarray, counts: np.ndarray) -> MergePath:
    """Join the two classes with the smallest angle between their means, until one is left.

    A joined class has the mean of its pixels. Of pairs at the same angle, the one with the lowest numbers is
    first.

    Parameters
    ----------
    means : (k, bands) float
        Mean spectrum of each class.
    counts : (k,) int or float
        Pixels of each class (or responsibilities, summed); all positive: leave empty classes out.

    Returns
    -------
    MergePath

    Raises
    ------
    ValueError
        If the shapes differ, a class is empty or a mean is not finite.

    References
    ----------
    GyPSUM, §4.4 "Post-Processing".
    """
    k = len(means)
    if means.ndim != 2 or counts.shape != (k,):
        raise ValueError(f"means of shape {means.shape} with counts of shape {counts.shape}")
    if not (counts > 0).all() or not np.isfinite(means).all():
        raise ValueError("every class needs pixels and a finite mean")
    nodes = max(2 * k - 1, 0)
    total, size, alive = np.zeros((nodes, means.shape[1])), np.zeros(nodes), np.zeros(nodes, dtype=bool)
    total[:k], size[:k], alive[:k] = means * counts[:, None], counts, True
    angles = np.full((nodes, nodes), np.inf)  # of pairs (i, j), i < j, that are both alive
    angles[:k, :k] = np.where(np.tri(k, dtype=bool), np.inf, spectral_angle(total[:k], total[:k]))
    pairs, heights = np.zeros((max(k - 1, 0), 2), dtype=int), np.zeros(max(k - 1, 0))
    for join, new in enumerate(range(k, nodes)):
        pair = np.unravel_index(angles.argmin(), angles.shape)
        pairs[join], heights[join] = pair, angles[pair]
        total[new], size[new] = total[pairs[join]].sum(axis=0), size[pairs[join]].sum()
        alive[pairs[join]] = False
        angles[pairs[join], :], angles[:, pairs[join]] = np.inf, np.inf
        angles[alive, new] = spectral_angle(total[alive], total[new : new + 1])[:, 0]
        alive[new] = True
    return MergePath(pairs, heights, size[pairs])


def cut_path(path: MergePath, max_angle: float) -> np.ndarray:
    """The classes that are left when joins up to an angle have been made.

    The joins are made in order, and end before the first one above the angle, so that a low join that only a
    high one made possible is not made.

    Parameters
    ----------
    path : MergePath
    max_angle : float
        Largest angle between means that are joined, radians (λ).

    Returns
    -------
    (k,) int
        For each old class its new one, numbered from 0 without gaps in the order of their first members.
    """
    k = len(path.heights) + 1
    parent = np.arange(2 * k - 1)
    joins = int(np.searchsorted(np.maximum.accumulate(path.heights), max_angle, side="right"))
    for join in reversed(range(joins)):  # from the root down, so that every node finds its root in one step
        parent[path.pairs[join]] = parent[k + join]
    _, first, new_class = np.unique(parent[:k], return_index=True, return_inverse=True)
    rank: np.ndarray = np.argsort(np.argsort(first))[new_class]
    return rank


def natural_angle(path: MergePath, noise_angle: float, bands: int) -> NaturalCut:
    """The cut that needs no angle from the user: join what noise alone could have parted.

    A mixture with more components than materials cuts the cloud of noise around one spectrum to pieces.
    White noise of σ radians a spectrum is σ/√L radians in any one of L directions; so the means of two
    pieces lie at most about 6 σ/√L apart, or 5 σ √(1/n_i + 1/n_j) where pieces are so small that their
    means are uncertain. The joins end before the first that is higher than both.

    On 96 planted scenes of pure pixels (4 to 18 minerals, 25 to 45 dB) the classes that this leaves have an
    adjusted Rand index of 0.986 with the truth; the best cut of the path 0.997, the one at the largest
    ratio of consecutive heights 0.81. Where pixels mix (0.81; 0.87; 0.51), mixtures of two materials are
    clusters of their own and stay: more classes than materials, which a larger λ joins.

    Parameters
    ----------
    path : MergePath
    noise_angle : float
        σ: root of the noise variance summed over the bands, of spectra at unit length; radians. From a
        subspace of such spectra: √(L · median of the noise power in the directions without signal).
    bands : int
        L.

    Returns
    -------
    NaturalCut

    References
    ----------
    GyPSUM, §4.4, leaves λ to the user; this rule is ours.
    """
    if not noise_angle >= 0:
        raise ValueError(f"a noise angle of {noise_angle} radians")
    chance = np.sqrt((1 / path.counts).sum(axis=1))
    level = noise_angle * np.maximum(CLOUD / np.sqrt(bands), CHANCE * chance)
    reached = np.maximum.accumulate(path.heights)
    above = np.flatnonzero(path.heights > level)
    joins = int(above[0]) if len(above) else len(reached)
    lowest = float(reached[joins - 1]) if joins else 0.0
    highest = float(reached[joins]) if joins < len(reached) else np.pi
    # Between the two: a join that is refused is higher than its level.
    noise = float(level[min(joins, len(level) - 1)]) if len(level) else 0.0
    max_angle = min(max(noise, lowest), float(np.nextafter(highest, 0)))
    return NaturalCut(max_angle, lowest, highest, len(reached) + 1 - joins)
