"""What a summary parameter needs of an axis: channels, ranges of bands, and that they lie apart."""

from collections.abc import Iterable, Iterator

import numpy as np

from hsicli.algorithms.parameter_table import (
    FAR,
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
    Remainder,
    Residual,
    Scatter,
    Shoulder,
    Slope,
)

VISIBLE = ((430.0, 640.0), (700.0, 1015.0))
"""nm: bands that the polynomial goes through; between them the filters of CRISM's detector meet."""

COVERED = 0.8
"""Share of a range of wavelengths that the bands within it must span."""

Range = tuple[float, float]


def missing(name: str, axis: np.ndarray, reach: float) -> tuple[str, ...]:
    """What a parameter needs and an axis lacks.

    Parameters
    ----------
    name : str
        A key of `PARAMETERS`.
    axis : (bands,) float
        Band centres, nm, ascending.
    reach : float
        Greatest distance of a band from the wavelength it stands for, nm.

    Returns
    -------
    tuple of str
        Wavelengths and ranges of wavelengths, nm; empty if the parameter can be computed.
    """
    form, reach = PARAMETERS[name], max(reach, FAR.get(name, 0))
    lacking = [
        f"{channel.wavelength:g}"
        for channel in dict.fromkeys(channels_of(form))
        if np.abs(axis - channel.wavelength).min() > reach
    ]
    for low, high in _ranges(form):
        inside = axis[(axis >= low) & (axis <= high)]
        if len(inside) < 3 or inside[-1] - inside[0] < COVERED * (high - low):
            lacking.append(f"{low:g}–{high:g}")
    if not lacking and not all(_apart(axis, pair) for pair in _pairs(form)):
        return ("bands closer together",)
    return tuple(lacking)


def channels_of(form: Form) -> Iterator[Channel]:
    """Every channel in a formula, once for each time that it is named.

    Parameters
    ----------
    form : Form

    Yields
    ------
    Channel
    """
    parts: Iterable[object] = form
    for part in parts:
        if isinstance(part, Channel):
            yield part
        elif isinstance(part, Depth):
            yield from part
        elif isinstance(part, tuple):
            for item in part:
                if isinstance(item, Channel):
                    yield item
                elif isinstance(item, tuple):  # a depth, or a weight and its channel
                    yield from (each for each in item if isinstance(each, Channel))


def _ranges(form: Form) -> tuple[Range, ...]:
    """Ranges of wavelengths that a formula walks."""
    match form:
        case Peak():
            return VISIBLE
        case PeakArea():
            return (*VISIBLE, (form.low, form.high))
        case Area():
            return ((form.low, form.high), form.shoulder, form.end)
        case Scatter():
            return ((form.low, form.high),)
        case _:
            return ()


def _pairs(form: Form) -> Iterator[tuple[Channel, Channel]]:
    """Channels, the shorter first, that must not be one band."""
    match form:
        case Depth() | Shoulder():
            yield form.short, form.centre
            yield form.centre, form.long
        case Mean() | Least():
            for depth in form.depths:
                yield from _pairs(depth)
        case Remainder():
            yield from _pairs(form.first)
            yield from _pairs(form.second)
        case Residual() | Drop() | Slope() | Scatter():
            yield form.short, form.long
        case Quotient():
            yield tuple(sorted(form))  # type: ignore[misc]
        case Extrapolated():
            yield form.near, form.at
            yield form.far, form.near


def _apart(axis: np.ndarray, pair: tuple[Channel, Channel]) -> bool:
    short, long = (int(np.abs(axis - channel.wavelength).argmin()) for channel in pair)
    return short < long
