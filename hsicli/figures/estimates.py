"""Estimate pictures: where it is sure, and what it says of chosen pixels, their covariance as an image."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.figures.bearings import draw_bearings
from hsicli.figures.spectra import gaps
from hsicli.products.estimates import Estimate

DPI = 100
FONT = 8
SIDE = 4.2
"""Inches: the longer side of a map."""
BAND = 1
"""Which of the stated intervals is drawn."""
SHOWN = 97
"""Percentile of the size of covariances that has the full colour."""
MOST_SAMPLES = 8
MOST_PIXELS = 6
INPUT, TRUTH, MEAN = "#a0378c", "0.15", "#0060d8"
MISSING = "0.88"


def draw_certainty(product: Estimate) -> Figure:
    """Maps of spread and strangeness; the chosen pixels are numbered.

    Parameters
    ----------
    product : Estimate

    Returns
    -------
    Figure
    """
    rows, cols = product.spread.shape
    scale = SIDE / max(rows, cols)
    width, height = max(cols * scale, 1.2), max(rows * scale, 1.2)
    figure = Figure(figsize=(2 * (width + 0.8), height + 0.8), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    usual = float(product.strangeness_usual[-2])
    share = f"{100 * product.strangeness_shares[-2]:g} %"
    panels = (
        (product.spread, "spread: root mean square deviation of the bands", None),
        (
            product.strangeness,
            f"strangeness; {share} of the spectra held out are below {usual:.2g}",
            2 * usual,
        ),
    )
    for axes, (image, title, top) in zip(figure.subplots(1, 2, squeeze=False)[0], panels, strict=True):
        known = image[np.isfinite(image)]
        most = top or (float(np.percentile(known, 99)) if len(known) else 1.0)
        step = max(1, int(max(rows, cols) / (2 * SIDE * DPI)))
        axes.imshow(np.full((1, 1, 3), float(MISSING)), extent=(0, width, height, 0), aspect="auto")
        drawn = axes.imshow(
            np.ma.masked_invalid(image[::step, ::step]), extent=(0, width, height, 0), aspect="equal",
            cmap="viridis", vmin=0, vmax=most or 1.0, interpolation="nearest",
        )  # fmt: skip
        axes.set_axis_off()
        axes.set_title(title, fontsize=FONT, loc="left")
        _mark(axes, product, (width / cols, height / rows))
        figure.colorbar(drawn, ax=axes, shrink=0.8).ax.tick_params(labelsize=FONT - 1)
        if image is product.spread:
            draw_bearings(axes, (width, height), product.grid, (rows, cols))
    return figure


def _mark(axes: Axes, product: Estimate, scale: tuple[float, float]) -> None:
    """Number the chosen pixels."""
    for number, (row, col) in enumerate(_chosen(product), 1):
        place = ((col + 0.5) * scale[0], (row + 0.5) * scale[1])
        axes.plot(*place, marker="o", markersize=9, markerfacecolor="white", markeredgecolor="0.2")
        axes.text(*place, str(number), fontsize=FONT - 1, ha="center", va="center_baseline")


def _chosen(product: Estimate) -> list[tuple[int, int]]:
    """Rows and cols of the pixels that are drawn."""
    if product.pixels is None or product.covariances is None:
        return []
    known = np.isfinite(product.covariances).all(axis=(1, 2))
    return [(int(row), int(col)) for row, col in product.pixels[known][:MOST_PIXELS]]


def draw_pixels(product: Estimate) -> Figure:
    """A column a chosen pixel: what was seen; what is inferred, with its interval; and its covariance.

    Parameters
    ----------
    product : Estimate

    Returns
    -------
    Figure
        That says so if no chosen pixel has data.

    References
    ----------
    Candela et al., IAAI, 2020, figure 6.
    """
    chosen = _chosen(product)
    if not chosen or product.pixels is None or product.covariances is None:
        figure = Figure(figsize=(4, 1), dpi=DPI)
        FigureCanvasAgg(figure)
        figure.text(0.5, 0.5, "no pixel with data was chosen", ha="center", fontsize=FONT + 1)
        return figure
    figure = Figure(figsize=(2.9 * len(chosen) + 0.6, 7.4), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(3, len(chosen), squeeze=False, height_ratios=(2, 3, 4.2))
    places = [tuple(place) for place in product.pixels.tolist()]
    for number, (row, col) in enumerate(chosen):
        kept = places.index((row, col))
        seen, inferred, image = panels[:, number]
        seen.plot(
            product.input_wavelengths / 1000, np.asarray(product.inputs[row, col]), color=INPUT, marker="s",
            markersize=3, linewidth=1,
        )  # fmt: skip
        seen.set_title(f"{number + 1}: row {row}, col {col}", fontsize=FONT + 1)
        _draw_inferred(inferred, product, (row, col), kept)
        _draw_covariance(figure, image, product.wavelengths / 1000, product.covariances[kept])
        for axes in (seen, inferred):
            axes.set_xlim(product.wavelengths[0] / 1000, product.wavelengths[-1] / 1000)
            axes.spines[["top", "right"]].set_visible(False)
        for axes in (seen, inferred, image):
            axes.tick_params(labelsize=FONT - 1)
    for axes, words in zip(panels[:, 0], ("seen", "inferred", "covariance, µm"), strict=True):
        axes.set_ylabel(words, fontsize=FONT + 1)
    handles, labels = panels[1, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), fontsize=FONT, frameon=False
    )
    return figure


def _draw_inferred(axes: Axes, product: Estimate, place: tuple[int, int], kept: int) -> None:
    mean, deviation = np.asarray(product.mean[place]), np.asarray(product.deviation[place])
    half = product.interval_factors[BAND] * deviation
    breaks = gaps(product.wavelengths)

    def parted(values: np.ndarray) -> np.ndarray:
        return np.insert(np.asarray(values, dtype=float), breaks, np.nan)

    x = parted(product.wavelengths / 1000)
    axes.fill_between(
        x, parted(mean - half), parted(mean + half), color=MEAN, alpha=0.22, linewidth=0,
        label=f"interval of {100 * product.levels[BAND]:g} %",
    )  # fmt: skip
    if product.samples is not None:
        for sample in product.samples[kept][:MOST_SAMPLES]:
            axes.plot(x, parted(sample), color="0.55", linewidth=0.5)
    axes.plot(x, parted(mean), color=MEAN, linewidth=1.2, label="mean")
    if product.truth is not None:
        axes.plot(x, parted(product.truth[kept]), color=TRUTH, linewidth=0.9, label="truth")


def _draw_covariance(figure: Figure, axes: Axes, wavelengths: np.ndarray, covariance: np.ndarray) -> None:
    top = float(np.percentile(np.abs(covariance), SHOWN)) or 1.0
    drawn = axes.pcolormesh(wavelengths, wavelengths, covariance, cmap="RdBu_r", vmin=-top, vmax=top)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_xlabel("wavelength, µm", fontsize=FONT)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.7, location="bottom", extend="both")
    bar.ax.tick_params(labelsize=FONT - 2)
    bar.ax.xaxis.get_offset_text().set_fontsize(FONT - 2)
    bar.ax.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
