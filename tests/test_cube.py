"""The cube: its blocks are what algorithms see, and nothing else may be."""

import numpy as np
import pytest

from hsicli.cube import CRISM_FILL, Cube, Stream, image, pixels
from hsicli.errors import InputError


def collect(cube: Cube, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    parts = list(cube.blocks(rows))
    return np.concatenate([part.data for part in parts]), np.concatenate([part.valid for part in parts])


@pytest.mark.parametrize("rows", [1, 2, 5, None])
@pytest.mark.parametrize("axes", [(0, 1, 2), (0, 2, 1), (2, 0, 1)], ids=["bip", "bil", "bsq"])
@pytest.mark.parametrize("kind", [np.float32, np.int16, ">f4", ">u2"])
def test_blocks_do_not_depend_on_layout(rng, rows, axes, kind):
    values = rng.integers(1, 900, size=(5, 7, 11))
    stored = np.ascontiguousarray(values.astype(kind).transpose(axes)).transpose(np.argsort(axes))

    data, valid = collect(Cube(stored), rows)

    np.testing.assert_array_equal(data, values.astype(np.float32))
    assert data.dtype == np.float32
    assert valid.all()


def test_bands_come_good_and_in_ascending_wavelength(rng):
    values = rng.random((2, 3, 4)).astype(np.float32)
    cube = Cube(
        values, wavelengths=np.array([30.0, 10.0, 40.0, 20.0]), good_bands=np.array([1, 1, 0, 1], bool)
    )

    data, _ = collect(cube)

    np.testing.assert_array_equal(data, values[..., [1, 3, 0]])
    np.testing.assert_array_equal(cube.axis, [10.0, 20.0, 30.0])


def test_scale_turns_counts_into_reflectance():
    cube = Cube(np.full((1, 1, 2), 5000, dtype=np.int16), scale=1e-4)
    data, _ = collect(cube)
    np.testing.assert_allclose(data, 0.5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, CRISM_FILL, -9999.0])
def test_a_pixel_with_fill_in_any_band_is_not_valid(bad):
    values = np.full((2, 2, 3), 0.25, dtype=np.float32)
    values[1, 0, 1] = bad
    _, valid = collect(Cube(values, fill=(-9999.0,)))
    np.testing.assert_array_equal(valid, [[True, True], [False, True]])


def test_fill_in_a_bad_band_costs_no_pixel():
    values = np.full((1, 2, 3), 0.25, dtype=np.float32)
    values[0, 0, 1] = CRISM_FILL
    _, valid = collect(Cube(values, good_bands=np.array([True, False, True])))
    assert valid.all()


def test_zero_spectra_are_fill_but_spectra_that_sum_to_zero_are_not():
    values = np.array([[[0, 0, 0], [1, -1, 0]]], dtype=np.float32)
    _, valid = collect(Cube(values))
    np.testing.assert_array_equal(valid, [[False, True]])


def test_fill_is_nan_before_the_scale_applies():
    cube = Cube(np.array([[[-50, 100]]], dtype=np.int16), scale=0.01, fill=(-50,))
    data, _ = collect(cube)
    np.testing.assert_allclose(data, [[[np.nan, 1.0]]], rtol=1e-6)


def test_masks_only_take_pixels_away():
    cube = Cube(np.ones((2, 2, 3), dtype=np.float32), valid=np.array([[True, False], [True, True]]))
    masked = cube.with_valid(np.array([[True, True], [False, True]]))
    np.testing.assert_array_equal(masked.valid, [[True, False], [False, True]])


def test_image_is_the_inverse_of_pixels(rng):
    for _ in range(20):
        valid = rng.random((6, 5)) > 0.4
        values = rng.random((int(valid.sum()), 3))
        np.testing.assert_array_equal(pixels(image(values, valid, np.nan), valid), values)


def test_a_cube_without_wavelengths_says_what_to_do():
    with pytest.raises(InputError, match="no wavelengths") as caught:
        _ = Cube(np.ones((1, 1, 2))).axis
    assert "--wavelengths" in caught.value.hint


def test_axes_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match=r"wavelengths has the shape \(3,\)"):
        Cube(np.ones((1, 1, 2)), wavelengths=np.arange(3.0))


def test_a_cube_in_the_making_cannot_be_walked():
    cube = Cube(Stream((1, 1, 2), lambda: iter([])))
    with pytest.raises(TypeError, match="only be written"):
        next(iter(cube.blocks()))


def test_blocks_leave_the_source_alone():
    values = np.full((2, 2, 2), CRISM_FILL, dtype=np.float32)
    list(Cube(values, scale=2.0).blocks())
    assert (values == CRISM_FILL).all()


@pytest.mark.parametrize("rows", [None, 1, 4, 7, 100])
@pytest.mark.parametrize("step", [1, 3, 40])
def test_a_walk_by_steps_reads_those_rows_alone(rng, rows, step):
    values = rng.random((23, 4, 5)).astype(np.float32)
    blocks = list(Cube(values).blocks(rows, step=step))
    np.testing.assert_array_equal(np.concatenate([block.data for block in blocks]), values[::step])
    seen = [row for block in blocks for row in range(23)[block.rows]]
    assert seen == list(range(0, 23, step))
