"""Splits: every pair once, blocks whole."""

import numpy as np
import pytest

from hsicli.errors import ConfigError
from hsicli.stages.superresolution.splitting import block_split, random_split

SHARES = (0.6, 0.2, 0.2)


def everyone(split):
    return np.sort(np.concatenate([split.train, split.validation, split.test]))


def test_at_random_every_pair_has_one_part(rng):
    found = random_split(1001, SHARES, rng)
    np.testing.assert_array_equal(everyone(found), np.arange(1001))
    assert [len(part) for part in found[:3]] == [601, 200, 200]


def test_blocks_are_whole_and_shares_nearly_hold(rng):
    places = np.stack(np.divmod(np.arange(50 * 90), 90), axis=1)
    found = block_split(places, None, SHARES, rng)
    np.testing.assert_array_equal(everyone(found), np.arange(4500))
    assert found.side == 8
    for number, part in enumerate(found[:3]):
        row, col = places[part].T
        assert (found.roles[row // 8, col // 8] == number).all()
        assert len(part) / 4500 == pytest.approx(SHARES[number], abs=0.02)


def test_too_few_blocks_are_refused(rng):
    places = np.stack(np.divmod(np.arange(100), 10), axis=1)
    with pytest.raises(ConfigError, match="too few"):
        block_split(places, 10, SHARES, rng)
