"""A place on the ground leads to its pixel: by the grid, or by the geometry beside the image."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.cube import Cube, Grid
from hsicli.errors import InputError
from hsicli.io.location import pixel_at
from hsicli.io.places import describe_grid
from hsicli.io.projection import equirectangular_wkt
from hsicli.io.reading import open_cube


def on_mars(longitude: float = 75.0) -> Cube:
    """100 × 80 pixels of 18 m on a sphere of Mars, whose upper left corner lies at 20° N."""
    radius = 3396190.0
    west, north = np.radians([longitude, 20.0]) * radius
    grid = Grid((18.0, 0.0, west, 0.0, -18.0, north), equirectangular_wkt("Mars", radius, 0.0, 0.0))
    return Cube(np.ones((100, 80, 1), np.float32), grid=grid)


def at(cube: Cube, row: float, col: float) -> tuple[float, float]:
    """Latitude and longitude of a place in the image, by hand."""
    assert cube.grid is not None
    a, _, c, _, e, f = cube.grid.transform
    return np.degrees((f + e * row) / 3396190.0), np.degrees((c + a * col) / 3396190.0)


@pytest.mark.parametrize(("row", "col"), [(0, 0), (99, 79), (40, 12)])
def test_the_grid_leads_to_the_pixel_in_which_the_place_falls(row: int, col: int) -> None:
    cube = on_mars()
    for inside in (0.1, 0.9):
        assert pixel_at(cube, Path("x.img"), *at(cube, row + inside, col + inside)) == (row, col)


def test_longitudes_may_be_given_either_way() -> None:
    for start in (-60.0, 75.0, 330.0):
        cube = on_mars(start)
        latitude, longitude = at(cube, 10.5, 20.5)
        for turn in (-360, 0, 360):
            assert pixel_at(cube, Path("x.img"), latitude, longitude + turn) == (10, 20)


def test_a_place_outside_is_refused() -> None:
    cube = on_mars()
    with pytest.raises(InputError, match="is outside of the image"):
        pixel_at(cube, Path("x.img"), *at(cube, 100.5, 10.5))
    with pytest.raises(InputError, match="a latitude of 140 is none"):
        pixel_at(cube, Path("x.img"), 140, 20)


def test_a_cube_that_lies_nowhere_is_refused() -> None:
    with pytest.raises(InputError, match="says nothing of where its pixels lie"):
        pixel_at(Cube(np.ones((2, 2, 1), np.float32)), Path("x.img"), 1, 2)


def test_an_image_in_sensor_space_is_looked_up_in_its_latitudes_and_longitudes() -> None:
    rows, cols = np.indices((6, 5))
    latlon = np.stack([57.0 + 0.01 * rows + 0.002 * cols, -9.7 + 0.02 * cols - 0.003 * rows], axis=2)
    latlon[0, 0] = np.nan
    cube = Cube(np.ones((6, 5, 2), np.float32), latlon=latlon.astype(np.float32))
    image = Path("x.img")
    assert pixel_at(cube, image, 57.0342, 350.3301) == (3, 2)  # −9.669 + 360 = 350.331
    with pytest.raises(InputError, match="is outside of the image"):
        pixel_at(cube, image, 58, 350.33)


@pytest.mark.real
def test_corners_of_a_real_map_lead_to_its_corner_pixels(data_dir: Path) -> None:
    path = data_dir / "crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif"
    cube = open_cube(path)
    rows, cols, _ = cube.shape
    assert cube.grid is not None
    (west, north), _, (east, south), _ = describe_grid(cube.grid, rows, cols)["corners_lonlat"]
    inwards = 1e-6
    assert pixel_at(cube, path, north - inwards, west + inwards) == (0, 0)
    assert pixel_at(cube, path, south + inwards, east - inwards) == (rows - 1, cols - 1)
