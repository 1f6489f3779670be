"""Scores of abundances on the screen, each figure beside what knows nothing and what knows the endmembers."""

import math
from typing import Any

import numpy as np

from hsicli.cli.score_tables import ScoreTable, plain
from hsicli.products.abundance_scores import AbundanceScores

UNITS = {
    "given": "as both files have them",
    "raw": "parts of the endmembers as they stand",
    "max": "parts of endmembers divided by their largest band",
    "free": "in the units of the endmembers that come nearest to the truth (one factor each, fitted to it)",
}

BASELINES = {
    "constant": "constant",
    "fcls": "true endmembers, FCLS",
    "nnls": "true endmembers, NNLS over sum",
}


def abundance_tables(scores: AbundanceScores) -> list[ScoreTable]:
    """Every table that these scores have to show, in reading order."""
    tables = [_by_endmember(scores), _reconstruction(scores)]
    if scores.coverage is not None:
        tables.append(_coverage(scores))
    return tables


def _by_endmember(scores: AbundanceScores) -> ScoreTable:
    columns = ["endmember", "found as", "angle", "RMSE", *(BASELINES[name] for name in scores.baselines)]
    rows: list[tuple[object, ...]] = []
    for k, name in enumerate(scores.truth_names):
        partner = int(scores.partners[k])
        angle = math.nan if scores.angles is None else scores.angles[k]
        errors = (scores.rmse[k], *scores.baseline_rmse[:, k])
        rows.append(
            (name, scores.names[partner - 1] if partner else "–", _number(angle), *map(_number, errors))
        )
    errors = (scores.overall_rmse, *scores.baseline_overall_rmse)
    mean = math.nan if scores.mean_angle is None else scores.mean_angle
    rows.append(("all", "", _number(mean), *map(_number, errors)))
    return ScoreTable("abundances and endmembers against the truth", tuple(columns), rows, _note(scores))


def _note(scores: AbundanceScores) -> str:
    lines = [
        f"computed on {scores.pixels:,} pixels; shares {UNITS[scores.units]}. 'all' is the root of the mean "
        "over pixels and true endmembers; angles in radians, 'all' their mean."
    ]
    if scores.left_out:
        lines.append(f"{scores.left_out:,} pixels whose abundances the fit was given are left out.")
    if scores.blind_angle is not None:
        lines.append(
            f"the mean spectrum of the scene has an angle of {scores.blind_angle:.4f} to the true ones."
        )
    if scores.paired_by == "abundances":
        lines.append("endmembers are paired by their abundances, which flatters: give the true spectra.")
    lone = int((scores.partners == 0).sum())
    if lone:
        lines.append(f"{lone} of the true endmembers have no partner: counted as found nowhere.")
    if scores.left_share > 0:
        lines.append(f"found endmembers without a true partner hold {100 * scores.left_share:.1f} %.")
    lines.append("constant: the mean of the truth everywhere, the best that knows no spectrum.")
    return "\n".join(lines)


def _reconstruction(scores: AbundanceScores) -> ScoreTable:
    rows: list[tuple[object, ...]] = [
        (name, *(_number(value) for value in values))
        for name, values in (
            ("root mean square over bands", scores.residual),
            ("spectral angle, radians", scores.residual_angle),
        )
        if values is not None
    ]
    note = (
        "of each scored pixel's spectrum and its reconstruction; no truth is needed, nor does this prove one."
    )
    return ScoreTable("reconstruction", ("", "first quartile", "median", "third", "mean"), rows, note)


def _coverage(scores: Any) -> ScoreTable:
    rows = [
        (f"{100 * level:.0f} %", f"{100 * share:.1f} %")
        for level, share in zip(scores.levels, scores.coverage, strict=True)
    ]
    note = "central intervals of Beta variables with the mean and deviation of each abundance."
    return ScoreTable("how many true abundances lie in their intervals", ("should", "do"), rows, note)


def _number(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "–"


def abundance_scores_as_json(scores: AbundanceScores) -> dict[str, Any]:
    """The same as plain numbers: NaN is null, angles are in radians."""
    return {name: plain(value) for name, value in vars(scores).items() if value is not None}
