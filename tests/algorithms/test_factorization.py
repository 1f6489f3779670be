from itertools import islice

import numpy as np
import pytest
from sklearn.decomposition import NMF

from hsicli.algorithms.factorization import band_sparseness, sparse_nmf
from hsicli.errors import InputError


def problem(rng, p=4, n=500, bands=40):
    endmembers = rng.random((p, bands))
    abundances = rng.dirichlet(np.full(p, 0.4), n)
    return abundances @ endmembers + rng.normal(0, 0.003, (n, bands)), endmembers, abundances


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_no_round_raises_the_loss(exponent, rng):
    spectra, _, _ = problem(rng)
    rounds = sparse_nmf(spectra, spectra[:4], np.full((500, 4), 0.25), sparsity=0.05, exponent=exponent)
    losses = np.array([factors.loss for factors in islice(rounds, 100)])
    assert (np.diff(losses) <= 1e-9 * losses[0]).all()


def test_without_penalties_it_is_scikit_learn_s(rng):
    spectra, _, _ = problem(rng)
    spectra = np.maximum(spectra, 0)
    start_a, start_e = rng.random((500, 4)), rng.random((4, 40))
    ours = list(islice(sparse_nmf(spectra, start_e, start_a, sparsity=0.0, sum_weight=0.0), 300))[-1]
    model = NMF(4, init="custom", solver="mu", max_iter=300, tol=0)
    w = model.fit_transform(spectra, W=start_a.copy(), H=start_e.copy())
    theirs = 0.5 * np.sum((spectra - w @ model.components_) ** 2)
    assert ours.loss == pytest.approx(theirs, rel=0.2)


def test_nothing_becomes_negative_and_sums_are_near_one(rng):
    spectra, endmembers, _ = problem(rng)
    last = list(islice(sparse_nmf(spectra, endmembers, np.full((500, 4), 0.25), sparsity=1e-4), 200))[-1]
    assert last.endmembers.min() >= 0
    assert last.abundances.min() >= 0
    assert np.abs(last.abundances.sum(axis=1) - 1).max() < 0.05


def test_a_start_near_the_truth_stays_there(rng):
    spectra, endmembers, abundances = problem(rng)
    near = endmembers * rng.uniform(0.98, 1.02, endmembers.shape)
    last = list(islice(sparse_nmf(spectra, near, np.full((500, 4), 0.25), sparsity=1e-5), 500))[-1]
    assert np.sqrt(np.mean((last.abundances - abundances) ** 2)) < 0.05


def test_the_penalty_makes_abundances_sparser(rng):
    spectra, endmembers, _ = problem(rng)

    def evenness(sparsity):
        rounds = sparse_nmf(spectra, endmembers, np.full((500, 4), 0.25), sparsity=sparsity)
        return np.sqrt(list(islice(rounds, 200))[-1].abundances).sum()

    assert evenness(0.2) < evenness(0.0)


def test_uneven_bands_are_sparse_and_even_ones_are_not():
    assert band_sparseness(np.ones((100, 4))) == pytest.approx(0)
    assert band_sparseness(np.eye(4)) == pytest.approx(4 * (2 - 1) / np.sqrt(3) / 2)


@pytest.mark.parametrize(
    "wrong", [{"exponent": 0.0}, {"exponent": 2.0}, {"sparsity": -1.0}, {"sum_weight": -1.0}]
)
def test_settings_out_of_range_are_refused(wrong, rng):
    with pytest.raises(InputError):
        next(sparse_nmf(np.ones((3, 4)), np.ones((2, 4)), np.ones((3, 2)), **{"sparsity": 0.1} | wrong))
    with pytest.raises(InputError, match="finite"):
        next(sparse_nmf(np.full((3, 4), np.nan), np.ones((2, 4)), np.ones((3, 2)), sparsity=0.1))
