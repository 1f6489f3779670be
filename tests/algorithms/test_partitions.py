"""Variation of information: by hand, by law, and against scikit-learn's mutual information."""

import numpy as np
from sklearn.metrics import mutual_info_score

from hsicli.algorithms.partitions import central_partition, variation_of_information


def test_by_hand():
    halves, quarters = np.array([1, 1, 2, 2]), np.array([1, 2, 3, 4])
    found = variation_of_information(np.stack([halves, quarters]), np.ones(4))
    np.testing.assert_allclose(found, [[0, 1], [1, 0]])


def test_against_scikit_learn_and_the_triangle_inequality(rng):
    partitions = rng.integers(1, 6, (4, 200))
    found = variation_of_information(partitions, np.ones(200))

    def entropy(labels):
        share = np.unique(labels, return_counts=True)[1] / len(labels)
        return -(share * np.log2(share)).sum()

    for i in range(4):
        for j in range(4):
            mutual = mutual_info_score(partitions[i], partitions[j]) / np.log(2)
            expected = entropy(partitions[i]) + entropy(partitions[j]) - 2 * mutual
            np.testing.assert_allclose(found[i, j], expected, atol=1e-9)
            assert all(found[i, j] <= found[i, k] + found[k, j] + 1e-12 for k in range(4))


def test_a_weight_is_so_many_things(rng):
    partitions, weights = rng.integers(1, 4, (2, 10)), rng.integers(1, 5, 10)
    np.testing.assert_allclose(
        variation_of_information(partitions, weights),
        variation_of_information(np.repeat(partitions, weights, axis=1), np.ones(weights.sum())),
    )


def test_names_of_classes_do_not_matter():
    found = variation_of_information(np.array([[1, 1, 2, 3], [3, 3, 1, 2]]), np.ones(4))
    np.testing.assert_allclose(found, 0, atol=1e-12)


def test_the_central_one_is_like_most_others_and_no_trivial_one():
    common, other = [1, 1, 1, 2, 2, 2, 3, 3, 3], [1, 2, 3, 1, 2, 3, 1, 2, 3]
    one, each = [1] * 9, list(range(1, 10))
    partitions = np.array([one, one, one, each, other, common, common])
    assert central_partition(partitions, np.ones(9)) == 5
    assert central_partition(np.array([one, each]), np.ones(9)) == 0
