"""How a class map agrees with a truth: which class holds what, and the scores beside a blind guess."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.products.scores import SCORE_TITLES, Scores

DPI = 100
FONT = 8
CELL, NAMES = 0.3, 2.2
"""Inches: a side of a cell where there is room, and what names take beside the cells."""
MOST = 40
"""Classes and truths that are drawn; of more, the largest."""
SHOWN = ("overall_accuracy", "kappa", "purity", "nmi", "ari", "f1_best")
FOUND, BLIND = "#0060d8", "0.6"


def draw_agreement(product: Scores) -> Figure:
    """Where the pixels of each true class are, class by class; the scores, and those of a blind guess.

    Parameters
    ----------
    product : Scores
        Against a truth.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there was no truth.
    """
    if product.confusion is None or product.values is None:
        raise ValueError("these scores are not against a truth")
    shares, classes, truths = _ordered(product)
    width, height = CELL * shares.shape[1], CELL * shares.shape[0]
    size = (width + 2 * NAMES + 3.6, max(height + NAMES, 3.4))
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(width + NAMES, 3.6))
    _draw_shares(left, shares, classes, truths)
    _draw_scores(right, product)
    return figure


def _ordered(product: Scores) -> tuple[np.ndarray, list[str], list[str]]:
    """Share of each truth's pixels in each class; classes stand where the truth that fills them stands."""
    confusion = np.asarray(product.confusion, dtype=float)
    truths = np.argsort(-confusion.sum(axis=0), kind="stable")[:MOST]
    names = ["no class", *product.names]
    rows = np.flatnonzero(confusion.sum(axis=1) > 0)
    best = confusion[rows][:, truths].argmax(axis=1)
    rows = rows[np.lexsort((-confusion[rows].sum(axis=1), best))][:MOST]
    shares = confusion[rows][:, truths] / np.maximum(confusion[:, truths].sum(axis=0), 1)
    return shares, [names[row] for row in rows], [product.truth_names[column] for column in truths]


def _draw_shares(axes: Axes, shares: np.ndarray, classes: list[str], truths: list[str]) -> None:
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    for row, column in zip(*np.nonzero(shares >= 0.005), strict=True):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(
            column,
            row,
            f"{100 * shares[row, column]:.0f}",
            ha="center",
            va="center",
            fontsize=FONT - 2,
            color=colour,
        )
    axes.set_xticks(range(len(truths)), [_short(name) for name in truths], rotation=90, fontsize=FONT)
    axes.set_yticks(range(len(classes)), [_short(name) for name in classes], fontsize=FONT)
    axes.set_xlabel("truth", fontsize=FONT + 1)
    axes.set_ylabel("class of the map", fontsize=FONT + 1)
    axes.set_title("where the pixels of each truth are, %", fontsize=FONT + 1, loc="left")


def _draw_scores(axes: Axes, product: Scores) -> None:
    shown = [name for name in SHOWN if name in product.metrics]
    columns = [product.metrics.index(name) for name in shown]
    values = np.asarray(product.values)[:, columns]
    place = np.arange(len(shown))
    axes.barh(place - 0.2, values.mean(axis=0), 0.38, color=FOUND, label=_said(values, "the map"))
    blind = product.blind_labeled
    if blind is not None:
        guess = np.asarray(blind)[:, columns]
        axes.barh(place + 0.2, guess.mean(axis=0), 0.38, color=BLIND, label="k-means on row and column alone")
    if len(values) > 1:
        axes.errorbar(values.mean(axis=0), place - 0.2, xerr=values.std(axis=0), fmt="none", ecolor="black")
    axes.set_yticks(place, [SCORE_TITLES[name] for name in shown], fontsize=FONT)
    axes.invert_yaxis()
    axes.set_xlim(min(0.0, float(axes.get_xlim()[0])), 1)
    axes.tick_params(labelsize=FONT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{product.pixels:,} pixels", fontsize=FONT + 1, loc="left")
    axes.legend(fontsize=FONT, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1))


def _said(values: np.ndarray, word: str) -> str:
    return word if len(values) == 1 else f"{len(values)} maps, mean and deviation"


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23].rstrip() + "…"
