"""Places of one cube in another, and what it costs to be wrong about them."""

import numpy as np
import pytest
import torch

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.runtime import quiet
from hsicli.stages.superresolution.alignment import fitted, low_pixels, shifted, unmoved
from hsicli.stages.superresolution.density import mean
from hsicli.stages.superresolution.methods import fit_model, predict
from hsicli.stages.superresolution.pairs import PairsConfig, pairs_of_cubes
from hsicli.stages.superresolution.settings import ModelConfig


def test_unmoved_pixels_are_their_own_partners():
    found = low_pixels(unmoved(), slice(1, 3), 4, (3, 4))
    np.testing.assert_array_equal(found, np.arange(4, 12).reshape(2, 4))


def test_a_shift_moves_down_and_right_and_leaves_the_rest_outside():
    found = low_pixels(shifted(1, 2), slice(0, 3), 4, (3, 4))
    np.testing.assert_array_equal(found, [[6, 7, -1, -1], [10, 11, -1, -1], [-1, -1, -1, -1]])


def test_control_points_of_a_coarser_grid_turn_it_back(rng):
    """High pixels a third as large, turned by 10°: every low place comes back."""
    angle = np.radians(10)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / 3
    high = rng.uniform(0, 90, (6, 2))
    low = high @ turn.T + [4, -2]
    np.testing.assert_allclose(fitted(np.c_[low, high]).matrix, np.c_[[4, -2], turn], atol=1e-10)


@pytest.mark.parametrize("high", [[[0, 0], [9, 9]], [[0, 0], [1, 1], [2, 2], [5, 5]]])
def test_points_that_fix_nothing_are_refused(high):
    with pytest.raises(InputError, match="do not fix"):
        fitted(np.c_[high, high])


def scene(rng, rows=40, cols=44, bands=16):
    """Two materials mixed in patches of a few pixels."""
    x = np.linspace(0, 1, bands)
    ends = 0.5 - 0.3 * np.stack([np.exp(-(((x - at) / 0.12) ** 2)) for at in (0.3, 0.65)])
    noise = rng.standard_normal((rows, cols))
    around = [np.roll(np.roll(noise, r, 0), c, 1) for r in (-1, 0, 1) for c in (-1, 0, 1)]
    share = 1 / (1 + np.exp(-2 * sum(around) / 3))[..., None]
    return (share * ends[0] + (1 - share) * ends[1]).astype(np.float32)


def test_one_pixel_of_misregistration_costs_more_than_all_else(rng):
    """The error of what is learnt rises severalfold, and a shift that is told brings it back."""
    data = scene(rng)
    axis = np.linspace(2000, 2450, 16)
    high = Cube(data + 0.003 * rng.standard_normal(data.shape).astype(np.float32), wavelengths=axis)
    coarse = data.reshape(*data.shape[:2], 4, 4).mean(axis=3)
    low = Cube(np.roll(coarse, (0, 1), (0, 1)), wavelengths=axis.reshape(4, 4).mean(axis=1))

    def error(alignment):
        pairs = pairs_of_cubes(low, high, alignment, PairsConfig(), seed=0, track=quiet)
        half = len(pairs.low) // 2
        first, second = slice(0, half), slice(half, None)
        model = fit_model(
            pairs.low[first], pairs.high[first], pairs.low[second], pairs.high[second],
            ModelConfig(method="ridge"), seed=0, device=torch.device("cpu"),
        )  # fmt: skip
        left = pairs.high[second] - mean(predict(model, pairs.low[second]))
        return float(np.sqrt(np.square(left).mean()))

    wrong, right = error(unmoved()), error(shifted(0, 1))
    assert right < 0.004
    assert wrong > 5 * right
