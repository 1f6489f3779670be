import numpy as np
import pytest

from hsicli.algorithms.angles import spectral_angle


def test_three_spectra_lie_at_0_45_and_90_degrees():
    angles = spectral_angle(np.array([[1.0, 0.0]]), np.array([[2.0, 0.0], [3.0, 3.0], [0.0, 0.5]]))
    np.testing.assert_allclose(angles, [[0, np.pi / 4, np.pi / 2]], atol=1e-15)


def test_opposite_spectra_lie_at_180_degrees():
    assert spectral_angle(np.array([[1.0, 2.0]]), np.array([[-2.0, -4.0]]))[0, 0] == pytest.approx(np.pi)


@pytest.mark.parametrize("angle", [1e-12, 1e-9, 1e-6, 1e-3, 1.0])
def test_small_angles_keep_their_digits(angle):
    turned = np.array([[np.cos(angle), np.sin(angle)]])
    assert spectral_angle(np.array([[1.0, 0.0]]), turned)[0, 0] == pytest.approx(angle, rel=1e-12)


def test_angles_ignore_brightness(rng):
    spectra = rng.random((20, 50))
    gains = rng.uniform(1e-3, 1e3, (20, 1))
    np.testing.assert_allclose(
        spectral_angle(spectra * gains, spectra), spectral_angle(spectra, spectra), atol=1e-14
    )


def test_angles_survive_extreme_scales(rng):
    spectra = rng.random((4, 50))
    expected = spectral_angle(spectra, spectra)
    np.testing.assert_allclose(spectral_angle(spectra * 1e-200, spectra * 1e200), expected, atol=1e-14)


def test_angles_agree_with_the_arc_cosine(rng):
    first, second = rng.random((70, 30)), rng.random((9, 30))
    cosine = first @ second.T / np.linalg.norm(first, axis=1)[:, None] / np.linalg.norm(second, axis=1)
    np.testing.assert_allclose(spectral_angle(first, second), np.arccos(cosine), atol=1e-12)
    np.testing.assert_allclose(spectral_angle(second, first), np.arccos(cosine).T, atol=1e-12)


def test_blocks_change_nothing(rng, monkeypatch):
    first, second = rng.random((70, 30)), rng.random((9, 30))
    whole = spectral_angle(first, second)
    monkeypatch.setattr("hsicli.algorithms.angles.BLOCK_VALUES", 30 * 8)
    np.testing.assert_array_equal(spectral_angle(first, second), whole)


def test_a_spectrum_has_no_angle_to_itself_and_never_nan(rng):
    spectra = rng.random((200, 228)).astype(np.float32)
    angles = spectral_angle(spectra, spectra * np.float32(3))
    assert np.isfinite(angles).all()
    assert np.diagonal(angles).max() < 1e-6


def test_zeros_are_at_a_right_angle_to_everything():
    spectra = np.array([[0.0, 0.0], [1.0, 2.0]])
    np.testing.assert_allclose(
        spectral_angle(spectra, spectra), [[np.pi / 2, np.pi / 2], [np.pi / 2, 0]], atol=1e-15
    )


def test_different_band_counts_are_named():
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 4\)"):
        spectral_angle(np.ones((2, 3)), np.ones((2, 4)))


def test_what_is_not_finite_has_no_angle():
    angles = spectral_angle(np.array([[np.inf, 1.0], [np.nan, 1.0], [1.0, 1.0]]), np.array([[1.0, 1.0]]))
    np.testing.assert_array_equal(np.isnan(angles[:, 0]), [True, True, False])
