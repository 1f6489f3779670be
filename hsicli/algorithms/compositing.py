"""Maps over maps: which of several class maps a cell is taken from, and which classes are the same."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hsicli.algorithms.colours import distinct_colours

GUESS, IDENTIFIED = 1, 2
"""How sure a map is of a class; 0 = it has none there."""


class Composite(NamedTuple):
    """One map of several."""

    labels: np.ndarray
    """(…) int32; 0 = no map has a class here."""
    source: np.ndarray
    """(…) int32: the map it was taken from, from 1; 0 = none."""
    confidence: np.ndarray
    """(…) uint8: 2 = identified, 1 = guess, 0 = none."""
    score: np.ndarray
    """(…) float32: of the class that was taken; NaN where there is none."""
    labeled: np.ndarray
    """(…) int32: how many maps have a class here."""
    agreeing: np.ndarray
    """(…) int32: how many of them have the class that was taken."""


class Legend(NamedTuple):
    """The classes of several maps, the same name once."""

    names: tuple[str, ...]
    colours: np.ndarray
    """(classes, 3) uint8"""
    tables: tuple[np.ndarray, ...]
    """For each map (its classes + 1,) int32: from its own class to that of the legend; 0 stays 0."""


def composite(
    labels: np.ndarray, confidence: np.ndarray | None = None, scores: np.ndarray | None = None
) -> Composite:
    """Take each cell from the map that is surest of it.

    An identification goes before a guess and a guess before nothing, then the higher score, then the map
    that comes first. A score of NaN is lower than any other.

    Parameters
    ----------
    labels : (n, …) int
        The maps, the preferred one first (finer pixels, then the order of the list); 0 = no class.
    confidence : (n, …) uint8, optional
        2 = identified, 1 = guess; what a map does not say is identified. Ignored where the class is 0.
    scores : (n, …) float, optional
        Comparable between the maps; higher is surer.

    Returns
    -------
    Composite

    Raises
    ------
    ValueError
        If the arrays differ in shape.
    """
    for other in (confidence, scores):
        if other is not None and other.shape != labels.shape:
            raise ValueError(f"labels of shape {labels.shape} with scores or confidence of {other.shape}")
    shape = labels.shape[1:]
    best = np.zeros(shape, dtype=np.int32)
    source, sure = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.uint8)
    score = np.full(shape, -np.inf, dtype=np.float32)
    for number, own in enumerate(labels, start=1):
        tier = np.where(own > 0, IDENTIFIED if confidence is None else confidence[number - 1], 0)
        tier = np.where((own > 0) & (tier == 0), GUESS, tier)  # a class that is drawn is a guess at least
        value = np.full((), -np.inf, dtype=np.float32)
        if scores is not None:  # as exact as what it is compared with
            value = np.nan_to_num(np.asarray(scores[number - 1], dtype=np.float32), nan=-np.inf)
        better = (tier > sure) | ((tier == sure) & (own > 0) & (value > score))
        best = np.where(better, own, best)
        source = np.where(better, number, source)
        score = np.where(better, value, score).astype(np.float32)
        sure = np.where(better, tier, sure).astype(np.uint8)
    labeled = (labels > 0).sum(axis=0, dtype=np.int32)
    agreeing = ((labels == best) & (labels > 0)).sum(axis=0, dtype=np.int32)
    score[np.isneginf(score)] = np.nan
    return Composite(best.astype(np.int32), source.astype(np.int32), sure, score, labeled, agreeing)


def merge_legends(names: Sequence[Sequence[str]], colours: Sequence[np.ndarray | None]) -> Legend:
    """One legend for several maps: classes of the same name are the same class.

    Capitals and blanks do not tell names apart. A class keeps the spelling and the colour of the first map
    that has it; a colour that another class already has gives way to one that stands out from the others.

    Parameters
    ----------
    names : sequence of sequences of str
        For each map the names of its classes 1…k.
    colours : sequence of (k, 3) uint8 or None
        For each map the colours of its classes, if it has them.

    Returns
    -------
    Legend

    Raises
    ------
    ValueError
        If a map has other numbers of names and colours.
    """
    numbers: dict[str, int] = {}
    spelling: list[str] = []
    wanted: list[tuple[int, int, int] | None] = []
    tables = []
    for own, palette in zip(names, colours, strict=True):
        if palette is not None and len(palette) != len(own):
            raise ValueError(f"{len(own)} names and {len(palette)} colours of one map")
        table = np.zeros(len(own) + 1, dtype=np.int32)
        for place, name in enumerate(own):
            key = " ".join(name.casefold().split())
            if key not in numbers:
                numbers[key] = len(numbers) + 1
                spelling.append(name)
                wanted.append(None if palette is None else _rgb(palette[place]))
            table[place + 1] = numbers[key]
        tables.append(table)
    return Legend(tuple(spelling), _told_apart(wanted), tuple(tables))


def _rgb(colour: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in colour)
    return red, green, blue


def _told_apart(wanted: list[tuple[int, int, int] | None]) -> np.ndarray:
    """(classes, 3) uint8: the colours as wanted, where no class before wanted the same."""
    chosen: list[tuple[int, int, int] | None] = []
    for colour in wanted:
        chosen.append(None if colour in chosen else colour)
    spare = (_rgb(colour) for colour in distinct_colours(2 * len(wanted)))
    free = (colour for colour in spare if colour not in chosen)
    return np.array([colour or next(free) for colour in chosen], dtype=np.uint8).reshape(-1, 3)
