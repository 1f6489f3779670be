"""Windows of bands, and what is taken over them, against numpy spectrum by spectrum."""

import numpy as np
import pytest

from hsicli.algorithms.channels import area_below, channel_windows, medians, quantile, squares_about
from hsicli.instruments import axis


@pytest.fixture
def spectra(rng) -> np.ndarray:
    values = rng.random((50, 30)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    values[7] = np.nan
    return values


def windows_on(bands, wavelengths, kernels) -> list[tuple[int, int, int]]:
    found = channel_windows(np.asarray(bands, float), np.asarray(wavelengths, float), np.asarray(kernels))
    return [tuple(window) for window in found.tolist()]


def test_a_kernel_takes_half_its_channels_to_either_side_and_an_even_one_one_more():
    bands = 1000 + 6.55 * np.arange(40)
    centre = bands[20]
    found = windows_on(bands, [centre + 1] * 4, [1, 3, 5, 10])
    assert found == [(20, 20, 21), (20, 19, 22), (20, 18, 23), (20, 15, 26)]


def test_a_kernel_ends_at_the_ends_of_the_axis():
    bands = 1000 + 6.55 * np.arange(10)
    assert windows_on(bands, [1000, 2000], [5, 7]) == [(0, 0, 3), (9, 6, 10)]


def test_a_kernel_reaches_across_no_gap_between_detectors():
    bands, _ = axis("crism-mtrdr")
    [(centre, first, stop)] = windows_on(bands, [1014], [5])
    assert bands[centre] == pytest.approx(1010.18)
    assert bands[stop - 1] == pytest.approx(1010.18)
    assert first == centre - 2


def test_on_a_coarser_sensor_a_kernel_is_as_wide_in_nm_not_in_bands():
    assert windows_on(10.0 * np.arange(100, 150), [1200], [5]) == [(20, 19, 22)]
    assert windows_on(20.0 * np.arange(50, 75), [1200], [5]) == [(10, 10, 11)]


def test_on_the_axis_of_crism_every_kernel_is_what_it_says_away_from_gaps():
    bands, _ = axis("crism-mtrdr")
    for kernel in (3, 5, 7, 9, 11, 15):
        [(centre, first, stop)] = windows_on(bands, [2200], [kernel])
        assert (centre - first, stop - 1 - centre) == (kernel // 2, kernel // 2)


@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning")
def test_medians_are_numpys_over_the_bands_that_are_there(spectra):
    windows = np.array([[0, 0, 3], [10, 8, 13], [10, 10, 11], [20, 17, 24], [20, 13, 28], [29, 26, 30]])
    found = medians(spectra, windows)
    for channel, (_, first, stop) in enumerate(windows):
        expected = np.nanmedian(spectra[:, first:stop].astype(float), axis=1)
        np.testing.assert_allclose(found[channel], expected, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning")
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_quantiles_are_numpys_over_the_bands_that_are_there(spectra, share):
    expected = np.nanquantile(spectra.astype(float), share, axis=1)
    np.testing.assert_allclose(quantile(spectra, share), expected, rtol=1e-12)


def test_the_area_below_a_flat_line_by_hand():
    spectra = np.array([[1.0, 0.5, 1.0], [0.5, np.nan, 0.5], [np.nan, 0.5, np.nan]], dtype=np.float32)
    found = area_below(spectra, np.array([0.0, 1.0, 3.0]), np.ones(3), np.zeros(3))
    # triangles of height 1/2 over 1 and 2; a rectangle of height 1/2 over 3; a single band has no area
    np.testing.assert_allclose(found, [0.75, 1.5, np.nan])


def test_the_area_below_a_line_through_the_spectrum_is_zero():
    bands = np.array([1000.0, 1010, 1030, 1100])
    spectra = (0.1 + 0.0002 * bands)[None].astype(np.float64)
    assert area_below(spectra, bands, np.array([0.1]), np.array([0.0002])) == pytest.approx([0], abs=1e-12)
    assert area_below(spectra, bands, np.array([0.0]), np.array([0.0]))[0] != 0  # NaN: the line is 0
    assert np.isnan(area_below(spectra, bands, np.array([0.0]), np.array([0.0]))).all()


def test_squares_about_a_line_are_numpys(spectra):
    bands = np.linspace(1.0, 2.0, spectra.shape[1])
    level, slope = np.full(len(spectra), 0.2), np.linspace(0, 1, len(spectra))
    expected = np.nansum((spectra - level[:, None] - slope[:, None] * bands) ** 2, axis=1)
    expected[7] = np.nan
    np.testing.assert_allclose(squares_about(spectra, bands, level, slope), expected, rtol=1e-6)
