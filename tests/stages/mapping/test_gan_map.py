"""gan-map: planted minerals are found, what is bland is not."""

import numpy as np
import pytest
import torch

from hsicli.errors import ConfigError, InputError
from hsicli.models.gan import Discriminator, GanConfig, Generator
from hsicli.stages.gan_map import CalibrationConfig, GanMapConfig, ThresholdConfig, map_minerals
from hsicli.stages.gan_weights import Gan, Preparation, gan_weights
from tests.stages.mapping.conftest import AXIS

CPU = torch.device("cpu")


def run(cube, library, weights=None, **changes):
    return map_minerals(cube, weights, [library], GanMapConfig(**changes), seed=0, device=CPU)


@pytest.fixture(scope="module")
def weights():
    config = GanConfig(discriminator_filters=3, generator_filters=16)
    networks = Discriminator(len(AXIS), config), Generator(len(AXIS), config)
    return gan_weights(Gan(*networks, AXIS, Preparation()))


def inside(labels: np.ndarray) -> np.ndarray:
    """Pixels that no box of five sees another kind from."""
    same = np.ones(labels.shape, dtype=bool)
    for rows in range(-2, 3):
        for cols in range(-2, 3):
            same &= np.roll(labels, (rows, cols), (0, 1)) == labels
    return same


def test_planted_minerals_are_identified_and_bland_ground_is_not(scene, library, truth):
    found = run(scene, library)
    deposit = inside(truth) & (truth > 0)
    np.testing.assert_array_equal(found.labels[deposit], truth[deposit])
    assert (found.confidence[deposit] == 2).mean() > 0.9
    bland = inside(truth) & (truth == 0)
    assert (found.confidence[bland] == 2).mean() < 0.01
    assert found.names == ("clay", "carbonate", "pyroxene")
    np.testing.assert_array_equal(found.identified, [((found.labels == k) & (found.confidence == 2)).sum()
                                                     for k in (1, 2, 3)])  # fmt: skip
    assert found.method == "band-depth"
    best, worst = (found.score[tuple(place)] for place in found.places[0])
    assert best == found.score[(found.labels == 1) & (found.confidence == 2)].max()
    assert worst >= 0.95


def test_the_same_seed_gives_the_same_numbers(scene, library):
    calibration = CalibrationConfig(false_alarms=0.01, spectra=3000, neutral=0.3)
    first, second = (run(scene, library, calibration=calibration) for _ in range(2))
    np.testing.assert_array_equal(first.thresholds, second.thresholds)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.false_alarms.shape == (3, 3)
    assert (first.thresholds >= 0.707).all()


def test_with_weights_their_axis_is_the_map_s(scene, library, weights):
    found = run(scene, library, weights)
    assert found.method == "gan"
    np.testing.assert_array_equal(found.wavelengths, AXIS)
    with pytest.raises(InputError, match="the weights expect spectra from"):
        run(scene.with_bands(AXIS < 2000), library, weights, method="gan")


def test_thresholds_of_one_mineral(scene, library):
    found = run(scene, library, thresholds=ThresholdConfig(minerals=(("CLAY", 1.5, 1.5),)))
    assert found.counts[0] == 0
    assert found.counts[1] > 0
    assert found.best.max() == 3
    with pytest.raises(ConfigError, match="no mineral 'gold'"):
        run(scene, library, thresholds=ThresholdConfig(minerals=(("gold", 0.5, 0.6),)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": "gan"}, "needs weights"),
        ({"method": "fatt", "calibration": CalibrationConfig(false_alarms=0.01)}, "windows"),
    ],
)
def test_what_does_not_go_together_is_refused(scene, library, changes, said):
    with pytest.raises(ConfigError, match=said):
        run(scene, library, **changes)


def test_settings_that_make_no_sense_are_refused():
    for wrong in (lambda: GanMapConfig(scales=(2,)), lambda: ThresholdConfig(guess=0.99)):
        with pytest.raises(ConfigError):
            wrong()
