"""A planted cube with its truth, made block by block."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hsicli.cube import Grid
from hsicli.library import Library


class SceneBlock(NamedTuple):
    """Consecutive rows of a planted scene."""

    rows: slice
    data: np.ndarray
    """(rows, cols, bands) float32"""
    labels: np.ndarray
    """(rows, cols) uint8: 0 = nothing is planted here."""
    abundances: np.ndarray
    """(rows, cols, endmembers) float32; NaN where nothing is planted."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A planted cube with its truth, made block by block while `io/scene.py` writes it.

    Attributes
    ----------
    shape : (rows, cols, bands)
    blocks : callable
        Yields the SceneBlocks, first row to last, the same each time.
    wavelengths, fwhm : (bands,) float64
        nm, ascending.
    endmembers : Library
        On the bands of the cube; its names are those of the classes 1…p.
    colours : (p, 3) uint8
    noise : (bands,) float64
        Standard deviation of the white noise.
    masked : bool
        Whether some pixels hold nothing: labels 0.
    fill : float
        What those pixels hold, if it is no measurement; NaN if it is one.
    description : str
        One line for the header.
    grid : Grid, optional
    sensor : str, optional
        Of CRISM, if the scene is a TRDR of it: one in sensor space, its atmosphere not corrected.
    transmission : Library, optional
        Of that atmosphere at path 1, on the bands of the cube.
    """

    shape: tuple[int, int, int]
    blocks: Callable[[], Iterator[SceneBlock]]
    wavelengths: np.ndarray
    fwhm: np.ndarray
    endmembers: Library
    colours: np.ndarray
    noise: np.ndarray
    masked: bool
    fill: float
    description: str
    grid: Grid | None = None
    sensor: str | None = None
    transmission: Library | None = None
