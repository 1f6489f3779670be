"""What the logarithm of a reflectance spectrum is made of: a concave background and library absorptions."""

import logging
from dataclasses import dataclass

import numpy as np

from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import MAX_MISSING

log = logging.getLogger(__name__)

DARK = 1e-10
"""No reflectance: its logarithm says nothing."""

BRIGHT = 0.8
"""Reflectances of minerals have a median below this; ratios of spectra have one near 1."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """The parts that log spectra are sums of.

    Attributes
    ----------
    names : (N,) tuple of str
        Of the library's spectra.
    absorptions : (bands, N) float64
        A: at most 0; taken with amounts x ≥ 0 that cost λ_a each.
    free : (bands, g) float64
        Shapes of either sign that cost nothing: an atmosphere left too strong or too weak.
    background : (bands, bands) float64
        C: see `background_matrix`.
    """

    names: tuple[str, ...]
    absorptions: np.ndarray
    free: np.ndarray
    background: np.ndarray


def build_dictionary(
    library: Library,
    wavelengths: np.ndarray,
    fwhm: np.ndarray | None = None,
    transmission: np.ndarray | None = None,
) -> Dictionary:
    """The dictionary of a library on a cube's bands.

    Parameters
    ----------
    library : Library
        Reflectance.
    wavelengths : (bands,) float
        nm, strictly ascending.
    fwhm : (bands,) float, optional
        nm.
    transmission : (g, bands) float, optional
        Of an atmosphere whose rest may be in the spectra; taken as 1 where it is not positive and finite.

    Raises
    ------
    InputError
        If no spectrum of the library covers the bands.
    """
    names, absorptions = absorption_matrix(library, wavelengths, fwhm)
    free = np.zeros((len(wavelengths), 0))
    if transmission is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            free = np.where(transmission > 0, np.log(transmission), 0.0).T
        length = np.linalg.norm(free, axis=0)
        if not (length > 0).all() or not np.isfinite(free).all():
            raise InputError(
                "the transmission has no absorption at the cube's bands",
                hint="give a table that covers them",
            )
        free = free / length
    return Dictionary(names, absorptions, free, background_matrix(wavelengths))


def background_matrix(wavelengths: np.ndarray) -> np.ndarray:
    """Columns whose sums, with non-negative weights between the ends, are the concave functions of λ.

    C = D⁻¹, its columns scaled to length 2. D takes from each value what its two neighbours interpolate,
    so D b ≥ 0 says that b is concave; its first and last row are those of the identity. Column m of C is a
    triangle with its peak at λ_m; the first and last are the straight lines that end in 0 at the other end.

    Parameters
    ----------
    wavelengths : (bands,) float
        Strictly ascending, any unit; three or more.

    Returns
    -------
    (bands, bands) float64
        Nowhere negative.

    References
    ----------
    Itoh and Parente, "A new method for atmospheric correction and de-noising of CRISM hyperspectral data",
    Icarus 354, 2021.
    """
    span = wavelengths[-1] - wavelengths[0]
    place = (wavelengths - wavelengths[0]) / span
    # D⁻¹ in closed form, up to its columns' lengths: the function that is straight but at λ_m.
    inner = place[None, 1:-1]
    peaks = np.minimum(place[:, None] * (1 - inner), inner * (1 - place[:, None]))
    columns = np.column_stack([1 - place, peaks, place])
    scaled: np.ndarray = 2 * columns / np.linalg.norm(columns, axis=0)
    return scaled


def absorption_matrix(
    library: Library, wavelengths: np.ndarray, fwhm: np.ndarray | None = None
) -> tuple[tuple[str, ...], np.ndarray]:
    """The absorptions of a library's spectra, as the bands of a cube see them.

    The logarithm of each reflectance, divided by its length, less its own upper hull. A spectrum ends on its
    hull, so where it ends before the bands do it is continued by zeros; one that lacks a fifth of the bands
    or more, or is not positive somewhere, is left out, and so is one without any absorption.

    Parameters
    ----------
    library : Library
        Reflectance (not ratios: their logarithm has no length to speak of).
    wavelengths : (bands,) float
        nm, strictly ascending.
    fwhm : (bands,) float, optional
        nm.

    Returns
    -------
    names : (N,) tuple of str
        Of the spectra that are used.
    absorptions : (bands, N) float64
        At most 0.

    Raises
    ------
    InputError
        If none is left.

    References
    ----------
    Itoh and Parente, 2021, as for `background_matrix`.
    """
    names, columns, levels = [], [], []
    for name, spectrum in zip(library.names, library.resampled(wavelengths, fwhm).spectra, strict=True):
        present = np.flatnonzero(np.isfinite(spectrum))
        if len(present) <= (1 - MAX_MISSING) * len(wavelengths) or (spectrum[present] <= DARK).any():
            continue
        inside = slice(present[0], present[-1] + 1)
        logarithm = np.log(np.interp(wavelengths[inside], wavelengths[present], spectrum[present]))
        logarithm /= max(float(np.linalg.norm(logarithm)), DARK)
        column = np.zeros(len(wavelengths))
        column[inside] = np.minimum(logarithm - _hull(wavelengths[inside], logarithm), 0)
        if column.any():
            names.append(name)
            columns.append(column)
            levels.append(np.median(spectrum[present]))
    if not columns:
        raise InputError(
            f"no spectrum of the library covers the bands from {wavelengths[0]:g} to {wavelengths[-1]:g} nm: "
            f"it has {library.wavelengths[0]:g} to {library.wavelengths[-1]:g} nm",
            hint="give another --library, or a --window that it covers",
        )
    left = len(library.names) - len(names)
    log.info("%d absorptions of the library%s", len(names), f", {left} spectra left out" if left else "")
    if np.median(levels) > BRIGHT:
        log.warning(
            "the library has a median reflectance of %.2f: ratios of spectra are no reflectances, and their "
            "absorptions are weighted at random",
            np.median(levels),
        )
    return tuple(names), np.stack(columns, axis=1)


def _hull(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The least concave function on or above y, float64: `continuum` has float32, too coarse for a model."""
    kept: list[int] = []
    for i in range(len(x)):
        while len(kept) > 1:
            a, b = kept[-2:]
            if (y[b] - y[a]) * (x[i] - x[a]) > (y[i] - y[a]) * (x[b] - x[a]):
                break
            kept.pop()
        kept.append(i)
    hull: np.ndarray = np.interp(x, x[kept], y[kept])
    return hull
