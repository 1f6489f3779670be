"""What spectra are divided by."""

import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hsicli.cube import Block, Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.division import (
    by_columns,
    by_spectrum,
    mean_spectrum,
    reference_spectrum,
    score_cube,
    warn_of_imprints,
)

WAVELENGTHS = np.linspace(1050, 2550, 60)


def planted_cube(rng, rows=130, cols=12, **known):
    """Bland pixels and absorbing ones at 2.3 µm, through a striped detector."""
    absorbing = rng.uniform(size=(rows, cols)) < 0.6
    band = 0.1 * np.exp(-0.5 * ((WAVELENGTHS - 2300) / 30) ** 2)
    truth = 1 - absorbing[:, :, None] * band
    stripes = 1 + 0.02 * rng.normal(size=(1, cols, 1)) * np.sin(WAVELENGTHS / 200)
    data = (0.3 * truth * stripes).astype(np.float32)
    columns = np.broadcast_to(np.arange(cols, dtype=np.int32), (rows, cols))
    return Cube(data=data, wavelengths=WAVELENGTHS, columns=columns, **known), truth


def test_the_mean_is_of_valid_pixels_clipped():
    data = np.float32([[[0.2, 3.0], [0.4, 0.5], [np.nan, 0.5]]])

    mean = mean_spectrum(Cube(data=data), (0, 1), np.array([0, 1, 2]))

    assert_allclose(mean, [0.3, 0.75])


def test_bland_pixels_without_data_are_refused():
    with pytest.raises(InputError, match="none of the bland pixels"):
        mean_spectrum(Cube(data=np.full((1, 2, 3), np.nan, dtype=np.float32)), (0, 1), np.array([1]))


def test_a_reference_is_resampled_to_the_cube():
    library = Library(("dust", "sand"), np.array([[1.0, 2, 3], [3, 4, 5]]), np.array([1000.0, 2000, 3000]))
    cube = Cube(data=np.ones((1, 1, 2), dtype=np.float32), wavelengths=np.array([2500.0, 1500]))

    assert_allclose(reference_spectrum(cube, library), [2.5, 3.5])


def test_a_reference_that_is_too_short_is_refused():
    library = Library(("dust",), np.ones((1, 3)), np.array([1000.0, 1500, 2000]))
    cube = Cube(data=np.ones((1, 1, 2), dtype=np.float32), wavelengths=np.array([1500.0, 2900]))

    with pytest.raises(InputError, match="nothing positive at 1 bands, the first at 2900 nm"):
        reference_spectrum(cube, library)


def test_division_by_a_spectrum_that_is_zero_gives_nothing():
    block = Block(slice(0, 1), np.ones((1, 1, 3), dtype=np.float32), np.ones((1, 1), dtype=bool))

    by_spectrum(np.array([2.0, 0.0, 4.0]))(block)

    assert_allclose(block.data[0, 0], [0.5, np.nan, 0.25])


def test_column_ratios_recover_the_planted_depths_through_stripes(rng):
    cube, truth = planted_cube(rng)

    scores = score_cube(cube, (0, 1), (1850, 2550))
    divide, denominator = by_columns(cube, (0, 1), scores, reach=50, count=9)

    for block in cube.blocks(40):
        divide(block)
        assert_allclose(block.data, truth[block.rows], atol=1e-5)
    assert_allclose(denominator, 0.3, rtol=0.05)


def test_columns_must_be_known(rng):
    cube = Cube(data=np.ones((2, 2, 60), dtype=np.float32), wavelengths=WAVELENGTHS)

    with pytest.raises(InputError, match="detector column"):
        by_columns(cube, (0, 1), np.zeros((2, 2)), reach=50, count=9)


def test_bland_pixels_need_bands_where_they_are_bland():
    cube = Cube(data=np.ones((2, 2, 40), dtype=np.float32), wavelengths=np.linspace(401, 1889, 40))

    with pytest.raises(InputError, match="from 1850 to 2550 nm"):
        score_cube(cube, (0, 1), (1850, 2550))


def test_a_denominator_with_a_band_is_warned_of_with_its_place_and_depth(caplog):
    caplog.set_level(logging.INFO)
    band = 1 - 0.1 * np.exp(-0.5 * ((WAVELENGTHS - 2300) / 30) ** 2)

    warn_of_imprints(0.3 * band, WAVELENGTHS)
    warn_of_imprints(np.full(60, 0.3), WAVELENGTHS)

    first, second = caplog.records
    assert first.levelno == logging.WARNING
    assert "% at 2296 nm" in first.getMessage()
    assert second.levelno == logging.INFO
