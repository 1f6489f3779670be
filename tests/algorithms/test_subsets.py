from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import nnls

from hsicli.algorithms.subsets import best_subsets, subset_count
from hsicli.errors import InputError

GROUPS = np.array([0, 0, 1, 1, 1, 2, 3, 3, 4])


def subsets(groups, most):
    for size in range(1, most + 1):
        for chosen in combinations(range(len(groups)), size):
            if len(set(groups[list(chosen)])) == size:
                yield list(chosen)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_it_is_the_best_of_all_subsets(most, rng):
    library = rng.random((9, 30))
    spectra = rng.dirichlet(np.full(9, 0.3), 30) @ library + rng.normal(0, 0.02, (30, 30))
    found = best_subsets(spectra, library, GROUPS, most=most)
    for x, a in zip(spectra, found, strict=True):
        best = min(nnls(library[chosen].T, x)[1] for chosen in subsets(GROUPS, most))
        assert np.linalg.norm(x - a @ library) == pytest.approx(best, abs=1e-9)


def test_no_two_members_of_a_group_are_mixed(rng):
    library = rng.random((9, 30))
    found = best_subsets(rng.random((50, 30)), library, GROUPS, most=4)
    assert (found >= 0).all()
    assert ((found > 0).sum(axis=1) <= 4).all()
    for a in found:
        assert len(set(GROUPS[a > 0])) == (a > 0).sum()


def test_planted_members_are_found(rng):
    library = rng.random((20, 40))
    spectra = 0.3 * library[[2]] + 0.5 * library[[11]]
    found = best_subsets(spectra, library, np.arange(20), most=3, least_gain=0.01)
    assert np.flatnonzero(found[0]).tolist() == [2, 11]
    np.testing.assert_allclose(found[0, [2, 11]], [0.3, 0.5], atol=1e-9)


def test_another_member_must_earn_its_place(rng):
    library = rng.random((8, 40))
    spectra = rng.dirichlet(np.full(8, 0.5), 60) @ library + rng.normal(0, 0.05, (60, 40))
    used = [
        (best_subsets(spectra, library, np.arange(8), most=3, least_gain=gain) > 0).sum()
        for gain in (0.0, 0.1, 0.5, 0.99)
    ]
    assert used == sorted(used, reverse=True)
    assert used[0] > used[-1]


def test_a_spectrum_that_nothing_explains_is_all_shade():
    assert not best_subsets(-np.ones((1, 5)), np.eye(5), np.arange(5), most=2).any()


def test_equal_members_are_not_both_taken(rng):
    library = np.repeat(rng.random((2, 10)), 2, axis=0)
    found = best_subsets(library[[0]] + library[[2]], library, np.arange(4), most=3)
    assert (found > 0).sum() == 2


def test_subsets_are_counted_right():
    for most in (1, 2, 3, 4):
        assert subset_count(GROUPS, most) == len(list(subsets(GROUPS, most)))


def test_what_would_never_end_is_refused():
    with pytest.raises(InputError, match="300 members make"):
        best_subsets(np.ones((1, 5)), np.ones((300, 5)), np.arange(300), most=4)
    with pytest.raises(ValueError, match="groups"):
        best_subsets(np.ones((1, 5)), np.ones((3, 5)), np.arange(2), most=1)
