"""Each pixel is divided by the blandest of its own detector column."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hsicli.cube import Block
from hsicli.preprocessing.columns import (
    best_in_columns,
    column_medians,
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


def test_a_column_with_too_few_bland_pixels_is_divided_by_its_median(rng):
    image = rng.uniform(0.1, 0.3, (30, 3, 4)).astype(np.float32)
    scores = rng.uniform(size=(30, 3)).astype(np.float32)
    scores[2:, 1] = np.nan
    columns = np.broadcast_to(np.array([5, 6, 7]), (30, 3))
    whole = Block(slice(0, 30), image.copy(), np.ones((30, 3), dtype=bool))

    neighbours = find_neighbours([whole], scores, columns, reach=20, count=9)
    block = Block(slice(10, 20), image[10:20].copy(), np.ones((10, 3), dtype=bool))
    divide_block(block, [whole], neighbours, columns)

    assert_array_equal(neighbours.columns, [6])
    assert_allclose(block.data[:, 1], image[10:20, 1] / np.median(image[:, 1], axis=0), rtol=1e-6)
    flat = image.reshape(-1, 4)
    for row in range(10):
        picks = slow_picks(scores, columns, 20, 9)[10 + row, 2]
        assert_allclose(block.data[row, 2], image[10 + row, 2] / flat[picks].mean(axis=0), rtol=1e-6)


def test_a_median_skips_pixels_without_data(rng):
    image = rng.uniform(size=(40, 2, 3)).astype(np.float32)
    image[3, 0] = np.nan
    columns = np.tile(np.array([[0, 1]]), (40, 1))
    columns[5, 0] = -1
    blocks = [Block(slice(0, 40), image, np.isfinite(image).all(axis=2))]

    medians = column_medians(blocks, columns, np.array([0, 1]))

    assert_allclose(medians[0], np.median(np.delete(image[:, 0], [3, 5], axis=0), axis=0))
    assert_allclose(medians[1], np.median(image[:, 1], axis=0))


def test_stripes_of_the_detector_cancel(rng):
    stripes = 1 + 0.05 * rng.normal(size=(1, 20, 6))
    truth = np.where(rng.uniform(size=(60, 20, 1)) < 0.5, np.linspace(1, 0.8, 6), 1.0)
    image = (0.2 * truth * stripes).astype(np.float32)
    scores = np.where(truth[:, :, -1] == 1, 0, np.nan).astype(np.float32)
    columns = np.broadcast_to(np.arange(20), (60, 20))
    whole = Block(slice(0, 60), image, np.ones((60, 20), dtype=bool))

    neighbours = find_neighbours([whole], scores, columns, reach=50, count=9)
    block = Block(slice(0, 60), image.copy(), whole.valid)
    divide_block(block, [whole], neighbours, columns)

    assert_allclose(block.data, truth, rtol=1e-5)
