"""Partitions beside each other: how far apart they are, and which one lies in the midst of all."""

import numpy as np


def variation_of_information(partitions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """VI(U, V) = H(U) + H(V) − 2 I(U; V) of every two partitions, bits.

    Parameters
    ----------
    partitions : (p, n) int
        Classes from 0 or 1 of n things, a row a partition.
    weights : (n,) float
        What each thing counts for.

    Returns
    -------
    (p, p) float64
        Symmetric, 0 on the diagonal.

    References
    ----------
    Meilă, "Comparing clusterings: an information based distance", J. Multivariate Analysis, 2007.
    """
    share = weights / weights.sum()

    def entropy(classes: np.ndarray) -> float:
        sums = np.bincount(classes, weights=share)
        sums = sums[sums > 0]
        return float(-(sums * np.log2(sums)).sum())

    own = [entropy(row) for row in partitions]
    out = np.zeros((len(partitions), len(partitions)))
    span = int(partitions.max(initial=0)) + 1
    for i, one in enumerate(partitions):
        for j in range(i):
            joint = entropy(one.astype(np.int64) * span + partitions[j])
            out[i, j] = out[j, i] = max(0.0, 2 * joint - own[i] - own[j])
    return out


def central_partition(partitions: np.ndarray, weights: np.ndarray) -> int:
    """The partition with the least variation of information to all others; no label is needed.

    Partitions of one class, or of nearly as many classes as things (more than half), take no part.

    Parameters
    ----------
    partitions : (p, n) int
        A row a partition.
    weights : (n,) float
        What each thing counts for.

    Returns
    -------
    int
        Its row; of equally central ones the first. 0 if no partition takes part.

    References
    ----------
    Murphy and Polk, "A multiscale environment for learning by diffusion", ACHA 2022: M-LUND.
    """
    counts = np.array([len(np.unique(row)) for row in partitions])
    part = np.flatnonzero((counts > 1) & (counts <= partitions.shape[1] / 2))
    if not len(part):
        return 0
    return int(part[variation_of_information(partitions[part], weights).sum(axis=1).argmin()])
