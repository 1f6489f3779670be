from dataclasses import replace

import numpy as np
import pytest
import torch

from hsicli.models.training import TrainingConfig
from hsicli.runtime import nowhere, quiet
from hsicli.stages.superresolution.density import deviations, log_likelihood, mean, ranks
from hsicli.stages.superresolution.fitting import Run
from hsicli.stages.superresolution.linear import fit_gaussian, line_density
from hsicli.stages.superresolution.residuals import coordinates, deep_mixture_says, fit_deep_mixture
from hsicli.stages.superresolution.settings import ModelConfig, NetworkConfig

CPU = torch.device("cpu")
CONFIG = ModelConfig(
    scaling="none", noise_floor=0.01, components=4,
    network=NetworkConfig(
        hidden=(32, 32), dropout=0.0, members=2,
        training=TrainingConfig(epochs=20, batch_size=32, learning_rate=1e-2, patience=20),
    ),
)  # fmt: skip


def two_kinds(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """For each x two spectra, as likely: x says their mean, and no more."""
    rng = np.random.default_rng(seed)
    low = rng.standard_normal((n, 2))
    side = np.where(rng.random((n, 1)) < 0.5, 1.0, -1.0)
    high = np.tanh(low) @ np.ones((2, 18)) + side * np.sin(np.arange(18)) + 0.1 * rng.standard_normal((n, 18))
    return low, high


LEARN, HELD, TEST = two_kinds(600, 0), two_kinds(200, 1), two_kinds(300, 2)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    return fit_deep_mixture(*LEARN, *HELD, config=CONFIG, run=Run(0, CPU, quiet, nowhere, {}))


def test_the_mean_is_that_of_the_members_and_the_mixture_knows_both_kinds(arrays):
    density = deep_mixture_says(arrays, CONFIG, 2, 18, CPU)(TEST[0])
    truth = np.tanh(TEST[0]) @ np.ones((2, 18))
    assert np.sqrt(((mean(density) - truth) ** 2).mean()) < 0.2
    gaussian = line_density(fit_gaussian(*LEARN, "full", 0.01), TEST[0])
    assert log_likelihood(density, TEST[1]).mean() > log_likelihood(gaussian, TEST[1]).mean() + 2
    # between the two kinds there is nothing: the mean is less likely than either
    assert log_likelihood(density, TEST[1]).mean() > log_likelihood(density, truth).mean() + 5


def test_its_marginals_are_nearly_calibrated_on_spectra_not_seen(arrays):
    density = deep_mixture_says(arrays, CONFIG, 2, 18, CPU)(TEST[0])
    found = np.abs(ranks(density, TEST[1]) - 0.5)
    assert (found <= 0.45).mean() == pytest.approx(0.9, abs=0.05)
    true = np.sqrt(np.sin(np.arange(18)) ** 2 + 0.01).mean()
    assert deviations(density).mean() == pytest.approx(true, rel=0.2)


def test_coordinates_are_uncorrelated_strongest_first_and_signed():
    rng = np.random.default_rng(0)
    residuals = rng.standard_normal((400, 6)) @ rng.standard_normal((6, 6))
    basis = coordinates(residuals)
    assert basis.T @ basis == pytest.approx(np.eye(6))
    turned = residuals @ basis
    products = turned.T @ turned / len(turned)
    assert products == pytest.approx(np.diag(np.diagonal(products)), abs=1e-9 * products.max())
    assert (np.diff(np.diagonal(products)) <= 0).all()
    assert (basis[np.abs(basis).argmax(axis=0), np.arange(6)] > 0).all()


def test_few_bands_have_fewer_coordinates_than_the_default():
    low, high = TEST[0], TEST[1][:, :3]
    quick = replace(CONFIG, network=replace(CONFIG.network, training=TrainingConfig(epochs=2)))
    found = fit_deep_mixture(low, high, low, high, config=quick, run=Run(0, CPU, quiet, nowhere, {}))
    density = deep_mixture_says(found, quick, 2, 3, CPU)(low[:4])
    assert density.factors.shape == (4, 3, 3)
    assert density.means.shape == (4, 4, 3)
