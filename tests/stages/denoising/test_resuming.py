"""What is kept of a long denoising is bounded, and is its beginning."""

import numpy as np
from numpy.testing import assert_array_equal

from hsicli.runtime import nowhere
from hsicli.stages.denoising import resuming
from hsicli.stages.denoising.resuming import Found, Solved


class Keeper:
    """A checkpoint that takes every offer."""

    def __init__(self, state=None):
        self.state = state

    def load(self):
        return self.state

    def offer(self, state):
        self.state = state()


def chunk(value: float) -> Found:
    coefficients = np.zeros((10, 50), dtype=np.float32)
    coefficients[:, :5] = value
    return Found(coefficients, np.full((2, 3), value, dtype=np.float32))


def never() -> Found:
    raise AssertionError("solved again")


def test_a_chunk_is_solved_once():
    keeper = Keeper()
    first = Solved(keeper, 50).recall("one", lambda: chunk(0.5))

    again = Solved(Keeper(keeper.state), 50).recall("one", never)

    assert_array_equal(again.coefficients, first.coefficients)
    assert_array_equal(again.air, first.air)


def test_no_more_is_kept_than_may_be_and_it_is_the_beginning(monkeypatch):
    each = 10 * 5 * 8 + 2 * 3 * 4
    monkeypatch.setattr(resuming, "KEPT_BYTES", 3 * each + each // 2)
    keeper = Keeper()
    solved = Solved(keeper, 50)
    for name in "abcd":
        solved.recall(name, lambda: chunk(1))
    small = Found(np.eye(1, 50, dtype=np.float32))
    solved.recall("small", lambda: small)  # it would fit, but is not of the beginning

    assert list(keeper.state["chunks"]) == ["a", "b", "c"]
    later = Solved(Keeper(keeper.state), 50)
    later.recall("d", lambda: chunk(1))
    assert list(keeper.state["chunks"]) == ["a", "b", "c"]


def test_what_is_not_saved_is_not_kept():
    solved = Solved(nowhere, 50)
    solved.recall("a", lambda: chunk(1))
    assert_array_equal(solved.recall("a", lambda: chunk(2)).coefficients, chunk(2).coefficients)
