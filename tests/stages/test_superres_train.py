"""superres train: what is planted is learnt, twice the same; what cannot be learnt is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.models.training import TrainingConfig
from hsicli.stages.superres_train import SplitConfig, SuperresTrainConfig, train_superres
from hsicli.stages.superresolution.alignment import shifted
from hsicli.stages.superresolution.channels import seen_pixels
from hsicli.stages.superresolution.density import mean
from hsicli.stages.superresolution.methods import model_of, predict
from hsicli.stages.superresolution.pairs import PairsConfig
from hsicli.stages.superresolution.sensors import Sensor
from hsicli.stages.superresolution.settings import ModelConfig, NetworkConfig
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
ROWS, COLS, BANDS = 40, 36, 12
AXIS = np.linspace(2000.0, 2440, BANDS)
LINEAR = SuperresTrainConfig(model=ModelConfig(method="ridge"))
TINY = SuperresTrainConfig(
    model=ModelConfig(
        method="dcgm", network=NetworkConfig(hidden=(8,), training=TrainingConfig(epochs=2, batch_size=256))
    )
)


def scene(seed: int = 0) -> Cube:
    """Three spectra mixed: all 12 bands follow from 3 of them, but for the noise."""
    rng = np.random.default_rng(seed)
    ends = 0.5 - 0.3 * np.stack([np.exp(-(((AXIS - at) / 60) ** 2)) for at in (2080, 2200, 2330)])
    shares = rng.dirichlet([1, 1, 1], (ROWS, COLS))
    data = shares @ ends + 0.002 * rng.standard_normal((ROWS, COLS, BANDS))
    data[:3, :3] = np.nan
    return Cube(data.astype(np.float32), wavelengths=AXIS, fwhm=np.full(BANDS, 40.0))


def sensor() -> Sensor:
    weights = np.repeat(np.eye(4), 3, axis=1) / 3
    return Sensor(("a", "b", "c", "d"), weights @ AXIS, np.full(4, 120.0), weights)


def trained(config=LINEAR, *, cube=None, **options):
    sides = options or {"sensor": sensor()}
    return train_superres(cube or scene(), config, **{"seed": 0, "device": CPU} | sides)


def test_what_follows_from_the_low_bands_is_learnt_to_the_noise():
    quiet_sensor = replace(LINEAR, pairs=PairsConfig(snr=0))
    weights = trained(quiet_sensor)
    cube = scene()
    spectra = cube.data[5:].reshape(-1, BANDS)
    found = mean(predict(model_of(weights, CPU), (spectra @ sensor().weights.T).astype(np.float32)))
    assert np.sqrt(np.square(found - spectra).mean()) < 0.004


def test_both_splits_are_scored_and_the_scores_go_along():
    weights = trained()
    held = json.loads(weights.settings)["held_out"]
    assert set(held) == {"blocks", "random"}
    for scores in held.values():
        assert scores["pairs"] == pytest.approx(0.2 * (ROWS * COLS - 9), rel=0.15)
        assert 0.001 < scores["rmse"] < 0.02
        assert scores["coverage_90"] == pytest.approx(0.9, abs=0.04)
    np.testing.assert_array_equal(weights.target_wavelengths, AXIS)
    np.testing.assert_allclose(weights.wavelengths, sensor().centres)


@pytest.mark.parametrize("by", ["blocks", "random"])
def test_the_pixels_that_were_seen_are_known(by):
    weights = trained(replace(LINEAR, split=SplitConfig(by=(by,))))
    seen = seen_pixels(weights.arrays(), (ROWS, COLS))
    assert seen.mean() == pytest.approx(0.8, abs=0.05)


def test_the_window_cuts_both_sides_but_not_what_the_sensor_sees():
    weights = trained(replace(LINEAR, pairs=PairsConfig(window=(2150, 2300))))
    assert weights.target_wavelengths.tolist() == AXIS[(AXIS >= 2150) & (AXIS <= 2300)].tolist()
    assert weights.wavelengths.tolist() == [sensor().centres[k] for k in (1, 2)]


def test_two_cubes_are_learnt_from_as_a_sensor_is():
    cube = scene()
    low = Cube((cube.data @ sensor().weights.T).astype(np.float32), wavelengths=sensor().centres)
    weights = trained(low=low)
    assert json.loads(weights.settings)["held_out"]["blocks"]["rmse"] < 0.004
    moved = trained(low=low, alignment=shifted(0, 1))
    assert json.loads(moved.settings)["held_out"]["blocks"]["rmse"] > 0.02


def test_the_same_seed_gives_the_same_weights():
    first, second = trained(), trained()
    np.testing.assert_array_equal(first.numbers, second.numbers)
    assert first.settings == second.settings
    assert not np.array_equal(first.numbers, trained(seed=1, sensor=sensor()).numbers)


@pytest.mark.parametrize("stop_at", [2, 6])
def test_a_stopped_training_goes_on_to_the_same_weights(stop_at):
    """In the first fit, and in the second."""
    whole = trained(TINY)
    memory = Memory(stop_at)
    with pytest.raises(Stop):
        trained(TINY, sensor=sensor(), checkpoint=memory)
    again = trained(TINY, sensor=sensor(), checkpoint=Memory(state=memory.state))
    np.testing.assert_array_equal(whole.numbers, again.numbers)
    assert whole.settings == again.settings


def test_too_few_pairs_are_refused():
    cube = scene()
    few = cube.with_valid(np.arange(ROWS * COLS).reshape(ROWS, COLS) < 5 * COLS + 10)
    with pytest.raises(InputError, match=r"pairs to learn from are too few"):
        trained(cube=Cube(cube.data[:5, :5], wavelengths=AXIS), sensor=sensor())
    wide = Sensor(("a",), np.array([2200.0]), np.array([400.0]), np.ones((1, BANDS * 20)) / BANDS / 20)
    many = Cube(np.repeat(few.data, 20, axis=2)[:6], wavelengths=np.linspace(2000, 2440, BANDS * 20))
    with pytest.raises(InputError, match="too few for a full covariance of 240 bands"):
        trained(cube=many, sensor=wide)


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match="do not sum to one"):
        SplitConfig(shares=(0.5, 0.2, 0.2))
    with pytest.raises(ConfigError, match="each once"):
        SplitConfig(by=("blocks", "blocks"))
    with pytest.raises(InputError, match="no band of the sensor is centred"):
        trained(replace(LINEAR, pairs=PairsConfig(window=(2300, 2350))))


def test_intervals_that_do_not_hold_are_warned_of(caplog, monkeypatch):
    trained()
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    monkeypatch.setattr("hsicli.stages.superres_train.LEAST_COVERAGE", 1.01)
    trained()
    assert "trust them less there" in caplog.text
