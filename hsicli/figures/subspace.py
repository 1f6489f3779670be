"""Subspace picture: the noise of every band, and where the signal sinks into it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.figures.spectra import FEW_BANDS, gaps, spectral_axis
from hsicli.products.subspace import Subspace

DPI = 100
FONT = 8
SIGNAL, FIRST, SECOND, MARK = "0.55", "#0060d8", "#c25a00", "0.3"
"""Colours: the mean, the two estimates, and the line at the dimension."""


def draw_subspace(product: Subspace) -> Figure:
    """Noise by band (both estimates, beside the mean), and power of signal and noise by direction.

    Parameters
    ----------
    product : Subspace

    Returns
    -------
    Figure
    """
    figure = Figure(figsize=(10, 4.2), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=FONT)
        axes.set_yscale("log")
    _draw_bands(left, product)
    _draw_directions(right, product)
    return figure


def _draw_bands(axes: Axes, product: Subspace) -> None:
    bands = len(product.noise)
    axis, name = spectral_axis(product.wavelengths, bands)
    breaks = gaps(axis)
    x = np.insert(axis.astype(float), breaks, np.nan)
    marker = "o" if bands < FEW_BANDS else ""
    for values, colour, label in (
        (np.abs(product.mean), SIGNAL, "mean of the cube"),
        (product.noise, FIRST, "noise, by regression"),
        (product.noise_difference, SECOND, "noise, by differences"),
    ):
        y = np.insert(values.astype(float), breaks, np.nan)
        y[~(y > 0)] = np.nan
        axes.plot(x, y, color=colour, linewidth=1.2, marker=marker, markersize=3, label=label)
    axes.set_xlabel(name, fontsize=FONT + 1)
    axes.set_ylabel("as the cube", fontsize=FONT + 1)
    axes.set_title(f"noise of each band; {product.pixels:,} pixels", fontsize=FONT + 1, loc="left")
    _legend_above(axes)


def _draw_directions(axes: Axes, product: Subspace) -> None:
    shown = min(len(product.power), max(30, 3 * product.dimension))
    number = np.arange(1, shown + 1)
    power, noise = product.power[:shown], 2 * product.noise_power[:shown]
    axes.plot(number, np.where(power > 0, power, np.nan), color=SIGNAL, marker="o", markersize=3, linewidth=1)
    axes.plot(number, np.where(noise > 0, noise, np.nan), color=FIRST, linewidth=1.2)
    axes.lines[0].set_label("power of the spectra")
    axes.lines[1].set_label("twice the power of the noise")
    axes.axvline(product.dimension + 0.5, color=MARK, linewidth=1, linestyle="--", label="the dimension")
    axes.set_xlim(0, shown + 1)
    axes.set_xlabel("direction", fontsize=FONT + 1)
    axes.set_ylabel("as the cube, squared", fontsize=FONT + 1)
    axes.set_title(
        f"dimension {product.dimension} (by regression {product.dimension_regression}, "
        f"by differences {product.dimension_difference})",
        fontsize=FONT + 1,
        loc="left",
    )
    _legend_above(axes)


def _legend_above(axes: Axes) -> None:
    """A legend where it can cover nothing: below the axes' title, above the lines."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.28)
    axes.legend(loc="upper right", fontsize=FONT, frameon=False)
