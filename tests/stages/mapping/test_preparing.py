"""Preparing: the continuum, the axis of the weights, flatness and depth."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from tests.stages.mapping.conftest import AXIS, spectrum


def of(cube, wavelengths=None, **changes):
    return preparing_for(cube, wavelengths, 11, PrepareConfig(**changes))


def cube_on(axis: np.ndarray) -> Cube:
    return Cube(np.ones((1, 1, len(axis)), dtype=np.float32), wavelengths=axis)


def test_without_a_filter_it_is_the_spectrum_over_its_hull(scene):
    bare = spectrum((1900, 400, 0.2), slope=0.1)[None].astype(np.float32)
    removed = of(scene, smoothing=0, ends="band", divide="spectrum").without_continuum(bare)
    assert removed.max() == pytest.approx(1)
    assert removed.min() == pytest.approx(0.8, abs=0.01)


def test_noise_does_not_lift_the_continuum(scene, rng):
    noisy = (spectrum()[None] * (1 + 0.01 * rng.standard_normal((200, len(AXIS))))).astype(np.float32)
    bare = of(scene, smoothing=0, ends="band").without_continuum(noisy)
    smooth = of(scene, smoothing=11).without_continuum(noisy)
    assert abs(1 - smooth.mean()) < 0.5 * abs(1 - bare.mean())


def test_a_last_band_that_hangs_low_makes_no_absorption_beside_it(scene):
    """A line through the last bands is hardly moved by one of them."""
    bent = spectrum(slope=-0.1)[None].astype(np.float32).repeat(2, axis=0)
    bent[1, -1] *= 1.04  # one band too high lifts the whole hull towards it
    band, line = (
        of(scene, smoothing=0, divide="spectrum", ends=ends).without_continuum(bent)
        for ends in ("band", "line")
    )
    inside = slice(10, -10)
    assert abs(band[1, inside] - band[0, inside]).max() > 2 * abs(line[1, inside] - line[0, inside]).max()


def test_flat_spectra_are_those_that_stay_above_the_limit_everywhere(scene):
    preparing = of(scene, smoothing=0)
    removed = np.ones((3, len(AXIS)), dtype=np.float32)
    removed[0, 40], removed[1, 40], removed[2, 40] = 0.9899, 0.9901, np.nan
    np.testing.assert_array_equal(preparing.shows(removed), [True, False, False])


def test_scaling_makes_the_deepest_absorption_d_and_leaves_1_alone(scene):
    removed = np.ones((1, len(AXIS)), dtype=np.float32)
    removed[0, 30], removed[0, 60] = 0.6, 0.8
    scaled = of(scene).scaled(removed)
    assert scaled[0, 30] == pytest.approx(0.9)
    assert scaled[0, 60] == pytest.approx(0.95)
    assert scaled[0, 0] == 1


def test_a_straight_line_stays_straight_on_the_axis_of_the_weights_and_it_is_said(caplog):
    own, wanted = np.linspace(1000, 2000, 101), np.linspace(1005, 1995, 80)
    preparing = of(cube_on(own), wanted)
    with caplog.at_level("INFO"):
        preparing = of(cube_on(own), wanted)
    assert "interpolated to the 80" in caplog.text
    line = (0.1 + 0.0001 * preparing.cube.axis)[None].astype(np.float32)
    np.testing.assert_allclose(preparing.on_axis(line)[0], 0.1 + 0.0001 * wanted, rtol=1e-5)


def test_the_same_axis_is_not_resampled():
    own = np.linspace(1000, 2000, 101)
    assert of(cube_on(own), own[10:60] + 0.2).resampling is None


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (np.linspace(1100, 2000, 91), "expect spectra from 1000 to 2000 nm, the cube covers 1100 to 2000"),
        (np.linspace(1000, 2000, 9), "125 nm apart"),
        (np.linspace(1000, 1000, 1), "fewer than two"),
    ],
)
def test_a_cube_that_does_not_cover_the_weights_is_refused(own, said):
    with pytest.raises(InputError, match=said):
        of(cube_on(own), np.linspace(1000, 2000, 101))


def test_a_cube_without_bands_in_the_window_is_refused():
    with pytest.raises(InputError, match="too few to tell minerals apart"):
        of(cube_on(np.linspace(400, 900, 50)))


@pytest.mark.parametrize("changes", [{"smoothing": 4}, {"depth": 0}, {"window_nm": (2, 1)}, {"end_bands": 1}])
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(ConfigError):
        PrepareConfig(**changes)


def test_the_filter_does_not_reach_across_a_gap_and_spans_72_nm_unless_told():
    axis = np.r_[np.arange(1050.0, 1400, 10), np.arange(1900.0, 2300, 10)]
    preparing = preparing_for(cube_on(axis), None, None, PrepareConfig())
    step = np.where(axis < 1500, 0.5, 0.2)[None].astype(np.float32)
    np.testing.assert_allclose(step @ preparing.smoother.T, step, rtol=1e-5)
    assert np.count_nonzero(preparing.smoother[10]) == 7
