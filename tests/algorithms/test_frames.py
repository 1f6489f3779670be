"""Frames and light: the same whatever rows are asked for, and of the shape that is said."""

import numpy as np
import pytest

from hsicli.algorithms.frames import core_stick, illumination, swath
from hsicli.algorithms.synthesis import Sheet


def parts(step: int, rows: int = 300):
    return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]


@pytest.mark.parametrize("seed", range(4))
def test_a_swath_keeps_its_border_and_is_narrow_in_the_middle(seed: int) -> None:
    mask = swath(slice(0, 300), 300, (200, 30), seed)
    np.testing.assert_array_equal(
        np.concatenate([swath(part, 300, (200, 30), seed) for part in parts(7)]), mask
    )
    width = mask.sum(axis=1)
    assert mask[20:-20, 30:-30].all()
    assert width[150] < width[60]
    assert width[150] < width[240]
    assert mask[20:-20].sum() < mask[20:-20].size


def test_a_core_breaks_and_is_bright_along_its_axis() -> None:
    mask, light = core_stick(Sheet(slice(0, 300), 41), 1)
    blocks = [core_stick(Sheet(part, 41), 1)[0] for part in parts(11)]
    np.testing.assert_array_equal(np.concatenate(blocks), mask)
    assert light[0].argmax() == 20
    assert light[0, 20] == 1
    np.testing.assert_allclose(light[0], light[0, ::-1])
    broken = ~mask.all(axis=1)
    assert 0.5 < mask.mean() < 1
    assert 1 <= (np.diff(broken.astype(int)) == 1).sum() <= 12


def test_light_stays_in_its_range_and_is_one_where_nothing_is_asked() -> None:
    sheet = Sheet(slice(0, 300), 50)
    np.testing.assert_array_equal(illumination(sheet, 0.0, 0.0, 1), 1)
    light = illumination(sheet, 0.4, 0.2, 1)
    assert light.min() >= 0.5
    assert light.max() <= 1.6
    blocks = [illumination(Sheet(part, 50), 0.4, 0.2, 1) for part in parts(13)]
    np.testing.assert_array_equal(np.concatenate(blocks), light)
