"""Scores on the screen: tables, what each was computed on, and one sentence on how to read it."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hsicli.products.scores import SCORE_TITLES, Scores

RARE = 0.01
CONFUSION_COLUMNS, CONFUSION_ROWS = 12, 30
"""A larger table of confusion stays in the product."""

BLIND = (
    "location alone: k-means on row and column, as many classes, no spectrum seen. "
    "Only what a map scores above it is evidence that it read the spectra."
)


class ScoreTable(NamedTuple):
    """A table and the words under it."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    note: str = ""


def score_tables(scores: Scores) -> list[ScoreTable]:
    """Every table that these scores have to show, in reading order."""
    tables = []
    if scores.values is not None:
        tables += [_headline(scores), _by_class(scores)]
        tables += _confusion(scores)
    if scores.separation is not None:
        tables.append(_separation(scores))
    if scores.region_counts is not None:
        tables.append(_regions(scores))
    if scores.matches is not None:
        tables.append(_library(scores))
    return tables


def mean_and_spread(values: np.ndarray) -> str:
    """``0.812 ± 0.004`` over runs; the number alone of one; a dash for none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return "–"
    mean, form = float(known.mean()), ".3f" if abs(known.mean()) < 1000 else ".4g"
    return f"{mean:{form}}" + (f" ± {known.std(ddof=1):{form}}" if len(known) > 1 else "")


def _pixels(counts: np.ndarray) -> int | str:
    """One count where all runs agree, else the range."""
    least, most = int(counts.min()), int(counts.max())
    return least if least == most else f"{least} to {most}"


# From here on, of the parts that are there: `score_tables` has looked, hence Any, no None.


def _headline(scores: Any) -> ScoreTable:
    several = scores.runs > 1
    columns = ["score", f"{scores.runs} maps" if several else "map"]
    blind = [
        (name, values)
        for name, values in (
            ("location alone, scored pixels", scores.blind_labeled),
            ("location alone, whole image", scores.blind_image),
        )
        if values is not None
    ]
    oracle = [] if scores.oracle_values is None else [scores.oracle_values]
    columns += ["oracle time"] * len(oracle)
    rows = []
    for column, metric in enumerate(scores.metrics):
        shown = (scores.values, *oracle, *(values for _, values in blind))
        cells = [mean_and_spread(values[:, column]) for values in shown]
        if cells[0] != "–":
            rows.append((SCORE_TITLES.get(metric, metric), *cells))
    missing = _pixels(scores.unlabeled)
    note = f"computed on the {scores.pixels:,} pixels that the truth labels; "
    if scores.unlabeled.any():
        note += f"{missing} of them have no class on the map: errors, and in NMI and ARI one class more."
    else:
        note += "the map has a class for all of them."
    if several:
        note += f" ± is the standard deviation over {scores.runs} maps."
    if oracle:
        note += f"\noracle time: {_pixels(scores.oracle_times)}, which the truth chose: the method cannot."
    if blind:
        note += f"\n{BLIND} ± is over {len(blind[0][1])} seeds"
        fewer = scores.blind_pixels < scores.pixels
        note += f", on {scores.blind_pixels:,} of the pixels, evenly spread." if fewer else "."
    return ScoreTable("against the truth", (*columns, *(name for name, _ in blind)), rows, note)


def _by_class(scores: Any) -> ScoreTable:
    measures = (scores.recalls, scores.precisions, scores.f1, scores.best_f1)
    rows: list[tuple[object, ...]] = []
    for number in np.argsort(-scores.shares, kind="stable"):
        share, partner = scores.shares[number], int(scores.partners[number])
        if not share:
            continue
        rows.append(
            (
                scores.truth_names[number],
                int(scores.confusion[:, number].sum()),
                f"{100 * share:.2f} %" + (" rare" if share < RARE else ""),
                scores.names[partner - 1] if partner else "–",
                *(mean_and_spread(values[:, number]) for values in measures if values is not None),
            )
        )
    absent = [name for name, share in zip(scores.truth_names, scores.shares, strict=True) if not share]
    note = "recall, precision and F1 of the class that the one-to-one pairing gives; best F1 of any class."
    if absent:
        note += f" {', '.join(absent)} {'has' if len(absent) == 1 else 'have'} no pixel here."
    note += " 'found as' is of the first map." if scores.runs > 1 else ""
    columns = ("class", "pixels", "share", "found as", "recall", "precision", "F1", "best F1")
    return ScoreTable("by class of the truth", columns, rows, note)


def _confusion(scores: Any) -> list[ScoreTable]:
    used = np.flatnonzero(scores.confusion.sum(axis=0))
    found = np.flatnonzero(scores.confusion.sum(axis=1))
    if len(used) > CONFUSION_COLUMNS or len(found) > CONFUSION_ROWS:
        return []
    names = ("unlabeled", *scores.names)
    rows = [(names[row], *(int(scores.confusion[row, column]) for column in used)) for row in found]
    title = "confusion, pixels" + (" of the first map" if scores.runs > 1 else "")
    return [ScoreTable(title, ("map \\ truth", *(scores.truth_names[column] for column in used)), rows)]


def _separation(scores: Any) -> ScoreTable:
    rows: list[tuple[object, ...]] = [
        (
            SCORE_TITLES.get(name, name),
            mean_and_spread(scores.separation[:, column]),
            _pixels(scores.separation_pixels[:, column]),
        )
        for column, name in enumerate(scores.separations)
    ]
    note = (
        "computed on every labeled pixel; to be compared between maps of one cube only, never between spaces."
    )
    columns = ("measure", f"{scores.runs} maps" if scores.runs > 1 else "map", "pixels")
    return ScoreTable("separation of the classes, without a truth", columns, rows, note)


def _regions(scores: Any) -> ScoreTable:
    rows: list[tuple[object, ...]] = []
    for name, counts in zip(scores.region_names, scores.region_counts, strict=True):
        labeled = counts[1:].sum()
        order = [number for number in np.argsort(-counts[1:], kind="stable") if counts[1 + number]]
        shares = [
            f"{scores.names[number]} {100 * counts[1 + number] / labeled:.1f} %" for number in order[:6]
        ]
        more = [f"and {len(order) - 6} more"] if len(order) > 6 else []
        rows.append((name, int(counts.sum()), int(counts[0]), ", ".join(shares + more) or "–"))
    note = "shares of the labeled pixels of each region; mean spectra are in the scores product."
    return ScoreTable(
        "regions",
        ("region", "pixels", "unlabeled", "classes"),
        rows,
        note if scores.region_means is not None else "",
    )


def _library(scores: Any) -> ScoreTable:
    rows: list[tuple[object, ...]] = []
    for number, name in enumerate(scores.names):
        cells = [
            f"{scores.library_names[match - 1]} ({math.degrees(angle):.1f}°)" if match else "–"
            for match, angle in zip(scores.matches[number], scores.match_angles[number], strict=True)
        ]
        rows.append((name, int(scores.counts[number]), *cells))
    ranks = tuple(f"nearest {rank}" for rank in range(1, scores.matches.shape[1] + 1))
    note = (
        f"spectral angle ({scores.compared}) of class mean and library over the bands that both have. The "
        "nearest is no identification: look at the angle, and at whether the next ones are of the same kind."
    )
    return ScoreTable("nearest library spectra", ("class", "pixels", *ranks), rows, note)


def scores_as_json(scores: Scores) -> dict[str, Any]:
    """The same as plain numbers, the means by name first: NaN is null, angles are in radians."""
    fields = {name: value for name, value in vars(scores).items() if value is not None}
    given = {name: value for name, value in fields.items() if not isinstance(value, tuple) or value}
    summary: dict[str, Any] = {}
    for names, values in ((scores.metrics, scores.values), (scores.separations, scores.separation)):
        if values is not None:
            summary |= dict(zip(names, values.mean(axis=0), strict=True))
    return {name: plain(value) for name, value in (summary | given).items()}


def plain(value: Any) -> Any:
    """Arrays and tuples as lists of numbers, NaN and infinity as None."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
