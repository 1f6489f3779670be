"""Which library spectra the classes of a map resemble most."""

import logging
from typing import Any, Literal, assert_never

import numpy as np

from hsicli.algorithms.angles import spectral_angle
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.products.labels import Labels

log = logging.getLogger(__name__)

Compare = Literal["band-depth", "continuum-removed", "spectrum"]


def nearest_spectra(
    product: Labels,
    library: Library,
    *,
    compare: Compare,
    ranks: int,
    least_overlap: float,
) -> dict[str, Any]:
    """The library spectra at the smallest angle from each class mean, over the bands that both have.

    Class means and references go through the same lines. Band depth is 1 − spectrum/continuum, over the
    bands they share: a bland material mixed into a class makes its bands shallower by about one factor, and
    the angle does not see factors. The angle of continuum-removed spectra does: near 1 almost everywhere,
    weak bands resemble a flat spectrum most. That of the spectra themselves compares slopes first.

    Parameters
    ----------
    product : Labels
    library : Library
    compare : {"band-depth", "continuum-removed", "spectrum"}
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
    angles[there] = _angles(product.means[there], references, product.wavelengths, compare, least_overlap)
    compared = np.isfinite(angles).any(axis=0)
    if not compared.any():
        log.warning("library: no spectrum shares enough bands with the map, so nothing is compared")
    log.info(
        "library: %d of %d spectra have at least %.0f %% of the map's bands; angles of %s",
        int(compared.sum()),
        len(compared),
        100 * least_overlap,
        compare,
    )
    nearest, nearest_angles = _nearest(angles, ranks)
    return {
        "compared": compare,
        "library_names": library.names,
        "matches": nearest + 1,
        "match_angles": nearest_angles,
    }


def rank_library(
    spectra: np.ndarray,
    wavelengths: np.ndarray,
    library: Library,
    *,
    compare: Compare,
    ranks: int,
    least_overlap: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The library spectra nearest to each of some spectra, by angle over the bands that both have.

    Each spectrum is compared on its own bands, so one with gaps takes nothing from the others.

    Parameters
    ----------
    spectra : (n, bands) float
        NaN where a band is missing.
    wavelengths : (bands,) float
        nm, ascending.
    library : Library
        Of any axis: it is resampled.
    compare : {"band-depth", "continuum-removed", "spectrum"}
        See `nearest_spectra`.
    ranks : int
        Spectra to name for each.
    least_overlap : float
        Share of a spectrum's bands that a library spectrum must have.

    Returns
    -------
    (n, ranks) int
        Rows of the library, the nearest first; −1 where none is left to compare with.
    (n, ranks) float64
        Their angles, radians; NaN where there is none.
    """
    references = library.resampled(wavelengths).spectra
    angles = np.empty((len(spectra), len(references)))
    patterns, pattern_of = np.unique(np.isfinite(spectra), axis=0, return_inverse=True)
    for number in range(len(patterns)):
        rows = np.flatnonzero(pattern_of.ravel() == number)
        angles[rows] = _angles(spectra[rows], references, wavelengths, compare, least_overlap)
    return _nearest(angles, ranks)


def _nearest(angles: np.ndarray, ranks: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, ranks) columns of the smallest angles, −1 where there is none, and these angles."""
    order = np.argsort(np.where(np.isfinite(angles), angles, np.inf), axis=1, kind="stable")[:, :ranks]
    nearest = np.take_along_axis(angles, order, axis=1)
    return np.where(np.isfinite(nearest), order, -1), nearest


def _angles(
    means: np.ndarray, references: np.ndarray, wavelengths: np.ndarray, compare: Compare, least_overlap: float
) -> np.ndarray:
    """(classes, m) radians; NaN where too few bands are shared."""
    angles = np.full((len(means), len(references)), np.nan)
    present = np.isfinite(means).all(axis=0)
    patterns, pattern_of = np.unique(np.isfinite(references) & present, axis=0, return_inverse=True)
    for number, shared in enumerate(patterns):
        if shared.sum() < max(2, least_overlap * present.sum()):
            continue
        rows = np.flatnonzero(pattern_of.ravel() == number)
        first, second = (
            _prepared(side[:, shared], wavelengths[shared], compare) for side in (means, references[rows])
        )
        angles[:, rows] = spectral_angle(first, second)
    return angles


def _prepared(spectra: np.ndarray, wavelengths: np.ndarray, compare: Compare) -> np.ndarray:
    """(n, bands): what of the spectra is compared."""
    match compare:
        case "band-depth":
            return 1 - remove_continuum(spectra, wavelengths).astype(np.float64)
        case "continuum-removed":
            return remove_continuum(spectra, wavelengths)
        case "spectrum":
            return spectra
    assert_never(compare)
