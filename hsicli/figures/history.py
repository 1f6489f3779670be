"""Learning picture: what was looked at while a model learnt."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.products.weights import Weights

DPI = 100
FONT = 8
COLOURS = ("#0060d8", "#c25a00", "0.45", "#007a5e", "#a0378c")


def draw_history(product: Weights) -> Figure:
    """A panel a column of the history, over its first column.

    Parameters
    ----------
    product : Weights
        With a history of two columns or more.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the product has no history.
    """
    if product.history is None or len(product.history_names) < 2:
        raise ValueError("these weights keep no history")
    count, *names = product.history_names
    figure = Figure(figsize=(10, 1.9 * len(names) + 0.6), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.atleast_1d(figure.subplots(len(names), 1, sharex=True))
    steps = np.asarray(product.history[:, 0])
    for axes, name, values, colour in zip(
        panels, names, product.history[:, 1:].T, np.resize(COLOURS, len(names)), strict=True
    ):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=FONT)
        axes.plot(
            steps, values, color=colour, linewidth=1.2, marker="o" if len(steps) < 30 else "", markersize=3
        )
        axes.set_ylabel(name, fontsize=FONT + 1)
        axes.margins(x=0.01)
    panels[-1].set_xlabel(count, fontsize=FONT + 1)
    return figure
