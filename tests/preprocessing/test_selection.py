"""Bands and pixels that are used, and what is said of the others."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.preprocessing.selection import band_names, check_axis, common_bands, masked, windowed
from hsicli.preprocessing.survey import survey


def cube_of(data, **known):
    return Cube(data=np.asarray(data, dtype=np.float32), **known)


def surveyed(cube):
    return survey(cube.blocks(), cube.valid, (0, 1), len(cube.order))


def test_a_window_includes_its_ends_and_no_bad_band():
    cube = cube_of(
        np.ones((1, 1, 5)),
        wavelengths=np.array([500.0, 400, 300, 200, 100]),
        good_bands=np.array([True, True, False, True, True]),
    )

    assert_array_equal(windowed(cube, (200, 400)).axis, [200, 400])
    assert_array_equal(windowed(cube, None).axis, [100, 200, 400, 500])


def test_a_window_outside_the_cube_is_refused_with_the_cubes_range():
    cube = cube_of(np.ones((1, 1, 3)), wavelengths=np.array([401.0, 600, 889]))

    with pytest.raises(
        InputError, match=r"no good bands between 1050 and 2550 nm: the cube covers 401 to 889 nm"
    ):
        windowed(cube, (1050, 2550))
    with pytest.raises(InputError, match="1 good bands"):
        windowed(cube, (590, 610))


def test_a_cube_without_wavelengths_has_no_window():
    with pytest.raises(InputError, match="no wavelengths"):
        windowed(cube_of(np.ones((1, 1, 3))), (1, 2))


def test_a_single_band_is_no_spectrum():
    with pytest.raises(InputError, match="fewer than two"):
        windowed(cube_of(np.ones((2, 2, 1))), None)


def test_two_bands_at_one_wavelength_have_no_continuum():
    with pytest.raises(InputError, match="two bands at 700 nm"):
        check_axis(cube_of(np.ones((1, 1, 3)), wavelengths=np.array([700.0, 600, 700])))


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(InputError, match="2 × 2 pixels for a cube of 3 × 2"):
        masked(cube_of(np.ones((3, 2, 4))), np.ones((2, 2), dtype=bool))


def test_a_band_that_most_pixels_lack_is_left_out_and_named(caplog):
    data = np.full((10, 10, 4), 0.5)
    data[:, :5, 2] = np.nan
    data[0, :5, 3] = np.nan
    cube = cube_of(data, wavelengths=np.array([1.0, 2, 2800.35, 4]))

    keep = common_bands(cube, surveyed(cube), 0.1)

    assert_array_equal(keep, [True, True, False, True])
    assert "left out, as up to 50 % of the pixels lack them: 2800.35 nm" in caplog.text
    assert "up to 5 of 100 pixels are lost, as they lack 4.00 nm" in caplog.text


def test_nothing_is_said_of_a_whole_cube(caplog):
    cube = cube_of(np.full((10, 10, 4), 0.5))

    assert common_bands(cube, surveyed(cube), 0.1).all()
    assert not caplog.records


def test_a_cube_of_fill_is_refused():
    cube = cube_of(np.full((2, 2, 4), 65535.0))

    with pytest.raises(InputError, match="no pixel has data"):
        common_bands(cube, surveyed(cube), 0.1)


def test_many_bands_are_named_by_the_first_few():
    cube = cube_of(np.ones((1, 1, 6)))

    assert band_names(cube, np.array([False, True, True, True, True, True])) == (
        "band 2, band 3, band 4, band 5 and 1 more"
    )
