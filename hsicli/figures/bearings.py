"""Where a picture of the ground lies: how long a kilometre is on it, and which way north."""

import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrow, Rectangle

from hsicli.cube import Grid

FONT = 8
NARROWEST = 1.0
"""Inches: on a narrower picture there is no room for words."""
UPRIGHT = ("equirect", "equidistant_cyl", "equidistant cyl", "plate_carr", "mercator")
"""Projections whose y axis is north everywhere, to a few degrees."""
ARROW = 0.26
"""Inches."""


def draw_bearings(axes: Axes, size: tuple[float, float], grid: Grid | None, shape: tuple[int, int]) -> None:
    """A bar of a round length and an arrow to the north, as far as the grid tells them.

    Parameters
    ----------
    axes : Axes
        Its units are inches, from the top left corner down.
    size : (width, height)
        Of the picture, inches.
    grid : Grid, optional
    shape : (rows, cols)
        Of the image on that grid.
    """
    if size[0] < NARROWEST:
        return
    metres = metres_per_pixel(grid)
    if metres:
        _draw_scale(axes, size, metres * shape[1] / size[0])
    north = north_of(grid)
    if north is not None:
        _draw_north(axes, size, north)


def metres_per_pixel(grid: Grid | None) -> float | None:
    """Length of a step to the next column, if the grid is projected and in metres."""
    if grid is None or grid.transform is None or not grid.wkt:
        return None
    units = re.findall(r'\b(?:LENGTH)?UNIT\["(\w+)"', grid.wkt)
    if not re.match(r"\s*(PROJCS|PROJCRS|BOUNDCRS)\b", grid.wkt) or not units:
        return None
    if units[-1].lower() not in {"metre", "meter", "metres", "meters", "m"}:
        return None
    return float(np.hypot(grid.transform[0], grid.transform[3]))


def north_of(grid: Grid | None) -> tuple[float, float] | None:
    """Columns and rows of a step to the north, of length 1; None where the y axis need not be north."""
    if grid is None or grid.transform is None or not grid.wkt:
        return None
    method = re.search(r'\b(?:PROJECTION|METHOD)\["([^"]+)"', grid.wkt)
    if method is not None and not any(name in method[1].casefold() for name in UPRIGHT):
        return None
    if method is None and not re.match(r"\s*(GEOGCS|GEOGCRS|GEODCRS)\b", grid.wkt):
        return None
    a, b, _, d, e, _ = grid.transform
    turn = np.array([[a, b], [d, e]])
    if abs(np.linalg.det(turn)) < 1e-30:
        return None
    step = np.linalg.solve(turn, [0.0, 1.0])
    step /= np.linalg.norm(step)
    return float(step[0]), float(step[1])


def _draw_scale(axes: Axes, size: tuple[float, float], metres_per_inch: float) -> None:
    """A bar, on a plate of white."""
    length = _round_length(min(size[0] / 3, 2.0) * metres_per_inch)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    bar = length / metres_per_inch
    x, y = 0.12, size[1] - 0.12
    _draw_plate(axes, x - 0.06, y - 0.24, max(bar, 0.09 * len(text)) + 0.12, 0.3)
    axes.plot([x, x + bar], [y, y], color="black", linewidth=2, solid_capstyle="butt")
    axes.text(x, y - 0.05, text, fontsize=FONT, va="bottom")


def _round_length(most: float) -> float:
    """The largest 1, 2 or 5 times a power of ten up to `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(power * max(step for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)))


def _draw_north(axes: Axes, size: tuple[float, float], north: tuple[float, float]) -> None:
    """An arrow and its N in the upper right corner, on a plate of white."""
    plate = ARROW + 0.24
    x, y = size[0] - 0.06 - plate / 2, 0.06 + plate / 2
    _draw_plate(axes, x - plate / 2, y - plate / 2, plate, plate)
    east, down = (part * ARROW for part in north)
    axes.add_patch(
        FancyArrow(
            x - east * 0.75, y - down * 0.75, east, down, width=0.015, head_width=0.1, head_length=0.11,
            length_includes_head=True, color="black", linewidth=0,
        )
    )  # fmt: skip
    axes.text(x + east * 0.58, y + down * 0.58, "N", fontsize=FONT - 1, ha="center", va="center")


def _draw_plate(axes: Axes, x: float, y: float, width: float, height: float) -> None:
    axes.add_patch(Rectangle((x, y), width, height, color="white", alpha=0.8, lw=0))
