"""The visible maximum: planted ones are found, and absorptions near 1 µm are not taken for it."""

import numpy as np
import pytest

from hsicli.algorithms.peaks import GRID, polynomials, visible_peaks


def fine_search(coefficients: np.ndarray, low: float, high: float) -> float:
    """The rule, over every point of the grid."""
    grid = np.linspace(-1, 1, GRID)
    curve = np.polynomial.polynomial.polyval(grid, coefficients)
    best = int(curve.argmax())
    wavelengths = low + (grid + 1) / 2 * (high - low)
    if best in {0, GRID - 1} or wavelengths[best] >= 900:
        inside = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:])) + 1
        best = int(inside[0]) if len(inside) else best
    return float(wavelengths[best])


def test_a_polynomial_of_the_same_degree_is_met_exactly_and_missing_bands_do_not_matter(rng):
    x = np.linspace(-1, 1, 40)
    planted = rng.standard_normal((6, 6))
    spectra = planted @ np.vander(x, 6, increasing=True).T
    spectra[1, 5:9] = np.nan
    spectra[2, ::3] = np.nan
    np.testing.assert_allclose(polynomials(spectra, x, 5), planted, atol=1e-9)


def test_a_fit_with_gaps_is_numpys(rng):
    x = np.linspace(-1, 1, 40)
    spectra = rng.random((1, 40))
    spectra[0, 3:20] = np.nan
    there = np.isfinite(spectra[0])
    expected = np.polynomial.polynomial.polyfit(x[there], spectra[0, there], 5)
    np.testing.assert_allclose(polynomials(spectra, x, 5)[0], expected, rtol=1e-7)


def test_a_spectrum_with_few_bands_has_no_polynomial():
    spectra = np.full((1, 40), np.nan)
    spectra[0, :11] = 1
    assert np.isnan(polynomials(spectra, np.linspace(-1, 1, 40), 5)).all()
    assert np.isnan(visible_peaks(np.full((1, 6), np.nan), 400, 1000)).all()


def test_a_parabola_has_its_peak_where_it_was_planted():
    # 0.4 − (x − 0.2)²: at x = 0.2 of −1…1
    wavelengths, heights = visible_peaks(np.array([[0.36, 0.4, -1.0]]), 400, 1000)
    assert wavelengths == pytest.approx([760.0])
    assert heights == pytest.approx([0.4])


def test_a_late_maximum_gives_way_to_the_first_one_between_the_ends():
    # x⁴-like double hump, higher on the far side: maxima near −0.5 and 0.8
    roots = np.polynomial.polynomial.polyfromroots([-0.5, 0.2, 0.85])
    coefficients = -np.polynomial.polynomial.polyint(roots)
    wavelengths, _ = visible_peaks(coefficients[None], 400, 1000)
    assert wavelengths == pytest.approx([550.0], abs=1)


def test_where_there_is_no_maximum_between_the_ends_the_highest_point_stays():
    wavelengths, heights = visible_peaks(np.array([[0.0, 1.0]]), 400, 1000)
    assert (wavelengths[0], heights[0]) == (1000.0, 1.0)


def test_looking_in_steps_finds_what_looking_everywhere_does(rng):
    x = np.linspace(-1, 1, 60)
    smooth = rng.standard_normal((300, 6)) * np.array([1, 1, 0.8, 0.6, 0.5, 0.5])
    coefficients = polynomials(smooth @ np.vander(x, 6, increasing=True).T, x, 5)
    found, _ = visible_peaks(coefficients, 436, 1010)
    expected = [fine_search(row, 436, 1010) for row in coefficients]
    np.testing.assert_allclose(found, expected, atol=1e-6)
