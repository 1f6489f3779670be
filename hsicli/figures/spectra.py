"""Spectra pictures: what the classes of a map look like, one under the other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

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
    height = float(np.clip(2 * MARGIN + PER_CLASS * len(shown), LOWEST, HIGHEST))
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    FigureCanvasAgg(figure)
    letters = max((len(_short(product.names[number])) for number in shown), default=0)
    width = WIDTH - MARGIN - 0.45 - LETTER * letters
    box = (MARGIN / WIDTH, 0.55 / height, width / WIDTH, 1 - 0.9 / height)
    axes = figure.add_axes(box)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT)
    named = product.wavelengths is not None
    axis = (
        product.wavelengths if product.wavelengths is not None else np.arange(1, product.means.shape[1] + 1)
    )
    axes.set_xlabel("wavelength, nm" if named else "band", fontsize=FONT + 1)
    if not len(shown):
        axes.text(0.5, 0.5, "no class has a spectrum", transform=axes.transAxes, ha="center")
        return figure

    means, deviations = product.means[shown], product.deviations[shown]
    offsets = stacked(means)
    for row, number in enumerate(shown):
        colour = tuple(product.colours[number] / 255)
        _draw_one(axes, axis, means[row] + offsets[row], deviations[row], colour)
    axes.set_xlim(axis.min(), axis.max())
    low = (means + offsets[:, None] - deviations)[-1:]
    high = (means + offsets[:, None] + deviations)[:1]
    _fit(axes, np.nanmin(low), np.nanmax(high), np.nanmin(means + offsets[:, None]))
    _draw_labels(axes, product, shown, means + offsets[:, None], height)
    axes.set_title(
        f"class means, ±1 standard deviation; {int(product.counts.sum()):,} pixels",
        fontsize=FONT + 1,
        loc="left",
    )
    if len(shown) > 1:
        _draw_bar(axes, float(np.median(np.nanmax(means, axis=1) - np.nanmin(means, axis=1))))
    else:
        axes.set_ylabel("as the cube", fontsize=FONT + 1)
    return figure


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


def _draw_labels(axes: Axes, product: Labels, shown: np.ndarray, curves: np.ndarray, height: float) -> None:
    """Names at the right end, in the colour of their curve, moved apart where they would touch."""
    bottom, top = axes.get_ylim()
    line = (top - bottom) / (axes.get_position().height * height) * LABEL_LINE
    ends = np.array([curve[np.isfinite(curve)][-1] for curve in curves])
    places = spread_apart(ends, line, bottom, top)
    for end, place, number in zip(ends, places, shown, strict=True):
        colour = tuple(product.colours[number] / 255)
        across = axes.get_yaxis_transform()
        axes.plot([1.0, 1.03], [end, place], color=colour, linewidth=0.8, transform=across, clip_on=False)
        axes.text(1.035, place, _short(product.names[number]), transform=across, va="center", fontsize=FONT)


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
