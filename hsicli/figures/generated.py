"""Picture of a GAN: how its training went, and what it generates beside real spectra."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.products.weights import Weights

DPI = 100
FONT = 8
REAL, MADE, EARLY = "#0060d8", "#c25a00", "0.72"
GREEN = "#007a5e"


def draw_generated(product: Weights) -> Figure:
    """Distance, coverage and losses over the iterations; a fixed panel of generated and real spectra.

    Parameters
    ----------
    product : Weights
        Of a GAN, with its history and panel.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the product has no history or panel.
    """
    arrays = product.arrays()
    if product.history is None or "panel/at" not in arrays:
        raise ValueError("these weights keep no history of a GAN")
    figure = Figure(figsize=(13, 7), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(3, 3)
    for axes in panels.ravel():
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=FONT)
        axes.margins(x=0.01)
    columns = dict(zip(product.history_names, np.asarray(product.history).T, strict=True))
    _draw_history(panels[:, 0], columns, int(arrays["panel/at"][-1]))
    _draw_panel(panels[:, 1:], product.wavelengths / 1000, arrays)
    return figure


def _draw_history(panels: np.ndarray, columns: dict[str, np.ndarray], kept: int) -> None:
    """Three panels over the iterations; the look whose weights are kept is marked."""
    distance, coverage, losses = panels
    steps = columns["iterations"]
    distance.plot(steps, columns["distance"], color=MADE, label="generated against real")
    distance.plot(steps, columns["real against real"], color=REAL, label="real against real")
    if (columns["distance"] > 0).all() and (columns["real against real"] > 0).all():
        distance.set_yscale("log")
    coverage.plot(steps, columns["coverage"], color=GREEN)
    coverage.set_ylim(0, 1.03)
    losses.plot(steps, columns["discriminator loss"], color=REAL, label="discriminator")
    losses.plot(steps, columns["generator loss"], color=MADE, label="generator")
    for axes, label in zip(panels, ("energy distance", "share of kinds reached", "loss"), strict=True):
        axes.set_ylabel(label, fontsize=FONT + 1)
        axes.axvline(kept, color="0.5", linewidth=0.8, linestyle=":")
    distance.legend(fontsize=FONT, frameon=False)
    losses.legend(fontsize=FONT, frameon=False)
    losses.set_xlabel("iterations (dotted: those kept)", fontsize=FONT + 1)


def _draw_panel(panels: np.ndarray, wavelengths: np.ndarray, arrays: dict[str, np.ndarray]) -> None:
    """A panel a code: what it became early, halfway and at last; the real spectrum most like the last."""
    real, made = arrays["panel/real"], arrays["panel/generated"]
    early = sorted({0, len(made) // 2} - {len(made) - 1})
    for number, axes in enumerate(panels.ravel()[: len(real)]):
        for look in early:
            label = "generated earlier" if look == early[0] else None
            axes.plot(wavelengths, made[look, number], color=EARLY, linewidth=0.8, label=label)
        axes.plot(wavelengths, real[number], color=REAL, linewidth=1.2, label="nearest real spectrum")
        axes.plot(wavelengths, made[-1, number], color=MADE, linewidth=1.2, label="generated, as kept")
        low = min(real[number].min(), made[-1, number].min())
        axes.set_ylim(low - 0.1 * (1 - low), 1 + 0.1 * (1 - low))
    for axes in panels[-1]:
        axes.set_xlabel("wavelength, µm", fontsize=FONT + 1)
    for axes in panels[:, 0]:
        axes.set_ylabel("over continuum", fontsize=FONT + 1)
    panels[0, 0].legend(fontsize=FONT, framealpha=0.85, edgecolor="none", loc="lower left")
