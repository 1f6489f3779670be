"""A composite as a picture: three quantities as red, green and blue, and below it what each colour means."""

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from hsicli.cube import Grid
from hsicli.figures.bearings import draw_bearings
from hsicli.figures.maps import DPI, FONT, LONG, LONGEST, MARGIN, SHORT

HEAD, BAR, LABEL = 0.28, 0.1, 0.2
"""Inches: the line of the title, a colour bar, the words below it."""
NARROWEST = 4.2
"""Inches that three bars and their words need."""
EMPTY = (236, 236, 236)
HUES = ("red", "lime", "blue")

Scale = tuple[str, float, float]
"""A quantity, and what of it is black and full."""


def draw_composite(
    picture: np.ndarray, title: str, scales: Sequence[Scale], *, nodata: int, grid: Grid | None
) -> Figure:
    """A composite under its title, and the range that each of its colours shows.

    Parameters
    ----------
    picture : (3, rows, cols) uint8
        Full at 254.
    title : str
    scales : three of (name, low, high)
        Red, green, blue.
    nodata : int
        Stands in all three for a pixel without data, which is drawn in light grey.
    grid : Grid, optional
        Tells the scale and north.

    Returns
    -------
    Figure
    """
    rows, cols = picture.shape[1:]
    scale = LONG / max(rows, cols)
    scale = min(max(scale, SHORT / min(rows, cols)), LONGEST / max(rows, cols))
    width, height = cols * scale, rows * scale
    full_width = max(width, NARROWEST) + 2 * MARGIN
    full_height = height + HEAD + BAR + LABEL + 3 * MARGIN
    figure = Figure(figsize=(full_width, full_height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.text(
        MARGIN / full_width, 1 - MARGIN / full_height, title, va="top", fontsize=FONT + 2, weight="bold"
    )
    step = max(1, int(max(rows, cols) / (LONGEST * DPI)))  # more than paper can show
    image = picture[:, ::step, ::step].transpose(1, 2, 0)
    shown = np.where((image == nodata).all(axis=2, keepdims=True), EMPTY, np.minimum(image / 254 * 255, 255))
    bottom = LABEL + BAR + 2 * MARGIN
    axes = figure.add_axes(
        (MARGIN / full_width, bottom / full_height, width / full_width, height / full_height)
    )
    axes.set_axis_off()
    axes.imshow(shown.astype(np.uint8), extent=(0, width, height, 0), aspect="auto", interpolation="nearest")
    axes.set(xlim=(0, width), ylim=(height, 0))
    draw_bearings(axes, (width, height), grid, (rows, cols))
    _draw_bars(figure, scales)
    return figure


def _draw_bars(figure: Figure, scales: Sequence[Scale]) -> None:
    """Three bars side by side, from black to the colour, with the limits at their ends."""
    full_width, full_height = figure.get_size_inches()
    length = (full_width - 4 * MARGIN) / 3
    for place, ((name, low, high), hue) in enumerate(zip(scales, HUES, strict=True)):
        left = MARGIN + place * (length + MARGIN)
        axes = figure.add_axes(
            (left / full_width, (MARGIN + LABEL) / full_height, length / full_width, BAR / full_height)
        )
        axes.set_axis_off()
        colours = LinearSegmentedColormap.from_list(hue, ["black", hue])
        axes.imshow(np.linspace(0, 1, 256)[None], cmap=colours, aspect="auto")
        y = (MARGIN + LABEL - 0.03) / full_height
        for text, x, align in (
            (f"{low:.3g}", left, "left"),
            (name, left + length / 2, "center"),
            (f"{high:.3g}", left + length, "right"),
        ):
            figure.text(x / full_width, y, text, va="top", ha=align, fontsize=FONT - (align != "center"))
