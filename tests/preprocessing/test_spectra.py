"""Clipping, despiking, scaling: by hand and by law."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.preprocessing.spectra import clip, despike, is_flat, normalize_l2, normalize_minmax

NAN = np.nan


def test_clipping_counts_what_it_changes():
    spectra = np.float32([[-0.5, 0, 0.5, 1], [0.1, 1.5, 2.0, NAN], [0.1, 0.2, 0.3, 0.4]])

    clipped, share = clip(spectra, 0, 1)

    assert_array_equal(clipped, np.float32([[0, 0, 0.5, 1], [0.1, 1, 1, NAN], [0.1, 0.2, 0.3, 0.4]]))
    assert_array_equal(share, np.float32([0.25, 0.5, 0]))


def test_an_infinite_limit_clips_nothing():
    spectra = np.float32([[-5, 2000]])

    clipped, share = clip(spectra, 0, np.inf)

    assert_array_equal(clipped, [[0, 2000]])
    assert_array_equal(share, [0.5])


def test_clipping_from_high_to_low_is_refused():
    with pytest.raises(ValueError, match="lower"):
        clip(np.ones((1, 2), dtype=np.float32), 1, 0)


def test_unit_length_and_brightness_forgotten(rng):
    spectra = rng.uniform(0.1, 1, (50, 228)).astype(np.float32)

    unit = normalize_l2(spectra)

    assert_allclose(np.linalg.norm(unit.astype(float), axis=1), 1, rtol=1e-6)
    assert_allclose(normalize_l2(spectra * np.float32(3)), unit, rtol=1e-6)


def test_a_spectrum_of_zeros_has_no_direction():
    assert np.isnan(normalize_l2(np.zeros((1, 3), dtype=np.float32))).all()


def test_minmax_by_hand():
    spectra = np.float32([[1, 2, 5], [4, 4, 4]])

    assert_array_equal(normalize_minmax(spectra), np.float32([[0, 0.25, 1], [NAN, NAN, NAN]]))


@pytest.mark.parametrize("function", [normalize_l2, normalize_minmax, despike])
def test_the_result_may_replace_its_input(function, rng):
    spectra = rng.uniform(0.1, 1, (5, 40)).astype(np.float32)
    expected = function(spectra)

    function(spectra, out=spectra)

    assert_array_equal(spectra, expected)


def test_a_spike_goes_and_nothing_else_changes():
    bands = np.arange(60)
    smooth = (0.3 + 0.001 * bands).astype(np.float32)  # on a line the median is the middle
    spiked = smooth.copy()
    spiked[25] += 0.2

    cleaned = despike(spiked[None])[0]

    assert abs(cleaned[25] - smooth[25]) < 0.002
    others = bands != 25
    assert_array_equal(cleaned[others], smooth[others])


def test_a_broad_absorption_is_no_spike(rng):
    bands = np.arange(120)
    spectrum = 0.3 * (1 - 0.2 * np.exp(-0.5 * ((bands - 60) / 6) ** 2)) + rng.normal(0, 0.001, 120)
    spectrum = spectrum.astype(np.float32)

    cleaned = despike(spectrum[None])[0]

    assert np.abs(cleaned - spectrum).max() < 0.01


def test_despiking_as_a_slow_loop_does_it(rng):
    spectra = rng.normal(0.3, 0.01, (10, 50)).astype(np.float32)
    spectra[np.arange(10), rng.integers(0, 50, 10)] += 0.5
    spectra[3, 7] = NAN
    expected = spectra.copy()
    for width in (5, 3):
        for spectrum in expected:
            reach = width // 2
            ends = [min(reach, i, 49 - i) for i in range(50)]
            near = [spectrum[i - end : i + end + 1] for i, end in enumerate(ends)]
            medians = np.array(
                [np.median(part[~np.isnan(part)]) for part in near if not np.isnan(part).all()]
            )
            distance = np.abs(spectrum - medians).astype(float)
            far = distance > np.nanmean(distance) + 2 * np.nanstd(distance)
            spectrum[far] = medians[far]

    assert_array_equal(despike(spectra, (5, 3), 2.0), expected)


def test_even_windows_are_refused():
    with pytest.raises(ValueError, match="odd"):
        despike(np.ones((1, 9), dtype=np.float32), (4,))


def test_flat_means_no_band_deep_enough():
    removed = np.float32([[1, 0.995, 1], [1, 0.98, 1], [1, NAN, 1]])

    assert_array_equal(is_flat(removed, 0.01), [True, False, False])
