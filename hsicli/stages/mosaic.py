"""One map of many: classes of the same name are the same, and each cell is taken from the surest map."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hsicli.algorithms.colours import distinct_colours
from hsicli.algorithms.compositing import Legend, composite, merge_legends
from hsicli.algorithms.geocoding import ground_of, pixels_at
from hsicli.errors import InputError

log = logging.getLogger(__name__)

_NUMBERED = re.compile(r"(class|cluster)\s*\d+", re.IGNORECASE)


@dataclass(frozen=True)
class MosaicConfig:
    """Where the cells of a mosaic lie; None is found from the maps."""

    VERSION: ClassVar[int] = 1

    crs: str | None = None
    """Coordinate system: a code, or WKT. The maps' own if they share one."""
    parallel: float | None = None
    """Standard parallel of an equirectangular map of Mars, degrees; the mean of the maps in steps of 5."""
    pixel: float | None = None
    """Metres; that of the finest map."""
    extent: tuple[float, float, float, float] | None = None
    """West, south, east, north, degrees; all of the maps."""


def pixel_finder(
    latitude: np.ndarray, longitude: np.ndarray
) -> tuple[Callable[[np.ndarray, np.ndarray], np.ndarray], tuple[float, float]]:
    """The way from a place to the pixel of an image in sensor space that saw it.

    Parameters
    ----------
    latitude, longitude : (rows, cols) float
        Of the pixels, degrees.

    Returns
    -------
    function
        From latitudes and longitudes to flat indices of pixels, −1 for none.
    (float, float)
        Usual distance of neighbours along a row and along a column, radians.
    """
    ground = ground_of(latitude, longitude)
    return lambda lat, lon: pixels_at(ground, lat, lon), ground.steps


def common_legend(names: Sequence[tuple[str, ...]], colours: Sequence[np.ndarray | None]) -> Legend:
    """One legend for the classes of several maps.

    Raises
    ------
    InputError
        If no map has a class.
    """
    legend = merge_legends(names, colours)
    if not legend.names:
        raise InputError("no map has a class", hint="give maps with at least one class")
    numbered = sorted({name for own in names for name in own if _NUMBERED.fullmatch(name.strip())})
    if numbered and len(names) > 1:
        log.warning(
            "classes such as %r are numbered, not named: they are taken for the same in every map, "
            "which clusterings of different images do not grant",
            numbered[0],
        )
    return legend


def source_colours(maps: int) -> np.ndarray:
    """(maps, 3) uint8: colours that tell the sources of a mosaic apart."""
    return distinct_colours(maps)


def preferred(pixels: Sequence[float]) -> list[int]:
    """The maps from finer pixels to coarser ones, else in their order; sizes count by two digits."""
    return sorted(range(len(pixels)), key=lambda number: (float(f"{pixels[number]:.1e}"), number))


def compose(
    labels: np.ndarray,
    scores: np.ndarray | None,
    confidence: np.ndarray | None,
    *,
    maps: Sequence[int],
    order: Sequence[int],
    tables: Sequence[np.ndarray],
) -> dict[str, np.ndarray]:
    """One tile of a mosaic.

    Parameters
    ----------
    labels : (n, rows, cols) int
        What some of the maps have there, in their own numbers; 0 = none.
    scores : (n, rows, cols) float, optional
        NaN where a map has none.
    confidence : (n, rows, cols) uint8, optional
        2 = identified, 1 = guess.
    maps : (n,) int
        Which maps these are.
    order : (all maps,) int
        The preferred one first.
    tables : sequence of (classes + 1,) int
        For each of all maps, from its own class to that of the mosaic.

    Returns
    -------
    dict of str to (rows, cols) arrays
        ``class``, ``source`` (a map, from 1), ``labeled`` (how many maps have a class here), ``agreeing``
        (how many have this one), ``confidence``, ``score``.
    """
    rank = {number: place for place, number in enumerate(order)}
    at = sorted(range(len(maps)), key=lambda place: rank[maps[place]])
    own = np.stack([tables[maps[place]][labels[place]] for place in at])
    sure, score = (None if layer is None else layer[at] for layer in (confidence, scores))
    found = composite(own, sure, score)
    numbers = np.array([0, *(maps[place] + 1 for place in at)], dtype=np.int32)
    return {
        "class": found.labels,
        "source": numbers[found.source],
        "labeled": found.labeled,
        "agreeing": found.agreeing,
        "confidence": found.confidence,
        "score": found.score,
    }
