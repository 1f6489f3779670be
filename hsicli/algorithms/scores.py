"""Scores: how well a map agrees with a truth, or, without one, how well its classes stand apart.

What is counted: pixels that the truth labels, and only those. A pixel among them that the map leaves
unlabeled (0) is an error in every score that pairs classes (overall and average accuracy, kappa, purity, F1);
in the scores of partitions (NMI, ARI), which know no errors, the unlabeled pixels are one class more.
"""

import numpy as np


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
    known = truth > 0
    cells = labels[known].astype(np.int64) * classes + (truth[known].astype(np.int64) - 1)
    return np.bincount(cells, minlength=(k + 1) * classes).reshape(k + 1, classes)


def best_assignment(overlap: np.ndarray) -> np.ndarray:
    """The one-to-one pairing of rows and columns with the largest total overlap.

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

    partner = np.full(len(overlap), -1)
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    partner[rows] = columns
    return partner
