"""Calibration: chosen thresholds pass the share that was asked for, also of spectra that were not counted."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.errors import ConfigError, InputError
from hsicli.runtime import quiet
from hsicli.stages.mapping.calibration import (
    CalibrationConfig,
    calibrate,
    more_like,
    neutral_spectra,
    planted,
)
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from hsicli.stages.mapping.references import exemplars_of
from hsicli.stages.mapping.representations import band_depths
from tests.stages.mapping.conftest import AXIS

CONFIG = CalibrationConfig(false_alarms=0.01, spectra=20_000, neutral=0.3)


@pytest.fixture(scope="module")
def preparing(scene):
    return preparing_for(scene, None, 5, PrepareConfig(flat=0.9999))


@pytest.fixture(scope="module")
def exemplars(library, preparing):
    return exemplars_of([library], preparing, None, "joined")


@pytest.fixture(scope="module")
def score(preparing, exemplars):
    codes = band_depths(exemplars.removed, preparing.scaled(exemplars.removed))
    return lambda reflectance, scaled: band_depths(reflectance, scaled) @ codes.T


def run(preparing, exemplars, score, config=CONFIG, floor=0.0):
    return calibrate(
        preparing, exemplars, score, np.tile([0.85, 0.95], (3, 1)), scales=(1, 3), floor=floor, config=config,
        rng=np.random.default_rng(0), track=quiet,
    )  # fmt: skip


def test_neutral_spectra_are_those_without_minerals(preparing, truth):
    rng = np.random.default_rng(0)
    neutral = neutral_spectra(preparing, (1, 3), CONFIG, rng, quiet)
    assert len(neutral.removed) == 2
    assert (1 - neutral.removed[1]).max() < 0.05, "the minerals are 0.1 deep and more"
    assert neutral.hull.shape == AXIS.shape


def test_more_spectra_keep_the_strength_of_the_noise(rng):
    noise = (1 + 0.01 * rng.standard_normal((500, 80))).astype(np.float32)
    made = more_like(noise, 5000, rng)
    assert made.std() == pytest.approx(0.01, rel=0.05)


def test_a_planted_mineral_has_the_depth_it_was_given():
    exemplar = np.array([1, 0.8, 0.9], dtype=np.float32)
    np.testing.assert_allclose(planted(np.ones((1, 3), np.float32), exemplar, 0.05)[0], [1, 0.95, 0.975])


def test_thresholds_pass_the_share_that_was_asked_for_of_spectra_not_counted(preparing, exemplars, score):
    found = run(preparing, exemplars, score)
    assert (found.chosen_alarms[:, 1] <= 0.01).all()
    assert (found.thresholds[:, 0] <= found.thresholds[:, 1]).all()
    rng = np.random.default_rng(99)
    neutral = neutral_spectra(preparing, (1, 3), CONFIG, np.random.default_rng(0), quiet)
    fresh = np.concatenate([more_like(each, 10_000, rng) for each in neutral.removed])
    shows = preparing.shows(fresh)
    scores = np.full((len(fresh), 3), -1.0)
    scores[shows] = score(fresh[shows], preparing.scaled(fresh[shows]))
    passed = (scores >= found.thresholds[:, 1]).mean(axis=0)
    assert (passed < 0.015).all()


def test_no_threshold_is_chosen_below_the_floor_and_detections_fall_with_the_threshold(
    preparing, exemplars, score
):
    found = run(preparing, exemplars, score, floor=0.9)
    assert (found.thresholds >= 0.9).all()
    assert (np.diff(found.detections, axis=1) <= 0).all()
    assert (np.diff(found.false_alarms, axis=1) <= 0).all()
    assert found.detections[0, 0] > 0.9, "a clay of depth 0.05 stands out of noise of 0.003"


def test_too_few_pixels_or_spectra_are_refused(preparing, exemplars, score):
    with pytest.raises(InputError, match="too few to count"):
        run(preparing, exemplars, score, replace(CONFIG, neutral=0.01))
    with pytest.raises(ConfigError, match="cannot show a share"):
        CalibrationConfig(false_alarms=1e-6)
    with pytest.raises(ConfigError, match="between 0 and"):
        CalibrationConfig(false_alarms=2)
