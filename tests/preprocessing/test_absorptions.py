"""The parts of log spectra: a concave background, absorptions at most zero."""

import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.absorptions import absorption_matrix, background_matrix, build_dictionary

AXIS = np.array([1000.0, 1100.0, 1300.0, 1400.0, 1600.0])


def second_differences(wavelengths):
    """D of the paper, entry by entry."""
    bands = len(wavelengths)
    matrix = np.eye(bands)
    for i in range(1, bands - 1):
        span = wavelengths[i + 1] - wavelengths[i - 1]
        matrix[i, i - 1] = -(wavelengths[i + 1] - wavelengths[i]) / span
        matrix[i, i + 1] = -(wavelengths[i] - wavelengths[i - 1]) / span
    return matrix


def test_columns_are_triangles_and_two_straight_lines():
    columns = background_matrix(AXIS)
    shapes = columns / columns.max(axis=0)

    assert_allclose(shapes[:, 0], [1, 5 / 6, 1 / 2, 1 / 3, 0], atol=1e-12)
    assert_allclose(shapes[:, 2], [0, 1 / 3, 1, 2 / 3, 0], atol=1e-12)
    assert_allclose(shapes[:, 4], [0, 1 / 6, 1 / 2, 2 / 3, 1], atol=1e-12)
    assert_allclose(np.linalg.norm(columns, axis=0), 2)


def test_the_background_is_the_inverse_of_second_differences(rng):
    wavelengths = np.sort(rng.uniform(1000, 2600, 60))
    inverse = np.linalg.inv(second_differences(wavelengths))

    assert_allclose(background_matrix(wavelengths), 2 * inverse / np.linalg.norm(inverse, axis=0), atol=1e-9)


def test_weights_without_sign_at_the_ends_make_every_concave_function_and_no_other(rng):
    wavelengths = np.sort(rng.uniform(1000, 2600, 40))
    columns = background_matrix(wavelengths)

    weights = rng.exponential(size=40)
    weights[[0, -1]] = -3, -2
    assert (second_differences(wavelengths)[1:-1] @ columns @ weights >= -1e-9).all()

    concave = -(((wavelengths - 1500) / 800) ** 2) - 2
    assert (np.linalg.solve(columns, concave)[1:-1] >= -1e-9).all()
    assert (np.linalg.solve(columns, -concave)[1:-1] <= 1e-9).all()


def test_an_absorption_is_the_logarithm_below_its_hull_by_hand():
    library = Library(("one",), np.exp([[-1.0, -2.0, -1.0, -1.0, -3.0]]), AXIS)

    names, columns = absorption_matrix(library, AXIS)

    assert names == ("one",)
    assert_allclose(columns[:, 0], [0, -1 / 4, 0, 0, 0], atol=1e-12)  # the length of the logarithm is 4


def test_absorptions_are_nowhere_positive(planted):
    names, columns = absorption_matrix(planted.endmembers, planted.cube.wavelengths)

    assert names == planted.endmembers.names
    assert (columns <= 0).all()
    assert (columns.min(axis=0) < 0).all()


def test_a_spectrum_that_ends_early_goes_on_by_zeros_and_one_that_lacks_a_fifth_is_left_out(caplog):
    caplog.set_level(logging.INFO)
    axis = np.arange(1000.0, 1200.0, 10)
    spectra = np.full((4, 20), 0.5)
    spectra[:3, 5] = 0.4
    spectra[0, 18:] = np.nan
    spectra[1, 16:] = np.nan
    spectra[2, 3] = 0  # no logarithm

    names, columns = absorption_matrix(Library(("short", "shorter", "black", "flat"), spectra, axis), axis)

    assert names == ("short",)
    assert_allclose(columns[18:, 0], 0)
    assert columns[5, 0] < 0
    assert "1 absorptions of the library, 3 spectra left out" in caplog.text


def test_a_library_elsewhere_is_refused_and_ratios_are_warned_of(caplog):
    with pytest.raises(InputError, match="it has 1000 to 1600 nm"):
        absorption_matrix(Library(("one",), np.full((1, 5), 0.5), AXIS), AXIS + 5000)

    absorption_matrix(Library(("one",), np.array([[1.02, 0.98, 1.01, 1.02, 1.01]]), AXIS), AXIS)
    assert "ratios of spectra are no reflectances" in caplog.text


def test_a_transmission_is_free_of_cost_and_must_show_there():
    library = Library(("one",), np.array([[0.5, 0.4, 0.5, 0.5, 0.5]]), AXIS)
    transmission = np.array([[1.0, 0.9, np.nan, 1.0, 1.0]])

    free = build_dictionary(library, AXIS, transmission=transmission).free

    assert_allclose(free[:, 0], [0, -1, 0, 0, 0])
    with pytest.raises(InputError, match="no absorption"):
        build_dictionary(library, AXIS, transmission=np.ones((1, 5)))
