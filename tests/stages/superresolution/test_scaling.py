import numpy as np
import pytest

from hsicli.stages.superresolution.scaling import high_scale, restoration, scale_of, scaled_pairs

RNG = np.random.default_rng(0)
SPECTRA = RNG.uniform(0.1, 0.8, (20, 6))


@pytest.mark.parametrize("scaling", ["none", "level", "minmax"])
def test_scaling_is_undone_by_its_own_numbers(scaling):
    scale = scale_of(SPECTRA, scaling)
    assert scale.offset + scale.gain * scale.inward(SPECTRA) == pytest.approx(SPECTRA)


def test_each_scaling_by_hand():
    spectrum = np.array([[0.2, 0.4, 0.6]])
    assert scale_of(spectrum, "minmax").inward(spectrum) == pytest.approx(np.array([[0, 0.5, 1]]))
    assert scale_of(spectrum, "level").inward(spectrum) == pytest.approx(np.array([[0.5, 1, 1.5]]))
    assert (scale_of(spectrum, "none").inward(spectrum) == spectrum).all()


def test_a_constant_spectrum_is_finite_whatever_the_scaling():
    flat = np.full((2, 5), 0.3)
    for scaling in ("none", "level", "minmax"):
        assert np.isfinite(scale_of(flat, scaling).inward(flat)).all()


def test_brightness_does_not_change_what_a_model_sees_at_level():
    low, high = scaled_pairs(SPECTRA[:, :2], SPECTRA, "level")
    again = scaled_pairs(3 * SPECTRA[:, :2], 3 * SPECTRA, "level")
    assert again[0] == pytest.approx(low)
    assert again[1] == pytest.approx(high)


def test_offset_and_range_of_a_spectrum_not_seen_come_back_if_they_are_linear_in_the_one_seen():
    shapes = RNG.uniform(0, 1, (200, 4))
    low = 0.1 + 0.5 * shapes
    low[:, 0], low[:, 1] = 0.05 * RNG.random(200), 0.9 + 0.05 * RNG.random(200)  # its ends are seen
    high = np.repeat(low, 3, axis=1)
    restored = restoration(low, high, "minmax")
    found = high_scale(low, "minmax", restored)
    own = scale_of(high, "minmax")
    assert found.offset == pytest.approx(own.offset, abs=1e-3)
    assert found.gain == pytest.approx(own.gain, abs=1e-3)


def test_a_band_that_never_varies_does_not_stop_the_restoration():
    low = SPECTRA.copy()
    low[:, 3] = 0.0
    assert np.isfinite(restoration(low, SPECTRA, "minmax")).all()


def test_a_range_foretold_as_nothing_is_not_taken_for_one():
    restored = np.zeros((7, 2))
    found = high_scale(SPECTRA, "minmax", restored)
    assert found.gain == pytest.approx(np.ptp(SPECTRA, axis=1, keepdims=True) / 2)
