"""CRISM summary parameters: what single spectra say of iron, mafic minerals, hydration and carbonates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hsicli.algorithms.channels import (
    area_below,
    channel_windows,
    medians,
    quantile,
    squares_about,
)
from hsicli.algorithms.parameter_needs import VISIBLE, channels_of
from hsicli.algorithms.parameter_table import (
    PARAMETERS,
    Area,
    Channel,
    Depth,
    Drop,
    Extrapolated,
    Form,
    Least,
    Mean,
    Peak,
    PeakArea,
    Quotient,
    Reflectance,
    Remainder,
    Residual,
    Scatter,
    Shoulder,
    Slope,
)
from hsicli.algorithms.peaks import polynomials, visible_peaks


class Sampled(NamedTuple):
    """Spectra, with the medians of all channels that some parameters need."""

    spectra: np.ndarray
    """(n, bands) float32"""
    axis: np.ndarray
    """(bands,) float64, nm"""
    values: dict[Channel, np.ndarray]
    """(n,) float64 each: R"""
    places: dict[Channel, float]
    """Wavelength of the nearest band, nm: W"""
    shared: dict[object, tuple[np.ndarray, np.ndarray]]
    """What two parameters need: the visible maximum by its degree, a continuum by its ends."""


def summary_parameters(spectra: np.ndarray, axis: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Summary parameters of spectra.

    R at a wavelength is the median of the bands about the nearest one (`channel_windows`), missing bands left
    out; lines are drawn at the wavelengths that the nearest bands have, not at the nominal ones.
    Negative values are kept.

    Parameters
    ----------
    spectra : (n, bands) float32
        I/F or reflectance; NaN where a band is missing.
    axis : (bands,) float
        Band centres, nm, ascending.
    names : sequence of str
        Keys of `PARAMETERS` that the axis can serve: see `parameter_needs.missing`.

    Returns
    -------
    (names, n) float32
        Unitless; RPEAK1 and BDI… in µm, ISLOPE1 per µm, R… and VAR in the unit of the spectra and its square.
        NaN where a channel is missing or a denominator is 0.

    Raises
    ------
    ValueError
        If the shapes disagree.

    References
    ----------
    Viviano-Beck et al., "Revised CRISM spectral parameters and summary products based on the currently
    detected mineral diversity on Mars", J. Geophys. Res. Planets 119, 2014, table 2.
    """
    if spectra.ndim != 2 or spectra.shape[1] != len(axis):
        raise ValueError(f"spectra of shape {spectra.shape} for an axis of shape {axis.shape}")
    channels = tuple(dict.fromkeys(channel for name in names for channel in channels_of(PARAMETERS[name])))
    sampled = Sampled(spectra, axis, {}, {}, {})
    if channels:
        windows = channel_windows(
            axis,
            np.array([each.wavelength for each in channels]),
            np.array([each.kernel for each in channels]),
        )
        sampled.values.update(zip(channels, medians(spectra, windows), strict=True))
        sampled.places.update(zip(channels, axis[windows[:, 0]].tolist(), strict=True))
    out = np.empty((len(names), len(spectra)), dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for layer, name in enumerate(names):
            value = _evaluated(PARAMETERS[name], sampled)
            out[layer] = np.where(np.isfinite(value), value, np.nan)
    return out


def _evaluated(form: Form, given: Sampled) -> np.ndarray:
    """(n,) float64: the formula's value."""
    r = given.values
    match form:
        case Reflectance():
            return r[form.at]
        case Quotient():
            return r[form.over] / r[form.under]
        case Depth():
            return 1 - r[form.centre] / _line(given, form.short, form.long, form.centre)
        case Shoulder():
            return 1 - _line(given, form.short, form.long, form.centre) / r[form.centre]
        case Mean():
            return np.mean([_evaluated(depth, given) for depth in form.depths], axis=0)
        case Least():
            return np.min([_evaluated(depth, given) for depth in form.depths], axis=0)
        case Residual():
            return _residual(form, given)
        case Drop():
            return 1 - _mean_ratio(form, form.inner, given) / _mean_ratio(form, form.outer, given)
        case Slope():
            return (
                1000 * (r[form.short] - r[form.long]) / (given.places[form.long] - given.places[form.short])
            )
        case Remainder():
            return 1 - (1 - _evaluated(form.first, given)) / (1 - _evaluated(form.second, given))
        case Extrapolated():
            return 1 - r[form.at] * r[form.far] / r[form.near] ** 2
        case Peak():
            return _visible_peak(form.degree, given)[0] / 1000
        case PeakArea():
            return _area(given, form.low, form.high, _visible_peak(form.degree, given)[1])
        case Area():
            return _area(given, form.low, form.high, *_continuum(form, given))
        case Scatter():
            return _scatter(form, given)


def _line(given: Sampled, short: Channel, long: Channel, at: Channel) -> np.ndarray:
    """(n,): the line through two channels, at a third."""
    first, last, here = given.places[short], given.places[long], given.places[at]
    share = (here - first) / (last - first)
    return (1 - share) * given.values[short] + share * given.values[long]


def _residual(form: Residual, given: Sampled) -> np.ndarray:
    total = np.zeros(len(given.spectra))
    for weight, channel in form.terms:
        line = _line(given, form.short, form.long, channel)
        total += weight * (line - given.values[channel]) / np.abs(line)
    return total


def _mean_ratio(form: Drop, channels: tuple[Channel, ...], given: Sampled) -> np.ndarray:
    return np.mean(
        [given.values[each] / _line(given, form.short, form.long, each) for each in channels], axis=0
    )


def _within(given: Sampled, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Bands from `low` to `high`: their spectra and their wavelengths."""
    first, last = np.searchsorted(given.axis, [low, high], side="left")
    last += int(last < len(given.axis) and given.axis[last] == high)
    return given.spectra[:, first:last], given.axis[first:last]


def _visible_peak(degree: int, given: Sampled) -> tuple[np.ndarray, np.ndarray]:
    """Wavelength, nm, and height of the visible maximum."""
    if degree in given.shared:
        return given.shared[degree]
    parts = [_within(given, *span) for span in VISIBLE]
    spectra = np.concatenate([part[0] for part in parts], axis=1)
    axis = np.concatenate([part[1] for part in parts])
    low, high = float(axis[0]), float(axis[-1])
    fitted = polynomials(spectra, 2 * (axis - low) / (high - low) - 1, degree)
    given.shared[degree] = visible_peaks(fitted, low, high)
    return given.shared[degree]


def _continuum(form: Area, given: Sampled) -> tuple[np.ndarray, np.ndarray]:
    """Level at 0 nm, and slope per nm, of the line between shoulder and end."""
    ends = form.shoulder, form.end
    if ends in given.shared:
        return given.shared[ends]
    (shoulder, bands), (end, end_bands) = _within(given, *form.shoulder), _within(given, *form.end)
    start, stop = float(np.median(bands)), float(np.median(end_bands))
    height = quantile(shoulder, 0.75)
    slope = (quantile(end, 0.5) - height) / (stop - start)
    given.shared[ends] = height - slope * start, slope
    return given.shared[ends]


def _area(
    given: Sampled, low: float, high: float, level: np.ndarray, slope: np.ndarray | None = None
) -> np.ndarray:
    """∫ (1 − R / line) dλ, µm."""
    spectra, axis = _within(given, low, high)
    return area_below(spectra, axis, level, np.zeros(len(level)) if slope is None else slope) / 1000


def _scatter(form: Scatter, given: Sampled) -> np.ndarray:
    spectra, axis = _within(given, form.low, form.high)
    first, last = given.places[form.short], given.places[form.long]
    start, stop = given.values[form.short], given.values[form.long]
    slope = (stop - start) / (last - first)
    return squares_about(spectra, axis, start - slope * first, slope)
