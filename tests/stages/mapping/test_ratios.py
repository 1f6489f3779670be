"""Ratios: an absorption that the denominator made is told from one of the ground."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.stages.mapping.ratios import bulges, ratios_of
from tests.stages.mapping.conftest import AXIS, spectrum


def test_a_bulge_of_the_denominator_where_the_mineral_absorbs_is_told():
    exemplar = spectrum((2510, 60, 0.3))[None] / 0.3
    flat = spectrum()
    bulged = flat * (1 + 0.05 * np.exp(-0.5 * ((AXIS - 2510) / 30) ** 2))
    ground = spectrum((2510, 60, 0.05)) / 0.3
    ratios = np.stack([ground, flat / bulged]).astype(np.float32)
    doubtful = bulges(np.stack([flat, bulged]), ratios, exemplar.repeat(2, axis=0), AXIS)
    np.testing.assert_array_equal(doubtful, [False, True])


def test_the_ratio_is_to_bland_pixels_and_ratios_are_not_ratioed_again(scene):
    divide = ratios_of(scene)
    block = next(iter(scene.blocks()))
    divide(block)
    assert np.nanmedian(np.ptp(block.data[:4], axis=2)) < 0.1, "slope and brightness of the ground cancel"
    with pytest.raises(InputError, match="ratios already"):
        ratios_of(replace(scene, denominator=np.ones(len(AXIS))))
