"""Abundance pictures: a map an endmember, and the endmembers beside the library spectra they resemble."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from hsicli.figures.bearings import draw_bearings
from hsicli.figures.spectra import gaps, spectral_axis
from hsicli.products.abundances import Abundances

DPI = 100
FONT = 8
LONGEST, SHORTEST = 3.2, 0.9
"""Inches: the longer side of a panel, and the least of the shorter one where that leaves room."""
WIDEST = 12.0
HEAD, BAR, MARGIN = 0.3, 0.62, 0.12
"""Inches: the line above a panel, the colour bar with its words, between panels."""
LETTERS = 34
COLOURS = "viridis"
MISSING = "0.88"
ENDMEMBER, MATCH = "#0060d8", "#c25a00"


def draw_abundances(product: Abundances) -> Figure:
    """A panel an endmember, all in one scale from 0 to 1, and one of the residual in its own.

    Parameters
    ----------
    product : Abundances

    Returns
    -------
    Figure
    """
    images = np.asarray(product.abundances)
    rows, cols, p = images.shape
    step = max(1, int(max(rows, cols) / (2 * LONGEST * DPI)))
    scale = LONGEST / max(rows, cols)
    width, height = max(cols * scale, SHORTEST), max(rows * scale, SHORTEST)
    across = max(1, min(p + 1, int((WIDEST - MARGIN) / (width + MARGIN))))
    down = -(-(p + 1) // across)
    full_width = max(across * (width + MARGIN) + MARGIN, 4.0)
    full_height = down * (height + HEAD) + BAR + MARGIN
    figure = Figure(figsize=(full_width, full_height), dpi=DPI)
    FigureCanvasAgg(figure)
    residual = np.asarray(product.residual)
    finite = residual[np.isfinite(residual)]
    top = float(np.percentile(finite, 99)) if len(finite) else 1.0
    letters = min(LETTERS, int(width / 0.075))
    panels = [
        (images[..., k], _heading(images[..., k], f"{k + 1} {product.names[k]}", letters), Normalize(0, 1))
        for k in range(p)
    ]
    panels.append((residual, _short(f"residual, 0…{top:.2g}", letters), Normalize(0, top or 1.0)))
    for number, (image, heading, norm) in enumerate(panels):
        row, column = divmod(number, across)
        left = MARGIN + column * (width + MARGIN)
        below = full_height - (row + 1) * (height + HEAD)
        axes = figure.add_axes(
            (left / full_width, below / full_height, width / full_width, height / full_height)
        )
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        axes.set_facecolor(MISSING)
        shown = np.ma.masked_invalid(image[::step, ::step])
        axes.imshow(np.zeros((1, 1, 3)) + 0.88, extent=(0, width, height, 0), aspect="auto")
        axes.imshow(
            shown,
            extent=(0, width, height, 0),
            aspect="auto",
            cmap=COLOURS,
            norm=norm,
            interpolation="nearest",
        )
        axes.set_title(heading, fontsize=FONT, loc="left", pad=3)
        if number == 0:
            draw_bearings(axes, (width, height), product.grid, (rows, cols))
    _draw_bar(figure, product.convention)
    return figure


def _heading(image: np.ndarray, name: str, letters: int) -> str:
    share = float(np.nanmean(image)) if np.isfinite(image).any() else float("nan")
    return f"{_short(name, letters - 6)}  {share:.0%}"


def _short(name: str, letters: int) -> str:
    return name if len(name) <= letters else name[: max(1, letters - 1)].rstrip() + "…"


def _draw_bar(figure: Figure, convention: str) -> None:
    width, height = figure.get_size_inches()
    length = min(3.5, width - 2 * MARGIN)
    axes = figure.add_axes((MARGIN / width, 0.42 / height, length / width, 0.1 / height))
    bar = figure.colorbar(ScalarMappable(Normalize(0, 1), COLOURS), cax=axes, orientation="horizontal")
    bar.ax.tick_params(labelsize=FONT)
    words = {
        "raw": "abundance, parts of endmembers as bright as they are",
        "max": "abundance, parts of endmembers scaled to maximum 1",
        "given": "abundance, in the units of those learnt from",
    }
    bar.set_label(words.get(convention, "abundance"), fontsize=FONT)


def draw_endmembers(product: Abundances) -> Figure:
    """Each endmember over wavelength, and as a dashed line, scaled to fit, the library spectrum it resembles.

    Parameters
    ----------
    product : Abundances

    Returns
    -------
    Figure
    """
    p, bands = product.endmembers.shape
    across = 1 if p == 1 else 2 if p <= 6 else 3
    down = -(-p // across)
    figure = Figure(figsize=(4.2 * across, 1.9 * down + 0.4), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axis, label = spectral_axis(product.wavelengths, bands)
    panels = figure.subplots(down, across, squeeze=False, sharex=True).ravel()
    if product.matched is not None:
        figure.supxlabel(
            "dashed: the library spectrum nearest in angle, scaled to fit", fontsize=FONT, x=0.02, ha="left"
        )
    for k, axes in enumerate(panels):
        if k >= p:
            axes.set_axis_off()
            continue
        _draw_one(axes, axis, product, k)
        last = k + across >= p
        if last:
            axes.set_xlabel(label, fontsize=FONT)
            axes.tick_params(labelbottom=True)
    return figure


def _draw_one(axes: Axes, axis: np.ndarray, product: Abundances, k: int) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT)
    breaks = gaps(axis)
    x = np.insert(axis.astype(float), breaks, np.nan)
    spectrum = product.endmembers[k]
    axes.plot(x, np.insert(spectrum, breaks, np.nan), color=ENDMEMBER, linewidth=1.4)
    lines = [_short(product.names[k], 44)]
    if product.matched is not None and np.isfinite(product.matched[k]).any():
        there = np.isfinite(product.matched[k])
        match = product.matched[k] * (
            spectrum[there] @ product.matched[k][there] / (product.matched[k][there] ** 2).sum()
        )
        axes.plot(x, np.insert(match, breaks, np.nan), color=MATCH, linewidth=1.1, linestyle="--")
    if product.matches is not None and product.match_angles is not None:
        found = [
            f"{_short(product.library_names[row - 1], 26)} {np.degrees(angle):.1f}°"
            for row, angle in zip(product.matches[k], product.match_angles[k], strict=True)
            if row > 0
        ]
        lines = [f"endmember {k + 1}: {found[0]}" if found else lines[0]]
        lines += [f"then {text}" for text in found[1:2]]
    axes.set_title("\n".join(lines), fontsize=FONT, loc="left")
    low, high = axes.get_ylim()
    axes.set_ylim(min(0.0, low), high)
