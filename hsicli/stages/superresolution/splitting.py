"""What is learnt from, what models are chosen by, and what they are scored on: at random, or by blocks.

Neighbouring pixels are alike, so pixels drawn at random are scored on near copies of what was learnt from;
whole blocks are scored on ground that was not seen.
"""

from typing import NamedTuple

import numpy as np

from hsicli.errors import ConfigError

BLOCKS = 64
"""About so many in a scene, unless their side is given."""

TRAIN, VALIDATION, TEST = 0, 1, 2


class Split(NamedTuple):
    """Indices of pairs."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    roles: np.ndarray | None = None
    """(block rows, block cols) int: what each block is for, of a split by blocks."""
    side: int = 0
    """Pixels along a block."""


def random_split(n: int, shares: tuple[float, float, float], rng: np.random.Generator) -> Split:
    """Pairs at random, in these shares."""
    order, edges = rng.permutation(n), _edges(n, shares)
    train, validation, test = (np.sort(part) for part in np.split(order, edges))
    return Split(train, validation, test)


def block_split(
    places: np.ndarray, side: int | None, shares: tuple[float, float, float], rng: np.random.Generator
) -> Split:
    """Whole blocks of pixels, in these shares of the pairs as nearly as blocks allow.

    Parameters
    ----------
    places : (n, 2) int
        Row and column of each pair.
    side : int, optional
        Pixels along a block; about `BLOCKS` blocks unless given.
    shares : (3,) float
        Of training, validation and test; they sum to one.
    rng : Generator

    Raises
    ------
    ConfigError
        If there are too few blocks to have one of each.
    """
    rows, cols = places.max(axis=0) + 1
    side = side or max(1, int(np.sqrt(rows * cols / BLOCKS)))
    shape = (-(-int(rows) // side), -(-int(cols) // side))
    block = places[:, 0] // side * shape[1] + places[:, 1] // side
    counts = np.bincount(block, minlength=shape[0] * shape[1])
    roles = np.full(len(counts), TRAIN)
    filled, wanted = np.zeros(3), np.array(shares) * len(places)
    for number in rng.permutation(np.flatnonzero(counts)):
        roles[number] = int(np.argmax((wanted - filled) / np.maximum(wanted, 1)))
        filled[roles[number]] += counts[number]
    if not (filled > 0).all():
        raise ConfigError(
            f"blocks of {side} pixels: there are {np.count_nonzero(counts)}, too few for training, "
            "validation and test",
            hint='set split.side smaller, or split.by = ["random"]',
        )
    train, validation, test = (np.flatnonzero(roles[block] == role) for role in (TRAIN, VALIDATION, TEST))
    return Split(train, validation, test, roles.reshape(shape), side)


def _edges(n: int, shares: tuple[float, float, float]) -> list[int]:
    first = round(n * shares[0])
    return [first, first + round(n * shares[1])]
