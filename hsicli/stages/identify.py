"""Which library spectra the classes of a map resemble most."""

import logging
from typing import Any, Literal

import numpy as np

from hsicli.algorithms.angles import spectral_angle
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.products import Labels

log = logging.getLogger(__name__)


def nearest_spectra(
    product: Labels,
    library: Library,
    *,
    continuum: Literal["removed", "kept"],
    ranks: int,
    least_overlap: float,
) -> dict[str, Any]:
    """The library spectra at the smallest angle from each class mean, over the bands that both have.

    Class means and references go through the same lines: the library is brought to the map's wavelengths,
    and both lose their continuum over the bands they share, or neither does.

    Parameters
    ----------
    product : Labels
    library : Library
    continuum : {"removed", "kept"}
    ranks : int
        Spectra to name for each class.
    least_overlap : float
        Share of the map's bands that a library spectrum must have.

    Returns
    -------
    dict
        The fields of `Scores` about the library.

    Raises
    ------
    InputError
        If the map has no wavelengths.
    """
    if product.wavelengths is None:
        raise InputError(
            "the map has no wavelengths, so its class means cannot be compared with a library",
            hint="give the cube its wavelengths and cluster it again",
        )
    angles = np.full((len(product.names), len(library.names)), np.nan)
    there = product.counts > 0
    references = library.resampled(product.wavelengths).spectra
    angles[there] = _angles(product.means[there], references, product.wavelengths, continuum, least_overlap)
    compared = np.isfinite(angles).any(axis=0)
    if not compared.any():
        log.warning("library: no spectrum shares enough bands with the map, so nothing is compared")
    log.info(
        "library: %d of %d spectra have at least %.0f %% of the map's bands; continuum %s",
        int(compared.sum()),
        len(compared),
        100 * least_overlap,
        continuum,
    )
    ranks = min(ranks, len(library.names))
    nearest = np.argsort(np.where(np.isfinite(angles), angles, np.inf), axis=1, kind="stable")[:, :ranks]
    nearest_angles = np.take_along_axis(angles, nearest, axis=1)
    return {
        "library_names": library.names,
        "matches": np.where(np.isfinite(nearest_angles), nearest + 1, 0),
        "match_angles": nearest_angles,
    }


def _angles(
    means: np.ndarray, references: np.ndarray, wavelengths: np.ndarray, continuum: str, least_overlap: float
) -> np.ndarray:
    """(classes, m) radians; NaN where too few bands are shared."""
    angles = np.full((len(means), len(references)), np.nan)
    present = np.isfinite(means).all(axis=0)
    patterns, pattern_of = np.unique(np.isfinite(references) & present, axis=0, return_inverse=True)
    for number, shared in enumerate(patterns):
        if shared.sum() < max(2, least_overlap * present.sum()):
            continue
        rows = np.flatnonzero(pattern_of.ravel() == number)
        sides = means[:, shared], references[rows][:, shared]
        if continuum == "removed":
            axis = wavelengths[shared]
            sides = remove_continuum(sides[0], axis), remove_continuum(sides[1], axis)
        angles[:, rows] = spectral_angle(*sides)
    return angles
