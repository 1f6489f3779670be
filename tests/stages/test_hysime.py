import logging

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.stages.hysime import HysimeConfig, estimate_subspace

CONFIG = HysimeConfig()


def planted(seed, members, decibels, *, bands=80, side=60, sparse=False, width=1):
    """Linear mixtures of absorption spectra, every pixel drawn anew, with noise of this strength."""
    rng = np.random.default_rng(seed)
    axis = np.linspace(0, 1, bands)
    centres, widths = np.linspace(0.05, 0.95, members), rng.uniform(0.03, 0.08, members)
    spectra = rng.uniform(0.3, 0.8, (members, 1)) * (
        1 - 0.5 * np.exp(-(((axis - centres[:, None]) / widths[:, None]) ** 2))
    )
    shares = rng.dirichlet(np.full(members, 0.2 if sparse else 1.0), (side, side))
    clean = shares @ spectra
    noise = uniform_filter1d(rng.normal(size=clean.shape), width, axis=2)
    noise *= np.sqrt((clean**2).mean() / 10 ** (decibels / 10))
    return Cube((clean + noise).astype(np.float32), wavelengths=np.linspace(1000, 2500, bands)), noise


@pytest.mark.parametrize("decibels", [40, 50, 60])
@pytest.mark.parametrize("members", [3, 6, 9])
def test_the_planted_dimension_is_found(members, decibels):
    for seed in range(3):
        cube, _ = planted(seed, members, decibels)
        assert estimate_subspace(cube, CONFIG).dimension == members


@pytest.mark.parametrize("members", [3, 6])
def test_at_30_decibels_sparse_mixtures_show_their_dimension(members):
    for seed in range(3):
        cube, _ = planted(seed, members, 30, sparse=True)
        assert estimate_subspace(cube, CONFIG).dimension == members


def test_the_noise_is_the_planted_one():
    cube, noise = planted(0, 5, 35)
    product = estimate_subspace(cube, CONFIG)
    ratio = product.noise / noise.std(axis=(0, 1))  # the other bands are noisy too, so a little too much
    assert 0.95 < ratio.min() < ratio.max() < 1.25
    assert np.median(ratio) < 1.03
    assert product.pixels == 3600
    np.testing.assert_allclose(product.mean, cube.data.mean(axis=(0, 1)), rtol=1e-5)


def test_the_kept_directions_span_the_planted_spectra():
    cube, noise = planted(1, 4, 45)
    product = estimate_subspace(cube, CONFIG)
    clean = (cube.data - noise).reshape(-1, 80)
    kept = product.eigenvectors[: product.dimension]
    assert np.linalg.norm(clean - clean @ kept.T @ kept) < 0.01 * np.linalg.norm(clean)
    assert (product.power[: product.dimension] > 2 * product.noise_power[: product.dimension]).all()
    assert not (product.power[product.dimension :] > 2 * product.noise_power[product.dimension :]).any()


def test_fill_is_in_no_statistic(caplog):
    cube, _ = planted(2, 4, 40)
    data = cube.data.copy()
    data[::3] = np.nan
    data[:, 50:] = 65535
    data[1, 1] = 0
    product = estimate_subspace(Cube(data, cube.wavelengths), CONFIG)
    assert product.pixels == 40 * 50 - 1
    assert product.dimension == 4


def test_bad_bands_are_left_out():
    cube, _ = planted(2, 4, 40)
    data = cube.data.copy()
    data[:, :, 7] = 3.0
    good = np.arange(80) != 7
    product = estimate_subspace(Cube(data, cube.wavelengths, good_bands=good), CONFIG)
    assert product.dimension == 4
    np.testing.assert_array_equal(product.wavelengths, cube.wavelengths[good])


@pytest.mark.parametrize("width", [2, 3, 5])
def test_noise_that_bands_share_is_flagged_and_not_trusted(width, caplog):
    cube, _ = planted(0, 5, 35, width=width)
    product = estimate_subspace(cube, CONFIG)
    assert product.dimension_regression > 20
    assert product.dimension == product.dimension_difference <= 5
    assert "share their noise" in caplog.text


def test_clean_data_raise_no_doubt(caplog):
    caplog.set_level(logging.WARNING)
    estimate_subspace(planted(0, 5, 35)[0], CONFIG)
    assert not caplog.records


@pytest.mark.parametrize("estimate", ["regression", "difference", "smaller"])
def test_the_estimate_can_be_chosen(estimate):
    product = estimate_subspace(planted(0, 5, 40)[0], HysimeConfig(estimate=estimate))
    one, other = product.dimension_regression, product.dimension_difference
    assert product.dimension == {"regression": one, "difference": other, "smaller": min(one, other)}[estimate]


def test_few_spectra_are_doubted(caplog):
    cube, _ = planted(0, 3, 40, side=20)
    estimate_subspace(cube, CONFIG)
    assert "400 spectra of 80 bands are few (800 or more are enough)" in caplog.text


def test_a_constant_band_is_named():
    cube, _ = planted(0, 3, 40)
    data = cube.data.copy()
    data[:, :, 4] = 0.25
    with pytest.raises(InputError, match=r"band 5 \(1075\.9 nm\) is 0\.25 in every pixel") as error:
        estimate_subspace(Cube(data, cube.wavelengths), CONFIG)
    assert "hsicli preprocess" in error.value.hint
    data[:, :, [0, 79]] = 0
    with pytest.raises(InputError, match=r"band 1 is 0 in every pixel, and 2 more"):
        estimate_subspace(Cube(data), CONFIG)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.full((9, 9, 5), np.nan, dtype=np.float32), "0 valid spectra of 5 bands"),
        (np.ones((1, 1, 5), dtype=np.float32), "1 valid spectra of 5 bands"),
        (np.random.default_rng(0).random((9, 9, 1), dtype=np.float32), "1 good bands"),
        (np.ones((9, 9, 5), dtype=np.float32), "band 1 is 1 in every pixel, and 4 more"),
    ],
)
def test_what_has_no_noise_is_refused_in_one_line(data, words):
    with pytest.raises(InputError, match=words) as error:
        estimate_subspace(Cube(data), CONFIG)
    assert "\n" not in error.value.problem


def test_scattered_pixels_have_one_estimate(caplog):
    cube, _ = planted(0, 3, 40)
    lonely = np.indices((60, 60)).sum(axis=0) % 2 == 0  # a chessboard: no neighbours
    product = estimate_subspace(cube.with_valid(lonely), CONFIG)
    assert product.dimension == product.dimension_difference == 3
    assert np.isnan(product.noise_difference).all()
    assert "no second estimate" in caplog.text


@pytest.mark.real
@pytest.mark.parametrize(
    ("folder", "name", "regression"), [("samson", "samson", 43), ("cuprite-50x90", "cuprite_50x90", 13)]
)
def test_real_cubes_have_the_dimension_of_the_direct_formula(data_dir, folder, name, regression):
    from hsicli.io.reading import read_cube

    cube = read_cube(data_dir / "benchmarks" / folder / f"{name}.hdr")
    product = estimate_subspace(cube, CONFIG)
    spectra = np.concatenate([block.data[block.valid] for block in cube.blocks()]).astype(np.float64)
    # Explicit residuals, by orthogonal factors of the spectra instead of their products.
    half = np.linalg.inv(np.linalg.qr(spectra, mode="r"))
    inverse = half @ half.T
    residuals = spectra @ inverse / np.diag(inverse)
    predicted = spectra - residuals
    signal = predicted.T @ predicted / len(spectra)
    noise = np.diag((residuals**2).mean(axis=0)) + 1e-5 * np.trace(signal) / len(signal) * np.eye(len(signal))
    _, vectors = np.linalg.eigh(signal)
    power = np.einsum("bd,bc,cd->d", vectors, spectra.T @ spectra / len(spectra), vectors, optimize=True)
    level = np.einsum("bd,bc,cd->d", vectors, noise, vectors, optimize=True)
    assert product.dimension_regression == int((power > 2 * level).sum()) == regression
