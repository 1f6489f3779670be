from itertools import permutations

import numpy as np
import pytest
from sklearn import metrics as sk

from hsicli.algorithms.scores import METRICS, agreement, best_assignment, class_scores, contingency


def scores(labels, truth, k=None, classes=None):
    labels, truth = np.asarray(labels), np.asarray(truth)
    table = contingency(labels, truth, k or int(labels.max()), classes or int(truth.max()))
    return dict(zip(METRICS, agreement(table), strict=True))


def test_the_table_counts_only_what_the_truth_labels():
    found = contingency(np.array([[1, 2, 0], [1, 2, 2]]), np.array([[1, 1, 2], [0, 2, 0]]), 2, 2)
    np.testing.assert_array_equal(found, [[0, 1], [1, 0], [1, 1]])


def test_unclassified_pixels_shift_no_class():
    # A truth of classes 2 and 3 beside unclassified 0: counting 0 as a class moved every stratum by one
    # elsewhere (enmap-box 900) and gave wrong accuracies. Neither zeros nor absent numbers may matter here.
    truth = np.array([0, 0, 0, 2, 2, 2, 3, 3, 0])
    labels = np.array([1, 2, 1, 1, 1, 2, 2, 2, 0])
    with_zeros, without = scores(labels, truth), scores(labels[truth > 0], truth[truth > 0] - 1)
    assert with_zeros["overall_accuracy"] == pytest.approx(4 / 5)
    np.testing.assert_allclose(list(with_zeros.values()), list(without.values()))


def test_a_pixel_that_the_map_leaves_out_is_an_error():
    truth = np.array([1, 1, 1, 1, 2, 2, 2, 2])
    labels = np.array([1, 1, 1, 1, 2, 2, 0, 0])
    found = scores(labels, truth)
    assert found["overall_accuracy"] == pytest.approx(6 / 8)
    assert found["average_accuracy"] == pytest.approx((1 + 0.5) / 2)
    assert found["purity"] == pytest.approx(6 / 8)
    assert found["f1_one_to_one"] == pytest.approx((1 + 2 * 2 / (2 + 4)) / 2)
    assert found["f1_majority"] == pytest.approx((1 + 2 * 2 / (2 + 4)) / 2)
    assert found["nmi"] == pytest.approx(sk.normalized_mutual_info_score(truth, labels))  # 0 is a class more
    assert found["ari"] == pytest.approx(sk.adjusted_rand_score(truth, labels))


def test_left_over_classes_of_the_map_are_errors_by_hand():
    truth = np.array([1, 1, 1, 1, 2, 2])
    labels = np.array([1, 1, 2, 3, 4, 4])
    found = scores(labels, truth)
    assert found["overall_accuracy"] == pytest.approx(4 / 6)
    assert found["average_accuracy"] == pytest.approx((2 / 4 + 1) / 2)
    chance = (2 / 6) * (4 / 6) + (2 / 6) * (2 / 6)
    assert found["kappa"] == pytest.approx((4 / 6 - chance) / (1 - chance))
    assert found["purity"] == 1
    assert found["f1_majority"] == 1
    assert found["f1_one_to_one"] == pytest.approx((2 * 2 / (2 + 4) + 1) / 2)
    assert found["f1_best"] == pytest.approx((2 * 2 / (2 + 4) + 1) / 2)


def test_more_true_classes_than_classes_of_the_map():
    found = scores([1, 1, 2, 2], [1, 2, 3, 3])
    assert found["overall_accuracy"] == pytest.approx(3 / 4)
    assert found["average_accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("seed", range(20))
def test_scores_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, 400)
    labels = np.where(rng.random(400) < 0.6, truth, rng.integers(1, 9, 400))
    table = contingency(labels, truth, 8, 5)
    found = dict(zip(METRICS, agreement(table), strict=True))
    assert found["nmi"] == pytest.approx(sk.normalized_mutual_info_score(truth, labels), abs=1e-12)
    assert found["ari"] == pytest.approx(sk.adjusted_rand_score(truth, labels), abs=1e-12)
    partner = best_assignment(table[1:])
    renamed = np.where(partner >= 0, partner + 1, 0)[labels - 1]
    assert found["overall_accuracy"] == pytest.approx(sk.accuracy_score(truth, renamed))
    assert found["kappa"] == pytest.approx(sk.cohen_kappa_score(truth, renamed))
    known = {"labels": np.arange(1, 6), "average": "macro", "zero_division": 0}
    assert found["average_accuracy"] == pytest.approx(sk.recall_score(truth, renamed, **known))
    assert found["f1_one_to_one"] == pytest.approx(sk.f1_score(truth, renamed, **known))
    majority = table[1:].argmax(axis=1)[labels - 1] + 1
    assert found["f1_majority"] == pytest.approx(sk.f1_score(truth, majority, **known))
    best = [max(sk.f1_score(truth == c, labels == k) for k in range(1, 9)) for c in range(1, 6)]
    assert found["f1_best"] == pytest.approx(np.mean(best))
    each = class_scores(table)
    precision, recall, f1, count = sk.precision_recall_fscore_support(
        truth, renamed, labels=np.arange(1, 6), zero_division=0
    )
    np.testing.assert_allclose(each.precision, precision)
    np.testing.assert_allclose(each.recall, recall)
    np.testing.assert_allclose(each.f1, f1)
    np.testing.assert_allclose(each.share, count / 400)


@pytest.mark.parametrize("seed", range(10))
def test_renaming_the_classes_of_the_map_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    truth, labels = rng.integers(0, 5, 300), rng.integers(0, 8, 300)
    renamed = np.concatenate([[0], rng.permutation(7) + 1])[labels]
    np.testing.assert_allclose(
        list(scores(labels, truth, 7).values()), list(scores(renamed, truth, 7).values()), atol=1e-12
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_assignment_is_as_good_as_brute_force(seed):
    overlap = np.random.default_rng(seed).integers(0, 50, (6, 4))
    partner = best_assignment(overlap)
    total = sum(overlap[row, column] for row, column in enumerate(partner) if column >= 0)
    assert total == max(sum(overlap[list(rows), range(4)]) for rows in permutations(range(6), 4))
    assert sorted(partner[partner >= 0]) == [0, 1, 2, 3]


def test_a_perfect_map_has_perfect_scores():
    truth = np.repeat([1, 2, 3], [995, 995, 10])
    assert all(value == pytest.approx(1) for value in scores(np.array([0, 3, 1, 2])[truth], truth).values())


def test_rare_classes_are_scored_apart():
    truth = np.repeat([1, 2], [995, 5])
    missed = scores(np.ones(1000, dtype=int), truth)
    assert missed["f1_rare"] == pytest.approx(2 * 5 / 1005)
    assert np.isnan(scores([1, 2], [1, 2])["f1_rare"])


def test_a_true_class_without_pixels_is_in_no_mean():
    truth, labels = np.array([1, 1, 3, 3]), np.array([1, 1, 2, 2])
    assert scores(labels, truth)["average_accuracy"] == 1
    assert scores(labels, truth)["f1_best"] == 1
    assert np.isnan(class_scores(contingency(labels, truth, 2, 3)).recall[1])


def test_an_empty_map_scores_zero_and_an_empty_truth_nothing():
    found = scores(np.zeros(4, dtype=int), [1, 1, 2, 2])
    assert found["overall_accuracy"] == found["purity"] == found["nmi"] == found["ari"] == 0
    assert np.isnan(agreement(contingency(np.ones(3, int), np.zeros(3, int), 1, 2))).all()


def test_numbers_beyond_the_classes_are_refused():
    with pytest.raises(ValueError, match="labels"):
        contingency(np.array([3]), np.array([1]), 2, 1)
    with pytest.raises(ValueError, match="shape"):
        contingency(np.ones(3, int), np.ones(4, int), 1, 1)
