import numpy as np
import pytest

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.merging import cut_path, merge_path


def at(*angles):
    """Unit spectra of two bands at these angles."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def by_brute_force(means, counts, max_angle):
    """The closest pair joined, from the definition, until none is close enough."""
    groups = [[j] for j in range(len(means))]
    while len(groups) > 1:
        joint = np.stack([np.average(means[g], axis=0, weights=counts[g]) for g in groups])
        angles = spectral_angle(joint, joint)
        np.fill_diagonal(angles, np.inf)
        first, second = sorted(np.unravel_index(angles.argmin(), angles.shape))
        if angles[first, second] > max_angle:
            break
        groups[first] += groups.pop(second)
    return {frozenset(group) for group in groups}


def as_sets(new_class):
    return {frozenset(np.flatnonzero(new_class == c).tolist()) for c in np.unique(new_class)}


def test_the_closest_two_of_three_are_joined_first():
    path = merge_path(at(0.0, 0.5, 0.6), np.ones(3))
    assert path.pairs.tolist() == [[1, 2], [0, 3]]
    np.testing.assert_allclose(path.heights, [0.1, 0.55])


def test_a_joined_class_has_the_mean_of_its_pixels():
    means = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    path = merge_path(means, np.array([30, 10, 5]))
    joint = (means[0] * 30 + means[1] * 10) / 40
    np.testing.assert_allclose(path.heights[1], spectral_angle(joint[None], means[2:])[0, 0])


@pytest.mark.parametrize("seed", range(10))
def test_any_cut_is_what_joining_pair_by_pair_gives(seed):
    rng = np.random.default_rng(seed)
    means, counts = rng.random((9, 5)), rng.integers(1, 100, 9)
    path = merge_path(means, counts)
    for max_angle in [0.0, *(path.heights + 1e-9), *(path.heights - 1e-9)]:
        assert as_sets(cut_path(path, max_angle)) == by_brute_force(means, counts, max_angle)


def test_new_classes_are_numbered_without_gaps_in_order_of_their_members():
    new_class = cut_path(merge_path(at(0.0, 1.0, 0.02, 1.01), np.ones(4)), 0.1)
    assert new_class.tolist() == [0, 1, 0, 1]


def test_a_low_join_after_a_high_one_waits_for_it():
    # An equilateral triangle around the third axis: the mean of two corners lies closer to the third.
    turns = 2 * np.pi * np.arange(3) / 3
    means = np.stack([np.cos(turns), np.sin(turns), np.full(3, 5.0)], axis=1)
    path = merge_path(means, np.ones(3))
    assert path.heights[1] < path.heights[0]
    assert len(set(cut_path(path, path.heights.mean()))) == 3
    assert len(set(cut_path(path, path.heights.max()))) == 1


def test_merging_ignores_brightness(rng):
    means, counts = rng.random((8, 20)), rng.integers(1, 100, 8)
    first, second = merge_path(means, counts), merge_path(means * 7, counts)
    np.testing.assert_array_equal(first.pairs, second.pairs)


def test_ties_go_to_the_lowest_numbers():
    assert merge_path(np.eye(4), np.ones(4)).pairs[0].tolist() == [0, 1]


def test_one_class_has_nothing_to_join():
    path = merge_path(np.ones((1, 4)), np.ones(1))
    assert path.heights.shape == (0,)
    assert cut_path(path, 1.0).tolist() == [0]


@pytest.mark.parametrize(
    ("means", "counts", "words"),
    [
        (np.ones((2, 3)), np.ones(3), "counts of shape"),
        (np.ones((2, 3)), np.array([1, 0]), "needs pixels"),
        (np.full((2, 3), np.nan), np.ones(2), "finite mean"),
    ],
)
def test_classes_without_pixels_or_means_are_refused(means, counts, words):
    with pytest.raises(ValueError, match=words):
        merge_path(means, counts)
