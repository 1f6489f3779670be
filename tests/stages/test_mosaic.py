"""One map of many: what is preferred, and what a tile becomes."""

import logging

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.stages.mosaic import common_legend, compose, pixel_finder, preferred, source_colours


def test_finer_pixels_go_first_then_the_order_of_the_list():
    assert preferred([36.0, 18.0, 18.01, 17.99, 36.0]) == [1, 2, 3, 0, 4]


def test_a_tile_has_the_classes_of_the_legend_and_the_numbers_of_all_maps():
    labels = np.array([[[1, 1, 0, 2]], [[2, 2, 2, 0]]])
    nan = np.full((2, 1, 4), np.nan, dtype=np.float32)
    two = np.full((2, 1, 4), 2, dtype=np.uint8)
    tables = [np.array([0]), np.array([0, 4, 5]), np.array([0]), np.array([0, 9, 4])]
    tile = compose(labels, nan, two, maps=[1, 3], order=[3, 2, 1, 0], tables=tables)
    assert tile["class"].tolist() == [[4, 4, 4, 5]]
    assert tile["source"].tolist() == [[4, 4, 4, 2]]
    assert tile["labeled"].tolist() == [[2, 2, 1, 1]]
    assert tile["agreeing"].tolist() == [[2, 2, 1, 1]]
    assert tile["confidence"].tolist() == [[2, 2, 2, 2]]

    scores = np.array([[[0.9, 0.1, 0.5, 0.5]], [[0.5, 0.5, 0.5, 0.5]]], dtype=np.float32)
    tile = compose(labels, scores, two, maps=[1, 3], order=[3, 2, 1, 0], tables=tables)
    assert tile["source"].tolist() == [[2, 4, 4, 2]]
    np.testing.assert_array_equal(tile["score"], np.float32([[0.9, 0.5, 0.5, 0.5]]))


def test_classes_that_are_only_numbered_are_doubted(caplog):
    with caplog.at_level(logging.WARNING):
        common_legend([("class 1", "class 2"), ("class 1",)], [None, None])
    assert "numbered, not named" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        common_legend([("class 1",)], [None])
        common_legend([("olivine",), ("olivine",)], [None, None])
    assert not caplog.text


def test_maps_without_any_class_are_refused():
    with pytest.raises(InputError, match="no map has a class"):
        common_legend([(), ()], [None, None])


def test_sources_have_colours_of_their_own():
    assert len({tuple(colour) for colour in source_colours(40).tolist()}) == 40


def test_a_finder_knows_how_far_apart_pixels_are():
    latitude, longitude = np.mgrid[0:4, 0:5] * 0.01
    find, (along, across) = pixel_finder(-latitude, longitude)
    assert find(np.array([-0.02]), np.array([0.03])).tolist() == [13]
    assert along == pytest.approx(across, rel=1e-6)
