"""A sample holds spectra of the cube, each once, and no more of them than it may."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.runtime import quiet
from hsicli.stages import encoding
from hsicli.stages.encoding import draw_sample, encode_cube, pca_encoder, valid_pixels

ROWS, COLS, BANDS = 20, 30, 6


@pytest.fixture
def cube(rng) -> Cube:
    data = rng.random((ROWS, COLS, BANDS)).astype(np.float32)
    data[3, 4] = np.nan
    return Cube(data)


def drawn_rows(cube: Cube, spectra: np.ndarray) -> list[int]:
    """The pixel of each spectrum, by its exact numbers."""
    where = {tuple(values): row for row, values in enumerate(cube.data.reshape(-1, BANDS).tolist())}
    return [where[tuple(values)] for values in spectra.tolist()]


def test_a_sample_of_all_is_every_valid_spectrum_once_in_random_order(cube, rng):
    sample = draw_sample(cube, valid_pixels(cube, quiet), 10**6, rng)
    rows = drawn_rows(cube, sample.spectra)
    assert sorted(rows) == [row for row in range(ROWS * COLS) if row != 3 * COLS + 4]
    assert rows != sorted(rows)


def test_a_sample_holds_no_more_than_asked_for_nor_more_than_the_memory_it_may_take(cube, rng, monkeypatch):
    valid = valid_pixels(cube, quiet)
    assert draw_sample(cube, valid, 50, rng).spectra.shape == (50, BANDS)
    monkeypatch.setattr(encoding, "SAMPLE_BYTES", 40 * 4 * BANDS)
    sample = draw_sample(cube, valid, 50, rng)
    assert sample.spectra.shape == (40, BANDS)
    assert len(set(drawn_rows(cube, sample.spectra))) == 40


def test_each_pixel_has_the_same_chance_to_be_drawn(cube, rng):
    """Of 600 draws of a tenth, each pixel is in 60, give or take five standard deviations of 7.3."""
    valid = valid_pixels(cube, quiet)
    rows = [row for _ in range(600) for row in drawn_rows(cube, draw_sample(cube, valid, 60, rng).spectra)]
    counts = np.bincount(rows, minlength=ROWS * COLS)[valid.ravel()]
    assert abs(counts - 60).max() < 5 * 7.4


def test_principal_directions_and_variances_are_those_of_the_spectra(cube, rng):
    sample = draw_sample(cube, valid_pixels(cube, quiet), 10**6, rng)
    covariance = np.cov(sample.spectra.T.astype(np.float64), ddof=0)
    np.testing.assert_allclose(
        sample.directions.T * sample.variance @ sample.directions, covariance, rtol=1e-5, atol=1e-8
    )
    assert (np.diff(sample.variance) <= 0).all()


def test_codes_are_in_the_order_of_the_valid_pixels(cube, rng):
    valid = valid_pixels(cube, quiet)
    sample = draw_sample(cube, valid, 10**6, rng)
    codes = encode_cube(cube, valid, pca_encoder(sample, 3), quiet)
    expected = (cube.data[valid] - sample.mean) @ sample.directions[:3].T
    np.testing.assert_allclose(codes, expected, atol=1e-6)


def test_a_band_that_is_the_same_everywhere_is_named(rng):
    data = rng.random((8, 9, 4)).astype(np.float32)
    data[..., 2] = 0.25
    cube = Cube(data)
    with pytest.raises(InputError, match=r"band 3 is 0\.25 in every pixel"):
        draw_sample(cube, valid_pixels(cube, quiet), 100, rng)
