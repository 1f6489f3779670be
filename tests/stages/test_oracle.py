"""The oracle's time: the best of the times that a map holds, and its scores are those of its class map."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.algorithms.scores import agreement, contingency
from hsicli.errors import InputError
from hsicli.products.labels import ClassMap, Labels
from hsicli.stages.oracle import oracle_times


def example(rng) -> tuple[Labels, ClassMap]:
    superpixels = rng.integers(0, 13, (20, 15)).astype(np.int32)
    truth = rng.integers(0, 4, (20, 15)).astype(np.int32)
    times = rng.integers(1, 5, (4, 12)).astype(np.int32)
    labels = np.append(0, times[0])[superpixels].astype(np.int32)
    product = Labels(
        labels, ("a", "b", "c", "d"), np.zeros((4, 3), np.uint8),
        np.ones(4), np.zeros((4, 1)), np.zeros((4, 1)),
        superpixels=superpixels, times=np.array([0, 1, 2, 4]), time_labels=times, time_chosen=0,
    )  # fmt: skip
    return product, ClassMap(truth, ("x", "y", "z"))


def test_it_is_the_best_of_all_times_scored_as_a_map_is(rng):
    product, truth = example(rng)
    every = np.stack(
        [
            agreement(contingency(np.append(0, row)[product.superpixels], truth.labels, int(row.max()), 3))
            for row in product.time_labels
        ]
    )
    best = every[:, :3].sum(axis=1).argmax()
    found = oracle_times([product], truth)
    assert found["oracle_times"].tolist() == [product.times[best]]
    np.testing.assert_allclose(found["oracle_values"][0], every[best])


def test_a_map_without_times_is_refused(rng):
    product, truth = example(rng)
    with pytest.raises(InputError, match="map 2 has no times"):
        oracle_times([product, replace(product, times=None)], truth)
