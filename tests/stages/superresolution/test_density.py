import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from hsicli.stages.superresolution.density import (
    Density,
    component_deviations,
    covariance,
    crps,
    deviations,
    likeliest,
    log_likelihood,
    mean,
    pixel_density,
    ranks,
    region_ranks,
    sample,
    whitened_residuals,
)

N, COMPONENTS, BANDS = 4, 3, 6


def unit_lower(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.tril(0.6 * rng.standard_normal(shape), -1) + np.eye(shape[-1])


def a_density(form: str) -> Density:
    rng = np.random.default_rng(3)
    weights = rng.dirichlet(np.ones(COMPONENTS), N)
    basis, q = None, BANDS
    if form == "rotated":
        basis, q = np.linalg.qr(rng.standard_normal((BANDS, BANDS)))[0], 4
    shape = (N, COMPONENTS, q, q) if form == "of each pixel" else (COMPONENTS, q, q)
    scales = np.exp(0.5 * rng.standard_normal((N, COMPONENTS, BANDS)))
    means = rng.standard_normal((N, COMPONENTS, BANDS))
    return Density(np.log(weights), means, scales, unit_lower(rng, *shape), basis)


def by_torch(density: Density) -> MixtureSameFamily:
    """The same in torch's own words, from the whole factor C = B D U."""
    q = density.correlated
    factor = np.broadcast_to(np.eye(BANDS), (N, COMPONENTS, BANDS, BANDS)).copy()
    factor[..., :q, :q] = density.factors
    whole = density.scales[..., None] * factor
    if density.basis is not None:
        whole = density.basis @ whole
    precision = torch.from_numpy(whole @ np.swapaxes(whole, -1, -2))
    return MixtureSameFamily(
        Categorical(logits=torch.from_numpy(density.log_weights)),
        MultivariateNormal(torch.from_numpy(density.means), precision_matrix=precision),
    )


FORMS = pytest.mark.parametrize("form", ["shared", "of each pixel", "rotated"])


@FORMS
def test_likelihood_is_that_of_torch(form):
    density = a_density(form)
    truth = np.random.default_rng(0).standard_normal((N, BANDS))
    torchs = by_torch(density).log_prob(torch.from_numpy(truth)).numpy()
    assert log_likelihood(density, truth) == pytest.approx(torchs, rel=1e-8)


@FORMS
def test_mean_and_deviations_are_those_of_torch(form):
    density, torchs = a_density(form), by_torch(a_density(form))
    assert mean(density) == pytest.approx(torchs.mean.numpy(), rel=1e-9)
    assert deviations(density) == pytest.approx(torchs.variance.sqrt().numpy(), rel=1e-6)


@FORMS
def test_samples_reproduce_the_covariance(form):
    density = a_density(form)
    drawn = sample(density, 40_000, np.random.default_rng(0))
    for pixel in range(N):
        whole = covariance(density, pixel)
        assert np.cov(drawn[:, pixel].T) == pytest.approx(whole, abs=0.04 * np.trace(whole) / BANDS + 0.02)
        assert drawn[:, pixel].mean(axis=0) == pytest.approx(mean(density)[pixel], abs=0.06)
        assert np.sqrt(np.diagonal(whole)) == pytest.approx(deviations(density)[pixel])


@FORMS
def test_residuals_of_true_spectra_are_white(form):
    density = a_density(form)._replace(log_weights=np.log(np.tile([1.0, 1e-300, 1e-300], (N, 1))))
    drawn = sample(density, 20_000, np.random.default_rng(1))
    white = np.stack([whitened_residuals(density, spectra)[0, 0] for spectra in drawn[:5000]])
    assert np.cov(white.T) == pytest.approx(np.eye(BANDS), abs=0.08)


@FORMS
def test_units_scale_the_means_and_the_scales_alone(form):
    density = a_density(form)
    tenfold = density._replace(means=10 * density.means, scales=density.scales / 10)
    assert covariance(tenfold, 2) == pytest.approx(100 * covariance(density, 2))
    truth = np.ones((N, BANDS))
    assert log_likelihood(tenfold, 10 * truth) == pytest.approx(
        log_likelihood(density, truth) - BANDS * np.log(10)
    )


@FORMS
def test_a_pixel_alone_is_what_it_is_among_others(form):
    density = a_density(form)
    assert deviations(pixel_density(density, 1))[0] == pytest.approx(deviations(density)[1])


@FORMS
def test_ranks_of_true_spectra_are_uniform(form):
    density = a_density(form)
    drawn = sample(density, 3000, np.random.default_rng(2))
    found = np.stack([ranks(density, spectra) for spectra in drawn]).reshape(3000, -1)
    for level in (0.1, 0.5, 0.9):
        assert (found < level).mean(axis=0) == pytest.approx(np.full(found.shape[1], level), abs=0.04)


def test_region_ranks_of_true_spectra_are_uniform():
    density, rng = a_density("rotated"), np.random.default_rng(4)
    truths = sample(density, 150, rng)
    found = np.concatenate([region_ranks(density, truth, 100, rng) for truth in truths])
    assert found.mean() == pytest.approx(0.5, abs=0.05)
    assert (found <= 0.9).mean() == pytest.approx(0.9, abs=0.04)


def test_crps_of_one_gaussian_is_the_closed_form_and_of_several_that_of_draws():
    one = Density(np.zeros((1, 1)), np.array([[[1.0, 2.0]]]), np.array([[[2.0, 0.5]]]), np.eye(2)[None])
    z = np.array([0.3, 1.5])
    by_hand = (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)) / [2.0, 0.5]
    assert crps(one, np.array([[1.0, 2.0]]) + z / [2.0, 0.5])[0] == pytest.approx(by_hand)
    density = a_density("rotated")
    truth = np.zeros((N, BANDS))
    drawn = sample(density, 40_000, np.random.default_rng(0))
    apart = np.abs(drawn[:20_000] - drawn[20_000:]).mean(axis=0) / 2
    assert crps(density, truth) == pytest.approx(np.abs(drawn - truth).mean(axis=0) - apart, abs=0.03)


def test_likeliest_is_the_mean_of_the_heaviest_component():
    density = a_density("shared")
    for pixel in range(N):
        heaviest = density.log_weights[pixel].argmax()
        assert (likeliest(density)[pixel] == density.means[pixel, heaviest]).all()


def test_component_deviations_of_a_diagonal_are_one_over_the_scales():
    plain = a_density("shared")._replace(factors=np.ones((COMPONENTS, 1, 1)))
    assert component_deviations(plain) == pytest.approx(1 / plain.scales)
