"""Diffusion picture: the eigenvalues of the walk, and how the time was chosen."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hsicli.products.labels import Labels

DPI = 100
FONT = 8
LINE, OTHERS, MARK = "#0060d8", "#b8c4d4", "#c25a00"
"""Colours: what was measured, the same in other settings, and the time that was chosen."""


def draw_times(product: Labels) -> Figure:
    """Eigenvalues, as steps until each has faded; and how far the classes of each time lie from all others.

    Parameters
    ----------
    product : Labels
        Made by `diffuse`: with eigenvalues and times.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the product has no times.
    """
    if product.times is None or product.eigenvalues is None or product.time_distances is None:
        raise ValueError("these labels were not made by diffusion")
    figure = Figure(figsize=(10, 3.8), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=FONT)
    _draw_eigenvalues(left, product.eigenvalues)
    _draw_choice(right, product)
    return figure


def _draw_eigenvalues(axes: Axes, values: np.ndarray) -> None:
    """−1/ln λ says more than λ, which is 0.99… for all of them."""
    with np.errstate(divide="ignore"):
        steps = -1 / np.log(np.clip(values[1:], 1e-300, 1 - 1e-15))
    number = np.arange(2, len(values) + 1)
    axes.plot(number, np.maximum(steps, 1e-3), color=LINE, marker="o", markersize=4, linewidth=1)
    axes.set_yscale("log")
    axes.set_xticks(number)
    axes.set_xlabel("eigenvalue", fontsize=FONT + 1)
    axes.set_ylabel("steps until it has faded to 1/e", fontsize=FONT + 1)
    second = f"; λ₂ = {values[1]:.6f}" if len(values) > 1 else ""
    axes.set_title(f"eigenvalues of the walk{second}", fontsize=FONT + 1, loc="left")


def _draw_choice(axes: Axes, product: Labels) -> None:
    """A line for each setting of a grid, or one; only the setting of the chosen time has a mark a time."""
    times, chosen = np.asarray(product.times), product.time_chosen or 0
    distances = np.asarray(product.time_distances)
    settings = np.array(product.time_settings or ("",) * len(times))
    longest = times[:0]
    for setting in dict.fromkeys(settings.tolist()):
        mine = np.flatnonzero(settings == setting)
        longest = max(longest, times[mine], key=len)
        style = {"color": LINE, "marker": "o"} if chosen in mine else {"color": OTHERS, "zorder": 1}
        axes.plot(np.arange(len(mine)), distances[mine], markersize=4, linewidth=1, **style)
        if chosen in mine:
            axes.axvline(float(chosen - mine[0]), color=MARK, linewidth=1, linestyle="--")
    axes.set_xticks(np.arange(len(longest)), [_power(int(time)) for time in longest], fontsize=FONT)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("time, steps", fontsize=FONT + 1)
    axes.set_ylabel("mean distance to the classes of all times, bits", fontsize=FONT + 1)
    words = f"time {times[chosen]}, {len(product.names)} classes"
    if product.time_settings:
        words += f"\n{settings[chosen]}"
    axes.set_title(words, fontsize=FONT + 1, loc="left")


def _power(time: int) -> str:
    """A time as a power of two, if it is one: 0, 1, 2, 2², 2³ and so on."""
    digits = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    power = time.bit_length() - 1
    return str(time) if time <= 2 or time != 2**power else f"2{str(power).translate(digits)}"
