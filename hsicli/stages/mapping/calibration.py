"""What scores mean: how often neutral spectra of the image reach them, and how often planted minerals do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hsicli.errors import ConfigError, InputError
from hsicli.runtime import Track
from hsicli.stages.mapping.preparing import Preparing
from hsicli.stages.mapping.references import Exemplars
from hsicli.stages.mapping.walking import averaged, layers, windows

log = logging.getLogger(__name__)

SAMPLED = 20_000
"""Pixels that neutral ones are looked for among."""

FEWEST = 50
"""Fewer neutral pixels than this say nothing of their like."""

PART = 4096
"""Spectra that are scored together."""

GUESSES = 10.0
"""A guess may be a false alarm so many times as often as an identification."""

TESTED = (0.707, 0.85, 0.95)
"""The published thresholds."""


@dataclass(frozen=True)
class CalibrationConfig:
    """Neutral spectra, and how thresholds follow from them."""

    false_alarms: float | None = (
        None  # share of neutral spectra that may be identified, a mineral; None: fixed thresholds
    )
    spectra: int = 100_000  # neutral spectra that are made; none are without false_alarms
    neutral: float = 0.1  # share of the pixels, the least absorbing, that are taken for neutral
    planted_depth: float = 0.05  # of the deepest absorption of a planted mineral

    def __post_init__(self) -> None:
        if self.false_alarms is not None and not 0 < self.false_alarms < 0.5:
            raise ConfigError(
                f"false_alarms: a share between 0 and 0.5, not {self.false_alarms:g}", hint="give 1e-4"
            )
        if self.false_alarms is not None and self.spectra * self.false_alarms < 1:
            raise ConfigError(
                f"calibration.spectra: {self.spectra} spectra cannot show a share of {self.false_alarms:g}",
                hint=f"set calibration.spectra={int(10 / self.false_alarms)}",
            )
        if not 0 < self.neutral <= 1 or not 0 < self.planted_depth < 1 or self.spectra < 1:
            raise ConfigError(
                "calibration: neutral and planted_depth lie between 0 and 1, spectra is positive",
                hint="see configs/gan-map.toml",
            )


class Calibration(NamedTuple):
    """Scores of neutral spectra, and what follows from them."""

    thresholds: np.ndarray
    """(k, 2): of a guess, of an identification."""
    tested: np.ndarray
    """(t,)"""
    false_alarms: np.ndarray
    """(k, t): share of neutral spectra whose score of the mineral is as high."""
    detections: np.ndarray
    """(k, t): share of neutral spectra with the mineral planted that are guessed so, as surely."""
    chosen_alarms: np.ndarray
    """(k, 2): at the thresholds."""
    chosen_detections: np.ndarray
    """(k, 2)"""


ScoreSpectra = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From reflectance and scaled spectra, (n, bands) float32 both, to (n, k) scores of minerals."""


class Neutral(NamedTuple):
    """Spectra of the least absorbing pixels."""

    removed: list[np.ndarray]
    """(n, bands) float32 at each scale, their continuum removed."""
    hull: np.ndarray
    """(bands,) float32: the mean of their continua."""


def neutral_spectra(
    preparing: Preparing,
    scales: tuple[int, ...],
    config: CalibrationConfig,
    rng: np.random.Generator,
    track: Track,
) -> Neutral:
    """Spectra of the least absorbing pixels of a cube at each scale.

    Parameters
    ----------
    preparing : Preparing
    scales : tuple of int
        Widths of boxes.
    config : CalibrationConfig
    rng : Generator
    track : Track

    Raises
    ------
    InputError
        If there are too few.
    """
    rows, cols, _ = preparing.cube.shape
    wanted = rng.random((rows, cols)) < SAMPLED / max(1, rows * cols)
    found: list[list[np.ndarray]] = [[] for _ in scales]
    bright: list[np.ndarray] = []
    reach = max(scales) // 2
    for window in track(windows(layers(preparing), reach, rows), "neutral spectra"):
        chosen = wanted[window.rows]
        for at, size in enumerate(scales):
            removed, reflectance, places = averaged(window, size)
            found[at].append(removed[chosen[places]])
        bright.append(reflectance[chosen[places]])  # of the last scale
    spectra = [np.concatenate(parts) for parts in found]
    absorbs = (1 - preparing.smoothed(spectra[-1])).mean(axis=1)  # of the most averaged, as noise absorbs too
    count = int(config.neutral * len(absorbs))
    if count < FEWEST:
        raise InputError(
            f"{count} neutral pixels are too few to count false alarms among",
            hint="leave --false-alarms out, or set calibration.neutral higher",
        )
    least = np.sort(np.argsort(absorbs, kind="stable")[:count])
    hull = np.concatenate(bright)[least].mean(axis=0) / spectra[-1][least].mean(axis=0)
    return Neutral([each[least] for each in spectra], hull)


def more_like(neutral: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, bands) float32: neutral spectra made of two real ones each.

    1 + cos θ (x − 1) + sin θ (y − 1), θ uniform in 0…π/2: noise keeps its strength and its colour.
    """
    first, second = neutral[rng.integers(len(neutral), size=(2, count))]
    angle = (np.pi / 2 * rng.random(count)).astype(np.float32)[:, None]
    return 1 + np.cos(angle) * (first - 1) + np.sin(angle) * (second - 1)


def planted(neutral: np.ndarray, exemplar: np.ndarray, depth: float) -> np.ndarray:
    """(n, bands) float32: neutral spectra with an exemplar's absorptions, the deepest of such a depth."""
    bands = 1 - np.minimum(exemplar, 1)
    return (neutral * (1 - depth * bands / bands.max())).astype(np.float32)


def calibrate(
    preparing: Preparing,
    exemplars: Exemplars,
    score: ScoreSpectra,
    thresholds: np.ndarray,
    *,
    scales: tuple[int, ...],
    floor: float,
    config: CalibrationConfig,
    rng: np.random.Generator,
    track: Track,
) -> Calibration:
    """Count false alarms and detections, and choose thresholds where they are asked for.

    Parameters
    ----------
    preparing : Preparing
    exemplars : Exemplars
    score : ScoreSpectra
        Of minerals.
    thresholds : (k, 2) float
        Kept unless `config.false_alarms` chooses others.
    scales : tuple of int
    floor : float
        No threshold is chosen below: what resembles no exemplar at all may still be no neutral spectrum.
    config : CalibrationConfig
    rng : Generator
    track : Track
    """
    neutral = neutral_spectra(preparing, scales, config, rng, track)
    minerals = len(exemplars.minerals)
    scores = np.empty((config.spectra, minerals), dtype=np.float32)
    starts = range(0, len(scores), PART)
    for turn, first in enumerate(track(starts, "false alarms", len(starts))):
        part = scores[first : first + PART]
        like = more_like(neutral.removed[turn % len(scales)], len(part), rng)
        part[:] = _scores(preparing, neutral.hull, like, score)
    ranked = np.sort(scores, axis=0)
    if config.false_alarms is not None:
        tiers = np.array([min(0.5, GUESSES * config.false_alarms), config.false_alarms])
        # The score that a share of the neutral spectra exceeds; the next higher number, as equal is enough.
        at = len(ranked) - np.maximum(1, np.floor(tiers * len(ranked)).astype(int))
        thresholds = np.nextafter(ranked[at].T, np.float32(np.inf), dtype=np.float32).astype(float)
        thresholds = np.maximum(np.where(np.isfinite(thresholds), thresholds, floor), floor)
    tested = np.array(TESTED)

    def shares(levels: np.ndarray) -> np.ndarray:
        counts = [
            len(ranked) - np.searchsorted(ranked[:, k], levels[k], side="left") for k in range(minerals)
        ]
        return np.array(counts) / len(ranked)

    every = np.tile(tested, (minerals, 1))
    detected = _detections(
        preparing, exemplars, score, neutral, np.hstack([every, thresholds]), depth=config.planted_depth
    )
    return Calibration(
        thresholds,
        tested,
        shares(every),
        detected[:, : len(tested)],
        shares(thresholds),
        detected[:, len(tested) :],
    )


def _scores(preparing: Preparing, hull: np.ndarray, removed: np.ndarray, score: ScoreSpectra) -> np.ndarray:
    """(n, k): −∞ for what is flat, which is no alarm."""
    shows = preparing.shows(removed)
    found = score(removed[shows] * hull, preparing.scaled(removed[shows]))
    out = np.full((len(removed), found.shape[1]), -np.inf, dtype=np.float32)
    out[shows] = found
    return out


def _detections(
    preparing: Preparing,
    exemplars: Exemplars,
    score: ScoreSpectra,
    neutral: Neutral,
    levels: np.ndarray,
    *,
    depth: float,
) -> np.ndarray:
    """(k, levels): of the unsmoothed neutral spectra, each with one mineral planted."""
    base = neutral.removed[0][:1000]
    out = np.zeros(levels.shape)
    for k, exemplar in enumerate(exemplars.first()):
        like = planted(base, exemplars.removed[exemplar], depth)
        found = _scores(preparing, neutral.hull, like, score)
        right = found.argmax(axis=1) == k
        out[k] = [(right & (found[:, k] >= level)).mean() for level in levels[k]]
    return out
