"""From guesses at each scale to one map: what is found is written row by row, and shown to the gallery."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hsicli.errors import InputError
from hsicli.preprocessing.division import Divide
from hsicli.products.minerals import GUESS, IDENTIFIED
from hsicli.runtime import Track
from hsicli.stages.mapping.gallery import Found, Gallery
from hsicli.stages.mapping.preparing import Preparing
from hsicli.stages.mapping.ratios import bulges
from hsicli.stages.mapping.references import Exemplars
from hsicli.stages.mapping.similarity import Guesses, Rule, composite
from hsicli.stages.mapping.walking import Score, Window, guesses_at, layers, windows

REFLECTANCE, RATIO, DOUBTFUL_RATIO = 1, 2, 3
"""Where a mineral was seen: `Minerals.branch`."""


class Comparison(NamedTuple):
    """All that a walk needs to know."""

    preparing: Preparing
    exemplars: Exemplars
    score: Score
    thresholds: np.ndarray
    """(k, 2): of a guess, of an identification."""
    least: np.ndarray
    """(k,): what a scale must reach to take part in the composite."""
    scales: tuple[int, ...]
    rule: Rule


class Chart(NamedTuple):
    """The arrays of a map, (rows, cols) each: see `Minerals`."""

    labels: np.ndarray
    score: np.ndarray
    confidence: np.ndarray
    best: np.ndarray
    scale: np.ndarray
    branch: np.ndarray


class Composed(NamedTuple):
    """Some rows of a map."""

    window: Window
    guesses: Guesses
    level: np.ndarray
    """(rows, cols) int32: the place among the scales that won; −1 = none."""
    confidence: np.ndarray
    """(rows, cols) uint8"""
    images: list[np.ndarray]
    """(rows, cols, bands) float32 at each scale, continuum removed."""


def empty_chart(rows: int, cols: int) -> Chart:
    """A map on which nothing is found yet."""
    kinds = (np.int32, np.float32, np.uint8, np.int32, np.uint8, np.uint8)
    arrays = [np.zeros((rows, cols), dtype=kind) for kind in kinds]
    arrays[1].fill(np.nan)
    return Chart(*arrays)


def chart_reflectance(comparison: Comparison, chart: Chart, gallery: Gallery, track: Track) -> None:
    """Fill in the map of a cube's own spectra.

    Raises
    ------
    InputError
        If none is valid.
    """
    seen = 0
    for found in track(_composed(comparison, None), "minerals"):
        everywhere = np.ones(found.confidence.shape, dtype=bool)
        _write(chart, found, comparison.scales, everywhere, REFLECTANCE)
        gallery.add(_shown(found))
        seen += int(found.window.layer.valid[found.window.inner].sum())
    if not seen:
        raise InputError("the cube has no valid spectra", hint="look at the fill with hsicli info")


def chart_ratios(
    comparison: Comparison, divide: Divide, chart: Chart, gallery: Gallery, track: Track
) -> None:
    """Fill in what only ratios show, and say where the denominator may have made it."""
    first = comparison.exemplars.first()
    for found in track(_composed(comparison, divide), "ratios"):
        rows = found.window.rows
        found.confidence[chart.confidence[rows] > 0] = 0
        here = found.confidence > 0
        if not here.any():
            continue
        _write(chart, found, comparison.scales, here, RATIO)
        shown = _shown(found)
        before = _reflectance(comparison.preparing, rows)[here]
        doubtful = bulges(
            before / shown.reflectance, shown.removed, comparison.exemplars.removed[first[shown.mineral]],
            comparison.preparing.wavelengths,
        )  # fmt: skip
        chart.branch[rows][here] = np.where(doubtful, DOUBTFUL_RATIO, RATIO)
        gallery.add(shown)


def _composed(comparison: Comparison, divide: Divide | None) -> Iterator[Composed]:
    """The map of all scales, some rows at a time."""
    rows, cols, _ = comparison.preparing.cube.shape
    reach = max(comparison.scales) // 2
    for window in windows(layers(comparison.preparing, divide), reach, rows):
        every = [
            guesses_at(window, size, comparison.preparing, comparison.score, cols)
            for size in comparison.scales
        ]
        guesses, level = composite([each for each, _ in every], comparison.least, comparison.rule)
        confidence = _confidence(guesses, comparison.thresholds)
        yield Composed(window, guesses, level, confidence, [image for _, image in every])


def _confidence(guesses: Guesses, thresholds: np.ndarray) -> np.ndarray:
    """(rows, cols) uint8: 2 = identified, 1 = a guess."""
    own = thresholds[np.maximum(guesses.mineral, 0)]
    with np.errstate(invalid="ignore"):
        tiers = np.where(guesses.score >= own[..., 0], GUESS, 0)
        tiers[guesses.score >= own[..., 1]] = IDENTIFIED
    return np.where(guesses.mineral >= 0, tiers, 0).astype(np.uint8)


def _write(chart: Chart, found: Composed, scales: tuple[int, ...], here: np.ndarray, branch: int) -> None:
    """Write what was found in some pixels of these rows."""
    certain = found.confidence > 0
    mineral = found.guesses.mineral + 1
    widths = np.where(found.level >= 0, np.array(scales)[np.maximum(found.level, 0)], 0)
    values = Chart(
        labels=np.where(certain, mineral, 0), score=found.guesses.score, confidence=found.confidence,
        best=mineral, scale=widths, branch=np.where(certain, branch, 0),
    )  # fmt: skip
    for image, value in zip(chart, values, strict=True):
        image[found.window.rows][here] = value[here]


def _shown(found: Composed) -> Found:
    """The pixels of these rows that have a mineral."""
    row, col = np.nonzero(found.confidence)
    level = found.level[row, col]
    removed = np.empty((len(row), found.images[0].shape[2]), dtype=np.float32)
    for at, image in enumerate(found.images):
        removed[level == at] = image[row[level == at], col[level == at]]
    return Found(
        mineral=found.guesses.mineral[row, col],
        confidence=found.confidence[row, col],
        score=found.guesses.score[row, col],
        reflectance=found.window.layer.reflectance[found.window.inner][row, col],
        removed=removed,
        places=np.column_stack([row + found.window.rows.start, col]),
    )


def _reflectance(preparing: Preparing, rows: slice) -> np.ndarray:
    """(rows, cols, bands) float32: the cube before division."""
    cube = preparing.cube
    data = cube.data[rows]  # type: ignore[index]  # a Stream has no rows, and `blocks` has said so
    part = replace(cube, data=data, valid=cube.valid[rows], columns=None, latlon=None)
    return preparing.on_axis(np.concatenate([block.data for block in part.blocks()]))
