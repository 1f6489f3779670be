"""superres apply: every pixel as the model says, what is needed to say it again, and nothing for fill."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.io.hdf5 import read_product, write_product
from hsicli.products.estimates import Estimate, estimate_cube, estimate_raster
from hsicli.products.weights import Weights, packed
from hsicli.provenance import Provenance
from hsicli.stages.superres_apply import SuperresApplyConfig, apply_superres
from hsicli.stages.superresolution.density import covariance, deviations, mean
from hsicli.stages.superresolution.methods import model_of, predict, strangeness
from tests.stages.test_superres_train import BANDS, COLS, CPU, ROWS, scene, sensor, trained

MADE = Provenance("superres apply", "1.1", {})


@pytest.fixture(scope="module")
def weights() -> Weights:
    return trained()


@pytest.fixture(scope="module")
def low() -> Cube:
    return Cube((scene().data @ sensor().weights.T).astype(np.float32), wavelengths=sensor().centres)


@pytest.fixture
def applied(weights, tmp_path):
    def run(cube, config=SuperresApplyConfig(), **options) -> Estimate:  # noqa: B008
        made = apply_superres(cube, weights, config, **{"seed": 0, "device": CPU} | options)
        write_product(tmp_path / "e.h5", made, MADE)
        return read_product(tmp_path / "e.h5", Estimate)

    return run


def test_every_pixel_is_what_the_model_says_and_fill_stays_fill(applied, weights, low):
    found = applied(low)
    assert np.isnan(found.mean[:3, :3]).all()
    assert np.isnan(found.strangeness[:3, :3]).all()
    spectra = low.data[5, :]
    density = predict(model_of(weights, CPU), spectra)
    np.testing.assert_allclose(found.mean[5], mean(density), rtol=1e-5)
    np.testing.assert_allclose(found.deviation[5], deviations(density), rtol=1e-5)
    np.testing.assert_array_equal(found.inputs[5], spectra)
    np.testing.assert_allclose(found.strangeness[5], strangeness(model_of(weights, CPU), spectra), rtol=1e-5)
    np.testing.assert_allclose(
        found.spread[5], np.sqrt(np.square(found.deviation[5]).mean(axis=1)), rtol=1e-5
    )


def test_the_product_alone_rebuilds_the_covariance_of_any_pixel(applied, low):
    found = applied(low, SuperresApplyConfig(pixels=((7, 4), (20, 30))))
    model = model_of(
        Weights(found.method, found.settings, found.input_wavelengths, found.array_names, found.numbers), CPU
    )
    for number, (row, col) in enumerate([(7, 4), (20, 30)]):
        again = covariance(predict(model, np.asarray(found.inputs[row, col])[None]), 0)
        np.testing.assert_allclose(found.covariances[number], again, rtol=1e-6)
        np.testing.assert_allclose(np.sqrt(np.diag(again)), found.deviation[row, col], rtol=1e-4)


def test_samples_have_the_mean_and_covariance_that_are_kept(applied, low):
    found = applied(low, SuperresApplyConfig(pixels=((7, 4),), samples=4000))
    assert found.samples.shape == (1, 4000, BANDS)
    np.testing.assert_allclose(found.samples[0].mean(axis=0), found.mean[7, 4], atol=5e-4)
    np.testing.assert_allclose(np.cov(found.samples[0].T), found.covariances[0], atol=3e-6)


def test_pixels_are_chosen_where_none_are_named_and_fill_is_never(applied, low):
    found = applied(low, SuperresApplyConfig(chosen=3))
    row, col = found.pixels.T
    assert len(found.pixels) == 3
    assert np.isfinite(found.spread[row, col]).all()
    assert np.isfinite(found.covariances).all()
    assert found.truth is None


def test_a_cube_of_high_resolution_is_seen_through_the_sensor_and_is_its_own_truth(applied, weights):
    found = applied(scene(), sensor=sensor())
    clean = scene().data @ sensor().weights.T
    noise = weights.arrays()["noise"]
    valid = np.isfinite(found.spread)
    np.testing.assert_allclose((found.inputs - clean)[valid].std(axis=0), noise, rtol=0.1)
    row, col = found.pixels.T
    np.testing.assert_array_equal(found.truth, scene().data[row, col])


def test_blocks_do_not_show(applied, low, monkeypatch):
    whole = applied(low)
    monkeypatch.setattr("hsicli.stages.superres_apply.BLOCK_BYTES", 20_000)
    parts = applied(low)
    np.testing.assert_allclose(whole.mean, parts.mean, rtol=1e-6)
    np.testing.assert_allclose(whole.strangeness, parts.strangeness, rtol=1e-6)


def test_what_was_seen_of_the_scene_is_noted_only_of_that_scene(applied, low):
    assert applied(low).used is None
    assert applied(low, same_scene=True).used.mean() == pytest.approx(0.8, abs=0.05)


def test_other_pixels_of_the_same_ground_are_warned_of(applied, low, caplog):
    part = Cube(low.data[4:], wavelengths=low.wavelengths)
    assert applied(part, same_scene=True).used is None
    assert "cannot leave out" in caplog.text


def test_bands_may_come_in_any_order_and_among_others(applied, low):
    order = [2, 0, 3, 1]
    more = Cube(
        np.concatenate([low.data[..., order], np.ones((ROWS, COLS, 1), np.float32)], axis=2),
        wavelengths=np.r_[low.wavelengths[order], 900.0],
    )
    np.testing.assert_array_equal(applied(more).mean, applied(low).mean)


def test_what_does_not_fit_is_refused(applied, weights, low):
    other = Cube(low.data, wavelengths=low.wavelengths + 60)
    with pytest.raises(InputError, match=r"no band of the cube at .*expect 4 bands from 2040 to 2400"):
        applied(other)
    with pytest.raises(InputError, match=r"pixel 40,2 is outside the cube of 40 rows"):
        applied(low, SuperresApplyConfig(pixels=((40, 2),)))
    with pytest.raises(InputError, match="no valid spectra"):
        applied(low.with_valid(np.zeros((ROWS, COLS), dtype=bool)))
    with pytest.raises(InputError, match=r"truth has 40×35 pixels"):
        applied(low, truth=Cube(scene().data[:, 1:], wavelengths=scene().wavelengths))
    names, numbers = packed({"a": np.ones(2)})
    gan = Weights("gan", "{}", low.wavelengths, names, numbers)
    with pytest.raises(InputError, match="not of hsicli superres train"):
        apply_superres(low, gan, SuperresApplyConfig(), seed=0, device=CPU)
    older = replace(weights, array_names=names, numbers=numbers)
    with pytest.raises(InputError, match="by another version"):
        apply_superres(low, older, SuperresApplyConfig(), seed=0, device=CPU)
    with pytest.raises(ConfigError, match="samples is -1"):
        SuperresApplyConfig(samples=-1)


def test_an_estimate_is_a_cube_and_a_map(applied, low):
    found = applied(low)
    cube = estimate_cube(found)
    assert cube.shape == (ROWS, COLS, BANDS)
    assert (~cube.valid).sum() == 9
    raster = estimate_raster(replace(found, strangeness_usual=np.array([1.0, 2])))
    assert raster.layer_names == ("spread", "strangeness")
    assert raster.tags["STRANGENESS_USUAL"] == "1 2"


def test_the_device_is_that_of_the_run(weights, low):
    assert apply_superres(low, weights, SuperresApplyConfig(), seed=0, device=torch.device("cpu")).method
