"""Continuum removal: by hand, by law, and against scipy and SPy."""

import numpy as np
import pytest
import spectral
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial import ConvexHull

from hsicli.preprocessing.continuum import continuum, remove_continuum

WAVELENGTHS = np.array([0.0, 1.0, 2.0, 3.0, 4.0])


def noisy_spectra(rng, n=200, bands=60):
    wavelengths = np.sort(rng.uniform(1000, 2600, bands))
    smooth = 0.3 + 0.1 * np.sin(wavelengths / 300 + rng.uniform(0, 6, (n, 1)))
    return (smooth + rng.normal(0, 0.02, (n, bands))).astype(np.float32), wavelengths


def scipy_hull(spectrum, wavelengths):
    """The upper part of scipy's hull: two far points below close it."""
    low = spectrum.min() - 1000
    points = np.column_stack(
        [np.r_[wavelengths, wavelengths[0], wavelengths[-1]], np.r_[spectrum, low, low]]
    ).astype(float)
    vertices = np.sort([i for i in ConvexHull(points).vertices if i < len(spectrum)])
    return np.interp(wavelengths, wavelengths[vertices], spectrum[vertices])


def test_a_hull_drawn_by_hand():
    spectrum = np.array([[1, 0.5, 2, 1, 1]])

    assert_array_equal(continuum(spectrum, WAVELENGTHS), np.float32([[1, 1.5, 2, 1.5, 1]]))
    assert_allclose(remove_continuum(spectrum, WAVELENGTHS), [[1, 1 / 3, 1, 2 / 3, 1]], rtol=1e-7)


def test_a_straight_line_is_its_own_continuum():
    line = np.array([2.0, 3.0, 4.0, 5.0, 6.0])

    assert_array_equal(remove_continuum(line, WAVELENGTHS), np.ones(5, dtype=np.float32))


def test_the_hull_goes_by_wavelength_and_not_by_band_number():
    spectrum = np.array([1.0, 1.0, 0.0])

    assert_allclose(continuum(np.array([1.0, 0.4, 0.0]), np.array([0.0, 9.0, 10.0])), [1, 0.4, 0], rtol=1e-6)
    assert_allclose(continuum(np.array([1.0, 0.4, 0.0]), np.array([0.0, 1.0, 10.0])), [1, 0.9, 0], rtol=1e-6)
    assert_allclose(continuum(spectrum, np.array([0.0, 9.0, 10.0])), [1, 1, 0])


@pytest.mark.parametrize("seed", range(20))
def test_a_continuum_lies_on_or_above_its_spectrum_and_is_concave(seed):
    spectra, wavelengths = noisy_spectra(np.random.default_rng(seed))

    hull = continuum(spectra, wavelengths)

    assert (hull >= spectra).all()
    slopes = np.diff(hull.astype(float)) / np.diff(wavelengths)
    # float32 keeps 6e-8 of 0.4; the nearest bands are what divides it
    assert (np.diff(slopes) <= 2e-7 / np.diff(wavelengths).min()).all()
    assert_array_equal(hull[:, [0, -1]], spectra[:, [0, -1]])


@pytest.mark.parametrize("seed", range(5))
def test_removing_twice_changes_nothing_and_nothing_exceeds_one(seed):
    spectra, wavelengths = noisy_spectra(np.random.default_rng(seed))

    once = remove_continuum(spectra, wavelengths)

    assert once.max() == 1
    assert_array_equal(once[:, [0, -1]], 1)
    assert_allclose(remove_continuum(once, wavelengths), once, atol=2e-7)


def test_removal_ignores_brightness_and_the_unit_of_wavelength(rng):
    spectra, wavelengths = noisy_spectra(rng)

    assert_allclose(
        remove_continuum(7 * spectra, wavelengths / 1000), remove_continuum(spectra, wavelengths), rtol=1e-6
    )


def test_a_convex_arch_is_all_vertices():
    wavelengths = np.linspace(0, 1, 500)
    arch = (1 - (wavelengths - 0.3) ** 2).astype(np.float32)

    assert_allclose(continuum(arch, wavelengths), arch, atol=1e-7)


def test_scipy_draws_the_same_hull(rng):
    spectra, wavelengths = noisy_spectra(rng)

    expected = np.array([scipy_hull(spectrum, wavelengths) for spectrum in spectra])

    assert_allclose(continuum(spectra, wavelengths), expected, rtol=1e-6)


def test_spy_removes_the_same_continuum(rng):
    spectra, wavelengths = noisy_spectra(rng)

    expected = spectral.remove_continuum(spectra.astype(float), wavelengths)

    assert_allclose(remove_continuum(spectra, wavelengths), expected, atol=1e-6)


def test_a_missing_band_is_skipped_and_the_hull_passes_over_it(rng):
    spectra, wavelengths = noisy_spectra(rng, n=1, bands=20)
    holed = spectra.copy()
    holed[0, [4, 11]] = np.nan, np.inf
    there = np.isfinite(holed[0])

    hull, removed = continuum(holed, wavelengths), remove_continuum(holed, wavelengths)

    without = continuum(spectra[:, there], wavelengths[there])
    assert_array_equal(hull[:, there], without)
    assert_allclose(hull[0], np.interp(wavelengths, wavelengths[there], without[0]), rtol=1e-6)
    assert np.isnan(removed[0, ~there]).all()
    assert_array_equal(removed[:, there], remove_continuum(spectra[:, there], wavelengths[there]))


def test_missing_ends_have_no_hull():
    spectrum = np.r_[np.nan, np.ones(9), np.nan]

    hull = continuum(spectrum, np.arange(11.0))

    assert_array_equal(np.isnan(hull), np.isnan(spectrum))


def test_a_fifth_of_the_bands_missing_is_too_much():
    spectra = np.ones((2, 10))
    spectra[0, 3] = np.nan
    spectra[1, [3, 5]] = np.nan

    removed = remove_continuum(spectra, np.arange(10.0))

    assert_array_equal(np.isnan(removed).sum(axis=1), [1, 10])


def test_a_hull_that_is_not_positive_gives_nothing():
    removed = remove_continuum(np.array([[0, 0, 0, 0, 0], [-1, 2, 1, 1, 1.0]]), WAVELENGTHS)

    assert np.isnan(removed[0]).all()
    assert_array_equal(np.isnan(removed[1]), [True, False, False, False, False])


def test_an_end_of_zero_touches_the_hull_like_any_other():
    removed = remove_continuum(np.array([0, 2, 1, 3, 0.0]), WAVELENGTHS)

    assert_allclose(removed, [1, 1, 0.4, 1, 1])


def test_shape_survives_and_the_result_may_replace_its_input(rng):
    spectra, wavelengths = noisy_spectra(rng, n=12)
    expected = remove_continuum(spectra, wavelengths)

    assert_array_equal(remove_continuum(spectra.reshape(3, 4, -1), wavelengths), expected.reshape(3, 4, -1))
    assert remove_continuum(spectra, wavelengths, out=spectra) is spectra
    assert_array_equal(spectra, expected)


def test_holes_survive_when_the_result_replaces_its_input():
    spectra = np.ones((1, 12), dtype=np.float32)
    spectra[0, 5] = np.nan

    remove_continuum(spectra, np.arange(12.0), out=spectra)

    assert_array_equal(np.flatnonzero(np.isnan(spectra)), [5])


@pytest.mark.parametrize("wavelengths", [[1.0, 1.0, 2.0], [3.0, 2.0, 1.0], [1.0, np.nan, 2.0]])
def test_wavelengths_must_ascend_strictly(wavelengths):
    with pytest.raises(ValueError, match="ascend strictly"):
        continuum(np.ones((1, 3)), np.array(wavelengths))


def test_shapes_that_disagree_are_both_named():
    with pytest.raises(ValueError, match=r"\(2, 4\).*\(5,\)"):
        remove_continuum(np.ones((2, 4)), WAVELENGTHS)
    with pytest.raises(ValueError, match="contiguous float32"):
        remove_continuum(np.ones((2, 5)), WAVELENGTHS, out=np.ones((2, 5)))
