"""Cubes on a grid: every cell has a whole spectrum of one pixel, or none."""

import numpy as np
import pytest

from hsicli.cube import Cube, Grid
from hsicli.stages import projection
from hsicli.stages.projection import project_cube

GRID = Grid((2.0, 0.0, 10.0, 0.0, -2.0, 50.0))


def made(cube: Cube) -> tuple[np.ndarray, Cube]:
    data = np.full(cube.data.shape, -1.0, dtype=np.float32)
    for rows, block in cube.data.blocks():
        data[rows] = block
    return data, cube


def cube_of(rows: int = 5, cols: int = 4) -> Cube:
    data = np.arange(rows * cols * 3, dtype=np.float32).reshape(rows, cols, 3) + 1
    data[1, 2] = 65535
    return Cube(
        data,
        wavelengths=np.array([1200.0, 1000.0, 1100.0]),
        good_bands=np.array([True, True, False]),
        columns=np.broadcast_to(np.arange(cols, dtype=np.int32), (rows, cols)),
    )


def test_a_cell_has_the_spectrum_of_its_pixel_bands_by_wavelength() -> None:
    data, projected = made(project_cube(cube_of(), np.array([[0, 19, -1], [6, 4, 4]]), GRID))

    np.testing.assert_array_equal(data[0, 0], [2, 1])
    np.testing.assert_array_equal(data[0, 1], [59, 58])
    np.testing.assert_array_equal(data[1, 1], data[1, 2])
    assert np.isnan(data[0, 2]).all()  # no pixel
    assert np.isnan(data[1, 0]).all()  # fill
    np.testing.assert_array_equal(projected.valid, [[True, True, False], [False, True, True]])
    np.testing.assert_array_equal(projected.columns, [[0, 3, -1], [2, 0, 0]])
    np.testing.assert_array_equal(projected.wavelengths, [1000, 1200])
    assert projected.grid == GRID


@pytest.mark.parametrize("size", [1, 64, 10**6])
def test_block_size_does_not_matter(monkeypatch, rng, size) -> None:
    cube = cube_of(40, 30)
    index = rng.integers(-1, 1200, (50, 7))
    whole, _ = made(project_cube(cube, index, GRID))
    monkeypatch.setattr(projection, "BLOCK_BYTES", size)
    monkeypatch.setattr("hsicli.cube.BLOCK_BYTES", size)
    np.testing.assert_array_equal(made(project_cube(cube, index, GRID))[0], whole)


def test_an_index_beyond_the_cube_is_refused() -> None:
    with pytest.raises(ValueError, match="20 pixels"):
        project_cube(cube_of(), np.array([[20]]), GRID)


def test_a_pixel_that_lacks_a_band_keeps_the_others_and_one_that_is_masked_keeps_none() -> None:
    cube = cube_of()
    cube.data[0, 0, 0] = np.nan
    keep = np.ones((5, 4), dtype=bool)
    keep[0, 1] = False
    data, projected = made(project_cube(cube.with_valid(keep), np.array([[0, 1, 2]]), GRID))
    np.testing.assert_array_equal(data[0], [[2, np.nan], [np.nan, np.nan], [8, 7]])
    np.testing.assert_array_equal(projected.valid, [[False, False, True]])
