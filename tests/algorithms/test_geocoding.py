"""From a place to the pixel that saw it."""

import numpy as np
import pytest

from hsicli.algorithms.geocoding import ground_of, pixels_at

STEP = 0.01


def lattice(rows: int, cols: int, latitude: float = 0.0, longitude: float = 0.0, turn: float = 0.0):
    """Square pixels of STEP degrees around a place, turned about their first one."""
    row, col = np.meshgrid(np.arange(rows, dtype=float), np.arange(cols, dtype=float), indexing="ij")
    north = -(np.cos(turn) * row + np.sin(turn) * col) * STEP
    east = (np.cos(turn) * col - np.sin(turn) * row) * STEP
    return latitude + north, longitude + east / np.cos(np.radians(latitude))


def test_a_place_belongs_to_the_pixel_around_it_and_to_none_beyond_the_edge():
    ground = ground_of(*lattice(3, 4))
    places = {
        (0.0, 0.0): 0,
        (-0.0149, 0.0151): 6,  # nearer to row 1 than to row 2, to column 2 than to column 1
        (-0.02, 0.03): 11,
        (0.0049, 0.0): 0,  # inside of the first pixel
        (0.0072, 0.0): -1,  # farther than half its diagonal
        (5.0, 5.0): -1,
    }
    latitude, longitude = np.array(list(places)).T
    np.testing.assert_array_equal(pixels_at(ground, latitude, longitude), list(places.values()))


def test_the_usual_distance_of_neighbours_is_known():
    along, across = ground_of(*(plane[:, ::2] for plane in lattice(6, 12))).steps
    assert along == pytest.approx(np.radians(2 * STEP), rel=1e-6)
    assert across == pytest.approx(np.radians(STEP), rel=1e-6)


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.2, 2.5])
@pytest.mark.parametrize("longitude", [77.0, 179.95])
def test_every_place_within_a_turned_image_finds_a_pixel_within_half_its_diagonal(rng, turn, longitude):
    latitude, east = lattice(30, 20, 40.0, longitude, turn)
    ground = ground_of(latitude, np.where(east > 180, east - 360, east))
    row, col = rng.uniform(0, 29, 4000), rng.uniform(0, 19, 4000)
    north = 40.0 - (np.cos(turn) * row + np.sin(turn) * col) * STEP
    there = longitude + (np.cos(turn) * col - np.sin(turn) * row) * STEP / np.cos(np.radians(40.0))
    found = pixels_at(ground, north, there)
    assert (found >= 0).all()
    # The sheet is flat to a part in a thousand here, so nearest on the sheet is nearest on the ground.
    off = np.hypot(found // 20 - row, found % 20 - col)
    assert off.max() < 0.5 * np.sqrt(2) * 1.01


def test_the_pole_is_a_place_like_any_other():
    angle = np.radians(np.arange(0, 360, 30.0))
    latitude = np.stack([np.full(12, 90 - STEP), np.full(12, 90 - 2 * STEP)])
    ground = ground_of(latitude, np.degrees(np.stack([angle, angle])))
    assert pixels_at(ground, np.array([90 - STEP]), np.array([59.0]))[0] == 2
    assert pixels_at(ground, np.array([90 - 0.6 * STEP]), np.array([-31.0]))[0] == 11
    assert pixels_at(ground, np.array([90.0]), np.array([12.0]))[0] == -1  # the ring has a hole in its middle


def test_pixels_without_a_place_are_found_by_none_and_places_that_are_not_find_none():
    latitude, longitude = lattice(5, 5)
    latitude[2, 2] = np.nan
    ground = ground_of(latitude, longitude)
    assert 12 not in ground.pixels
    found = pixels_at(ground, np.array([[-0.02, np.nan]]), np.array([[0.02, 0.0]]))
    assert found.tolist() == [[-1, -1]]  # as far from every neighbour as a pixel is wide


def test_a_line_that_lies_between_two_others_makes_no_hole():
    latitude, longitude = lattice(6, 30)
    latitude[:] = (
        -np.array([2.9, 0, 1, 2, 4, 5])[:, None] * STEP
    )  # the first line falls between the fourth and fifth
    ground = ground_of(latitude, longitude)
    north, east = np.meshgrid(np.linspace(-5, 0, 101) * STEP, np.linspace(0, 29, 117) * STEP, indexing="ij")
    assert (pixels_at(ground, north, east) >= 0).all()


def test_one_row_of_pixels_has_places_too():
    ground = ground_of(*lattice(1, 6))
    assert pixels_at(ground, np.array([0.001]), np.array([0.031])).tolist() == [3]


def test_planes_that_make_no_image_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        ground_of(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="no two neighbouring"):
        ground_of(np.full((3, 3), np.nan), np.zeros((3, 3)))
