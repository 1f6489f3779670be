"""One walk tells what a cube holds."""

import logging

import numpy as np
from numpy.testing import assert_array_equal

from hsicli.cube import Cube
from hsicli.preprocessing.survey import clipped_blocks, sane_limits, survey


def holed_cube():
    data = np.full((4, 3, 6), 0.5, dtype=np.float32)
    data[0] = np.nan  # fill
    data[1, 0] = 0  # zero: fill
    data[1, 1, 2] = np.nan  # lacks a band
    data[1, 2, :4] = np.nan  # lacks most
    data[2, 0, :2] = 1.5, -0.5
    return Cube(data=data)


def test_pixels_bands_and_outliers_are_counted():
    cube = holed_cube()
    inside = np.ones((4, 3), dtype=bool)
    inside[3, 2] = False

    for rows in (1, 4):
        found = survey(cube.blocks(rows), inside, (0, 1), 6)

        assert_array_equal(found.seen, [[0, 0, 0], [0, 1, 0], [1, 1, 1], [1, 1, 0]])
        assert_array_equal(found.missing, [0, 0, 1, 0, 0, 0])
        assert (found.below, found.above) == (1, 1)
        assert found.numbers == 6 * 6 - 1


def test_a_limit_that_most_numbers_exceed_is_none(caplog):
    caplog.set_level(logging.INFO)
    counts = Cube(data=np.array([[[-3, 2000, 3000, 900]]], dtype=np.int16))

    found = survey(counts.blocks(), counts.valid, (0, 1), 4)

    assert sane_limits(found, (0, 1)) == (0, np.inf)
    assert "no reflectances" in caplog.text
    assert sane_limits(survey(holed_cube().blocks(), np.ones((4, 3), dtype=bool), (0, 1), 6), (0, 1)) == (
        0,
        1,
    )


def test_some_rows_are_walked_as_part_of_the_whole():
    cube = holed_cube()

    ((whole, share),) = clipped_blocks(cube, (0, 1))
    ((part, part_share),) = clipped_blocks(cube, (0, 1), slice(1, 3))

    assert part.rows == slice(1, 3)
    assert_array_equal(part.data, whole.data[1:3])
    assert_array_equal(part.valid, whole.valid[1:3])
    assert_array_equal(part_share, share[1:3])
    assert_array_equal(whole.data[2, 0, :2], [1, 0])
    assert share[2, 0] == np.float32(2 / 6)
