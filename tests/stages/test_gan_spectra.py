"""Spectra of many cubes: prepared as one, none dominating, the rare as likely as the common."""

import logging

import numpy as np
import pytest
from scipy.signal import savgol_filter

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.runtime import numpy_rng, quiet
from hsicli.stages.gan_spectra import axis_within, gather, line_to, shares

AXIS = np.arange(1000.0, 1500.0, 10.0)


def band(at: float, depth: float) -> np.ndarray:
    return (1 - depth * np.exp(-(((AXIS - at) / 40) ** 2))) * (0.2 + AXIS / 10_000)


def cube_of(*spectra: np.ndarray, rows: int = 8, axis: np.ndarray = AXIS) -> Cube:
    """A column a spectrum."""
    return Cube(np.repeat(np.stack(spectra)[None].astype(np.float32), rows, axis=0), wavelengths=axis)


def gathered(*cubes: Cube, most: int = 1000, axis=AXIS, smoothing=0, flat=0.99, seed=0):
    named = [(f"{number}.hdr", cube) for number, cube in enumerate(cubes, 1)]
    return gather(iter(named), len(named), axis, smoothing, flat, most=most, rng=numpy_rng(seed), track=quiet)


def test_crism_has_237_bands_in_the_default_window_and_240_in_that_of_the_paper():
    assert len(axis_within((1045.0, 2605.0), None)[0]) == 237
    wavelengths, fwhm = axis_within((1025.0, 2605.0), None)
    assert len(wavelengths) == len(fwhm) == 240
    assert (wavelengths[0], wavelengths[-1]) == pytest.approx((1027.55, 2602.12), abs=0.1)


def test_a_spacing_makes_an_even_axis_to_the_end_of_the_window():
    np.testing.assert_allclose(axis_within((1000.0, 1310.0), 10.0)[0], np.arange(1000.0, 1311.0, 10.0))


@pytest.mark.parametrize(
    ("window", "spacing"), [((1000.0, 1100.0), 10.0), ((2000.0, 1000.0), 10.0), ((5e3, 6e3), None)]
)
def test_a_window_of_few_bands_is_refused(window, spacing):
    with pytest.raises(ConfigError, match="32 or more"):
        axis_within(window, spacing)


def test_one_product_interpolates_and_smooths():
    spectrum = np.random.default_rng(0).random(len(AXIS))
    new = np.arange(1005.0, 1480.0, 7.0)
    expected = savgol_filter(np.interp(new, AXIS, spectrum), 11, 2)
    np.testing.assert_allclose(spectrum @ line_to(AXIS, new, 11), expected, atol=1e-12)


def test_spectra_are_divided_by_their_continuum_and_flat_ones_left_out():
    deep, shallow = band(1200, 0.2), band(1300, 0.005)
    found = gathered(cube_of(deep, shallow))
    assert (found.valid, found.flat, len(found.spectra)) == (16, 8, 8)
    expected = remove_continuum(deep[None].astype(np.float32), AXIS)[0]
    np.testing.assert_allclose(found.spectra, np.tile(expected, (8, 1)), atol=1e-5)


def test_a_spectrum_exactly_at_the_threshold_stays():
    cube = cube_of(np.where(np.arange(50) == 25, np.float32(0.75), 1.0))
    assert len(gathered(cube, flat=0.75).spectra) == 8
    with pytest.raises(InputError, match="all are flat"):
        gathered(cube, flat=0.74)


def test_no_cube_gives_more_than_its_share():
    small, large = cube_of(band(1100, 0.3), rows=10), cube_of(band(1400, 0.3), rows=500)
    found = gathered(small, large, most=80).spectra
    first = found[:, np.abs(AXIS - 1100).argmin()] < 0.8
    assert len(found) == 50
    assert first.sum() == 10  # all that it has
    assert (~first).sum() == 40


def test_every_spectrum_of_a_cube_has_the_same_chance_whatever_the_blocks(monkeypatch):
    cube = cube_of(*(band(1200, 0.1 + 0.005 * number) for number in range(40)), rows=30)
    counts = np.zeros(40)
    for seed in range(30):
        drawn = gathered(cube, most=120, seed=seed).spectra
        depths = 1 - drawn[:, 20]
        counts += np.bincount(np.rint((depths - depths.min()) / 0.005).astype(int).clip(0, 39), minlength=40)
    assert counts.sum() == 3600
    assert counts.min() > 40
    whole = gathered(cube, most=120, seed=1).spectra
    monkeypatch.setattr("hsicli.cube.BLOCK_BYTES", 4 * 40 * 50 * 4)
    parts = gathered(cube, most=120, seed=1).spectra
    np.testing.assert_array_equal(np.unique(whole, axis=0), np.unique(parts, axis=0))


def test_missing_pixels_are_in_no_draw():
    data = np.repeat(band(1200, 0.2)[None, None], 6, axis=0).astype(np.float32)
    data[2:] = np.nan
    found = gathered(Cube(data, wavelengths=AXIS))
    assert found.valid == len(found.spectra) == 2


def test_a_cube_that_does_not_cover_the_axis_is_named():
    short = cube_of(band(1200, 0.2)[:30], axis=AXIS[:30])
    with pytest.raises(InputError, match=r"2\.hdr: no bands near 1320–1490 nm"):
        gathered(cube_of(band(1200, 0.2)), short)


def test_a_cube_with_a_wide_gap_is_refused_and_one_with_a_narrow_gap_is_not():
    cube = cube_of(band(1200, 0.2))
    gathered(cube.with_bands((AXIS != 1300) & (AXIS != 1310)))
    with pytest.raises(InputError, match="no bands near"):
        gathered(cube.with_bands((AXIS < 1300) | (AXIS > 1360)))


def test_other_bands_are_said_but_not_other_digits(caplog):
    with caplog.at_level(logging.INFO):
        gathered(cube_of(band(1200, 0.2)), axis=AXIS + 1e-3)
        assert "other bands" not in caplog.text
        gathered(cube_of(band(1200, 0.2)), cube_of(band(1200, 0.2)), axis=AXIS[:-2] + 3)
    assert "2 of 2 cubes have other bands" in caplog.text


def test_cubes_of_fill_alone_are_refused():
    with pytest.raises(InputError, match="no valid spectra"):
        gathered(Cube(np.full((2, 2, 50), np.nan, dtype=np.float32), wavelengths=AXIS))


def test_clusters_are_drawn_alike_or_as_large_as_they_are():
    rng = np.random.default_rng(0)
    kinds = [remove_continuum(band(at, 0.3)[None].astype(np.float32), AXIS) for at in (1100, 1250, 1400)]
    sizes = (300, 30, 6)
    spectra = np.concatenate([np.repeat(kind, size, axis=0) for kind, size in zip(kinds, sizes, strict=True)])
    spectra += rng.normal(0, 1e-4, spectra.shape).astype(np.float32)
    chances, labels = shares(spectra, 3, 1.0, seed=0)
    assert chances.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.bincount(labels, weights=chances), 1 / 3)
    np.testing.assert_allclose(shares(spectra, 3, 0.0, seed=0)[0], 1 / 336)
    half = np.sort(np.bincount(labels, weights=shares(spectra, 3, 0.5, seed=0)[0]))
    np.testing.assert_allclose(half / half.sum(), np.sqrt(sizes[::-1]) / np.sqrt(sizes).sum(), rtol=1e-6)
