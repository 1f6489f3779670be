"""The box mean: by hand, against scipy, and the same in blocks as in one."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import uniform_filter

from hsicli.cube import Block
from hsicli.preprocessing.image import box_mean, box_means

NAN = np.nan


def planted(rng, rows=23, cols=11, bands=4):
    image = rng.normal(0.5, 0.2, (rows, cols, bands)).astype(np.float32)
    valid = rng.uniform(size=(rows, cols)) > 0.2
    image[~valid] = NAN
    return image, valid


def in_blocks(image, valid, cuts):
    for first, end in itertools.pairwise(cuts):
        yield Block(slice(first, end), image[first:end], valid[first:end])


def test_a_mean_by_hand_leaves_invalid_pixels_out():
    image = np.float32([[1, 2, 3], [4, NAN, 6], [7, 8, 9]])[:, :, None]
    valid = np.isfinite(image[:, :, 0])

    mean = box_mean(image, valid, 3)[:, :, 0]

    assert_allclose(
        mean, [[7 / 3, 16 / 5, 11 / 3], [22 / 5, NAN, 28 / 5], [19 / 3, 34 / 5, 23 / 3]], rtol=1e-6
    )


def test_a_box_of_one_changes_nothing(rng):
    image, valid = planted(rng)

    assert_array_equal(box_mean(image, valid, 1), image)


def test_scipy_smooths_the_inside_alike(rng):
    image = rng.normal(size=(20, 15, 3)).astype(np.float32)

    mean = box_mean(image, np.ones((20, 15), dtype=bool), 5)

    expected = uniform_filter(image.astype(float), (5, 5, 1))
    assert_allclose(mean[2:-2, 2:-2], expected[2:-2, 2:-2], atol=1e-6)


def test_a_box_wider_than_the_image_is_the_mean_of_all(rng):
    image, valid = planted(rng, rows=3, cols=2)
    valid[:] = True
    image = np.nan_to_num(image)

    assert_allclose(box_mean(image, valid, 9), np.broadcast_to(image.mean((0, 1)), image.shape), rtol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize(
    "cuts", [[0, 23], [0, 10, 23], [0, 1, 2, 3, 4, 23], list(range(24)), [0, 22, 23], [0, 7, 14, 21, 23]]
)
def test_blocks_give_the_same_bytes_as_the_whole_image(size, cuts, rng):
    image, valid = planted(rng)

    out = list(box_means(in_blocks(image, valid, cuts), size))

    assert [part.rows.start for part in out] == [0, *(part.rows.stop for part in out[:-1])]
    assert out[-1].rows.stop == 23
    assert all(part.rows.stop > part.rows.start for part in out)
    assert_array_equal(np.concatenate([part.data for part in out]), box_mean(image, valid, size))
    assert_array_equal(np.concatenate([part.valid for part in out]), valid)


def test_even_boxes_and_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="odd"):
        box_mean(np.ones((2, 2, 1), dtype=np.float32), np.ones((2, 2), dtype=bool), 2)
    with pytest.raises(ValueError, match="shape"):
        box_mean(np.ones((2, 2, 1), dtype=np.float32), np.ones((3, 2), dtype=bool), 3)
