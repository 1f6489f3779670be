"""The transmission of an atmosphere, as each detector column sees it: looked up once, then fitted again."""

import numpy as np

from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import MAX_MISSING

LEAST_DEPTH = 0.01
"""An atmosphere that absorbs no more than this anywhere, logarithm of its transmission, tells nothing."""


def log_transmission(table: Library, wavelengths: np.ndarray, fwhm: np.ndarray | None = None) -> np.ndarray:
    """The logarithm of a transmission on a cube's bands.

    Parameters
    ----------
    table : Library
        Transmissions; the mean is taken, and 1 where that is missing, not positive or larger.
    wavelengths : (bands,) float
        nm, ascending.
    fwhm : (bands,) float, optional
        nm.

    Returns
    -------
    (bands,) float32
        At most 0.

    Raises
    ------
    InputError
        If the table does not cover the bands, or absorbs nowhere.
    """
    mean = table.resampled(wavelengths, fwhm).spectra.mean(axis=0)
    covered = np.isfinite(mean) & (mean > 0)
    if covered.mean() <= 1 - MAX_MISSING:
        raise InputError(
            f"the transmission has {table.wavelengths[0]:g} to {table.wavelengths[-1]:g} nm, "
            f"the bands are from {wavelengths[0]:g} to {wavelengths[-1]:g} nm",
            hint="give a --transmission that covers them, or a --window that it covers",
        )
    depth = np.log(np.minimum(mean, 1, where=covered, out=np.ones_like(mean)))
    if depth.min() > -LEAST_DEPTH:
        raise InputError(
            "the transmission has no absorption at the cube's bands",
            hint="give the transmission of an atmosphere (CRISM: a volcano scan), or a wider --window",
        )
    return depth.astype(np.float32)


def fitted_transmission(unexplained: np.ndarray, weights: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """The logarithm of the transmission that explains most of what a column's model leaves.

    For each band the t that minimises Σ_j w_j |e_j − t p_j|: the median of e_j/p_j, weighted by w_j p_j.

    Parameters
    ----------
    unexplained : (n, bands) float32
        e: logarithm of the observation less background and absorptions.
    weights : (n, bands) float32
        w: 0 for what is missing or a spike.
    paths : (n,) float32
        p ≥ 0: how far each spectrum was seen through the atmosphere.

    Returns
    -------
    (bands,) float32
        NaN for a band without weight.

    References
    ----------
    Itoh and Parente, 2021 (`denoise.fit_spectra`), who solve it by iteration.
    """
    reach = np.maximum(paths, 0)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(reach > 0, unexplained / reach, 0)
    order = np.argsort(ratios, axis=0, kind="stable")
    mass = np.cumsum(np.take_along_axis(weights * reach, order, axis=0), axis=0, dtype=np.float64)
    middle = np.argmax(mass >= mass[-1] / 2, axis=0)
    median = np.take_along_axis(ratios, np.take_along_axis(order, middle[None], axis=0), axis=0)[0]
    found: np.ndarray = np.where(mass[-1] > 0, median, np.nan).astype(np.float32)
    return found
