"""supervision: which pixels are told, and what is refused as abundances."""

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.stages.unmixing.supervision import SupervisedConfig, checked_truth, told_pixels


@pytest.fixture
def truth(rng):
    known = rng.dirichlet([1.0] * 3, (40, 48))
    known[:4] = 0  # not known
    known[5, 5] = np.nan
    return known


def test_zero_nan_and_fill_mean_not_known(truth):
    valid = np.ones((40, 48), dtype=bool)
    valid[9, 9] = False
    known = checked_truth(truth, valid)
    assert np.isfinite(known[..., 0]).sum() == 36 * 48 - 2
    np.testing.assert_allclose(np.nansum(known, axis=2)[np.isfinite(known[..., 0])], 1)


@pytest.mark.parametrize("fraction", [0.8, 0.05, 0.01, 1.0])
def test_as_many_are_told_as_were_asked_for(truth, rng, fraction):
    known = checked_truth(truth, np.ones((40, 48), dtype=bool))
    told = told_pixels(known, SupervisedConfig(fraction), rng)
    assert told.sum() == round(fraction * np.isfinite(known[..., 0]).sum())
    assert np.isfinite(known[told]).all()


def test_blocks_are_told_whole(truth, rng):
    known = checked_truth(truth, np.ones((40, 48), dtype=bool))
    told = told_pixels(known, SupervisedConfig(0.3, "blocks", 8), rng)
    there = np.isfinite(known[..., 0])
    for row in range(0, 40, 8):
        for col in range(0, 48, 8):
            part = told[row : row + 8, col : col + 8][there[row : row + 8, col : col + 8]]
            assert part.all() or not part.any()
    assert 0.25 < told.sum() / there.sum() < 0.36


@pytest.mark.parametrize(("change", "word"), [(1.05, "sum to 1.05"), (0.9, "sum to 0.9")])
def test_sums_that_are_not_one_are_refused(truth, change, word):
    with pytest.raises(InputError, match=word):
        checked_truth(change * truth, np.ones((40, 48), dtype=bool))


def test_negative_abundances_are_refused(truth):
    truth[20, 20] = [-0.2, 0.6, 0.6]
    with pytest.raises(InputError, match=r"the least is -0\.2"):
        checked_truth(truth, np.ones((40, 48), dtype=bool))
