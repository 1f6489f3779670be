"""Layers of numbers as pictures: a panel a layer, each in its own range."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.products.rasters import Raster

DPI = 100
FONT = 8
SIDE, WIDEST = 3.2, 4
"""Inches of the longer side of a panel; panels in a row."""
MOST = 12
"""Layers that are drawn; of more, the first."""
COLOURS, MISSING = "viridis", "0.88"
LIMITS = (2, 98)
"""Percentiles that are the ends of a panel's colours."""


def draw_layers(raster: Raster) -> Figure:
    """The layers of a map of quantities, with their names; nodata is grey.

    Parameters
    ----------
    raster : Raster

    Returns
    -------
    Figure
    """
    count, rows, cols = raster.data.shape
    shown = min(count, MOST)
    across = min(shown, WIDEST)
    down = -(-shown // across)
    scale = SIDE / max(rows, cols)
    size = (across * (max(cols * scale, 1.0) + 0.9), down * (max(rows * scale, 1.0) + 0.5))
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    step = max(1, int(max(rows, cols) / (2 * SIDE * DPI)))
    panels = np.atleast_1d(figure.subplots(down, across, squeeze=False)).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, layer, name in zip(panels, raster.data[:shown], raster.layer_names[:shown], strict=False):
        image = np.ma.masked_invalid(np.asarray(layer[::step, ::step], dtype=np.float64))
        if np.isfinite(raster.nodata):
            image = np.ma.masked_equal(image, raster.nodata)
        known = image.compressed()
        low, high = np.percentile(known, LIMITS) if len(known) else (0.0, 1.0)
        axes.imshow(
            np.full((1, 1, 3), float(MISSING)),
            extent=(-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5),
        )
        drawn = axes.imshow(image, cmap=COLOURS, vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(name, fontsize=FONT, loc="left")
        figure.colorbar(drawn, ax=axes, shrink=0.8).ax.tick_params(labelsize=FONT - 1)
    if shown < count:
        figure.supxlabel(f"the first {shown} of {count} layers", fontsize=FONT, x=0.01, ha="left")
    return figure
