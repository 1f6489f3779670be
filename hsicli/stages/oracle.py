"""The time that an oracle would choose: what the labels say, which no method without labels can know."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hsicli.algorithms.scores import METRICS, agreement, contingency
from hsicli.errors import InputError
from hsicli.products.labels import ClassMap, Labels

CHOSEN_BY = [METRICS.index(name) for name in ("overall_accuracy", "average_accuracy", "kappa")]


def oracle_times(maps: Sequence[Labels], truth: ClassMap) -> dict[str, Any]:
    """Of each map of `diffuse` the time with the largest OA + AA + κ, and what it scores.

    Parameters
    ----------
    maps : sequence of Labels
        With the classes of every time.
    truth : ClassMap

    Returns
    -------
    dict
        ``oracle_times`` (runs,) and ``oracle_values`` (runs, metrics), as fields of Scores.

    Raises
    ------
    InputError
        If a map has no times.
    """
    times, values = [], []
    for number, each in enumerate(maps, 1):
        if each.times is None or each.time_labels is None or each.superpixels is None:
            raise InputError(
                f"map {number} has no times for an oracle to choose from",
                hint="leave out --oracle, or give maps of hsicli diffuse",
            )
        scores = _of_times(np.asarray(each.superpixels), np.asarray(each.time_labels), truth)
        best = int(np.nan_to_num(scores[:, CHOSEN_BY]).sum(axis=1).argmax())
        times.append(int(each.times[best]))
        values.append(scores[best])
    return {"oracle_times": np.array(times), "oracle_values": np.stack(values)}


def _of_times(superpixels: np.ndarray, labels: np.ndarray, truth: ClassMap) -> np.ndarray:
    """(times, metrics): a class map is never made, as classes are of whole superpixels."""
    actual = np.asarray(truth.labels)
    pieces = contingency(
        superpixels, actual, labels.shape[1], max(len(truth.names), int(actual.max(initial=0)))
    )
    out = []
    for row in labels:
        table = np.zeros((int(row.max()) + 1, pieces.shape[1]), dtype=pieces.dtype)
        table[0] = pieces[0]
        np.add.at(table, row, pieces[1:])
        out.append(agreement(table))
    return np.stack(out)
