"""A cube as a picture: the scene in three colours, and how its spectra lie."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.figures.bearings import draw_bearings
from hsicli.figures.maps import DPI, FONT, LONG, LONGEST, MARGIN, SHORT, UNLABELED
from hsicli.figures.spectra import FEW_BANDS, gaps, spectral_axis
from hsicli.products.overview import Overview

HEAD, PLOT_WIDTH, PLOT_HEIGHT, LABELS = 0.3, 5.5, 3.4, 0.65
"""Inches: the line above the scene, the plot of the spectra, room for its numbers left of it and below."""
COLOUR = "#0060d8"
SHARES = ((2, 98, 0.15), (16, 84, 0.3))
"""Percentiles between which a shade lies, and how strong it is."""


def draw_cube(seen: Overview) -> Figure:
    """The scene, with scale and north where the grid tells them; the median of its spectra and their spread.

    Parameters
    ----------
    seen : Overview
        Of the cube.

    Returns
    -------
    Figure
    """
    rows, cols = seen.shape
    scale = LONG / max(rows, cols)
    scale = min(max(scale, SHORT / min(rows, cols)), LONGEST / max(rows, cols))
    width, height = cols * scale, rows * scale
    beside = width <= 1.5 * height
    plot = (LABELS + PLOT_WIDTH, PLOT_HEIGHT + LABELS)
    full_width = 3 * MARGIN + (width + MARGIN + plot[0] if beside else max(width, plot[0]))
    full_height = 2 * MARGIN + HEAD + (max(height, plot[1]) if beside else height + HEAD + plot[1])
    figure = Figure(figsize=(full_width, full_height), dpi=DPI)
    FigureCanvasAgg(figure)

    def axes_at(left: float, top: float, wide: float, high: float) -> Axes:
        bottom = full_height - top - high
        return figure.add_axes(
            (left / full_width, bottom / full_height, wide / full_width, high / full_height)
        )

    words = f"{rows} rows × {cols} columns; {seen.colours}"
    figure.text(MARGIN / full_width, 1 - MARGIN / full_height, words, va="top", fontsize=FONT)
    _draw_scene(axes_at(MARGIN, MARGIN + HEAD, width, height), seen, (width, height))
    left, top = (2 * MARGIN + width, MARGIN + HEAD) if beside else (MARGIN, MARGIN + 2 * HEAD + height)
    _draw_spread(axes_at(left + LABELS, top, PLOT_WIDTH, PLOT_HEIGHT), seen)
    return figure


def _draw_scene(axes: Axes, seen: Overview, size: tuple[float, float]) -> None:
    axes.set_axis_off()
    image = np.where(seen.shown[..., None], seen.picture, np.array(UNLABELED, dtype=np.uint8))
    axes.imshow(image, extent=(0, size[0], size[1], 0), aspect="auto", interpolation="nearest")
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))
    draw_bearings(axes, size, seen.grid, seen.shape)


def _draw_spread(axes: Axes, seen: Overview) -> None:
    """Percentiles of each band over the spectra that were kept; lines leave the gaps of the axis open."""
    spectra = seen.spectra.reshape(-1, len(seen.axis))
    spectra = spectra[np.isfinite(spectra).all(axis=1)]
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT)
    axis, label = spectral_axis(seen.axis, len(seen.axis)) if seen.in_nm else (seen.axis, "band")
    axes.set_xlabel(label, fontsize=FONT)
    axes.set_ylabel("as the cube", fontsize=FONT)
    if not len(spectra):
        return
    breaks = gaps(axis)
    x = np.insert(axis, breaks, np.nan)

    def percentile(share: float) -> np.ndarray:
        return np.insert(np.percentile(spectra, share, axis=0).astype(float), breaks, np.nan)

    for low, high, strength in SHARES:
        axes.fill_between(
            x, percentile(low), percentile(high), color=COLOUR, alpha=strength, linewidth=0,
            label=f"{low} to {high} %",
        )  # fmt: skip
    marker = "o" if len(seen.axis) < FEW_BANDS else ""
    axes.plot(x, percentile(50), color=COLOUR, linewidth=1.3, marker=marker, markersize=3, label="median")
    axes.set_xlim(axis.min(), axis.max())
    axes.set_title(f"{len(spectra):,} of the spectra, band by band", fontsize=FONT + 1, loc="left")
    axes.legend(fontsize=FONT, frameon=False, loc="best")
