"""Rock units of a planted scene, and the abundances that they give every pixel."""

from typing import Literal, NamedTuple

import numpy as np

from hsicli.algorithms.synthesis import (
    CELL,
    Deposit,
    Sheet,
    deposits,
    distance_to_zero,
    inside,
    smooth_field,
    soft_step,
    turned,
    warped,
)

BEDDING, RAGGED, PURITY, PLACES, FIRST_UNIT = 1, 20, 21, 22, 100
"""Streams of random numbers: what each field is for."""


class Unit(NamedTuple):
    """A body of rock, or all bodies of one kind."""

    mineral: str
    """Its endmember."""
    form: Literal["layer", "patch", "vein", "deposit"]
    """Beds that follow each other; spots of cover; thin lines; small bodies, some in every 256 rows."""
    share: float
    """Of the area: of a layer among the layers (any scale); of the others, of the scene."""
    size: float
    """Layer, patch, vein: size of the features across; deposit: radius; pixels."""
    stretch: float = 1.0
    """Length of the features over their size across."""
    angle: float = 0.0
    """Dip from left to right, radians."""
    abundance: float = 0.85
    """Of its mineral within it; what is left is the background (layers) or what lies below."""
    edge: float = 1.5
    """Width of the transition at its outline, pixels."""


class Geology(NamedTuple):
    """Units laid out on the endless sheet of a seed."""

    units: tuple[Unit, ...]
    """Later ones overprint earlier ones; layers come first and share the bedding of the first layer."""
    members: tuple[int, ...]
    """Column of each unit's mineral in the abundances."""
    endmembers: int
    background: int
    seed: int
    bend: float
    """Displacement that folds layers, patches and veins, as a share of their size."""
    margin: int
    """Columns at either side without deposits."""
    cell: int = CELL
    """Rows a cell of deposits."""
    cuts: tuple[float, ...] = ()
    """Score from which a pixel lies in the unit; −∞ for the lowest layer."""

    @property
    def layers(self) -> list[int]:
        """Indices of the units that are layers."""
        return [k for k, unit in enumerate(self.units) if unit.form == "layer"]


def calibrated(geology: Geology, sheets: list[Sheet]) -> Geology:
    """The geology with its units cut so that each has its share of these sheets.

    Parameters
    ----------
    geology : Geology
    sheets : list of Sheet

    Returns
    -------
    Geology
        With `cuts`.
    """
    cuts = [-np.inf] * len(geology.units)
    if geology.layers:
        heights = np.concatenate([_score(geology, geology.layers[0], sheet).ravel() for sheet in sheets])
        tops = np.cumsum([geology.units[k].share for k in geology.layers])
        for k, below in zip(geology.layers[1:], tops / tops[-1], strict=False):
            cuts[k] = float(np.quantile(heights, below))
    for k, unit in enumerate(geology.units):
        if unit.form in {"patch", "vein"}:
            scores = np.concatenate([_score(geology, k, sheet).ravel() for sheet in sheets])
            cuts[k] = float(np.quantile(scores, 1 - unit.share))
    return geology._replace(cuts=tuple(cuts))


def abundances(geology: Geology, sheet: Sheet) -> np.ndarray:
    """Abundances that the units give these rows.

    Parameters
    ----------
    geology : Geology
        As `calibrated` returns it.
    sheet : Sheet

    Returns
    -------
    (rows, cols, endmembers) float64
        On the simplex.
    """
    y, x = sheet.coordinates
    purity = 1 + 0.12 * np.clip(smooth_field(y, x, (24.0, 24.0), geology.seed, PURITY), -1.5, 1.0)
    out = np.zeros((len(y), sheet.cols, geology.endmembers))
    out[..., geology.background] = 1.0
    covers = {**_layer_covers(geology, sheet), **_deposit_covers(geology, sheet)}
    for k, (unit, member) in enumerate(zip(geology.units, geology.members, strict=True)):
        if unit.form in {"patch", "vein"}:
            softness = unit.edge if unit.form == "vein" else unit.edge / unit.size
            covers[k] = soft_step((_score(geology, k, sheet) - geology.cuts[k]) / softness)
        if unit.form != "layer":
            amount = np.minimum(covers[k] * unit.abundance * purity, 1.0)
            out *= 1 - amount[..., None]
            out[..., member] += amount
        else:  # layers exclude each other: each takes its part of the background
            amount = np.minimum(unit.abundance * purity, 1.0) * covers[k]
            out[..., geology.background] -= amount
            out[..., member] += amount
    return np.maximum(out, 0.0)


def _score(geology: Geology, k: int, sheet: Sheet) -> np.ndarray:
    """(rows, cols): the higher, the deeper inside the unit; of a layer, the height in the pile of layers."""
    unit = geology.units[k]
    stream = BEDDING if unit.form == "layer" else FIRST_UNIT + 4 * k
    y, x = warped(sheet, 2 * unit.size, geology.bend * unit.size, geology.seed, stream + 1)
    y, x = turned(y, x, unit.angle)
    scale = (unit.size, unit.size * unit.stretch)
    if unit.form == "vein":
        return -distance_to_zero(y, x, scale, geology.seed, stream)
    return smooth_field(y, x, scale, geology.seed, stream, octaves=4)


def _layer_covers(geology: Geology, sheet: Sheet) -> dict[int, np.ndarray]:
    """Share of each layer in each pixel; over the layers, they sum to one."""
    if not geology.layers:
        return {}
    lowest = geology.units[geology.layers[0]]
    height = _score(geology, geology.layers[0], sheet)
    above = {k: soft_step((height - geology.cuts[k]) / (lowest.edge / lowest.size)) for k in geology.layers}
    following = [*geology.layers[1:], None]
    return {
        k: above[k] - (above[upper] if upper is not None else 0.0)
        for k, upper in zip(geology.layers, following, strict=True)
    }


def _deposit_covers(geology: Geology, sheet: Sheet) -> dict[int, np.ndarray]:
    kinds = [k for k, unit in enumerate(geology.units) if unit.form == "deposit"]
    if not kinds:
        return {}
    y, x = sheet.coordinates
    ragged = smooth_field(y, x, (5.0, 5.0), geology.seed, RAGGED, octaves=2)
    bodies: list[list[Deposit]] = [[] for _ in kinds]
    first = max(0, sheet.rows.start // geology.cell - 1)
    for cell in range(first, sheet.rows.stop // geology.cell + 2):
        placed = deposits(
            tuple(geology.units[k].share for k in kinds),
            tuple(geology.units[k].size for k in kinds),
            cell,
            (geology.cell, sheet.cols),
            geology.margin,
            seed=geology.seed,
            stream=PLACES,
        )
        for own, new in zip(bodies, placed, strict=True):
            own.extend(new)
    return {
        k: inside(sheet, own, geology.units[k].edge, ragged) for k, own in zip(kinds, bodies, strict=True)
    }
