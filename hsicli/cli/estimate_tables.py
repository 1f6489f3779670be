"""Scores of estimates on the screen, each figure beside what needs no model."""

import math
from typing import Any

import numpy as np

from hsicli.cli.score_tables import ScoreTable, plain
from hsicli.products.estimate_scores import ESTIMATE_SCORE_TITLES, EstimateScores

BASELINES = {"constant": "constant", "interpolation": "straight lines"}


def estimate_tables(scores: EstimateScores) -> list[ScoreTable]:
    """Every table that these scores have to show, in reading order."""
    tables = [_headline(scores), _coverage(scores), _strangeness(scores)]
    if len(scores.features):
        tables.append(_features(scores))
    if scores.agreement is not None:
        tables.append(_library(scores))
    if scores.tested:
        tables.append(_tests(scores))
    return tables


def _names(scores: EstimateScores) -> list[str]:
    """A column an estimate; numbered if there are several."""
    if len(scores.names) == 1:
        return [scores.names[0]]
    return [f"{number} {name}" for number, name in enumerate(scores.names, 1)]


def _headline(scores: EstimateScores) -> ScoreTable:
    rows: list[tuple[object, ...]] = [
        (
            ESTIMATE_SCORE_TITLES.get(metric, metric),
            *(_number(values[column]) for values in (*scores.values, *scores.baseline_values)),
        )
        for column, metric in enumerate(scores.metrics)
    ]
    note = f"computed on {scores.pixels:,} pixels of {len(scores.wavelengths)} bands"
    note += f", evenly spread over {scores.unseen:,}" if scores.pixels < scores.unseen else ""
    note += (
        f"; {scores.left_out:,} pixels of the ground that a model was learnt or chosen from are left out."
        if scores.left_out
        else "; no pixel is known to have been learnt from."
    )
    note += (
        "\nNLL: −log p(y | x), natural logarithm, all bands of a spectrum together, in the unit of the cube; "
        "mean over pixels; smaller is better, and below zero is no error. constant: the mean of the truth "
        "everywhere; straight lines: between the bands that were seen."
    )
    columns = ("score", *_names(scores), *(BASELINES[name] for name in scores.baselines))
    return ScoreTable("estimates against the truth", columns, rows, note)


def _coverage(scores: EstimateScores) -> ScoreTable:
    columns = ["should hold"]
    for name in _names(scores):
        columns += [f"{name}: stated", "of the density"]
    rows: list[tuple[object, ...]] = []
    for number, level in enumerate(scores.levels):
        cells = [
            _percent(value)
            for stated, marginal in zip(scores.stated, scores.marginal, strict=True)
            for value in (stated[number], marginal[number])
        ]
        rows.append((f"{100 * level:g} %", *cells))
    note = "values of single bands in their intervals. stated: calibrated on pairs held out in training."
    return ScoreTable("how many true values lie in their intervals", tuple(columns), rows, note)


def _strangeness(scores: EstimateScores) -> ScoreTable:
    rows: list[tuple[object, ...]] = []
    low = "0"
    for share, count, error, held in zip(
        scores.strange_shares,
        scores.strange_counts,
        scores.strange_rmse,
        scores.strange_coverage,
        strict=True,
    ):
        high = f"{100 * share:g} %" if math.isfinite(share) else "beyond all"
        name = f"{low} to {high}" if math.isfinite(share) else high
        rows.append((name, int(count), _number(error), _percent(held)))
        low = high
    note = "strangeness of the input, as a share of the spectra held out in training; of the first estimate."
    return ScoreTable("by strangeness", ("strangeness", "pixels", "RMSE", "90 % hold"), rows, note)


def _features(scores: EstimateScores) -> ScoreTable:
    rows: list[tuple[object, ...]] = []
    for k, centre in enumerate(scores.features):
        for run, name in enumerate(_names(scores)):
            first = (f"{centre:g} nm", int(scores.feature_pixels[k]), _number(scores.feature_depth[k]))
            errors = (scores.depth_error[run, k], scores.depth_bias[run, k])
            moved = scores.position_error[run, k]
            rows.append(
                (
                    *(first if run == 0 else ("", "", "")),
                    name,
                    *map(_number, errors),
                    f"{moved:.1f} nm" if np.isfinite(moved) else "–",
                )
            )
    note = "where the truth has the absorption; errors are root mean squares, bias is estimate less truth."
    columns = ("absorption", "pixels", "depth", "estimate", "depth error", "bias", "position error")
    return ScoreTable("diagnostic absorptions", columns, rows, note)


def _library(scores: Any) -> ScoreTable:
    rows: list[tuple[object, ...]] = [
        (name, _percent(same), _percent(mineral))
        for name, same, mineral in zip(
            _names(scores), scores.agreement, scores.mineral_agreement, strict=True
        )
    ]
    rows += [
        (BASELINES[name], *map(_percent, shares))
        for name, shares in zip(scores.baselines, scores.baseline_agreement, strict=True)
    ]
    note = (
        f"computed on {scores.library_pixels:,} pixels: the nearest spectrum by angle ({scores.compared}) is "
        "that of the truth. The nearest is no identification."
    )
    columns = ("estimate", "same spectrum", "same first word of its name")
    return ScoreTable("nearest library spectrum", columns, rows, note)


def _tests(scores: Any) -> ScoreTable:
    names = _names(scores)
    rows: list[tuple[object, ...]] = []
    for other, name in enumerate(names[1:]):
        for column, tested in enumerate(scores.tested):
            p_values = (scores.p_pixels[other, column], scores.p_blocks[other, column])
            rows.append(
                (
                    f"{names[0]} less {name}",
                    tested,
                    f"{scores.differences[other, column]:.3g}",
                    *map(_p, p_values),
                )
            )
    note = (
        f"paired t-tests, over pixels as if neighbours were independent, which they are not, and over the "
        f"means of {scores.blocks} blocks. Below zero: the first is better."
    )
    columns = ("estimates", "score", "difference", "p, pixels", "p, blocks")
    return ScoreTable("is the difference more than chance", columns, rows, note)


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:.5f}" if abs(value) < 1 else f"{value:.4g}" if abs(value) >= 1e4 else f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if np.isfinite(value) else "–"


def _p(value: float) -> str:
    return "–" if not np.isfinite(value) else "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def estimate_scores_as_json(scores: EstimateScores) -> dict[str, Any]:
    """The same as plain numbers, those of the first estimate by name first: NaN is null."""
    summary = dict(zip(scores.metrics, scores.values[0], strict=True))
    fields = {name: value for name, value in vars(scores).items() if value is not None}
    return {name: plain(value) for name, value in (summary | fields).items()}
