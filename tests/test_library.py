"""A library seen through another instrument."""

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.library import Library

AXIS = np.linspace(1000.0, 2000.0, 201)


def line(names=("kaolinite wxyz", "kaolinite kga-1", "alunite")) -> Library:
    return Library(names, np.stack([AXIS / 1000 * (i + 1) for i in range(len(names))]), AXIS)


@pytest.mark.parametrize("fwhm", [None, 2.0, 40.0])
def test_a_straight_line_stays_a_straight_line(fwhm):
    new = np.linspace(1200.0, 1800.0, 31)
    widths = None if fwhm is None else np.full(31, fwhm)
    np.testing.assert_allclose(line().resampled(new, widths).spectra[0], new / 1000, rtol=1e-6)


def test_resampling_to_the_same_axis_changes_nothing():
    np.testing.assert_allclose(line().resampled(AXIS).spectra, line().spectra)


def test_a_wide_band_has_the_mean_of_a_gaussian():
    sigma, width = 30.0, 80.0
    peak = np.exp(-0.5 * ((AXIS - 1500) / sigma) ** 2)
    library = Library(("peak",), peak[None], AXIS, np.full(201, 1e-6))
    blur = width / np.sqrt(8 * np.log(2))
    expected = sigma / np.hypot(sigma, blur)  # a Gaussian blurred by a Gaussian, at its centre
    found = library.resampled(np.array([1500.0]), np.array([width])).spectra[0, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_outside_the_old_axis_there_is_nothing():
    found = line().resampled(np.array([900.0, 1500.0, 2100.0])).spectra[0]
    np.testing.assert_array_equal(np.isnan(found), [True, False, True])


def test_deleted_channels_leave_a_gap_not_a_number():
    spectra = np.ones((1, 201))
    spectra[0, 90:110] = np.nan
    found = Library(("a",), spectra, AXIS).resampled(AXIS).spectra[0]
    assert np.isnan(found[91:109]).all()
    np.testing.assert_allclose(found[:89], 1)


def test_members_are_found_by_their_first_letters():
    assert line().members(("ALUN", "kaolinite k")).names == ("alunite", "kaolinite kga-1")


@pytest.mark.parametrize("name", ["kao", "gypsum"])
def test_a_member_that_is_not_one_is_refused(name):
    with pytest.raises(InputError, match="no single spectrum named"):
        line().members((name,))
