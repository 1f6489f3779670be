"""Lazy rows: what an array would give, from no more rows than it takes."""

import numpy as np
import pytest

from hsicli.io.rows import LazyRows, lazy_rows

VALUES = np.arange(6 * 5 * 4).reshape(6, 5, 4)


@pytest.fixture
def watched():
    """An image, and the slices that were read of it."""
    seen = []

    def read(rows):
        seen.append((rows.start, rows.stop))
        return VALUES[rows]

    return lazy_rows(VALUES.shape, VALUES.dtype, read), seen


@pytest.mark.parametrize(
    ("index", "read"),
    [
        (np.s_[2:4], (2, 4)),
        (np.s_[:], (0, 6)),
        (np.s_[4:99], (4, 6)),
        (np.s_[3], (3, 4)),
        (np.s_[-1], (5, 6)),
        (np.s_[1, 2, 3], (1, 2)),
        (np.s_[1:3, :, 2], (1, 3)),
        (np.s_[1:6:2], (1, 6)),
        (np.s_[::-1], (0, 6)),
        (np.s_[3:3], (0, 0)),
    ],
)
def test_an_index_gives_what_an_array_gives_and_reads_its_rows_only(watched, index, read):
    image, seen = watched
    np.testing.assert_array_equal(image[index], VALUES[index])
    assert seen == [read]


def test_the_whole_becomes_an_array(watched):
    image, _ = watched
    np.testing.assert_array_equal(np.asarray(image), VALUES)
    assert np.asarray(image, dtype=float).dtype == float
    np.testing.assert_array_equal(image[VALUES[:, 0, 0] > 50], VALUES[3:])
    assert (len(image), image.ndim) == (6, 3)
    with pytest.raises(ValueError, match="copy"):
        np.array(image, copy=False)


def test_a_row_beyond_the_end_is_no_row(watched):
    with pytest.raises(IndexError):
        watched[0][6]


def test_it_passes_for_an_array(watched):
    assert isinstance(watched[0], LazyRows)
