from dataclasses import replace

import numpy as np
import pytest
import torch

from hsicli.models.training import TrainingConfig
from hsicli.runtime import nowhere, quiet
from hsicli.stages.superresolution.deep import (
    dcgm_says,
    expectation_says,
    fit_dcgm,
    fit_expectation,
    standardised,
)
from hsicli.stages.superresolution.density import covariance, deviations, log_likelihood, mean
from hsicli.stages.superresolution.fitting import Run
from hsicli.stages.superresolution.settings import ModelConfig, NetworkConfig

CPU = torch.device("cpu")
TRAINING = TrainingConfig(epochs=20, batch_size=32, learning_rate=1e-2, patience=20)
CONFIG = ModelConfig(
    method="dcgm", scaling="none", network=NetworkConfig(hidden=(24,), dropout=0.0, training=TRAINING)
)


def uneven(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Bands that err together, three times as much where x is positive."""
    rng = np.random.default_rng(seed)
    low = rng.standard_normal((n, 2))
    width = np.where(low[:, :1] > 0, 0.3, 0.1)
    shared = rng.standard_normal((n, 1)) * [1.0, 1.0, -1.0, 0.0, 0.0]
    high = 0.5 + 0.5 * low @ np.ones((2, 5)) + width * (shared + 0.3 * rng.standard_normal((n, 5)))
    return low, high


LEARN, HELD, TEST = uneven(600, 0), uneven(200, 1), uneven(300, 2)


def a_run() -> Run:
    return Run(0, CPU, quiet, nowhere, {})


@pytest.fixture(scope="module")
def full() -> dict[str, np.ndarray]:
    return fit_dcgm(*LEARN, *HELD, config=CONFIG, run=a_run())


def test_dcgm_finds_where_bands_err_and_which_err_together(full):
    density = dcgm_says(full, CONFIG, 2, 5, CPU)(np.array([[1.5, 0.0], [-1.5, 0.0]]))
    widths = deviations(density)
    assert widths[0, 0] > 2 * widths[1, 0]
    certain = covariance(density, 1) / np.outer(widths[1], widths[1])
    assert certain[0, 1] > 0.5
    assert certain[0, 2] < -0.5
    assert abs(certain[0, 4]) < 0.4


def test_the_second_stage_only_gains(full):
    diagonal = replace(CONFIG, covariance="diagonal")
    first = fit_dcgm(*LEARN, *HELD, config=diagonal, run=a_run())
    before = log_likelihood(dcgm_says(first, diagonal, 2, 5, CPU)(TEST[0]), TEST[1]).mean()
    after = log_likelihood(dcgm_says(full, CONFIG, 2, 5, CPU)(TEST[0]), TEST[1]).mean()
    assert after > before + 0.5


@pytest.mark.parametrize("method", ["mlp", "encoder"])
def test_by_squared_error_the_mean_is_met_and_one_covariance_is_said_for_all(method):
    config = replace(CONFIG, method=method)
    arrays = fit_expectation(*LEARN, *HELD, config=config, run=a_run())
    density = expectation_says(arrays, config, 2, 5, CPU)(TEST[0])
    assert np.abs(mean(density) - 0.5 - 0.5 * TEST[0] @ np.ones((2, 5))).mean() < 0.1
    assert np.ptp(deviations(density), axis=0).max() == 0


def test_a_band_that_never_varies_is_not_divided_by_zero():
    arrays = standardised(np.array([[1.0, 2.0], [1.0, 4.0]]), np.ones((2, 3)))
    assert arrays["x.spread"].tolist() == [1, 1]
    assert arrays["y.spread"] > 0
