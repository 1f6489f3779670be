"""Clusters are joined where no valley lies between them, however far apart their means are."""

import numpy as np
import pytest

from hsicli.algorithms.modes import join_heaps, rare_clusters, valley_depth


def heap(rng, at, count=600, spread=1.0):
    return rng.normal(at, spread, size=(count, 3))


def joined(heaps, means=None, depth=0.6):
    counts = np.array([len(points) for points in heaps])
    if means is None:
        means = np.stack([points.mean(0) for points in heaps])
    return join_heaps(means, counts, heaps, depth=depth, rng=np.random.default_rng(0)).tolist()


def test_halves_of_one_heap_have_no_valley_and_two_heaps_have(rng):
    one = heap(rng, (0, 0, 0), 2000)
    left, right = one[one[:, 0] < 0], one[one[:, 0] >= 0]
    assert valley_depth(left, right, (len(left), len(right))) > 0.9
    other = heap(rng, (8, 0, 0), 2000)
    assert valley_depth(one, other, (2000, 2000)) < 0.05


def test_the_valley_is_the_same_from_both_sides(rng):
    one, other = heap(rng, (0, 0, 0)), heap(rng, (3, 1, 0), 300)
    assert valley_depth(one, other, (600, 300)) == pytest.approx(
        valley_depth(other, one, (300, 600)), rel=0.05, abs=0.02
    )


def test_clusters_in_one_place_are_one_heap(rng):
    points = np.ones((5, 3))
    assert valley_depth(points, points, (5, 5)) == 1


def test_pieces_of_a_long_heap_are_joined_and_another_one_is_not(rng):
    x = rng.uniform(0, 20, size=4000)
    long = np.column_stack([x, *rng.normal(0, 0.3, size=(2, 4000))])
    pieces = [long[(x >= low) & (x < low + 5)] for low in (0, 5, 10, 15)]
    other = heap(rng, (10, 6, 0), 500, 0.3)
    means = 10 + np.stack([points.mean(0) for points in (*pieces, other)])
    assert joined([*pieces, other], means) == [0, 0, 0, 0, 1]


def test_a_small_heap_beside_a_large_one_stays(rng):
    large, small = heap(rng, (5, 5, 5), 5000), heap(rng, (5, 5, 12), 30)
    assert joined([large, small]) == [0, 1]


def test_the_depth_asked_for_decides_and_the_order_of_points_does_not(rng):
    heaps = [heap(rng, at) for at in ((5, 5, 5), (5, 5, 6), (9, 1, 1))]
    assert joined(heaps, depth=0.0) == [0, 0, 0]
    assert joined(heaps, depth=9.0) == [0, 1, 2]
    assert joined(heaps) == [0, 0, 1]
    assert joined([points[::-1] for points in heaps]) == [0, 0, 1]


def test_one_cluster_is_one_class(rng):
    assert joined([heap(rng, (1, 1, 1))]) == [0]


MEANS = np.array([[1.0, 0, 0], [0, 1.0, 0], [0.5, 0.5, 0], [1.0, 0, 0.1], [1.0, 0, 0.11]])
COUNTS = np.array([5000, 4000, 20, 30, 20])
SURE = np.zeros(5)


def test_a_mixture_of_large_classes_is_not_rare_and_what_has_a_feature_of_its_own_is():
    assert rare_clusters(np.array([0, 1, 0, 0, 1]), MEANS, COUNTS, SURE, angle=0.03) == [3, 4]


def test_a_feature_that_noise_explains_is_none():
    errors = np.array([0, 0, 0, 0.2, 0.2])
    assert rare_clusters(np.array([0, 1, 0, 0, 0]), MEANS, COUNTS, errors, angle=0.03) == []


def test_a_small_feature_and_a_large_cluster_are_not_rare():
    classes = np.array([0, 1, 0, 0, 0])
    assert rare_clusters(classes, MEANS, COUNTS, SURE, angle=0.2) == []
    many = np.array([5000, 4000, 20, 3000, 3000])
    assert rare_clusters(classes, MEANS, many, SURE, angle=0.06) == []


def test_clusters_of_a_small_class_are_let_be():
    assert rare_clusters(np.array([0, 1, 0, 2, 2]), MEANS, COUNTS, SURE, angle=0.03) == []


def test_few_points_make_no_valley_by_chance():
    one, depths = np.random.default_rng(3).normal(size=(40, 50, 3)), []
    for points in one:
        left = points[:, 0] < 0
        depths.append(valley_depth(points[left], points[~left], (left.sum(), (~left).sum())))
    assert np.mean(np.array(depths) < 0.4) < 0.1
