"""Spectra divided by bland neighbours, and where the denominator made the absorption of a ratio."""

import logging

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.preprocessing.division import Divide, by_columns, by_spectrum, mean_spectrum, score_cube
from hsicli.preprocessing.ratio import best_pixels

log = logging.getLogger(__name__)

LIMITS = (0.0, 1.0)
"""Of reflectance."""

BLAND_WINDOW = (1850.0, 2550.0)
BLAND_ROWS, BLAND_BEST, BLAND_GLOBAL = 50, 9, 200
"""As of hsicli preprocess --ratio."""

DIAGNOSTIC = 0.5
"""Bands where an exemplar absorbs more than this share of its deepest absorption say what it is."""

DOUBTFUL = 0.5
"""A ratio's absorption is doubtful if the denominator alone would make this share of it."""


def ratios_of(cube: Cube) -> Divide:
    """Division by bland pixels of the same detector column, or of the image where columns are not known.

    Raises
    ------
    InputError
        If the spectra are ratios already, or no pixel is bland.
    """
    if cube.denominator is not None:
        raise InputError("the spectra are ratios already", hint="leave --ratios out, or give the cube of I/F")
    scores = score_cube(cube, LIMITS, BLAND_WINDOW)
    if cube.columns is not None:
        return by_columns(cube, LIMITS, scores, reach=BLAND_ROWS, count=BLAND_BEST)[0]
    log.info("the detector columns are not known: one ratio spectrum for the whole image")
    return by_spectrum(mean_spectrum(cube, LIMITS, best_pixels(scores, BLAND_GLOBAL)))


def bulges(
    denominator: np.ndarray,
    removed: np.ndarray,
    exemplars: np.ndarray,
    wavelengths: np.ndarray,
) -> np.ndarray:
    """Where the denominator bulges as the mineral absorbs: the ratio then shows what the ground may not.

    The denominator turned over has absorptions where it is convex. Over the bands where the exemplar absorbs
    most, their mean depth is compared with that of the ratio.

    Parameters
    ----------
    denominator : (n, bands) float32
        What each pixel was divided by.
    removed : (n, bands) float32
        The ratio over its continuum.
    exemplars : (n, bands) float32
        Continuum-removed, of the mineral found in each.
    wavelengths : (bands,) float

    Returns
    -------
    (n,) bool

    References
    ----------
    Saranathan and Parente, Icarus 2021, §4.4 and Figure 14 C.
    """
    depths = 1 - exemplars
    diagnostic = depths > DIAGNOSTIC * depths.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        turned = 1 - remove_continuum((1 / denominator).astype(np.float32), wavelengths)
    count = diagnostic.sum(axis=1)
    from_denominator = np.where(diagnostic, turned, 0).sum(axis=1) / count
    seen = np.where(diagnostic, 1 - removed, 0).sum(axis=1) / count
    doubtful: np.ndarray = from_denominator > DOUBTFUL * seen
    return doubtful
