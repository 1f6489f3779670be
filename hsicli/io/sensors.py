"""Sensors by name, by a table, or by a list: what `--sensor` takes."""

import logging
from pathlib import Path

import numpy as np

from hsicli.errors import ConfigError, InputError
from hsicli.instruments import BROADBAND, NAMES, bands
from hsicli.io.axes import MIN_NANOMETRES
from hsicli.io.responses import Responses, gaussian_responses, read_responses, seen_through
from hsicli.io.tables import is_width, read_axis, read_table
from hsicli.library import Library

log = logging.getLogger(__name__)

MOST_NAMED = 6
"""Of more bands that are left out, only the number is said."""


def read_sensor(text: str, axis: np.ndarray, fwhm: np.ndarray | None = None) -> Responses:
    """The bands of a sensor, as spectra on an axis are to be averaged into them.

    Bands that are known by centre and width are Gaussians, narrower by what the axis' own widths have
    blurred already; those of a table of responses are taken as they stand.

    Parameters
    ----------
    text : str
        The name of an instrument; a file, with columns wavelength and fwhm or with a column a band; or
        ``CENTRE:WIDTH,…`` in nm or µm.
    axis : (bands,) float
        nm, of the spectra that are to be seen.
    fwhm : (bands,) float, optional
        Their widths, nm.

    Raises
    ------
    ConfigError
        If it is none of these.
    InputError
        If the file cannot be read.
    """
    if text.casefold() in BROADBAND + NAMES:
        found = bands(text.casefold())
        return gaussian_responses(found.names, found.centres, _own(found.centres, found.widths, axis, fwhm))
    path = Path(text)
    if path.is_file():
        if not any(is_width(name) for name in read_table(path).names):
            return read_responses(path)
        centres, widths = read_axis(path)
        if widths is None or not np.isfinite(centres + widths).all():
            raise InputError(f"{path}: has bands without a centre or a width", hint="leave them out")
    else:
        centres, widths = _listed(text)
    names = tuple(f"{centre:g} nm" for centre in centres)
    return gaussian_responses(names, centres, _own(centres, widths, axis, fwhm))


def _listed(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Centres and widths of ``CENTRE:WIDTH,…``, nm."""
    try:
        pairs = np.array([[float(word) for word in item.split(":")] for item in text.split(",")])
        centres, widths = pairs.T
    except ValueError as error:
        raise ConfigError(
            f"--sensor {text}: is no instrument that is known, no file, and no list of CENTRE:WIDTH",
            hint=f"choose one of {', '.join(BROADBAND + NAMES)}, or write, say, 2165:40,2205:40,2260:50",
        ) from error
    if not (np.isfinite(pairs).all() and (pairs > 0).all()):
        raise ConfigError(f"--sensor {text}: has numbers that are not positive", hint="write CENTRE:WIDTH,…")
    return (centres, widths) if centres.max() > MIN_NANOMETRES else (1000 * centres, 1000 * widths)


def _own(centres: np.ndarray, widths: np.ndarray, axis: np.ndarray, fwhm: np.ndarray | None) -> np.ndarray:
    """(m,): the widths that are left to blur, a tenth at least."""
    if fwhm is None:
        return widths
    blurred = np.interp(centres, axis, fwhm)
    return np.sqrt(np.maximum(widths**2 - blurred**2, (widths / 10) ** 2))


def seen_weights(axis: np.ndarray, responses: Responses) -> tuple[Responses, np.ndarray]:
    """The bands of a sensor that spectra on an axis can show, and how.

    A band is left out where the axis does not reach, or has a hole of more than half the band's width in it.

    Parameters
    ----------
    axis : (bands,) float
        nm, ascending.
    responses : Responses

    Returns
    -------
    Responses
        The bands that can be seen, by ascending centre.
    (m, bands) float64
        Rows sum to one: `spectra @ weights.T` is what the sensor sees.

    Raises
    ------
    InputError
        If no band can be seen.
    """
    order = np.argsort(responses.centres)
    weights = seen_through(Library(("",) * len(axis), np.eye(len(axis)), axis), responses).spectra.T
    spacing = 1.5 * float(np.median(np.diff(axis))) if len(axis) > 1 else 0.0
    whole = np.isfinite(weights).all(axis=1) & np.array(
        [
            _hole(axis, centre, width) <= max(width / 2, spacing)
            for centre, width in zip(responses.centres[order], responses.widths[order], strict=True)
        ]
    )
    left = [responses.names[k] for k, seen in zip(order, whole, strict=True) if not seen]
    if not whole.any():
        raise InputError(
            f"no band of the sensor lies within the {axis[0]:g} to {axis[-1]:g} nm of the cube: "
            f"the sensor has {responses.centres.min():g} to {responses.centres.max():g} nm",
            hint="give a sensor and a cube of the same range",
        )
    if left:
        said = ", ".join(left) if len(left) <= MOST_NAMED else f"{len(left)} of {len(order)} bands"
        log.info("sensor: left out, as the cube does not show them: %s", said)
    kept = order[whole]
    names = tuple(responses.names[k] for k in kept)
    return Responses(names, responses.wavelengths, responses.weights[kept]), weights[whole]


def _hole(axis: np.ndarray, centre: float, width: float) -> float:
    """The widest step of the axis that reaches into the half-height part of a band, nm."""
    steps = np.diff(axis)
    inside = (axis[1:] > centre - width / 2) & (axis[:-1] < centre + width / 2)
    return float(steps[inside].max(initial=0.0))
