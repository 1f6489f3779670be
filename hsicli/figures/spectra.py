"""Spectra pictures: those of classes or of a library, one under the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.library import Library
from hsicli.products.labels import Labels

DPI = 100
WIDTH, LOWEST, HIGHEST, PER_CLASS = 9.0, 4.0, 20.0, 0.42
MOST_CLASSES = 100  # of more, as of superpixels, the first
"""Inches."""
MARGIN = 0.7
LETTER, LABEL_LINE, FONT = 0.072, 0.16, 8
"""Width of a letter and height of a label, inches; size of the letters, points."""
GAP_STEPS = 2.5
"""A step this many times the usual one is a gap, and no line crosses it."""
FEW_BANDS = 20
"""With fewer bands there is no usual step: the bands are dots, joined."""
NAME_LETTERS = 30
INKS: tuple[tuple[float, ...], ...] = (
    (0.0, 0.38, 0.85),
    (0.76, 0.35, 0.0),
    (0.0, 0.42, 0.33),
    (0.5, 0.15, 0.5),
)
"""Of spectra that have no colour of their own, in turn."""


class Curves(NamedTuple):
    """Spectra to be drawn one under the other."""

    names: Sequence[str]
    values: np.ndarray
    """(k, bands), NaN where there is none."""
    spread: np.ndarray
    """(k, bands): half the height of the shade."""
    colours: Sequence[tuple[float, ...]]
    axis: np.ndarray | None
    """(bands,) nm, or None."""
    unit: str
    title: str


def draw_spectra(product: Labels) -> Figure:
    """Mean spectrum of each class, with one standard deviation as shade.

    Each is moved down to stand clear of the one before; a bar shows the scale. A single class keeps its own
    numbers. Lines do not cross gaps between wavelengths. Classes without pixels are left out.

    Parameters
    ----------
    product : Labels

    Returns
    -------
    Figure
    """
    shown = np.flatnonzero((product.counts > 0) & np.isfinite(product.means).any(axis=1))[:MOST_CLASSES]
    return _draw_curves(
        Curves(
            names=[product.names[number] for number in shown],
            values=product.means[shown],
            spread=product.deviations[shown],
            colours=[tuple(product.colours[number] / 255) for number in shown],
            axis=product.wavelengths,
            unit="as the cube",
            title=f"class means, ±1 standard deviation; {int(product.counts.sum()):,} pixels",
        ),
        "no class has a spectrum",
    )


def draw_library(library: Library) -> Figure:
    """The spectra of a library, one under the other, their names beside them; of many, the first.

    Parameters
    ----------
    library : Library

    Returns
    -------
    Figure
    """
    shown = np.flatnonzero(np.isfinite(library.spectra).any(axis=1))[:MOST_CLASSES]
    of_more = f", {len(shown)} of them here" if len(shown) < len(library.names) else ""
    return _draw_curves(
        Curves(
            names=[library.names[number] for number in shown],
            values=library.spectra[shown],
            spread=np.zeros_like(library.spectra[shown]),
            colours=[INKS[place % len(INKS)] for place in range(len(shown))],
            axis=library.wavelengths,
            unit="as the library",
            title=f"{len(library.names)} spectra{of_more}",
        ),
        "no spectrum has a number",
    )


def _draw_curves(curves: Curves, if_none: str) -> Figure:
    count, bands = curves.values.shape
    height = float(np.clip(2 * MARGIN + PER_CLASS * count, LOWEST, HIGHEST))
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    FigureCanvasAgg(figure)
    letters = max((len(_short(name)) for name in curves.names), default=0)
    width = WIDTH - MARGIN - 0.45 - LETTER * letters
    box = (MARGIN / WIDTH, 0.55 / height, width / WIDTH, 1 - 0.9 / height)
    axes = figure.add_axes(box)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT)
    axis, label = spectral_axis(curves.axis, bands)
    axes.set_xlabel(label, fontsize=FONT + 1)
    if not count:
        axes.text(0.5, 0.5, if_none, transform=axes.transAxes, ha="center")
        return figure

    offsets = stacked(curves.values)
    moved = curves.values + offsets[:, None]
    for curve, spread, colour in zip(moved, curves.spread, curves.colours, strict=True):
        _draw_one(axes, axis, curve, spread, colour)
    axes.set_xlim(axis.min(), axis.max())
    low, high = (moved - curves.spread)[-1:], (moved + curves.spread)[:1]
    _fit(axes, np.nanmin(low), np.nanmax(high), np.nanmin(moved))
    _draw_labels(axes, curves, moved, height)
    axes.set_title(curves.title, fontsize=FONT + 1, loc="left")
    if count > 1:
        heights = np.nanmax(curves.values, axis=1) - np.nanmin(curves.values, axis=1)
        _draw_bar(axes, float(np.median(heights)))
    else:
        axes.set_ylabel(curves.unit, fontsize=FONT + 1)
    return figure


def spectral_axis(wavelengths: np.ndarray | None, bands: int) -> tuple[np.ndarray, str]:
    """What spectra are drawn over, and its name: wavelengths in µm, given in nm; or the bands' numbers."""
    if wavelengths is None:
        return np.arange(1.0, bands + 1), "band"
    return np.asarray(wavelengths, dtype=float) / 1000, "wavelength, µm"


def stacked(means: np.ndarray) -> np.ndarray:
    """(k,) offsets: each mean as high as can be without touching the one before, the first where it is."""
    clearance = 0.25 * float(np.median(np.nanmax(means, axis=1) - np.nanmin(means, axis=1)))
    clearance = clearance or 0.1 * float(np.nanmax(np.abs(means))) or 1.0
    offsets = np.zeros(len(means))
    for row in range(1, len(means)):
        above = means[row - 1] + offsets[row - 1]
        room = above - means[row]
        shared = np.isfinite(room)
        lowest = room[shared].min() if shared.any() else np.nanmin(above) - np.nanmax(means[row])
        offsets[row] = lowest - clearance
    return offsets


def gaps(axis: np.ndarray) -> np.ndarray:
    """(g,) positions before which the axis jumps; none on an axis of few bands."""
    if len(axis) < FEW_BANDS:
        return np.empty(0, dtype=int)
    steps = np.diff(axis)
    return np.flatnonzero(steps > GAP_STEPS * np.median(steps)) + 1


def _draw_one(
    axes: Axes,
    axis: np.ndarray,
    mean: np.ndarray,
    deviation: np.ndarray,
    colour: tuple[float, ...],
) -> None:
    x, y, spread = (np.insert(values.astype(float), gaps(axis), np.nan) for values in (axis, mean, deviation))
    axes.fill_between(x, y - spread, y + spread, color=colour, alpha=0.18, linewidth=0)
    axes.plot(x, y, color=colour, linewidth=1.3, marker="o" if len(axis) < FEW_BANDS else "", markersize=3)


def _fit(axes: Axes, low: float, high: float, lowest: float) -> None:
    """Room for the first shade and the last, though not for wild ones."""
    top = max(line.get_ydata()[np.isfinite(line.get_ydata())].max() for line in axes.lines)  # type: ignore[union-attr,index]
    span = top - lowest or 1.0
    axes.set_ylim(
        max(min(low, lowest), lowest - 0.15 * span) - 0.02 * span,
        min(max(high, top), top + 0.15 * span) + 0.02 * span,
    )


def _draw_labels(axes: Axes, curves: Curves, moved: np.ndarray, height: float) -> None:
    """Names at the right end, in the colour of their curve, moved apart where they would touch."""
    bottom, top = axes.get_ylim()
    line = (top - bottom) / (axes.get_position().height * height) * LABEL_LINE
    ends = np.array([curve[np.isfinite(curve)][-1] for curve in moved])
    places = spread_apart(ends, line, bottom, top)
    across = axes.get_yaxis_transform()
    for end, place, name, colour in zip(ends, places, curves.names, curves.colours, strict=True):
        axes.plot([1.0, 1.03], [end, place], color=colour, linewidth=0.8, transform=across, clip_on=False)
        axes.text(1.035, place, _short(name), transform=across, va="center", fontsize=FONT)


def _short(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1].rstrip() + "…"


def spread_apart(places: np.ndarray, least: float, bottom: float, top: float) -> np.ndarray:
    """Places at least `least` apart, each near where it wants to be, within bottom…top if they fit.

    Neighbours that are too close form a group that shares its middle, until no group touches another.
    """
    order = np.argsort(-places, kind="stable")
    groups = [[float(places[row])] for row in order]

    def middle(group: list[float]) -> float:
        half = least * len(group) / 2
        return float(np.clip(np.mean(group), bottom + half, max(top - half, bottom + half)))

    first = 0
    while first < len(groups) - 1:
        above, below = groups[first], groups[first + 1]
        if middle(above) - middle(below) < least * (len(above) + len(below)) / 2 * (1 - 1e-9):
            groups[first : first + 2] = [above + below]
            first = max(first - 1, 0)
        else:
            first += 1
    spread = [
        middle(group) + least * ((len(group) - 1) / 2 - i) for group in groups for i in range(len(group))
    ]
    out = np.empty(len(places))
    out[order] = spread
    return out


def _draw_bar(axes: Axes, length: float) -> None:
    """A bar in place of numbers, which offsets have made meaningless."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if length <= 0:
        return
    power = 10.0 ** np.floor(np.log10(length))
    size = power * max(step for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))
    bottom, top = axes.get_ylim()
    middle = (bottom + top) / 2
    across = axes.get_yaxis_transform()
    axes.plot(
        [-0.025, -0.025],
        [middle - size / 2, middle + size / 2],
        color="black",
        linewidth=1.5,
        transform=across,
        clip_on=False,
    )
    axes.text(
        -0.04, middle, f"{size:g}", transform=across, rotation=90, ha="right", va="center", fontsize=FONT
    )
