"""The minimum noise fraction: components with more signal than noise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hsicli.algorithms.noise import add_rows, no_sums
from hsicli.preprocessing.lowrank import filtered, noise_fractions

SCALE = 0.01 * np.linspace(1, 5, 12)
NOISE = np.diag(SCALE**2)


def planted(rng):
    """Three smooth maps of three random spectra, and noise that grows along the bands."""
    at = np.linspace(0, 2 * np.pi, 60)
    maps = np.stack(
        [np.sin(at[:, None] + at), np.cos(at[:, None] - at), np.sin(2 * at[:, None]) + 0 * at], -1
    )
    clean = maps @ rng.normal(size=(3, 12)) + 2
    return clean, (clean + SCALE * rng.standard_normal(clean.shape)).astype(np.float32)


def sums_of(image):
    return add_rows(no_sums(12), image, np.ones(image.shape[:2], dtype=bool), first=0, step=1, above=None)


def test_the_planted_components_are_kept_and_the_noise_falls(rng):
    clean, noisy = planted(rng)

    found = noise_fractions(sums_of(noisy), NOISE)
    spectra = filtered(noisy.reshape(-1, 12), found).reshape(clean.shape)

    assert found.kept == 3
    assert np.std(spectra - clean) < 0.6 * np.std(noisy - clean)  # 3 of 12 directions keep their noise


def test_the_filter_is_a_projection_that_keeps_the_mean(rng):
    _, noisy = planted(rng)

    found = noise_fractions(sums_of(noisy), NOISE, components=5)

    assert found.kept == 5
    assert_allclose(found.filter @ found.filter, found.filter, atol=1e-6)
    assert_allclose(np.trace(found.filter), 5)
    mean = found.mean[None].astype(np.float32)
    assert_allclose(filtered(mean, found), mean, rtol=1e-4)


def test_all_components_change_nothing_and_nan_stays(rng):
    _, noisy = planted(rng)
    spectra = noisy.reshape(-1, 12)[:10].copy()
    spectra[3, 4] = np.nan

    out = filtered(spectra, noise_fractions(sums_of(noisy), NOISE, components=12))

    assert_allclose(np.delete(out, 3, axis=0), np.delete(spectra, 3, axis=0), atol=1e-4)
    assert np.isnan(out[3]).any()


def test_more_components_than_bands_are_refused(rng):
    _, noisy = planted(rng)
    with pytest.raises(ValueError, match="13"):
        noise_fractions(sums_of(noisy), NOISE, components=13)
