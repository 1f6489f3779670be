"""Abundances that are known: checked, and split into those to learn from and those to be scored on."""

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hsicli.errors import InputError

log = logging.getLogger(__name__)

Inference = Literal["encoder", "least-squares"]
"""How a network's abundances are found: the mean of its posterior, or least squares on its endmembers."""

ROUNDING = 0.02
"""So far from one may the abundances of a pixel sum."""


@dataclass(frozen=True)
class SupervisedConfig:
    """Which of the known abundances the network is told."""

    fraction: float = 0.8  # of the pixels that have them
    split: Literal["random", "blocks"] = "random"  # pixels drawn one by one, or whole squares
    side: int = 8  # pixels along such a square
    inference: Literal["auto", "encoder", "least-squares"] = "auto"  # auto: by the told pixels kept back

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"supervised.fraction must be above 0 and at most 1, it is {self.fraction}")
        if self.side < 1:
            raise ValueError(f"supervised.side must be 1 or more, it is {self.side}")


def checked_truth(truth: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(rows, cols, p) float64: the abundances, NaN where they are not known or the pixel is fill.

    All zeros or NaN means not known.

    Parameters
    ----------
    truth : (rows, cols, p) float
    valid : (rows, cols) bool

    Raises
    ------
    InputError
        If the shape is another, some are negative, or they do not sum to one.
    """
    if truth.shape[:2] != valid.shape:
        raise InputError(
            f"the abundances have {truth.shape[0]}×{truth.shape[1]} pixels (rows×cols), the cube "
            f"{valid.shape[0]}×{valid.shape[1]}",
            hint="crop or project them to the same grid first",
        )
    known = np.array(truth, dtype=np.float64)
    known[~valid | ~np.isfinite(known).all(axis=2) | ~known.any(axis=2)] = np.nan
    there = np.isfinite(known[..., 0])
    if not there.any():
        raise InputError("no valid pixel has abundances", hint="check that it is the right file")
    sums, least = known[there].sum(axis=1), float(known[there].min())
    worst = float(sums[np.abs(sums - 1).argmax()])
    if abs(worst - 1) > ROUNDING or least < -ROUNDING:
        raise InputError(
            f"the abundances of a pixel sum to {worst:.3g} and the least is {least:.3g}: expected none "
            "negative, and a sum of one",
            hint="divide them by their sum, or give another file with --truth",
        )
    known[there] = np.maximum(known[there], 0) / np.maximum(known[there], 0).sum(axis=1, keepdims=True)
    return known


def told_pixels(known: np.ndarray, config: SupervisedConfig, rng: np.random.Generator) -> np.ndarray:
    """(rows, cols) bool: the pixels whose abundances are given to the fit.

    Parameters
    ----------
    known : (rows, cols, p) float
        NaN where they are not known.
    config : SupervisedConfig
    rng : Generator
    """
    there = np.isfinite(known[..., 0])
    rows, cols = there.shape
    wanted = max(1, round(config.fraction * int(there.sum())))
    if config.split == "random":
        order = rng.permutation(rows * cols).reshape(rows, cols)
    else:
        down, across = (np.arange(size) // config.side for size in (rows, cols))
        squares = down[:, None] * (across[-1] + 1) + across
        order = rng.permutation(int(squares.max()) + 1)[squares]
    ranks = np.sort(order[there])
    told: np.ndarray = there & (order <= ranks[wanted - 1])
    log.info(
        "%d of the %d known pixels are learnt from (%s); score on the others",
        int(told.sum()), int(there.sum()), config.split,
    )  # fmt: skip
    return told
