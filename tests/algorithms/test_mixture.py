import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from hsicli.algorithms.gaussians import Mixture, assign, log_density
from hsicli.algorithms.mixture import fit_mixture, start_mixture


def planted(rng, n=3000, d=4, k=3, spread=3.0):
    """Codes of k Gaussians with different full covariances, and which one each is of."""
    truth = rng.choice(k, n, p=np.arange(1, k + 1) / np.arange(1, k + 1).sum())
    factors = rng.normal(size=(k, d, d)) * 0.4 + np.eye(d)
    means = rng.normal(size=(k, d)) * spread
    codes = means[truth] + np.einsum("nab,nb->na", factors[truth], rng.normal(size=(n, d)))
    return torch.from_numpy(codes), truth


def last(steps):
    *_, step = steps
    return step


def peer(codes, start, iterations, floor):
    """Parameters of scikit-learn's mixture after as many iterations from the same start."""
    other = GaussianMixture(
        len(start.weights),
        reg_covar=floor,
        max_iter=iterations,
        tol=0,
        weights_init=start.weights.numpy(),
        means_init=start.means.numpy(),
        precisions_init=np.linalg.inv(start.covariances.numpy()),
        init_params="random_from_data",
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return other.fit(codes.numpy())


def test_one_component_is_the_sample_mean_and_covariance(rng):
    codes, _ = planted(rng, k=1)
    step = last(fit_mixture(codes, start_mixture(codes, 1, rng=rng), max_iterations=2))
    np.testing.assert_allclose(step.mixture.means[0], codes.mean(0), atol=1e-12)
    np.testing.assert_allclose(step.mixture.covariances[0], np.cov(codes.T, ddof=0), atol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_parameters_are_those_of_scikit_learn(rng, offset):
    codes, _ = planted(rng, n=4000, d=6, k=5)
    codes = codes + offset
    start = start_mixture(codes, 5, rng=rng, floor=1e-6)
    step = last(fit_mixture(codes, start, floor=1e-6, max_iterations=25, tolerance=0))
    other = peer(codes, start, 25, 1e-6)
    np.testing.assert_allclose(step.mixture.weights, other.weights_, rtol=1e-6)
    np.testing.assert_allclose(step.mixture.means, other.means_, rtol=1e-6)
    np.testing.assert_allclose(step.mixture.covariances, other.covariances_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        log_density(codes, step.mixture), other.score_samples(codes.numpy()), atol=1e-6
    )


@pytest.mark.parametrize("seed", range(6))
def test_plain_em_never_lowers_the_likelihood(seed):
    rng = np.random.default_rng(seed)
    codes, _ = planted(rng, n=1500, spread=1.0)
    steps = list(fit_mixture(codes, start_mixture(codes, 4, rng=rng), max_iterations=40, tolerance=0))
    assert all(step.reseeded == 0 for step in steps)
    assert np.diff([step.log_likelihood for step in steps]).min() >= -1e-12


def test_planted_components_are_found(rng):
    codes, truth = planted(rng, n=6000, spread=6.0)
    step = last(fit_mixture(codes, start_mixture(codes, 3, rng=rng)))
    np.testing.assert_allclose(np.sort(step.mixture.weights), np.bincount(truth) / len(truth), atol=5e-3)


def test_shrinkage_pulls_every_covariance_to_the_pooled_one(rng):
    codes, _ = planted(rng)
    start = start_mixture(codes, 3, rng=rng)
    free = last(fit_mixture(codes, start, max_iterations=1)).mixture
    pulled = last(fit_mixture(codes, start, shrinkage=500.0, floor=0.1, max_iterations=1)).mixture
    counts = free.weights * len(codes)
    pooled = torch.einsum("k,kab->ab", free.weights, free.covariances)
    for j, n in enumerate(counts):
        expected = (n * free.covariances[j] + 500 * pooled) / (n + 500) + 0.1 * torch.eye(4)
        np.testing.assert_allclose(pulled.covariances[j], expected, atol=1e-10)


def test_a_pixel_of_weight_two_is_two_pixels(rng):
    codes, _ = planted(rng, n=500)
    start = start_mixture(codes, 3, rng=rng)
    weights = torch.ones(500)
    weights[:100], weights[100:150] = 2, 0
    weighed = list(fit_mixture(codes, start, max_iterations=5, tolerance=0, pixel_weights=weights))
    copied = list(
        fit_mixture(torch.cat([codes[:100], codes[:100], codes[150:]]), start, max_iterations=5, tolerance=0)
    )
    np.testing.assert_allclose(weighed[-1].mixture.covariances, copied[-1].mixture.covariances, atol=1e-10)
    assert weighed[-1].log_likelihood == pytest.approx(copied[-1].log_likelihood, abs=1e-12)


def test_the_start_ignores_pixels_of_weight_zero(rng):
    codes, truth = planted(rng, spread=8.0)
    start = start_mixture(codes, 2, rng=rng, pixel_weights=torch.from_numpy(truth != 2).double())
    centre = codes[torch.from_numpy(truth == 2)].mean(0)
    assert (start.means - centre).norm(dim=1).min() > 2


def test_blocks_change_nothing_but_rounding(rng, monkeypatch):
    codes, _ = planted(rng, n=1000)
    start = start_mixture(codes, 3, rng=rng)
    whole = last(fit_mixture(codes, start, max_iterations=5, tolerance=0)).mixture
    monkeypatch.setattr("hsicli.algorithms.gaussians.BLOCK_PIXELS", 64)
    parts = last(fit_mixture(codes, start, max_iterations=5, tolerance=0)).mixture
    np.testing.assert_allclose(parts.covariances, whole.covariances, atol=1e-12)


def test_a_fit_goes_on_exactly_where_it_stood(rng):
    codes, _ = planted(rng, spread=1.0)
    start = start_mixture(codes, 3, rng=rng)
    whole = list(fit_mixture(codes, start, tolerance=1e-3))
    assert len(whole) > 4
    rest = list(fit_mixture(codes, start, tolerance=1e-3, after=whole[2]))
    assert [step.log_likelihood for step in rest] == [step.log_likelihood for step in whole[3:]]
    assert torch.equal(rest[-1].mixture.covariances, whole[-1].mixture.covariances)


def test_the_same_seed_gives_the_same_bits(rng):
    codes, _ = planted(rng)
    first, second = (start_mixture(codes, 3, rng=np.random.default_rng(7)) for _ in range(2))
    assert torch.equal(first.covariances, second.covariances)


def test_single_precision_codes_are_enough(rng):
    codes, _ = planted(rng)
    start = start_mixture(codes, 3, rng=rng)
    double = last(fit_mixture(codes.float().double(), start, max_iterations=5, tolerance=0)).mixture
    single = last(fit_mixture(codes.float(), start, max_iterations=5, tolerance=0)).mixture
    assert single.covariances.dtype == torch.float64
    assert torch.equal(single.covariances, double.covariances)


def test_a_component_without_pixels_is_put_on_the_worst_explained_one(rng):
    codes, _ = planted(rng, n=800, k=2)
    codes[17] = 40.0
    start = start_mixture(codes[:16], 2, rng=rng, floor=1.0)
    far = torch.full((1, 4), -1e3, dtype=torch.float64)
    start = Mixture(
        torch.tensor([0.4, 0.4, 0.2], dtype=torch.float64),
        torch.cat([start.means, far]),
        torch.cat([start.covariances, torch.eye(4, dtype=torch.float64)[None]]),
    )
    step = next(iter(fit_mixture(codes, start)))
    assert step.reseeded == 1
    np.testing.assert_allclose(step.mixture.means[2], 40.0)


@pytest.mark.parametrize(
    "codes",
    [
        torch.zeros(50, 3),
        torch.tensor([[0.0, 0, 0], [1, 1, 1]]).repeat(30, 1),
        torch.cat([torch.zeros(500, 3), torch.full((1, 3), 1e6)]),
        torch.arange(60.0)[:, None].expand(60, 3),
        torch.eye(3).repeat(2, 1),
    ],
    ids=["all alike", "two points", "one outlier", "on a line", "few"],
)
@pytest.mark.parametrize("shrinkage", [0.0, 60.0])
def test_degenerate_codes_never_give_nan(codes, shrinkage, rng):
    start = start_mixture(codes, 5, rng=rng, shrinkage=shrinkage)
    for step in fit_mixture(codes, start, shrinkage=shrinkage, max_iterations=8, tolerance=0):
        assert np.isfinite(step.log_likelihood)
        assert step.mixture.covariances.isfinite().all()
        assert step.mixture.means.isfinite().all()
    assert assign(codes, step.mixture).entropy.isfinite().all()


def test_more_components_than_codes_is_refused(rng):
    with pytest.raises(ValueError, match="9 components of 8 codes"):
        start_mixture(torch.zeros(8, 2), 9, rng=rng)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_mixture(rng):
    codes, _ = planted(rng)
    start = start_mixture(codes, 3, rng=rng)
    there = Mixture(start.weights.cuda(), start.means.cuda(), start.covariances.cuda())
    here = last(fit_mixture(codes, start, max_iterations=10, tolerance=0)).mixture
    step = last(fit_mixture(codes.cuda(), there, max_iterations=10, tolerance=0))
    np.testing.assert_allclose(step.mixture.covariances.cpu(), here.covariances, atol=1e-8)
