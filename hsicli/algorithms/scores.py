"""Scores: how well a map agrees with a truth, or, without one, how well its classes stand apart.

What is counted: pixels that the truth labels, and only those. A pixel among them that the map leaves
unlabeled (0) is an error in every score that pairs classes (overall and average accuracy, kappa, purity, F1);
in the scores of partitions (NMI, ARI), which know no errors, the unlabeled pixels are one class more.
"""

from dataclasses import dataclass

import numpy as np

BLOCK = 2**20
"""Pixels that are counted together."""


def contingency(labels: np.ndarray, truth: np.ndarray, k: int, classes: int) -> np.ndarray:
    """Pixels of each class of a map in each class of the truth.

    Only pixels with truth > 0 are counted.

    Parameters
    ----------
    labels, truth : (…) int
        0 = unlabeled, classes from 1.
    k, classes : int
        Classes of the map and of the truth; a class may be empty.

    Returns
    -------
    (k + 1, classes) int64
        Row 0: pixels that the map leaves unlabeled; row i: its class i. Column j: class j + 1 of the truth.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is outside 0…k or 0…classes.
    """
    if labels.shape != truth.shape:
        raise ValueError(f"labels of shape {labels.shape} for a truth of {truth.shape}")
    for values, most, name in ((labels, k, "labels"), (truth, classes, "truth")):
        if values.size and (values.min() < 0 or values.max() > most):
            raise ValueError(f"{name} {values.min()}…{values.max()} for classes 0…{most}")
    table = np.zeros((k + 1) * classes, dtype=np.int64)
    flat, actual = labels.reshape(-1), truth.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        known = actual[start : start + BLOCK] > 0
        column = actual[start : start + BLOCK][known].astype(np.int64) - 1
        row = flat[start : start + BLOCK][known].astype(np.int64)
        table += np.bincount(row * classes + column, minlength=table.size)
    return table.reshape(k + 1, classes)


def best_assignment(overlap: np.ndarray) -> np.ndarray:
    """The one-to-one pairing of rows and columns with the largest total overlap.

    Of pairings that overlap equally, the one with the highest F1: the answer must not hang on the numbering.

    Parameters
    ----------
    overlap : (k, classes) int
        Any shape: where one side is longer, what is left over stays alone.

    Returns
    -------
    (k,) int
        Column of each row, −1 for a row without a partner.
    """
    from scipy.optimize import linear_sum_assignment

    either = np.maximum(overlap.sum(axis=1, keepdims=True) + overlap.sum(axis=0), 1)
    tie_break = 2 * overlap / either / (min(overlap.shape) + 1)  # sums to less than one pixel
    partner = np.full(len(overlap), -1)
    rows, columns = linear_sum_assignment(overlap + tie_break, maximize=True)
    partner[rows] = columns
    return partner


METRICS = (
    "overall_accuracy",
    "average_accuracy",
    "kappa",
    "purity",
    "nmi",
    "ari",
    "f1_one_to_one",
    "f1_majority",
    "f1_best",
    "f1_rare",
)
"""What `agreement` returns, in this order."""

RARE = 0.01
"""A class with a smaller share of the pixels is rare."""


@dataclass(frozen=True, eq=False)
class ClassScores:
    """How each class of the truth was found; NaN for a class of the truth without pixels.

    Attributes
    ----------
    share : (classes,) float64
        Of the pixels that the truth labels.
    partner : (classes,) int
        The class of the map that the one-to-one assignment gives it, from 1; 0 = none.
    recall, precision, f1 : (classes,) float64
        Of the partner; 0 without one.
    best : (classes,) int
        The class of the map with the highest F1 for it alone, from 1; 0 if none touches it.
    best_f1 : (classes,) float64
    """

    share: np.ndarray
    partner: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    f1: np.ndarray
    best: np.ndarray
    best_f1: np.ndarray


def agreement(table: np.ndarray) -> np.ndarray:
    """The scores named in `METRICS`.

    Overall accuracy, average accuracy (mean recall) and κ = (OA − pₑ)/(1 − pₑ) with the classes paired one
    to one for the largest overlap (a rectangular assignment: classes left over on the map are errors);
    purity, the share of pixels in the commonest true class of their class; normalised mutual information
    2 I/(H + H′); the adjusted Rand index; and F1, a mean over the classes of the truth, three ways: of the
    one-to-one pairs, of the map with each class renamed to its commonest true class, and of the best single
    class for each; the last also over the rare classes alone.

    Parameters
    ----------
    table : (k + 1, classes) int
        From `contingency`.

    Returns
    -------
    (len(METRICS),) float64
        NaN where a score is undefined (no pixels, κ of a single class, no rare class).

    References
    ----------
    Hubert and Arabie, "Comparing partitions", J. Classification, 1985 (ARI).
    """
    n = table.sum()
    if n == 0:
        return np.full(len(METRICS), np.nan)
    found = table[1:]
    each = class_scores(table)
    partner = best_assignment(found)
    paired = np.flatnonzero(partner >= 0)
    overall = found[paired, partner[paired]].sum() / n
    chance = (found[paired].sum(axis=1) / n) @ (found.sum(axis=0) + table[0])[partner[paired]] / n
    rare = each.share < RARE
    rare &= each.share > 0
    return np.array(
        [
            overall,
            np.nanmean(each.recall),
            (overall - chance) / (1 - chance) if chance < 1 else np.nan,
            found.max(axis=1).sum() / n,
            _mutual_information(table),
            _adjusted_rand(table),
            np.nanmean(each.f1),
            np.nanmean(_majority_f1(table)),
            np.nanmean(each.best_f1),
            each.best_f1[rare].mean() if rare.any() else np.nan,
        ]
    )


def class_scores(table: np.ndarray) -> ClassScores:
    """Recall, precision and F1 of each class of the truth.

    Parameters
    ----------
    table : (k + 1, classes) int
        From `contingency`. Precision is over the pixels that the truth labels, as no other is known.

    Returns
    -------
    ClassScores
    """
    found, actual = table[1:], table.sum(axis=0)
    classes = len(actual)
    predicted = found.sum(axis=1)
    partner = np.full(classes, -1)
    for row, column in enumerate(best_assignment(found)):
        if column >= 0 and found[row, column]:
            partner[column] = row
    has = np.flatnonzero(partner >= 0)
    hits, size = np.zeros(classes), np.zeros(classes)
    hits[has] = found[partner[has], has]
    size[has] = predicted[partner[has]]
    f1 = np.where(found > 0, 2 * found / np.maximum(predicted[:, None] + actual, 1), 0.0)
    best = f1.argmax(axis=0) if len(found) else np.zeros(classes, dtype=int)
    best_f1 = f1.max(axis=0, initial=0.0)
    present = actual > 0
    return ClassScores(
        share=actual / max(actual.sum(), 1),
        partner=partner + 1,
        recall=np.where(present, hits / np.maximum(actual, 1), np.nan),
        precision=np.where(present, hits / np.maximum(size, 1), np.nan),
        f1=np.where(present, 2 * hits / np.maximum(size + actual, 1), np.nan),
        best=np.where(best_f1 > 0, best + 1, 0),
        best_f1=np.where(present, best_f1, np.nan),
    )


def _majority_f1(table: np.ndarray) -> np.ndarray:
    """(classes,) F1 after every class of the map has taken the name of its commonest true class."""
    found, actual = table[1:], table.sum(axis=0)
    renamed = np.zeros((len(actual), len(actual)))
    np.add.at(renamed, found.argmax(axis=1), found)
    f1 = 2 * np.diagonal(renamed) / np.maximum(renamed.sum(axis=1) + actual, 1)
    return np.where(actual > 0, f1, np.nan)


def _mutual_information(table: np.ndarray) -> float:
    """Mutual information over the mean of the two entropies; 1 if both partitions are one class."""
    joint = table / table.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    entropies = _entropy(rows) + _entropy(columns)
    if entropies == 0:
        return 1.0
    mutual = entropies - _entropy(joint.ravel())
    return max(0.0, 2 * mutual / entropies)


def _entropy(shares: np.ndarray) -> float:
    """−Σ p ln p."""
    present = shares[shares > 0]
    return float(max(0.0, -(present @ np.log(present))))


def _adjusted_rand(table: np.ndarray) -> float:
    """Pairs of pixels that both partitions join, above chance, over the most there could be above it."""

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1.0) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    every = pairs(table.sum(keepdims=True))
    chance = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (together - chance) / (most - chance)
