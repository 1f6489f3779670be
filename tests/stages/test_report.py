"""An overview: the picture and the spectra are the cube's own, at the steps that it states."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.stages.report import ReportConfig, overview

ROWS, COLS, BANDS = 31, 23, 40


@pytest.fixture
def cube(rng) -> Cube:
    data = rng.random((ROWS, COLS, BANDS)).astype(np.float32)
    data[5, 6] = np.nan
    return Cube(data, wavelengths=np.linspace(450.0, 2500.0, BANDS))


def test_a_small_scene_is_shown_and_kept_whole(cube):
    seen = overview(cube, ReportConfig())
    assert (seen.step, seen.spectra_step, seen.band_step) == (1, 1, 1)
    np.testing.assert_array_equal(seen.spectra[seen.shown], cube.data[seen.shown])
    assert not seen.shown[5, 6]
    assert seen.shown.sum() == ROWS * COLS - 1
    np.testing.assert_array_equal(seen.axis, cube.wavelengths)


@pytest.mark.parametrize("rows", [1, 3, 7, 31])
def test_of_a_large_scene_every_so_manieth_pixel_is_kept_whatever_the_blocks(cube, rows, monkeypatch):
    monkeypatch.setattr("hsicli.cube.BLOCK_BYTES", rows * COLS * BANDS * 4)
    seen = overview(cube, ReportConfig(max_pixels=100, max_numbers=3000))
    assert (seen.step, seen.spectra_step) == (3, 6)
    np.testing.assert_array_equal(seen.spectra, cube.data[::6, ::6])
    assert seen.picture.shape == (11, 8, 3)
    assert seen.picture.shape[0] * seen.picture.shape[1] <= 100
    assert seen.spectra.size <= 3000


def test_bands_are_thinned_above_256_of_them(rng):
    cube = Cube(rng.random((4, 5, 489)).astype(np.float32))
    seen = overview(cube, ReportConfig())
    np.testing.assert_array_equal(seen.axis, np.arange(1, 490, 2))
    np.testing.assert_array_equal(seen.spectra, cube.data[:, :, ::2])


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [(410, 3900, "2530, 1330, 770"), (400, 2500, "640, 550, 460"), (1050, 2550, "2530, 1510, 1080")],
)
def test_colours_are_what_the_cube_covers(rng, first, last, said):
    axis = np.arange(first, last + 1, 10.0)
    seen = overview(Cube(rng.random((3, 4, len(axis))).astype(np.float32), wavelengths=axis), ReportConfig())
    assert f"red, green, blue: {said} nm" in seen.colours


def test_a_colour_runs_from_its_low_percentile_to_its_high_one():
    ramp = np.arange(1.0, 102.0, dtype=np.float32)[None, :, None] * np.ones(6, dtype=np.float32)
    red = overview(Cube(ramp), ReportConfig(stretch=(10, 90))).picture[0, :, 0]
    assert (red[:11] == 0).all()
    assert (red[90:] == 255).all()
    assert red[50] == pytest.approx(127.5, abs=0.6)


def test_wavelengths_that_the_cube_has_not_are_refused(cube):
    with pytest.raises(ConfigError, match=r"450 to 2500 nm"):
        overview(cube, ReportConfig(rgb=(3000.0, 1000.0, 500.0)))
    with pytest.raises(InputError, match="no valid pixel"):
        overview(Cube(np.full((2, 2, 3), np.nan, np.float32)), ReportConfig())
