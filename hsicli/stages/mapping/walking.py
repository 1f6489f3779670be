"""The walk over a cube: blocks with a rim of neighbours, prepared, averaged over boxes, and compared."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from hsicli.cube import Block
from hsicli.preprocessing.division import Divide
from hsicli.preprocessing.image import box_mean
from hsicli.stages.mapping.preparing import Preparing
from hsicli.stages.mapping.similarity import Guesses, best_guesses

Score = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From reflectance and scaled spectra, (n, bands) float32, and flat places, (n,) int, to (n, k) float32."""

PIXELS = 8192
"""Of a block, about: its spectra are held several times over, and a network takes a second or so for them."""

AHEAD = 8
"""A block is handed on when so many times the rim is there, lest the rim be averaged over and over."""


class Layer(NamedTuple):
    """Some rows, prepared."""

    rows: slice
    reflectance: np.ndarray
    """(rows, cols, bands) float32, on the axis."""
    removed: np.ndarray
    """(rows, cols, bands) float32: NaN where there is no continuum."""
    valid: np.ndarray
    """(rows, cols) bool: there is one."""


class Window(NamedTuple):
    """Rows that are ready, within a layer that reaches beyond them."""

    layer: Layer
    inner: slice
    """The rows that are ready, counted from the first of the layer."""

    @property
    def rows(self) -> slice:
        """The same, counted from the first of the image."""
        start = self.layer.rows.start
        return slice(start + self.inner.start, start + self.inner.stop)


def layers(preparing: Preparing, divide: Divide | None = None) -> Iterator[Layer]:
    """The cube block by block, each spectrum over its continuum; divided first by others, where asked for."""
    rows = max(1, PIXELS // preparing.cube.shape[1])
    for block in preparing.cube.blocks(rows):
        data, valid = block.data, block.valid
        if divide is not None:
            data = data.copy()
            with np.errstate(invalid="ignore", divide="ignore"):
                divide(Block(block.rows, data, valid))
            valid = valid & np.isfinite(data).all(axis=2)
        reflectance = preparing.on_axis(data)
        removed = np.full(reflectance.shape, np.nan, dtype=np.float32)
        removed[valid] = preparing.without_continuum(reflectance[valid])
        yield Layer(block.rows, reflectance, removed, valid & np.isfinite(removed).all(axis=2))


def windows(found: Iterator[Layer], reach: int, rows: int) -> Iterator[Window]:
    """The same with a rim of `reach` rows on either side, but for the edges of an image of so many rows."""
    held: Layer | None = None
    ready = 0
    for layer in found:
        held = layer if held is None else _joined(held, layer)
        end = held.rows.stop if held.rows.stop == rows else held.rows.stop - reach
        if end - ready < AHEAD * reach and held.rows.stop < rows:
            continue
        yield Window(held, slice(ready - held.rows.start, end - held.rows.start))
        ready = end
        held = _cut(held, max(held.rows.start, ready - reach))


def averaged(window: Window, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means over a box of the valid pixels that are ready.

    Parameters
    ----------
    window : Window
    size : int
        Width of the box, pixels.

    Returns
    -------
    removed, reflectance : (n, bands) float32
    places : (rows, cols) bool
        Of the rows that are ready, which pixels these are.
    """
    layer, inner = window
    places = layer.valid[inner]
    if size == 1:
        return layer.removed[inner][places], layer.reflectance[inner][places], places
    means = (box_mean(each, layer.valid, size)[inner][places] for each in (layer.removed, layer.reflectance))
    removed, reflectance = means
    return removed, reflectance, places


def guesses_at(
    window: Window, size: int, preparing: Preparing, score: Score, cols: int
) -> tuple[Guesses, np.ndarray]:
    """The best guess of every pixel that is ready, at one scale; and its spectra without their continuum.

    Flat spectra and those of no use have none: the explicit −1, as the highest of no scores is nothing.

    Returns
    -------
    Guesses
        Of shape (rows, cols).
    (rows, cols, bands) float32
        NaN where a pixel is not valid.
    """
    removed, reflectance, places = averaged(window, size)
    shows = preparing.shows(removed)
    mineral = np.full(places.shape, -1, dtype=np.int32)
    value = np.full(places.shape, np.nan, dtype=np.float32)
    image = np.full((*places.shape, removed.shape[1]), np.nan, dtype=np.float32)
    image[places] = removed
    rows, across = np.nonzero(places)
    compared = rows[shows], across[shows]
    if shows.any():
        flat = (window.rows.start + compared[0]) * cols + compared[1]
        found = best_guesses(score(reflectance[shows], preparing.scaled(removed[shows]), flat))
        mineral[compared], value[compared] = found.mineral, found.score
    return Guesses(mineral, value), image


def _joined(first: Layer, second: Layer) -> Layer:
    arrays = (np.concatenate(pair) for pair in zip(first[1:], second[1:], strict=True))
    return Layer(slice(first.rows.start, second.rows.stop), *arrays)


def _cut(layer: Layer, first: int) -> Layer:
    part = slice(first - layer.rows.start, None)
    return Layer(slice(first, layer.rows.stop), *(array[part].copy() for array in layer[1:]))
