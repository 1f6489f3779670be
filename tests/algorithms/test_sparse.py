import numpy as np
import pytest
from sklearn.linear_model import Lasso, MultiTaskLasso

from hsicli.algorithms.leastsquares import fcls, nnls, optimality
from hsicli.algorithms.sparse import collaborative, sunsal, sunsal_on_simplex
from hsicli.errors import InputError


def problem(rng, n=40, m=60, bands=30, used=3):
    library = rng.random((m, bands))
    truth = np.zeros((n, m))
    for row in truth:
        row[rng.choice(m, used, replace=False)] = rng.dirichlet(np.ones(used))
    return truth @ library + rng.normal(0, 0.01, (n, bands)), library, truth


def test_one_member_is_shortened_by_the_penalty():
    found = sunsal(np.array([[2.0, 0.0]]), np.eye(2), sparsity=0.5)
    np.testing.assert_allclose(found, [[1.5, 0.0]])


def test_sunsal_is_the_positive_lasso_of_scikit_learn(rng):
    spectra, library, _ = problem(rng)
    found = sunsal(spectra, library, sparsity=0.02)
    assert optimality(spectra, library, found, sparsity=0.02).max() < 1e-12
    lasso = Lasso(alpha=0.02 / 30, positive=True, fit_intercept=False, max_iter=200_000, tol=1e-12)
    np.testing.assert_allclose(found, lasso.fit(library.T, spectra.T).coef_, atol=1e-5)


def test_a_higher_penalty_uses_fewer_members(rng):
    spectra, library, _ = problem(rng)
    used = [(sunsal(spectra, library, sparsity=s) > 0).sum() for s in (0.0, 0.01, 0.1, 1.0, 100.0)]
    assert used == sorted(used, reverse=True)
    assert used[-1] == 0


def test_without_a_penalty_it_is_nnls_and_with_a_sum_it_is_fcls(rng):
    spectra, library, _ = problem(rng, m=20)
    np.testing.assert_allclose(sunsal(spectra, library, sparsity=0.0), nnls(spectra, library))
    np.testing.assert_allclose(sunsal_on_simplex(spectra, library), fcls(spectra, library))


def test_collaborative_regression_is_the_group_lasso_where_signs_do_not_matter(rng):
    library = rng.random((6, 40))
    spectra = (rng.uniform(0.5, 1.5, (25, 2)) @ library[:2]) + rng.normal(0, 1e-4, (25, 40))
    theirs = MultiTaskLasso(alpha=0.2 / 40, fit_intercept=False, max_iter=100_000, tol=1e-12)
    theirs.fit(library.T, spectra.T)
    found = collaborative(spectra, library, sparsity=0.2, iterations=5000, tolerance=1e-9)
    assert theirs.coef_.min() >= -1e-3  # so that the sign is no constraint to speak of
    np.testing.assert_allclose(found, theirs.coef_, atol=2e-3)


def test_collaborative_regression_finds_the_few_members_of_an_image(rng):
    library = rng.random((50, 40))
    spectra = rng.dirichlet(np.ones(3), 200) @ library[[4, 17, 30]] + rng.normal(0, 0.005, (200, 40))
    found = collaborative(spectra, library, sparsity=0.5)
    assert found.min() >= 0
    assert set(np.argsort(-np.linalg.norm(found, axis=0))[:3].tolist()) == {4, 17, 30}
    assert (found.max(axis=0) > 1e-3).sum() < (nnls(spectra, library).max(axis=0) > 1e-3).sum()


def test_more_members_than_bands_are_welcome(rng):
    spectra, library, truth = problem(rng, m=100, bands=25, used=2)
    found = sunsal(spectra, library, sparsity=0.01)
    assert np.sqrt(np.mean((found - truth) ** 2)) < np.sqrt(np.mean(truth**2)) / 2


def test_bad_members_are_named(rng):
    library = rng.random((4, 10))
    library[2] = 0
    for solve in (lambda: sunsal(np.ones((2, 10)), library, sparsity=0.1),
                  lambda: sunsal_on_simplex(np.ones((2, 10)), library),
                  lambda: collaborative(np.ones((2, 10)), library, sparsity=0.1)):  # fmt: skip
        with pytest.raises(InputError, match="member 3"):
            solve()
    with pytest.raises(ValueError, match=r"\(2, 9\)"):
        sunsal(np.ones((2, 9)), library, sparsity=0.1)


def test_letting_members_in_by_and_by_ends_where_all_at_once_do(rng, monkeypatch):
    spectra, library, _ = problem(rng, m=40, used=2)
    by_and_by = collaborative(spectra, library, sparsity=0.1, iterations=5000, tolerance=1e-9)
    monkeypatch.setattr("hsicli.algorithms.sparse.TOGETHER", 40)
    at_once = collaborative(spectra, library, sparsity=0.1, iterations=5000, tolerance=1e-9)
    np.testing.assert_allclose(by_and_by, at_once, atol=1e-4)
    gradient = (spectra - by_and_by @ library) @ library.T
    pull, used = np.linalg.norm(np.maximum(gradient, 0), axis=0), by_and_by.any(axis=0)
    assert pull[~used].max() <= 0.1 * 1.002  # nobody outside is worth letting in
    with_sign = np.where(by_and_by > 0, gradient, np.maximum(gradient, 0))
    np.testing.assert_allclose(np.linalg.norm(with_sign[:, used], axis=0), 0.1, rtol=1e-2)


def test_so_high_a_penalty_leaves_nobody(rng):
    spectra, library, _ = problem(rng)
    assert not collaborative(spectra, library, sparsity=1e6).any()
