"""Each pixel is divided by the blandest of its own detector column."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.cube import Block
from hsicli.preprocessing.columns import (
    best_in_columns,
    divide_block,
    divide_by_means,
    find_neighbours,
)


def slow_picks(scores, columns, reach, count):
    """The same by its definition."""
    rows, cols = scores.shape
    picks = np.full((rows, cols, count), -1)
    for row in range(rows):
        for col in range(cols):
            if columns[row, col] < 0:
                continue
            near = [
                (scores[r, c], r * cols + c)
                for r in range(max(0, row - reach), min(rows, row + reach + 1))
                for c in range(cols)
                if abs(r - row) > 1 and columns[r, c] == columns[row, col] and np.isfinite(scores[r, c])
            ]
            best = [pixel for _, pixel in sorted(near)[:count]]
            picks[row, col, : len(best)] = best
    return picks


@pytest.mark.parametrize("seed", range(5))
def test_picks_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    scores = rng.uniform(size=(25, 8)).astype(np.float32)
    scores[rng.uniform(size=scores.shape) < 0.4] = np.nan
    columns = (np.arange(8) + np.arange(25)[:, None] // 6) % 7 - 1  # slanted, as in a map; −1 is fill

    picks = best_in_columns(scores, columns, reach=6, count=4)

    assert_array_equal(picks, slow_picks(scores, columns, 6, 4))


def test_own_and_adjacent_rows_are_left_out():
    scores = np.zeros((5, 1), dtype=np.float32)

    picks = best_in_columns(scores, np.zeros((5, 1), dtype=int), reach=50, count=9)

    assert_array_equal(picks[2, 0, :3], [0, 4, -1])


def test_shapes_that_disagree_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(3, 2\)"):
        best_in_columns(np.zeros((2, 2)), np.zeros((3, 2), dtype=int), reach=1, count=1)


def test_division_by_a_mean_by_hand():
    spectra = np.float32([[6, 8], [6, 8], [6, 8]])
    bland = np.float32([[1, 2], [3, 6], [np.nan, 1]])

    divide_by_means(spectra, np.array([[0, 1, -1], [0, 2, -1], [-1, -1, -1]]), bland)

    assert_allclose(spectra, [[3, 2], [6, 4], [np.nan, np.nan]])


def divided(image, scores, columns, reach, rows=slice(None)):
    whole = Block(slice(0, len(image)), image.copy(), np.ones(image.shape[:2], dtype=bool))
    neighbours = find_neighbours([whole], scores, columns, reach=reach, count=9)
    part = slice(*rows.indices(len(image))[:2])
    block = Block(part, image[part].copy(), np.ones((part.stop - part.start, image.shape[1]), dtype=bool))
    near = slice(max(0, part.start - reach), part.stop + reach)
    nearby = Block(near, image[near], np.ones(image[near].shape[:2], dtype=bool))
    divide_block(block, [nearby], neighbours, columns)
    return block.data, neighbours


def test_a_column_with_too_few_bland_pixels_is_divided_by_all_of_the_image(rng):
    image = rng.uniform(0.1, 0.3, (30, 3, 4)).astype(np.float32)
    scores = rng.uniform(size=(30, 3)).astype(np.float32)
    scores[2:, 1] = np.nan
    columns = np.broadcast_to(np.array([5, 6, 7]), (30, 3))

    data, neighbours = divided(image, scores, columns, 40, slice(10, 20))

    assert_array_equal(neighbours.columns, [6])
    assert neighbours.farther == 0
    flat = image.reshape(-1, 4)
    used = sorted(set(slow_picks(scores, columns, 40, 9)[:, [0, 2]].ravel()) - {-1})
    assert_allclose(neighbours.middle, flat[used].mean(axis=0), rtol=1e-6)
    assert_allclose(data[:, 1], image[10:20, 1] / flat[used].mean(axis=0), rtol=1e-6)
    for row in range(10):
        picks = slow_picks(scores, columns, 40, 9)[10 + row, 2]
        assert_allclose(data[row, 2], image[10 + row, 2] / flat[picks].mean(axis=0), rtol=1e-6)


def test_where_nothing_bland_is_near_the_blandest_of_the_whole_column_are_taken(rng):
    image = rng.uniform(0.1, 0.3, (60, 2, 4)).astype(np.float32)
    scores = rng.uniform(size=(60, 2)).astype(np.float32)
    scores[20:, 0] = np.nan
    columns = np.broadcast_to(np.arange(2), (60, 2))

    data, neighbours = divided(image, scores, columns, 10)

    assert len(neighbours.columns) == 0
    assert neighbours.farther == 60 - 20 - 8  # those below row 27 see fewer than three
    best = np.argsort(scores[:20, 0], kind="stable")[:9]
    assert_allclose(data[50, 0], image[50, 0] / image[best, 0].mean(axis=0), rtol=1e-6)


def test_an_image_without_three_bland_pixels_in_any_column_has_one_mean(rng):
    image = rng.uniform(0.1, 0.3, (10, 4, 3)).astype(np.float32)
    scores = np.full((10, 4), np.nan, dtype=np.float32)
    scores[2, 1] = scores[7, 3] = 0.1
    data, neighbours = divided(image, scores, np.broadcast_to(np.arange(4), (10, 4)), 50)
    assert_array_equal(neighbours.columns, np.arange(4))
    assert_allclose(data, image / image[[2, 7], [1, 3]].mean(axis=0), rtol=1e-6)


def test_stripes_of_the_detector_cancel(rng):
    stripes = 1 + 0.05 * rng.normal(size=(1, 20, 6))
    truth = np.where(rng.uniform(size=(60, 20, 1)) < 0.5, np.linspace(1, 0.8, 6), 1.0)
    image = (0.2 * truth * stripes).astype(np.float32)
    scores = np.where(truth[:, :, -1] == 1, 0, np.nan).astype(np.float32)
    columns = np.broadcast_to(np.arange(20), (60, 20))

    data, _ = divided(image, scores, columns, 50)

    assert_allclose(data, truth, rtol=1e-5)


def test_a_mineral_that_fills_many_columns_is_not_divided_away(rng):
    """The least absorbing pixels of its own columns would hide it; bland pixels elsewhere show it."""
    band = np.linspace(1, 0.7, 6)
    truth = np.where(rng.uniform(size=(100, 60, 1)) < 0.5, 1.0, band)
    truth[:, :25] = band
    image = (0.2 * truth).astype(np.float32)
    bland = np.where(truth[:, :, -1] == 1, 0.0, np.nan).astype(np.float32)

    data, neighbours = divided(image, bland, np.broadcast_to(np.arange(60), (100, 60)), 50)

    assert_array_equal(neighbours.columns, np.arange(25))
    assert_allclose(data, truth, rtol=1e-5)
