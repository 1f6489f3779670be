import numpy as np
import pytest

from hsicli.algorithms.colours import distinct_colours, matched_colours, oklab


def test_a_class_keeps_its_colour_when_classes_are_added_behind_it():
    many = distinct_colours(60)
    for k in (0, 1, 7, 25):
        np.testing.assert_array_equal(distinct_colours(k), many[:k])
    assert many.dtype == np.uint8
    assert many.shape == (60, 3)


def test_sixty_colours_are_told_apart():
    places = oklab(distinct_colours(60))
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert distances[np.triu_indices(60, 1)].min() > 0.08  # a just noticeable difference is about 0.02
    assert distances[np.triu_indices(10, 1)].min() > 0.18


def test_numbers_beside_each_other_are_farther_apart_than_the_closest_pair():
    places = oklab(distinct_colours(60))
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).min() > 0.10


def test_no_colour_is_near_white_black_or_grey():
    places = oklab(distinct_colours(1000))
    assert places[:, 0].min() > 0.4
    assert places[:, 0].max() < 0.9
    assert np.hypot(places[:, 1], places[:, 2]).min() > 0.05


def test_oklab_of_white_black_and_red():
    # Ottosson's page gives white (1, 0, 0); red is (0.628, 0.225, 0.126) in CSS Color 4, "oklab(62.796% …)".
    found = oklab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]]))
    np.testing.assert_allclose(found, [[1, 0, 0], [0, 0, 0], [0.62796, 0.22486, 0.12585]], atol=1e-4)


def test_thousands_of_classes_have_a_colour_each_though_they_repeat():
    assert distinct_colours(3000).shape == (3000, 3)


def test_no_palette_of_minus_one():
    with pytest.raises(ValueError, match="-1 colours"):
        distinct_colours(-1)


def test_a_renumbered_map_gets_the_colours_of_the_first():
    labels = np.array([[1, 1, 2], [3, 3, 0]])
    renumbered = np.array([[3, 3, 1], [2, 2, 0]])
    colours = distinct_colours(3)
    found = matched_colours(labels, colours, renumbered, 3)
    np.testing.assert_array_equal(found, colours[[1, 2, 0]])


def test_a_class_without_a_partner_gets_a_colour_of_its_own():
    labels = np.array([1, 1, 2, 2])
    other = np.array([1, 1, 2, 3])
    colours = distinct_colours(2)
    found = matched_colours(labels, colours, other, 4)
    np.testing.assert_array_equal(found[0], colours[0])
    assert len(np.unique(np.concatenate([colours, found]), axis=0)) == 4


def test_matching_uses_the_largest_total_overlap_not_the_largest_single_one():
    labels = np.repeat([1, 2, 2], [6, 5, 1])
    other = np.repeat([1, 1, 2], [6, 5, 1])  # class 1 covers both; 2 overlaps only class 2
    colours = distinct_colours(2)
    np.testing.assert_array_equal(matched_colours(labels, colours, other, 2), colours)
