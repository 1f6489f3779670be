"""Browse products: what is black, what is full, and where there is no data."""

import numpy as np
import pytest

from hsicli.algorithms.composites import (
    BROWSE,
    IGNORED,
    STRETCHES,
    blended,
    browse_limits,
    percentile_limits,
    stretched,
)
from hsicli.algorithms.parameter_table import PARAMETERS


def test_every_browse_product_is_of_known_parameters():
    assert len(BROWSE) == 18
    assert {name for browse in BROWSE.values() for name in browse.parameters} | set(STRETCHES) <= set(
        PARAMETERS
    )


def test_bytes_run_from_0_to_254_and_fill_is_255():
    values = np.array([-1.0, 0.0, 0.5, 1.0, 7.0, np.nan, np.inf], dtype=np.float32)
    assert stretched(values, 0, 1).tolist() == [0, 0, 127, 254, 254, 255, 255]


def test_a_scene_without_contrast_or_values_is_black_not_an_error():
    assert stretched(np.full(3, 0.2), 0.2, 0.2).tolist() == [0, 0, 0]
    assert np.isnan(browse_limits("R770", np.full(3, np.nan))).all()
    assert np.isnan(browse_limits("D2300", np.full(3, np.nan))).all()
    assert stretched(np.full(2, np.nan), np.nan, np.nan).tolist() == [255, 255]


def test_a_scene_without_the_mineral_stays_dark_and_one_with_it_is_not_clipped():
    noise = np.linspace(-0.005, 0.005, 1001)
    low, high = browse_limits("D2300", noise)
    assert (low, high) == (0, 0.03406)
    assert stretched(noise, low, high).max() < 40
    assert browse_limits("D2300", 40 * noise) == pytest.approx((0, 0.2), rel=3e-3)


def test_reflectances_go_from_percentile_to_percentile():
    values = np.append(np.linspace(0, 1, 1001), np.nan)
    assert browse_limits("R770", values) == pytest.approx((0.001, 0.999))
    assert percentile_limits(values, 2, 98) == pytest.approx((0.02, 0.98))


def test_a_pixel_that_lacks_a_colour_lacks_all():
    red, green = np.array([[1, IGNORED]], np.uint8), np.array([[2, 3]], np.uint8)
    assert blended(red, green, red).tolist() == [[[1, 255]], [[2, 255]], [[1, 255]]]
