"""Pictures of a map of minerals: bold where identified and light where guessed, and the spectra behind it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.figures.maps import draw_map
from hsicli.figures.page import Table
from hsicli.figures.spectra import gaps
from hsicli.products.minerals import GUESS, IDENTIFIED, Minerals
from hsicli.products.rasters import Raster

DPI = 100
FONT = 8
WIDTH, HEIGHT = 4.6, 1.75
"""Inches of a panel."""
MOST = 30
"""Minerals that a page shows; of more, those with most pixels."""
TINT = 0.55
"""Share of white in the colour of a guess."""

STYLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("exemplar", {"color": "black", "linewidth": 1.4}),
    ("mean", {"linewidth": 1.6}),
    ("best", {"linewidth": 0.9, "linestyle": "--"}),
    ("worst", {"linewidth": 0.9, "linestyle": ":"}),
)
"""Lines of a panel, in the order of the product; without a colour: that of the mineral."""

MINERAL_CAPTIONS = {
    ".png": "Minerals: identified in their colour, guessed in a lighter one; light grey has none.",
    "-spectra.png": "Exemplar, mean of the identified pixels, the best and the worst of them.",
}
"""What each picture of minerals shows."""


def mineral_table(product: Minerals) -> Table:
    """A mineral a row: its pixels, its thresholds, and where they were calibrated how far to trust these.

    Parameters
    ----------
    product : Minerals
    """
    rows = []
    for k, name in enumerate(product.names):
        identified = int(product.identified[k])
        guess, identification = product.thresholds[k]
        row: list[object] = [name, identified, int(product.counts[k]) - identified]
        row += [f"{identification:.3f}", f"{guess:.3f}"]
        if product.chosen_alarms is not None and product.chosen_detections is not None:
            row += [f"{product.chosen_alarms[k, 1]:.1e}", f"{product.chosen_detections[k, 1]:.2f}"]
        rows.append(tuple(row))
    columns: tuple[str, ...] = ("mineral", "identified", "guessed", "identified from", "guessed from")
    note = f"Compared: {product.method}. Scores are cosines of pixel and exemplar."
    if product.chosen_alarms is not None:
        columns += ("false alarms", "planted and found")
        note += (
            " False alarms: share of neutral spectra of this image whose score of the mineral is as high; it"
            " says nothing of minerals that the library lacks. Planted and found: of neutral spectra with the"
            " mineral in them."
        )
    if product.branch is not None:
        only, doubtful = (int((product.branch >= least).sum()) for least in (2, 3))
        note += f" {only} pixels show their mineral in a ratio only, {doubtful} where the denominator bulges."
    return Table(columns, tuple(rows), note)


def draw_minerals(product: Minerals) -> Figure:
    """The map with its legend: each mineral in its colour, its guesses in a lighter one.

    Parameters
    ----------
    product : Minerals

    Returns
    -------
    Figure
    """
    labels, confidence = np.asarray(product.labels), np.asarray(product.confidence)
    image = np.zeros(labels.shape, dtype=np.uint16)
    names: list[str] = []
    colours: list[np.ndarray] = []
    for k, name in enumerate(product.names):
        colour = product.colours[k].astype(float)
        for level, words, shade in (
            (IDENTIFIED, name, colour),
            (GUESS, f"{name}, a guess", colour + (255 - colour) * TINT),
        ):
            here = (labels == k + 1) & (confidence == level)
            if here.any():
                names.append(words)
                colours.append(np.round(shade))
                image[here] = len(names)
    if not names:
        names, colours = ["no mineral found"], [np.array([255.0, 255.0, 255.0])]
    palette = np.stack(colours).astype(np.uint8)
    return draw_map(Raster(image[None], ("class",), 0, tuple(names), palette, grid=product.grid))


def draw_mineral_spectra(product: Minerals) -> Figure:
    """A line of panels a mineral: reflectance, and what was compared, its continuum removed.

    Each shows the exemplar, the mean of the identified pixels and the best and the worst of these; of
    the guesses, where none is identified. Above stand their scores and places, and the thresholds of an
    identification and of a guess. Reflectance is divided by its mean, so that shapes can be compared.

    Parameters
    ----------
    product : Minerals

    Returns
    -------
    Figure
    """
    found = np.flatnonzero(product.counts > 0)
    shown = found[np.argsort(-product.counts[found], kind="stable")][:MOST]
    down = max(1, len(shown))
    figure = Figure(figsize=(2 * WIDTH, HEIGHT * down + 0.5), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(down, 2, squeeze=False, sharex=True)
    if not len(shown):
        panels[0, 0].text(0.5, 0.5, "no mineral found", ha="center", transform=panels[0, 0].transAxes)
        return figure
    for line, k in enumerate(shown):
        _draw_one(panels[line, 0], product, k, product.reflectance[k], scaled=True)
        _draw_one(panels[line, 1], product, k, product.removed[k], scaled=False)
        panels[line, 0].set_title(_heading(product, k), fontsize=FONT, loc="left")
        panels[line, 1].set_title(_scores(product, k), fontsize=FONT, loc="left", color="0.3")
    for axes in panels[-1]:
        axes.set_xlabel("wavelength, µm", fontsize=FONT)
    panels[0, 0].set_ylabel("reflectance over its mean", fontsize=FONT)
    panels[0, 1].set_ylabel("continuum removed", fontsize=FONT)
    panels[0, 1].legend(fontsize=FONT - 1, loc="lower left", frameon=False, ncols=2)
    return figure


def _draw_one(axes: Axes, product: Minerals, k: int, spectra: np.ndarray, *, scaled: bool) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT - 1)
    breaks = gaps(product.wavelengths)
    x = np.insert(product.wavelengths.astype(float) / 1000, breaks, np.nan)
    colour = tuple(product.colours[k] / 255)
    for (name, style), spectrum in zip(STYLES, spectra, strict=True):
        if not np.isfinite(spectrum).any():
            continue
        values = spectrum / np.nanmean(spectrum) if scaled else spectrum
        axes.plot(x, np.insert(values, breaks, np.nan), label=name, **({"color": colour} | style))


def _heading(product: Minerals, k: int) -> str:
    identified = int(product.identified[k])
    guessed = int(product.counts[k]) - identified
    name = product.names[k] if len(product.names[k]) <= 30 else product.names[k][:29] + "…"
    return f"{name}: {identified:,} px identified, {guessed:,} guessed"


def _scores(product: Minerals, k: int) -> str:
    guess, identification = product.thresholds[k]
    words = []
    for end, (row, col) in zip(("best", "worst"), product.places[k], strict=True):
        if row >= 0:
            words.append(f"{end} {float(product.score[row, col]):.3f} at {row},{col}")
    return f"{'; '.join(words)} (≥ {identification:.3f}, {guess:.3f})"
