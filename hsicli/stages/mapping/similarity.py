"""Similarity of pixels and exemplars, the best guess of each pixel, and one map of several scales."""

from typing import Literal, NamedTuple

import numpy as np

Rule = Literal["least-smoothed", "highest-score"]


class Guesses(NamedTuple):
    """The best guess of each pixel at one scale, or at the scale that won."""

    mineral: np.ndarray
    """(…) int32: from 0; −1 = none, as of a flat spectrum."""
    score: np.ndarray
    """(…) float32: of that mineral; NaN where there is none."""


def joined(scores: np.ndarray, mineral_of: np.ndarray, minerals: int) -> np.ndarray:
    """The score of each mineral: the highest of its exemplars.

    Parameters
    ----------
    scores : (n, m) float
        Of each exemplar.
    mineral_of : (m,) int
    minerals : int

    Returns
    -------
    (n, minerals) float32
    """
    out = np.full((len(scores), minerals), -np.inf, dtype=np.float32)
    for exemplar, mineral in enumerate(mineral_of):
        np.maximum(out[:, mineral], scores[:, exemplar], out=out[:, mineral])
    return out


def best_guesses(scores: np.ndarray) -> Guesses:
    """The mineral with the highest score; of equal ones the first. −1 for a spectrum without scores (NaN).

    Parameters
    ----------
    scores : (n, k) float
    """
    known = np.isfinite(scores).any(axis=1)
    mineral = np.where(known, np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1), -1).astype(np.int32)
    score = np.take_along_axis(scores, np.maximum(mineral, 0)[:, None], axis=1)[:, 0].astype(np.float32)
    return Guesses(mineral, np.where(known, score, np.float32(np.nan)))


def composite(levels: list[Guesses], least: np.ndarray, rule: Rule) -> tuple[Guesses, np.ndarray]:
    """One map of several, the least smoothed first.

    A scale takes part in a pixel if its score reaches `least` of its mineral. Where those that do agree on
    the mineral, the highest score is taken. Where they do not, the paper's rule takes the least smoothed
    scale, and the rule of the authors' code the highest score. Where none does, the highest score is
    kept, with its mineral, for who wants to look.

    Parameters
    ----------
    levels : list of Guesses
        Arrays of one shape.
    least : (k,) float
        Of each mineral.
    rule : {"least-smoothed", "highest-score"}

    Returns
    -------
    Guesses
    (…) int32
        Which level was taken, from 0; −1 where none has a mineral.

    References
    ----------
    Saranathan and Parente, Icarus 2021, §3.3.3.
    """
    mineral = np.stack([level.mineral for level in levels])
    score = np.stack([np.where(level.mineral >= 0, level.score, -np.inf) for level in levels])
    takes_part = (mineral >= 0) & (score >= least[np.maximum(mineral, 0)])
    first = takes_part.argmax(axis=0)  # the least smoothed that takes part
    at_first = np.take_along_axis(mineral, first[None], axis=0)
    agree = (~takes_part | (mineral == at_first)).all(axis=0)
    best = np.where(takes_part, score, -np.inf).argmax(axis=0)
    chosen = best if rule == "highest-score" else np.where(agree, best, first)
    chosen = np.where(takes_part.any(axis=0), chosen, score.argmax(axis=0))
    found = np.take_along_axis(mineral, chosen[None], axis=0)[0]
    value = np.take_along_axis(score, chosen[None], axis=0)[0]
    there = found >= 0
    return (
        Guesses(found, np.where(there, value, np.nan).astype(np.float32)),
        np.where(there, chosen, -1).astype(np.int32),
    )
