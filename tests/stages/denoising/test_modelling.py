"""The denoising step: what is planted in a scene comes out of it, whatever the blocks."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli import cube as cube_module
from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import continuum
from hsicli.stages.cleaning import PreprocessConfig
from hsicli.stages.denoising import fitting
from hsicli.stages.denoising.settings import DenoiseConfig, Means
from hsicli.stages.preprocess import preprocess_cube

SPARSE = DenoiseConfig(method="sparse", iterations=150, sparsity=0.002)  # few bands: see the cost
CONFIG = PreprocessConfig(normalize="none", denoise=SPARSE)


def made(cube, config=CONFIG, **inputs):
    """The product with its stream walked, as a writer does it."""
    product = preprocess_cube(cube, config, **inputs)
    data = np.full(product.shape, np.inf, dtype=np.float32)
    for rows, block in product.data.blocks():
        data[rows] = block
    return replace(product, data=data)


def with_output(output, **changes):
    return replace(CONFIG, denoise=replace(SPARSE, output=output), **changes)


@pytest.fixture
def means(planted):
    return Means(library=planted.endmembers)


@pytest.fixture
def spiked(planted, rng):
    """The planted scene with 1 % of its samples 30 % off, and where."""
    data = planted.cube.data.copy()
    hit = (rng.random(data.shape) < 0.01) & np.isfinite(data)
    data[hit] *= rng.choice([0.7, 1.3], hit.sum())
    return replace(planted.cube, data=data), hit


def test_spikes_are_replaced_and_little_else(planted, spiked, means):
    cube, hit = spiked

    product = made(cube, means=means)

    changed = np.abs(np.log(product.data / cube.data)) > 1e-4
    assert_array_equal(product.valid, planted.cube.valid)
    assert changed[hit].mean() > 0.95  # in the first and last bands the background follows them
    assert changed[~hit & product.valid[:, :, None]].mean() < 0.04
    assert np.std((product.data - planted.clean)[hit]) < 0.25 * np.std((cube.data - planted.clean)[hit])


def test_model_background_and_residual_are_parts_of_the_observation(planted, means):
    model, background, residual = (
        made(planted.cube, with_output(output), means=means) for output in ("model", "background", "residual")
    )

    valid = planted.cube.valid
    noise = np.std(planted.cube.data[valid] - planted.clean[valid])
    assert np.std(model.data[valid] - planted.clean[valid]) < 1.2 * noise
    assert_allclose(model.data[valid] * np.exp(residual.data[valid]), planted.cube.data[valid], rtol=1e-4)
    assert (model.data[valid] <= background.data[valid] * 1.0001).all()
    logarithm = np.log(background.data[valid])
    assert_allclose(continuum(logarithm, model.wavelengths), logarithm, atol=1e-3)  # concave


@pytest.mark.parametrize("box", [1, 3])
def test_blocks_do_not_change_the_result(spiked, means, monkeypatch, box):
    cube, _ = spiked
    config = replace(CONFIG, continuum=True, flat_depth=0.02, box=box)
    whole = made(cube, config, means=means)

    monkeypatch.setattr(cube_module, "BLOCK_BYTES", 20 * 48 * 4 * 7)  # seven rows
    streamed = made(cube, config, means=means)

    assert_array_equal(streamed.valid, whole.valid)
    # a matrix product of fewer rows rounds otherwise, and a pixel may stop an iteration or ten earlier
    assert_allclose(streamed.data[whole.valid], whole.data[whole.valid], atol=1e-4)


def test_the_same_twice(spiked, means):
    cube, _ = spiked
    assert_array_equal(made(cube, means=means).data, made(cube, means=means).data)


def test_a_pixel_that_lacks_a_few_bands_gets_them_from_the_model(planted, means):
    data = planted.cube.data.copy()
    data[10, 10, 20:23] = np.nan
    data[11, 11, :20] = np.nan

    product = made(replace(planted.cube, data=data), means=means)

    assert product.valid[10, 10]
    assert not product.valid[11, 11]
    assert_allclose(product.data[10, 10, 20:23], planted.clean[10, 10, 20:23], rtol=0.05)


def test_the_hull_is_that_of_the_model_and_so_are_flat_pixels(planted, means, caplog):
    flat = np.full((5, 20, 48), 0.2) + 0.002 * np.random.default_rng(5).standard_normal((5, 20, 48))
    data = planted.cube.data.copy()
    data[10:15] = flat
    cube = replace(planted.cube, data=data)

    clean, model = (made(cube, with_output(output), means=means) for output in ("denoised", "model"))
    removed = made(cube, replace(CONFIG, continuum=True), means=means)
    kept = made(cube, replace(CONFIG, continuum=True, flat_depth=0.02), means=means)

    hull = continuum(model.data[model.valid], model.wavelengths)
    assert_allclose(removed.data[removed.valid], clean.data[removed.valid] / hull, rtol=1e-5)
    assert kept.valid[10:15].mean() < 0.05  # their noise alone is deeper than the limit
    assert kept.valid[3:10].mean() > 0.95


def smooth_ground(planted, rng, rows=144):
    """Two minerals that change places over the scene, and the scene without its noise; columns known."""
    y, x = np.mgrid[:rows, :20] / 12.0
    share = 0.5 + 0.4 * np.sin(y + 0.3 * x)[..., None]
    one, other = planted.endmembers.spectra[1:3]
    clean = share * one + (1 - share) * other
    data = (clean + 0.002 * rng.standard_normal(clean.shape)).astype(np.float32)
    columns = np.tile(np.arange(20, dtype=np.int32), (rows, 1))
    nm = planted.cube.wavelengths
    return Cube(data, wavelengths=nm, fwhm=planted.cube.fwhm, columns=columns), clean


def through_air(planted, rng, rows=144):
    """Ground that each column sees through an atmosphere of its own; its table; the truth."""
    cube, clean = smooth_ground(planted, rng, rows)
    nm = planted.cube.wavelengths
    table = 0.5 * np.exp(-0.5 * ((nm - 2010) / 40) ** 2) + 0.1 * np.exp(-0.5 * ((nm - 1580) / 40) ** 2)
    columns = table * (1 + 0.2 * rng.standard_normal((20, 1))) * (1 + 0.1 * rng.standard_normal((20, 48)))
    paths = 1 + 0.1 * rng.standard_normal((rows, 20, 1))
    data = (cube.data * np.exp(-paths * columns)).astype(np.float32)
    return replace(cube, data=data), Library(("scan",), np.exp(-table)[None], nm), clean


def test_stripes_of_known_columns_are_taken_off(planted, means, rng, caplog):
    caplog.set_level(logging.INFO)
    cube, clean = smooth_ground(planted, rng)
    cube.data[:, 7, 12] *= 1.012  # smaller than a spike

    still = replace(CONFIG, denoise=replace(SPARSE, destripe=False))
    off, left = (
        made(cube, each, means=means).data[:, 7, 12] / clean[:, 7, 12] - 1 for each in (CONFIG, still)
    )

    assert abs(np.nanmedian(left)) > 0.008
    assert abs(np.nanmedian(off)) < 0.004
    assert "stripes of 20 columns" in caplog.text


class Keeper:
    """A checkpoint that stops the run after so many offers."""

    def __init__(self, offers):
        self.left, self.state = offers, None

    def load(self):
        return self.state

    def offer(self, state):
        self.state = state()
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_to_the_same_bytes(spiked, means, monkeypatch):
    cube, _ = spiked
    monkeypatch.setattr("hsicli.stages.cleaning.STEP", 80)  # four rows a piece
    whole = made(cube, means=means)
    keeper, solved = Keeper(4), []
    kept = means._replace(checkpoint=keeper)

    with pytest.raises(KeyboardInterrupt):
        made(cube, means=kept)
    fit = fitting.fit_spectra
    monkeypatch.setattr(
        fitting,
        "fit_spectra",
        lambda model, y, *rest, **more: solved.append(len(y)) or fit(model, y, *rest, **more),
    )
    again = made(cube, means=kept)

    assert_array_equal(again.data, whole.data)
    assert sum(solved) < 480  # the sample and the first pieces are not solved again


def test_an_atmosphere_that_each_column_sees_otherwise_is_taken_out(planted, rng):
    cube, table, clean = through_air(planted, rng)
    inputs = Means(library=planted.endmembers, transmission=table)
    gas = np.abs(planted.cube.wavelengths - 2010) < 60

    def left(**changes):
        denoise = replace(SPARSE, method="atmosphere", **changes)
        product = made(cube, replace(CONFIG, denoise=denoise), means=inputs)
        error = np.log(product.data) - np.log(clean)
        return np.sqrt(np.nanmean(error[..., gas] ** 2)), np.sqrt(np.nanmean(error[..., ~gas] ** 2))

    fixed, fitted, both = left(rounds=0, destripe=False), left(destripe=False), left()
    before = np.log(cube.data) - np.log(clean)

    assert np.sqrt(np.mean(before[..., gas] ** 2)) > 0.3
    assert fitted[0] < 0.5 * fixed[0]  # the columns differ from the table by a tenth and more
    assert fitted[0] < 0.02
    assert fitted[1] < 1.15 * fixed[1]
    # What a column has of its own is not taken for a stripe where gas is. Steps are off by some 0.007, as
    # paths differ from pixel to pixel: 1.25 · 0.1 · 0.5 √(2/144). The turns mend what does not stay a stripe.
    assert both[0] < 1.5 * fitted[0]
    assert both[1] < 1.5 * fitted[1]


def test_an_interrupted_atmosphere_goes_on_to_the_same_bytes(planted, rng, monkeypatch):
    cube, table, _ = through_air(planted, rng, rows=24)
    monkeypatch.setattr("hsicli.stages.cleaning.STEP", 80)
    monkeypatch.setattr("hsicli.stages.denoising.columns.STEP", 100)
    inputs = Means(library=planted.endmembers, transmission=table)
    config = replace(CONFIG, denoise=replace(SPARSE, method="atmosphere", rounds=2))
    whole = made(cube, config, means=inputs)
    keeper = Keeper(7)  # after some groups of columns, and the first rows

    with pytest.raises(KeyboardInterrupt):
        made(cube, config, means=inputs._replace(checkpoint=keeper))
    assert {name.split()[0] for name in keeper.state["chunks"]} == {"sample", "rows"}
    again = made(cube, config, means=inputs._replace(checkpoint=keeper))

    assert_array_equal(again.data, whole.data)


def test_an_atmosphere_needs_a_table_and_columns(planted, rng):
    config = replace(CONFIG, denoise=replace(SPARSE, method="atmosphere"))
    cube, table, _ = through_air(planted, rng, rows=24)
    with pytest.raises(ConfigError, match="there is none"):
        made(cube, config, means=Means(library=planted.endmembers))
    with pytest.raises(InputError, match="columns are not known"):
        made(planted.cube, config, means=Means(library=planted.endmembers, transmission=table))


def test_components_without_signal_take_their_noise_along(planted):
    config = replace(CONFIG, denoise=DenoiseConfig(method="mnf", components=4))

    product = made(planted.cube, config)

    valid = product.valid
    before = np.std(planted.cube.data[valid] - planted.clean[valid])
    assert np.std(product.data[valid] - planted.clean[valid]) < 0.5 * before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ratio": "global", "denoise": SPARSE}, "not of a ratio"),
        ({"denoise": replace(SPARSE, output="residual"), "continuum": True}, "no continuum"),
        ({"denoise": DenoiseConfig(method="mnf", output="background")}, "mnf makes no background"),
        ({"normalize": "band-depth"}, "needs a continuum"),
        ({}, "used by --denoise sparse and"),
    ],
)
def test_what_does_not_go_together_is_refused(planted, means, changes, words):
    with pytest.raises(ConfigError, match=words):
        preprocess_cube(planted.cube, PreprocessConfig(**changes), means=means)


def test_what_the_model_needs_must_be_there(planted, means):
    with pytest.raises(ConfigError, match="there is none"):
        preprocess_cube(planted.cube, CONFIG)
    with pytest.raises(InputError, match="no wavelengths"):
        preprocess_cube(replace(planted.cube, wavelengths=None, fwhm=None), CONFIG, means=means)
    elsewhere = Library(("far",), np.full((1, 3), 0.5), np.array([3000.0, 3100.0, 3200.0]))
    with pytest.raises(InputError, match="no spectrum of the library"):
        preprocess_cube(planted.cube, CONFIG, means=Means(library=elsewhere))
    with pytest.raises(InputError, match="60 of 48 bands"):
        preprocess_cube(planted.cube, replace(CONFIG, denoise=DenoiseConfig(method="mnf", components=60)))
