"""Bland pixels are found without labels, and what a denominator would imprint is named."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.cube import Block
from hsicli.preprocessing.ratio import absorptions, best_pixels, bland_scores, gather, mean_depth

WAVELENGTHS = np.linspace(1050, 2550, 120)
ONE_COLUMN = np.zeros((40, 30), dtype=int)


def band(centre, width, depth):
    return 1 - depth * np.exp(-0.5 * ((WAVELENGTHS - centre) / width) ** 2)


def planted_image(rng, noise=0.004):
    """Three in ten pixels bland; the others have a band at 2.3 µm, at 1.9 µm, or a broad one at 1.3 µm."""
    kinds = rng.choice(4, size=(40, 30), p=[0.3, 0.3, 0.2, 0.2])
    materials = np.stack(
        [np.ones(120), band(2300, 25, 0.08), band(1930, 30, 0.06), band(1300, 150, 0.15)]
    ) * (0.2 + 0.02 * (WAVELENGTHS - 1050) / 1500)
    image = materials[kinds] * rng.uniform(0.8, 1.2, (40, 30, 1))
    image *= 1 + rng.normal(0, noise, image.shape)
    return image.astype(np.float32), kinds


def as_blocks(image, rows=7):
    valid = np.isfinite(image).all(axis=2)
    for first in range(0, len(image), rows):
        part = slice(first, min(first + rows, len(image)))
        yield Block(part, image[part], valid[part])


def test_mean_depth_of_a_triangle_is_its_area_over_its_base():
    wavelengths = np.array([0.0, 1.0, 2.0, 4.0])

    depth = mean_depth(np.float32([[1, 0.8, 1, 1], [2, 2, 2, 2]]), wavelengths)

    assert_allclose(depth, [0.2 / 4, 0], atol=1e-7)


def test_only_bland_pixels_are_chosen(rng):
    image, kinds = planted_image(rng)

    scores = bland_scores(as_blocks(image), WAVELENGTHS, (1850, 2550), ONE_COLUMN)

    chosen = best_pixels(scores, 60)
    assert (kinds.ravel()[chosen] == 0).all()


def test_dark_pixels_and_broad_absorbers_are_no_candidates(rng):
    image, kinds = planted_image(rng)

    scores = bland_scores(as_blocks(image), WAVELENGTHS, (1850, 2550), ONE_COLUMN)

    brightness = image.mean(axis=2)
    assert np.isnan(scores[brightness < np.quantile(brightness, 0.24)]).all()
    assert np.isnan(scores[kinds == 3]).all()


def test_a_column_with_a_stripe_has_candidates_of_its_own(rng):
    image, _ = planted_image(rng)
    image *= (1 + 0.03 * rng.normal(size=(1, 30, 1)) * np.sin(WAVELENGTHS / 300)).astype(np.float32)
    columns = np.broadcast_to(np.arange(30), (40, 30))

    scores = bland_scores(as_blocks(image), WAVELENGTHS, (1850, 2550), columns)

    assert np.isfinite(scores).any(axis=0).all()


def test_columns_without_a_bland_pixel_have_no_candidate(rng):
    """The blandest of clay is clay: it is judged by the image, though its columns have stripes."""
    image, _ = planted_image(rng)
    clay = 1 - 0.2 * np.exp(-0.5 * ((WAVELENGTHS - 2200) / 40) ** 2)
    wide = np.tile(image, (3, 3, 1))
    wide[:, :30] = 0.2 * clay * (1 + rng.normal(0, 0.002, wide[:, :30].shape))
    wide *= (1 + 0.02 * rng.normal(size=(1, 90, 1)) * np.sin(WAVELENGTHS / 300)).astype(np.float32)
    columns = np.broadcast_to(np.arange(90), wide.shape[:2])

    scores = bland_scores(as_blocks(wide), WAVELENGTHS, (1850, 2550), columns)

    assert not np.isfinite(scores[:, :20]).any()
    assert np.isfinite(scores[:, 40:]).any(axis=0).all()


def test_the_score_does_not_depend_on_the_blocks(rng):
    image, _ = planted_image(rng)
    image[3, 4] = np.nan

    scores = [bland_scores(as_blocks(image, n), WAVELENGTHS, (1850, 2550), ONE_COLUMN) for n in (1, 40)]

    assert_array_equal(*scores)
    assert np.isnan(scores[0][3, 4])


def test_the_best_are_the_lowest_that_there_are():
    scores = np.float32([[3, np.nan, 1], [2, 5, np.nan]])

    assert_array_equal(best_pixels(scores, 2), [2, 3])
    assert_array_equal(best_pixels(scores, 9), [0, 2, 3, 4])


def test_gathered_spectra_are_those_of_their_pixels(rng):
    image = rng.normal(size=(9, 5, 3)).astype(np.float32)
    pixels = np.array([0, 7, 8, 20, 44])

    assert_array_equal(gather(as_blocks(image, 4), pixels), image.reshape(-1, 3)[pixels])


def test_absorptions_are_named_deepest_first():
    spectrum = 0.3 * band(1930, 20, 0.03) * band(2310, 20, 0.10)

    found = absorptions(spectrum, WAVELENGTHS, 0.02)

    assert [round(one.wavelength, -1) for one in found] == [
        pytest.approx(2310, abs=10),
        pytest.approx(1930, abs=10),
    ]
    assert found[0].depth == pytest.approx(0.10, abs=0.002)


def test_a_featureless_spectrum_has_no_absorption():
    assert absorptions(np.linspace(0.2, 0.3, 120), WAVELENGTHS, 0.001) == []
