"""Looks: what is real is at the floor, what is not is beyond it; kinds that are missed are missed."""

import numpy as np
import pytest
import torch

from hsicli.stages.gan_looking import LookConfig, Looks, enough, yardstick

BANDS = np.arange(40)


def spectra(rng, count, at=(10, 20, 30)):
    """Absorptions at one of some places, and noise."""
    places = rng.choice(at, count)[:, None]
    depths = rng.uniform(0.1, 0.4, (count, 1))
    return 1 - depths * np.exp(-(((BANDS - places) / 3) ** 2)) + rng.normal(0, 0.002, (count, 40))


@pytest.fixture
def yard():
    rng = np.random.default_rng(0)
    centres = np.stack([1 - spectra(rng, 50, (at,)).mean(axis=0) for at in (10, 20, 30)])
    others = [spectra(rng, 200) for _ in range(8)]
    masses = np.array([0.5, 0.3, 0.2])
    return yardstick(spectra(rng, 200), others, centres, masses, torch.rand(200, 4), dimension=6)


def test_real_spectra_are_about_the_floor_and_others_far_beyond(yard):
    rng = np.random.default_rng(1)
    real = [yard.distance(spectra(rng, 200)) for _ in range(20)]
    assert np.mean(real) < yard.floor
    missing, noisy = spectra(rng, 200, (10, 20)), spectra(rng, 200) + rng.normal(0, 0.01, (200, 40))
    assert min(yard.distance(missing), yard.distance(noisy)) > max(real)


def test_coverage_is_the_mass_of_the_kinds_that_are_reached(yard):
    rng = np.random.default_rng(2)
    assert yard.coverage(spectra(rng, 60)) == pytest.approx(1.0)
    assert yard.coverage(spectra(rng, 60, (10, 30))) == pytest.approx(0.7)


def test_it_is_enough_at_the_floor_or_after_looks_without_gain(yard):
    config = LookConfig(patience=3)
    assert not enough(Looks(lowest=2 * yard.floor, stale=2), yard, config)
    assert enough(Looks(lowest=2 * yard.floor, stale=3), yard, config)
    assert enough(Looks(lowest=0.5 * yard.floor), yard, config)


@pytest.mark.parametrize("wrong", [{"every": 0}, {"spectra": 2}, {"patience": 0}])
def test_looks_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LookConfig(**wrong)
