import numpy as np
import pytest

from hsicli.algorithms.mnf import LEAST_KEPT, noise_shrunk


def noisy_lines(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clean = rng.random((n, 3)) @ np.random.default_rng(0).random((3, 30))
    noise = np.linspace(0.01, 0.05, 30)
    return clean, clean + noise * rng.standard_normal(clean.shape)


def test_planted_noise_is_lessened_and_the_signal_stays():
    clean, noisy = noisy_lines(2000, 1)
    clean_new, noisy_new = noisy_lines(500, 2)
    found, new = noise_shrunk(noisy, noisy_new)
    for truth, before, after in ((clean, noisy, found), (clean_new, noisy_new, new)):
        assert ((after - truth) ** 2).mean() < 0.25 * ((before - truth) ** 2).mean()


def test_no_direction_is_lost_so_the_covariance_has_an_inverse():
    _, noisy = noisy_lines(2000, 1)
    found, _ = noise_shrunk(noisy, noisy[:1])
    before, after = (np.linalg.eigvalsh(np.cov(spectra.T)) for spectra in (noisy, found))
    assert after.min() > (0.2 * LEAST_KEPT) ** 2 * before.min()
    assert np.linalg.matrix_rank(np.cov(found.T)) == 30


def test_spectra_without_noise_are_left_as_they_are():
    rng = np.random.default_rng(0)
    smooth = rng.random((500, 2)) @ rng.random((2, 6)) + 1e-7 * rng.standard_normal((500, 6))
    found, _ = noise_shrunk(smooth, smooth[:1])
    assert found == pytest.approx(smooth, abs=1e-5)
