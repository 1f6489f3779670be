"""A map picture: the classes of a scene in their colours, beside a legend with the share of each."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hsicli.figures.bearings import draw_bearings
from hsicli.products.rasters import Raster

DPI = 100
LONG, SHORT, LONGEST = 6.0, 1.2, 20.0
"""Inches: the longer side of a map, the least of the shorter one, and where both give way."""
MARGIN, GAP = 0.15, 0.25
LINE, SWATCH, FONT = 0.2, 0.2, 8
"""Height of a legend line and width of its swatch, inches; size of its letters, points."""
UNLABELED = (236, 236, 236)
NAME_LETTERS = 32
LEGEND_LINES = 22
"""A legend may be this long even where its map is lower."""
MOST_CLASSES = 100
"""Named in a legend; of more, as of superpixels, the first."""

Line = tuple[tuple[int, int, int] | None, str, str]
"""One line of a legend: colour, name, share."""


class _Panel(NamedTuple):
    """A map and its legend, laid out: sizes in inches."""

    raster: Raster
    title: str
    width: float
    height: float
    lines: list[Line]
    columns: int
    column_width: float
    below: bool

    @property
    def legend_width(self) -> float:
        return self.columns * self.column_width

    @property
    def legend_height(self) -> float:
        return -(-len(self.lines) // self.columns) * LINE

    @property
    def full_width(self) -> float:
        return max(self.width, self.legend_width) if self.below else self.width + GAP + self.legend_width

    @property
    def full_height(self) -> float:
        map_height = self.height + (LINE if self.title else 0)
        return map_height + GAP + self.legend_height if self.below else max(map_height, self.legend_height)


def draw_map(raster: Raster) -> Figure:
    """A class map with its legend: name, colour and share of the labeled pixels of each class.

    A map much wider than high has its legend below, any other to its right, in as many columns as it takes.
    A bar shows the scale and an arrow north, where the grid tells them.

    Parameters
    ----------
    raster : Raster
        One layer of classes, with their names and colours.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the raster has no classes.
    """
    return _compose([_panel(raster, "")])


def draw_two_maps(first: Raster, second: Raster, titles: tuple[str, str]) -> Figure:
    """Two class maps of one scene side by side, each with its legend.

    Colours are drawn as they come: `algorithms.colours.matched_colours` makes them agree.

    Parameters
    ----------
    first, second : Raster
        Class maps, see `draw_map`.
    titles : tuple of str
        A line above each.

    Returns
    -------
    Figure
    """
    return _compose([_panel(first, titles[0]), _panel(second, titles[1])])


def class_image(raster: Raster) -> np.ndarray:
    """(rows, cols, 3) uint8: the map in the colours of its classes, grey where unlabeled."""
    if raster.colours is None:
        raise ValueError("a map of classes needs their colours")
    palette = np.concatenate([[UNLABELED], raster.colours]).astype(np.uint8)
    return palette[raster.data[0].astype(np.int64)]


def _panel(raster: Raster, title: str) -> _Panel:
    if not raster.class_names:
        raise ValueError("draw_map draws classes; this raster has layers of numbers")
    rows, cols = raster.data.shape[1:]
    scale = LONG / max(rows, cols)
    scale = min(max(scale, SHORT / min(rows, cols)), LONGEST / max(rows, cols))
    width, height = cols * scale, rows * scale
    lines = _legend_lines(raster)
    column_width = SWATCH + 0.1 + _text_width(lines) + GAP
    below = width > 1.5 * height
    if below:
        columns = max(1, int(max(width, LONG) / column_width))
        columns = min(columns, len(lines))
    else:
        columns = -(-len(lines) // max(int(height / LINE), LEGEND_LINES))
    return _Panel(raster, title, width, height, lines, columns, column_width, below)


def _legend_lines(raster: Raster) -> list[Line]:
    """What the legend says, from the heading to the unlabeled pixels."""
    assigned = np.bincount(raster.data[0].ravel(), minlength=len(raster.class_names) + 1)
    drawn, empty = int(assigned[1:].sum()), f"{int(assigned[0]):,} px"
    if raster.counts is not None and raster.counts.sum() != drawn:  # every so manieth pixel of a larger map
        empty = _percent(int(assigned[0]), int(assigned.sum()))
        assigned = np.concatenate([assigned[:1], raster.counts])
    total = int(assigned[1:].sum())
    classes = len(raster.class_names)
    lines: list[Line] = [(None, f"{classes} class{'es' if classes != 1 else ''}", f"{total:,} px")]
    for number, name in enumerate(raster.class_names[:MOST_CLASSES], 1):
        r, g, b = (int(part) for part in raster.colours[number - 1])  # type: ignore[index]
        lines.append(((r, g, b), _short(name), _percent(int(assigned[number]), total)))
    if classes > MOST_CLASSES:
        lines.append((None, f"and {classes - MOST_CLASSES} more", ""))
    if assigned[0]:
        lines.append((UNLABELED, "unlabeled", empty))
    return lines


def _short(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1].rstrip() + "…"


def _percent(count: int, total: int) -> str:
    if not count:
        return "0"
    share = 100 * count / total
    return f"{share:.0f} %" if share >= 9.5 else f"{share:.1f} %" if share >= 0.1 else "< 0.1 %"


def _text_width(lines: list[Line]) -> float:
    """Inches that the widest line of a legend takes, measured as it will be drawn."""
    canvas = FigureCanvasAgg(Figure(dpi=DPI))
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]

    def inches(text: str) -> float:
        label = canvas.figure.text(0, 0, text, fontsize=FONT)
        return float(label.get_window_extent(renderer).width) / DPI

    return max(inches(name) for _, name, _ in lines) + 0.15 + max(inches(share) for _, _, share in lines)


def _compose(panels: list[_Panel]) -> Figure:
    width = 2 * MARGIN + sum(panel.full_width for panel in panels) + 2 * GAP * (len(panels) - 1)
    height = 2 * MARGIN + max(panel.full_height for panel in panels)
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    left = MARGIN
    for panel in panels:
        top = height - MARGIN - (LINE if panel.title else 0)
        _draw_image(_axes(figure, left, top, panel.width, panel.height), panel)
        if panel.title:
            figure.text(
                left / width, 1 - MARGIN / height, panel.title, va="top", fontsize=FONT + 2, weight="bold"
            )
        x, y = (left, top - panel.height - GAP) if panel.below else (left + panel.width + GAP, top)
        _draw_legend(_axes(figure, x, y, panel.legend_width, panel.legend_height), panel)
        left += panel.full_width + 2 * GAP
    return figure


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes whose place and units are inches, from the top left corner down."""
    full_width, full_height = figure.get_size_inches()
    box = (left / full_width, (top - height) / full_height, width / full_width, height / full_height)
    axes = figure.add_axes(box)
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    axes.set_axis_off()
    return axes


def _draw_image(axes: Axes, panel: _Panel) -> None:
    step = max(1, int(max(panel.raster.data.shape[1:]) / (LONGEST * DPI)))  # more than paper can show
    data = panel.raster.data[:, ::step, ::step]
    image = class_image(Raster(data, ("class",), 0, panel.raster.class_names, panel.raster.colours))
    axes.imshow(image, extent=(0, panel.width, panel.height, 0), aspect="auto", interpolation="nearest")
    axes.add_patch(
        Rectangle(
            (0, 0), panel.width, panel.height, fill=False, edgecolor="0.4", linewidth=0.6, clip_on=False
        )
    )
    _, rows, cols = panel.raster.data.shape
    draw_bearings(axes, (panel.width, panel.height), panel.raster.grid, (rows, cols))


def _draw_legend(axes: Axes, panel: _Panel) -> None:
    per_column = -(-len(panel.lines) // panel.columns)
    for place, (colour, name, share) in enumerate(panel.lines):
        column, row = divmod(place, per_column)
        x, y = column * panel.column_width, (row + 0.5) * LINE
        weight = "normal" if colour else "bold"
        if colour:
            face = tuple(part / 255 for part in colour)
            axes.add_patch(
                Rectangle((x, y - 0.07), SWATCH, 0.14, facecolor=face, edgecolor="0.4", linewidth=0.4)
            )
        axes.text(x + (SWATCH + 0.1 if colour else 0), y, name, va="center", fontsize=FONT, weight=weight)
        end = x + panel.column_width - GAP
        axes.text(end, y, share, va="center", ha="right", fontsize=FONT, color="0.25")
