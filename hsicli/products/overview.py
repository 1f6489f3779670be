"""What a page shows of a scene: a picture in three colours, some spectra, and what classes resemble."""

from dataclasses import dataclass

import numpy as np

from hsicli.cube import Grid


@dataclass(frozen=True, eq=False)
class Overview:
    """Every so manieth pixel of a cube as red, green and blue, and every so manieth spectrum.

    Attributes
    ----------
    shape : (rows, cols)
        Of the cube.
    picture : (rows / step, cols / step, 3) uint8
    shown : (rows / step, cols / step) bool
        False where the picture has no data.
    step : int
        Between the pixels of the picture, each way.
    colours : str
        What red, green and blue are.
    spectra : (rows / spectra_step, cols / spectra_step, bands / band_step) float32
        NaN for fill.
    spectra_step, band_step : int
    axis : (bands / band_step,) float64
        Wavelengths, nm; band numbers from 1 of a cube that has none.
    in_nm : bool
        Which of the two.
    grid : Grid, optional
    """

    shape: tuple[int, int]
    picture: np.ndarray
    shown: np.ndarray
    step: int
    colours: str
    spectra: np.ndarray
    spectra_step: int
    band_step: int
    axis: np.ndarray
    in_nm: bool
    grid: Grid | None = None


@dataclass(frozen=True, eq=False)
class Match:
    """A library spectrum that resembles the mean of a class.

    Attributes
    ----------
    name : str
    angle : float
        radians
    spectrum : (bands,) float
        On the axis of the map, made as the means were; NaN where the library has none.
    """

    name: str
    angle: float
    spectrum: np.ndarray
