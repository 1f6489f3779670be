"""Every method from pairs to weights and back: what all models of superres have in common."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hsicli.errors import ConfigError, InputError
from hsicli.models.training import TrainingConfig
from hsicli.stages.superresolution.density import deviations, log_likelihood, mean
from hsicli.stages.superresolution.methods import (
    fit_model,
    model_of,
    model_weights,
    predict,
    predictions,
    strangeness,
)
from hsicli.stages.superresolution.settings import ModelConfig, NetworkConfig
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
QUICK = NetworkConfig(
    hidden=(16, 16),
    members=2,
    training=TrainingConfig(epochs=4, batch_size=64, learning_rate=3e-3, patience=4),
)
BASE = ModelConfig(noise_floor=1e-3, network=QUICK)
METHODS = ("deep-mixture", "dcgm", "gaussian", "mixture", "unimodal-mixture", "encoder", "ridge", "mlp")


def planted(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mixtures of three members over 12 bands, seen in 4 wide ones."""
    rng = np.random.default_rng(seed)
    members = np.random.default_rng(0).uniform(0.1, 0.7, (3, 12))
    high = rng.dirichlet(np.ones(3), n) @ members * rng.uniform(0.7, 1.3, (n, 1))
    high = high + 0.004 * rng.standard_normal(high.shape)
    return high.reshape(n, 4, 3).mean(axis=2), high


TRAIN, HELD, TEST = planted(600, 1), planted(300, 2), planted(300, 3)


def fitted(config: ModelConfig, seed: int = 0, **frame):
    return fit_model(*TRAIN, *HELD, config, seed=seed, device=CPU, **frame)


@pytest.mark.parametrize("method", METHODS)
def test_weights_say_what_the_model_said_and_intervals_hold_what_they_state(method):
    model = fitted(replace(BASE, method=method, components=3))
    density = predict(model, TEST[0])
    weights = model_weights(model, np.arange(4.0), np.arange(12.0))
    again = predict(model_of(weights, CPU), TEST[0])
    for one, other in zip(density, again, strict=True):
        assert other is None if one is None else (one == other).all()
    held = np.abs(TEST[1] - mean(density)) <= model.interval_factors[1] * deviations(density)
    assert held.mean() == pytest.approx(0.9, abs=0.04)
    assert np.isfinite(log_likelihood(density, TEST[1])).all()
    assert model.channels == (4, 12)


def test_a_model_of_cleaned_spectra_still_states_intervals_of_measured_ones():
    model = fitted(replace(BASE, method="ridge", cleaning="mnf"))
    density = predict(model, TEST[0])
    held = np.abs(TEST[1] - mean(density)) <= model.interval_factors[1] * deviations(density)
    assert held.mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("method", ["gaussian", "ridge", "mlp", "deep-mixture"])
def test_mixtures_of_three_are_found_from_four_bands_better_than_their_mean(method):
    model = fitted(replace(BASE, method=method))
    error = np.sqrt(((mean(predict(model, TEST[0])) - TEST[1]) ** 2).mean())
    assert error < 0.012  # the noise is 0.004, and four bands share it


@pytest.mark.parametrize("method", ["deep-mixture", "dcgm"])
def test_a_fit_that_was_stopped_goes_on_bit_for_bit(method):
    config = replace(BASE, method=method)
    whole = model_weights(fitted(config), np.arange(4.0), np.arange(12.0))
    for stop in (3, 6):
        broken = Memory(stop_at=stop)
        with pytest.raises(Stop):
            fitted(config, checkpoint=broken)
        resumed = fitted(config, checkpoint=Memory(state=broken.state))
        found = model_weights(resumed, np.arange(4.0), np.arange(12.0))
        assert (found.numbers == whole.numbers).all()
        assert (found.history == whole.history).all()


def test_brightness_scales_the_estimate_and_its_deviations():
    model = fitted(replace(BASE, method="mlp", scaling="level"))
    one, threefold = predict(model, TEST[0]), predict(model, 3 * TEST[0])
    assert mean(threefold) == pytest.approx(3 * mean(one), rel=1e-4)
    assert deviations(threefold) == pytest.approx(3 * deviations(one), rel=1e-4)


def test_pixels_in_blocks_are_what_they_are_together():
    model = fitted(replace(BASE, method="ridge"))
    low = np.tile(TEST[0], (4, 1))
    parts = list(predictions(model, low))
    assert [part.stop - part.start for part, _ in parts] == [1024, 176]
    assert np.concatenate([mean(density) for _, density in parts]) == pytest.approx(mean(predict(model, low)))


def test_a_kind_of_spectrum_that_was_never_seen_is_strange():
    model = fitted(replace(BASE, method="gaussian"))
    rising = np.tile(np.array([0.1, 0.3, 0.5, 0.9]), (5, 1))
    assert strangeness(model, rising).min() > model.strangeness_quantiles[3]
    assert (strangeness(model, TEST[0]) > model.strangeness_quantiles[3]).mean() < 0.05


def test_other_seeds_make_other_networks_and_the_same_seed_the_same():
    one, same, other = (fitted(replace(BASE, method="mlp"), seed=seed) for seed in (0, 0, 1))
    low = TEST[0][:3]
    assert (mean(predict(one, low)) == mean(predict(same, low))).all()
    assert (mean(predict(one, low)) != mean(predict(other, low))).any()


def test_too_few_pairs_for_a_full_covariance_are_refused():
    with pytest.raises(InputError, match="too few"):
        fit_model(TRAIN[0][:16], TRAIN[1][:16], *HELD, BASE, seed=0, device=CPU)


def test_constant_spectra_are_refused():
    with pytest.raises(InputError, match="all low-resolution spectra are the same"):
        fit_model(np.full_like(TRAIN[0], 0.2), TRAIN[1], *HELD, BASE, seed=0, device=CPU)


def test_the_default_has_no_diagonal_form():
    with pytest.raises(ConfigError, match="deep-mixture"):
        fitted(replace(BASE, covariance="diagonal"))


@pytest.mark.parametrize("key", ["noise_floor", "components"])
def test_settings_without_meaning_are_refused(key):
    with pytest.raises(ValueError, match=key):
        replace(BASE, **{key: 0})


def test_a_single_network_of_the_mean_has_no_pairs_to_be_held_against():
    with pytest.raises(ValueError, match="members must be 2 or more"):
        replace(BASE, network=replace(BASE.network, members=1))


def test_intervals_hold_what_they_state_where_offset_and_range_are_foretold():
    model = fitted(replace(BASE, method="gaussian", scaling="minmax"))
    density = predict(model, TEST[0])
    held = np.abs(TEST[1] - mean(density)) <= model.interval_factors[1] * deviations(density)
    assert held.mean() == pytest.approx(0.9, abs=0.03)
