import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, uniform_filter1d

from hsicli.algorithms.hysime import signal_directions
from hsicli.algorithms.noise import (
    add_rows,
    difference_noise,
    no_sums,
    pair_step,
    regression_noise,
    shared_noise,
)


def summed(image, valid=None, *, step=1, cuts=()):
    """The sums over an image, cut into blocks before these rows."""
    valid = np.ones(image.shape[:2], dtype=bool) if valid is None else valid
    sums, above = no_sums(image.shape[2]), None
    for first, last in zip([0, *cuts], [*cuts, len(image)], strict=True):
        data, inside = image[first:last], valid[first:last]
        sums = add_rows(sums, data, inside, first=first, step=step, above=above)
        above = data[-1], inside[-1]
    return sums


def mixed(rng, rows=60, cols=60, bands=30, members=4, deviation=0.01):
    """Smooth mixtures of smooth spectra with white noise."""
    spectra = np.abs(gaussian_filter(rng.normal(size=(members, bands)), (0, 2))) + 0.1
    shares = np.stack([gaussian_filter(rng.normal(size=(rows, cols)), 5) for _ in range(members)], axis=-1)
    shares = np.exp(2 * shares / shares.std())
    return shares / shares.sum(-1, keepdims=True) @ spectra + rng.normal(size=(rows, cols, bands)) * deviation


def regressed(spectra):
    """Residuals of each band regressed on all others, by least squares: two passes, from the definition."""
    residuals = np.empty_like(spectra)
    for band in range(spectra.shape[1]):
        others = np.delete(spectra, band, axis=1)
        found, *_ = np.linalg.lstsq(others, spectra[:, band], rcond=None)
        residuals[:, band] = spectra[:, band] - others @ found
    return residuals


def test_three_pixels_by_hand():
    image = np.array([[[1.0, 0.0], [3.0, 1.0]], [[1.0, 2.0], [9.0, 9.0]]])
    sums = summed(image, np.array([[True, True], [True, False]]))
    assert (sums.pixels, sums.pairs) == (3, 2)
    assert sums.total.tolist() == [5, 3]
    assert sums.products.tolist() == [[11, 5], [5, 5]]
    assert sums.differences.tolist() == [[4, 2], [2, 5]]  # (2, 1) across, (0, 2) down


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("cuts", [(1,), (4, 5, 9), tuple(range(1, 14))])
def test_cutting_the_image_changes_nothing_but_rounding(rng, step, cuts):
    image, valid = rng.random((14, 9, 5)), rng.random((14, 9)) > 0.3
    image[~valid] = np.nan
    whole, parts = (summed(image, valid, step=step, cuts=cut) for cut in ((), cuts))
    assert (whole.pixels, whole.pairs) == (parts.pixels, parts.pairs)
    np.testing.assert_allclose(parts.products, whole.products, rtol=1e-13)
    np.testing.assert_allclose(parts.differences, whole.differences, rtol=1e-13)


def test_pairs_are_those_of_valid_neighbours(rng):
    image, valid = rng.random((8, 7, 3)), rng.random((8, 7)) > 0.3
    pairs = [
        image[r, c] - image[r - down, c - across]
        for r in range(8)
        for c in range(7)
        for down, across in ((1, 0), (0, 1))
        if r >= down and c >= across and valid[r, c] and valid[r - down, c - across]
    ]
    sums = summed(image, valid)
    assert sums.pairs == len(pairs)
    np.testing.assert_allclose(sums.differences, np.transpose(pairs) @ pairs, rtol=1e-12)


def test_large_images_need_not_compare_every_row():
    assert pair_step(100, 100) == 1
    assert pair_step(455, 751) == 20
    assert pair_step(4003, 275) == 67


@pytest.mark.parametrize(("deviation", "precise"), [(0.03, 1e-9), (1e-3, 1e-7), (1e-5, 1e-3)])
def test_one_pass_agrees_with_explicit_residuals(rng, deviation, precise):
    image = mixed(rng, rows=30, cols=30, deviation=deviation)
    spectra = image.reshape(-1, 30)
    residuals = regressed(spectra)
    variance, signal = regression_noise(summed(image))
    np.testing.assert_allclose(variance, (residuals**2).sum(0) / (len(spectra) - 29), rtol=precise)
    predicted = spectra - residuals
    np.testing.assert_allclose(signal, predicted.T @ predicted / len(spectra), atol=1e-9)


def test_regression_noise_is_the_planted_one(rng):
    deviation = np.linspace(0.005, 0.02, 100)
    variance, _ = regression_noise(summed(mixed(rng, bands=100, deviation=deviation)))
    ratio = np.sqrt(variance) / deviation  # the other bands are noisy too, so a little too much
    assert 0.95 < ratio.min() < ratio.max() < 1.25
    assert np.median(ratio) < 1.05


def test_few_pixels_do_not_shrink_the_noise(rng):
    deviations = [
        np.sqrt(regression_noise(summed(rng.normal(size=(5, 8, 30))))[0]).mean() for _ in range(40)
    ]  # 40 pixels of 30 bands: dividing by 40 would give 0.52
    assert np.mean(deviations) == pytest.approx(1, abs=0.06)


def test_difference_noise_is_the_planted_covariance(rng):
    noise = uniform_filter1d(rng.normal(size=(200, 200, 6)), 3, axis=2)
    truth = np.cov(noise.reshape(-1, 6).T)
    np.testing.assert_allclose(difference_noise(summed(noise + 5)), truth, atol=0.01)


def test_scaling_a_band_scales_its_noise_alone(rng):
    image, gains = mixed(rng), np.geomspace(1e-3, 1e3, 30)
    first, _ = regression_noise(summed(image))
    second, _ = regression_noise(summed(image * gains))
    np.testing.assert_allclose(second, first * gains**2, rtol=1e-6)


def test_repeated_bands_have_no_noise_and_spoil_no_other(rng):
    image = mixed(rng)
    image[:, :, 7] = image[:, :, 20]
    variance, _ = regression_noise(summed(image))
    expected, _ = regression_noise(summed(np.delete(image, 7, axis=2)))
    assert variance[7] < 1e-9
    np.testing.assert_allclose(np.delete(variance, [7, 20]), np.delete(expected, 19), rtol=1e-2)


@pytest.mark.parametrize(
    ("width", "texture", "shared"), [(1, 5, False), (1, 0, False), (2, 5, True), (3, 5, True), (5, 5, True)]
)
@pytest.mark.parametrize("seed", range(3))
def test_noise_that_bands_share_is_told_from_texture(seed, width, texture, shared):
    rng = np.random.default_rng(seed)
    spectra = np.abs(gaussian_filter(rng.normal(size=(4, 120)), (0, 3))) + 0.1
    shares = np.stack([gaussian_filter(rng.normal(size=(60, 60)), texture) for _ in range(4)], axis=-1)
    shares = np.exp(2 * shares / shares.std())
    noise = uniform_filter1d(rng.normal(size=(60, 60, 120)) * 0.005, width, axis=2)
    sums = summed(shares / shares.sum(-1, keepdims=True) @ spectra + noise)
    variance, _ = regression_noise(sums)
    covariance, correlation = difference_noise(sums), sums.products / sums.pixels
    found = signal_directions(correlation, covariance, correlation - covariance, floor=1e-5)
    times = shared_noise(variance, covariance, found.vectors[found.kept :])
    assert times > 3 if shared else 0.85 < times < 1.1, times
