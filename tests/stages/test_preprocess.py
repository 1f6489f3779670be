"""The preprocess stage: Algorithm 1 of GyPSUM, streamed."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal

from hsicli import cube as cube_module
from hsicli.cube import Cube, Grid
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.preprocessing.image import box_mean
from hsicli.stages.cleaning import PreprocessConfig
from hsicli.stages.preprocess import preprocess_cube

WAVELENGTHS = np.linspace(1000, 2600, 65)


def planted(rng, rows=30, cols=12, **known):
    """Bands of many depths at 2.3 µm, wavelengths descending, and one pixel of each defect."""
    depth = rng.uniform(0, 0.2, (rows, cols, 1))
    data = 0.3 * (1 - depth * np.exp(-0.5 * ((WAVELENGTHS - 2300) / 60) ** 2))
    data = data * rng.uniform(0.5, 1.5, (rows, cols, 1)) + rng.normal(0, 0.001, data.shape)
    data = data.astype(np.float32)
    data[0, 0] = 65535  # fill
    data[0, 1, 3] = np.nan  # lacks a band
    data[0, 2, :10] = 5  # mostly within 0…1, but too many are not
    data[0, 3, 7] = 5  # one spike
    return Cube(
        data=np.ascontiguousarray(data[:, :, ::-1]),
        wavelengths=WAVELENGTHS[::-1].copy(),
        fwhm=np.linspace(9, 10, 65),
        grid=Grid(transform=(1, 0, 0, 0, -1, 0), wkt="LOCAL"),
        **known,
    )


def made(cube, config=None, **inputs):
    """The product with its stream walked, as a writer does it."""
    product = preprocess_cube(cube, config or PreprocessConfig(), **inputs)
    data = np.full(product.shape, np.inf, dtype=np.float32)
    for rows, block in product.data.blocks():
        data[rows] = block
    return replace(product, data=data)


def test_algorithm_1_as_numpy_says_it(rng):
    cube = planted(rng)
    product = made(cube, PreprocessConfig(window_nm=(1050, 2550)))

    window = (WAVELENGTHS >= 1050) & (WAVELENGTHS <= 2550)
    clipped = np.clip(cube.data[:, :, ::-1], 0, 1)[:, :, window].astype(float)
    expected = clipped / np.linalg.norm(clipped, axis=2, keepdims=True)
    assert_array_equal(product.wavelengths, WAVELENGTHS[window])
    assert_allclose(product.data[product.valid], expected[product.valid], rtol=1e-5)


def test_defective_pixels_are_lost_each_for_its_cause(rng, caplog):
    caplog.set_level(logging.INFO)
    product = made(planted(rng))

    assert_array_equal(np.argwhere(~product.valid), [[0, 0], [0, 1], [0, 2]])
    assert np.isnan(product.data[~product.valid]).all()
    assert np.isfinite(product.data[product.valid]).all()
    assert "357 of 360 pixels kept (lost: 1 lacking a band, 1 clipped, 1 fill)" in caplog.text


def test_what_is_known_of_the_cube_goes_on(rng):
    columns = np.arange(360, dtype=np.int32).reshape(30, 12)
    cube = planted(rng, columns=columns)

    product = made(cube)

    assert product.grid == cube.grid
    assert_array_equal(product.columns, columns)
    assert_array_equal(product.fwhm, cube.fwhm[::-1])
    assert product.data.dtype == np.float32


def test_bad_bands_are_left_out_unless_wanted(rng):
    good = np.ones(65, dtype=bool)
    good[[0, 10]] = False
    cube = planted(rng, good_bands=good)

    assert made(cube).shape[2] == 63
    assert made(cube, PreprocessConfig(use_bad_bands=True)).shape[2] == 65


@pytest.mark.parametrize("box", [1, 5])
def test_blocks_do_not_change_the_result(rng, monkeypatch, box):
    cube = planted(rng, columns=np.tile(np.arange(12, dtype=np.int32), (30, 1)))
    config = PreprocessConfig(continuum=True, box=box, ratio="auto", bland_rows=8, bland_best=3)
    whole = made(cube, config)

    monkeypatch.setattr(cube_module, "BLOCK_BYTES", 12 * 65 * 4 * 2)  # two rows
    streamed = made(cube, config)

    assert_array_equal(streamed.valid, whole.valid)
    assert_allclose(streamed.data, whole.data, rtol=1e-6)
    assert_array_equal(streamed.good_bands, whole.good_bands)


def test_the_continuum_is_removed_and_its_constant_ends_are_marked_bad(rng, caplog):
    cube = planted(rng)

    product = made(cube, PreprocessConfig(continuum=True, normalize="none"))

    expected = remove_continuum(np.clip(cube.data[:, :, ::-1], 0, 1), WAVELENGTHS)
    assert_array_equal(product.data[product.valid], expected[product.valid])
    assert_array_equal(np.flatnonzero(~product.good_bands), [0, 64])
    assert "marked bad, as the same in every pixel: 1000.00 nm, 2600.00 nm" in caplog.text


def test_ends_stay_marked_when_normalising_hides_that_they_are_constant(rng):
    product = made(planted(rng), PreprocessConfig(continuum=True))

    assert_array_equal(np.flatnonzero(~product.good_bands), [0, 64])
    assert_allclose(np.linalg.norm(product.data[product.valid], axis=1), 1, rtol=1e-6)


def test_smoothing_uses_valid_neighbours_only(rng):
    cube = planted(rng)
    plain = made(cube, PreprocessConfig(continuum=True, normalize="none"))

    smooth = made(cube, PreprocessConfig(continuum=True, normalize="none", box=3))

    assert_array_equal(smooth.data, box_mean(plain.data, plain.valid, 3))


def test_flat_pixels_are_rejected(rng, caplog):
    caplog.set_level(logging.INFO)
    depth = np.zeros((4, 5, 1))
    depth[:2] = rng.uniform(0.05, 0.1, (2, 5, 1))
    data = 0.3 * (1 - depth * np.exp(-0.5 * ((WAVELENGTHS - 2300) / 60) ** 2))
    cube = Cube(data=data.astype(np.float32), wavelengths=WAVELENGTHS)

    product = made(cube, PreprocessConfig(continuum=True, flat_depth=0.01))

    assert_array_equal(product.valid, [[True] * 5] * 2 + [[False] * 5] * 2)
    assert "10 flat" in caplog.text


def test_a_mask_keeps_what_it_names(rng, caplog):
    caplog.set_level(logging.INFO)
    mask = np.zeros((30, 12), dtype=bool)
    mask[5:10] = True

    product = made(planted(rng), mask=mask)

    assert_array_equal(product.valid, mask)
    assert "60 of 360 pixels kept (lost: 300 masked" in caplog.text


def test_a_ratio_with_chosen_pixels_is_the_mean_of_their_clipped_spectra(rng):
    cube = planted(rng)
    bland = np.zeros((30, 12), dtype=bool)
    bland[0, :5] = True  # among them the defective ones

    product = made(cube, PreprocessConfig(normalize="none"), bland=bland)

    clipped = np.clip(cube.data[:, :, ::-1], 0, 1)
    mean = clipped[0, [2, 3, 4]].mean(axis=0)
    assert_allclose(product.denominator, mean, rtol=1e-6)
    assert_allclose(product.data[product.valid], (clipped / mean)[product.valid], rtol=1e-5)


def test_a_ratio_with_a_spectrum(rng, caplog):
    caplog.set_level(logging.INFO)
    library = Library(("Dusty plain",), np.full((1, 3), 0.5), np.array([900.0, 1500, 2700]))

    product = made(planted(rng), PreprocessConfig(normalize="none"), reference=library)

    plain = made(planted(np.random.default_rng(0)), PreprocessConfig(normalize="none"))
    assert_allclose(product.data, 2 * plain.data, rtol=1e-6)
    assert "divided by Dusty plain" in caplog.text


def test_bland_pixels_are_found_where_nothing_absorbs(rng):
    depth = np.where(rng.uniform(size=(40, 30, 1)) < 0.6, 0.15, 0.0)
    shared = 1 - 0.05 * np.exp(-0.5 * ((WAVELENGTHS - 2010) / 30) ** 2)  # of the air, in every pixel
    truth = 1 - depth * np.exp(-0.5 * ((WAVELENGTHS - 2300) / 40) ** 2)
    data = 0.3 * shared * truth * (1 + rng.normal(0, 0.003, (40, 30, 65)))
    cube = Cube(data=data.astype(np.float32), wavelengths=WAVELENGTHS)

    product = made(cube, PreprocessConfig(ratio="auto", normalize="none"))

    assert_allclose(product.denominator, 0.3 * shared, rtol=0.005)
    assert_allclose(product.data, truth, atol=0.02)


def test_a_bland_choice_that_absorbs_is_warned_of(rng, caplog):
    cube = planted(rng)
    absorbing = np.zeros((30, 12), dtype=bool)
    absorbing[
        np.unravel_index(np.argsort(cube.data[:, :, 12].ravel() / cube.data[:, :, 30].ravel())[:20], (30, 12))
    ] = True

    made(cube, bland=absorbing)

    assert "absorptions of its own (" in caplog.text
    assert "at 2300 nm" in caplog.text


def test_counts_are_not_clipped_as_if_they_were_reflectance(rng, caplog):
    caplog.set_level(logging.INFO)
    counts = rng.integers(-5, 8000, (10, 10, 20)).astype(np.int16)

    product = made(Cube(data=counts), PreprocessConfig(normalize="none"))

    assert product.valid.all()
    assert_array_equal(product.data, np.maximum(counts, 0))
    assert "no reflectances" in caplog.text


def test_a_cube_without_wavelengths_is_clipped_and_normalised(rng):
    product = made(Cube(data=rng.uniform(0.1, 0.9, (4, 5, 6)).astype(np.float32)))

    assert product.wavelengths is None
    assert product.valid.all()
    with pytest.raises(InputError, match="no wavelengths"):
        made(Cube(data=np.ones((4, 5, 6))), PreprocessConfig(continuum=True))


def test_a_constant_band_is_marked_bad_and_named(rng, caplog):
    data = rng.uniform(0.1, 0.9, (6, 5, 8)).astype(np.float32)
    data[:, :, 3] = 0

    product = made(Cube(data=data))

    assert_array_equal(np.flatnonzero(~product.good_bands), [3])
    assert "same in every pixel: band 4" in caplog.text


def test_one_spectrum_everywhere_is_refused():
    with pytest.raises(InputError, match="all pixels are the same"):
        made(Cube(data=np.full((3, 3, 4), 0.5, dtype=np.float32)))


def test_a_cube_of_fill_is_refused_before_anything_is_written():
    with pytest.raises(InputError, match="no pixel has data"):
        preprocess_cube(Cube(data=np.full((3, 3, 4), np.nan)), PreprocessConfig())


def test_pixels_all_rejected_are_an_error():
    data = np.full((3, 3, 10), 0.5, dtype=np.float32)
    data[:, :, 0] = 7

    with pytest.raises(InputError, match=r"no pixel is left \(9 clipped\)"):
        made(Cube(data=data))


def test_many_clipped_pixels_raise_a_doubt(rng, caplog):
    data = rng.uniform(0.1, 0.9, (10, 10, 10)).astype(np.float32)
    data[:2, :, 0] = 7

    made(Cube(data=data))

    assert (
        "20 pixels have more than 5 % of their bands outside 0 to 1: are these reflectances?" in caplog.text
    )


def test_minmax_and_despiking(rng):
    cube = planted(rng)

    product = made(cube, PreprocessConfig(normalize="minmax", despike_windows=(11, 7, 3)))

    spectra = product.data[product.valid]
    assert_array_equal(spectra.min(axis=1), 0)
    assert_array_equal(spectra.max(axis=1), 1)
    assert product.data[0, 3, 7] < 1  # the spike, at 1 after clipping


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"flat_depth": 0.01}, "continuum is false"),
        ({"box": 2}, "box: widths must be odd"),
        ({"despike_windows": (4,)}, "despike_windows: widths must be odd"),
        ({"window_nm": (2550.0, 1050.0)}, "window_nm: the first number"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, words):
    with pytest.raises(ConfigError, match=words):
        PreprocessConfig(**wrong)


def test_a_spectrum_and_pixels_at_once_are_refused(rng):
    library = Library(("a",), np.ones((1, 2)), np.array([1.0, 2.0]))

    with pytest.raises(ConfigError, match="both"):
        preprocess_cube(
            planted(rng), PreprocessConfig(), bland=np.ones((30, 12), dtype=bool), reference=library
        )


@pytest.mark.real
@pytest.mark.parametrize("ratio", ["none", "auto"])
@pytest.mark.parametrize("window", [None, (1050.0, 2550.0)])
def test_real_crism_pixels_keep_all_that_have_data(data_dir, caplog, ratio, window):
    with rasterio.open(data_dir / "crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif") as file:
        data = np.moveaxis(file.read(), 0, -1)
    table = np.genfromtxt(data_dir / "instruments/crism_mtrdr_489.csv", delimiter=",", names=True)
    name = next(name for name in table.dtype.names if "wave" in name or "nm" in name or "um" in name)
    wavelengths = table[name] * (1000 if table[name].max() < 100 else 1)
    there = (data[:, :, 100:300] != 65535).all(axis=2)

    product = made(Cube(data=data, wavelengths=wavelengths), PreprocessConfig(window_nm=window, ratio=ratio))

    assert product.shape[2] == (228 if window else product.shape[2])
    assert product.valid.sum() >= 0.95 * there.sum()
