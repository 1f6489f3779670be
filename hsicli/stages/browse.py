"""browse: maps of CRISM's summary parameters, and the composites by which geologists read them."""

import difflib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from hsicli.algorithms.composites import (
    BROWSE,
    IGNORED,
    Browse,
    blended,
    browse_limits,
    percentile_limits,
    stretched,
)
from hsicli.algorithms.parameter_needs import missing
from hsicli.algorithms.parameter_table import PARAMETERS
from hsicli.algorithms.parameters import summary_parameters
from hsicli.cube import BLOCK_BYTES, Cube, Grid, Stream
from hsicli.errors import ConfigError, InputError
from hsicli.runtime import Track, quiet

log = logging.getLogger(__name__)

CUSTOM = "CUSTOM"
"""What the composite of the user's own three parameters is called."""

Limits = tuple[float, float]


class Channel(NamedTuple):
    """A parameter in a composite of one's own, with limits or without."""

    name: str
    limits: Limits | None


@dataclass(frozen=True)
class BrowseConfig:
    """Settings of `hsicli browse`."""

    VERSION: ClassVar[int] = 1

    parameters: tuple[str, ...] | None = None  # None: all that the bands of the cube allow
    products: tuple[str, ...] | None = None  # None: all whose three parameters are computed; (): none
    custom: tuple[str, ...] = ()  # three of NAME or NAME:LOW:HIGH, red, green, blue; (): none
    custom_percentiles: tuple[float, float] = (2.0, 98.0)  # black and full of a custom channel without limits
    reach_nm: float = 10.0  # greatest distance of a band from the wavelength it stands for

    def __post_init__(self) -> None:
        _check_names("parameters", self.parameters or (), PARAMETERS)
        _check_names("products", self.products or (), BROWSE)
        _check_names("custom", (channel.name for channel in self.channels), PARAMETERS)
        if len(self.custom) not in {0, 3}:
            raise ConfigError(
                f"custom: a composite has three parameters, found {len(self.custom)}",
                hint="write, for example, --custom OLINDEX3,BD2500_2,D2300",
            )
        if self.reach_nm < 0:
            raise ConfigError(f"reach_nm: must not be negative, it is {self.reach_nm}", hint="give 10")
        low, high = self.custom_percentiles
        if not 0 <= low < high <= 100:
            raise ConfigError(
                f"custom_percentiles: expected two percentages, the lower first, found {low:g} and {high:g}",
                hint="give [2, 98]",
            )

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The composite of one's own, read."""
        return tuple(_channel(text) for text in self.custom)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the composites that may come of it."""
        return (*(BROWSE if self.products is None else self.products), *([CUSTOM] if self.custom else []))


class ParameterMaps(NamedTuple):
    """Summary parameters of every pixel, made while they are written."""

    names: tuple[str, ...]
    layers: Stream
    """(names, rows, cols) float32 in blocks of rows; NaN where there is no data."""
    grid: Grid | None


class Composite(NamedTuple):
    """Three parameters as a picture."""

    name: str
    title: str
    parameters: tuple[str, ...]
    """Red, green, blue."""
    limits: tuple[Limits, ...]
    """What is black and what is full, of each."""
    picture: np.ndarray
    """(3, rows, cols) uint8: 0 to 254; `nodata` in all three = no data."""
    nodata: int = IGNORED


def parameter_maps(cube: Cube, config: BrowseConfig, *, track: Track = quiet) -> ParameterMaps:
    """Every summary parameter that is wanted and that the bands of the cube allow.

    A pixel that lacks some bands has the parameters that do without them. Parameters are defined for
    reflectance (I/F); of spectra that were divided by others they say something else, and that is warned of.

    Parameters
    ----------
    cube : Cube
    config : BrowseConfig
    track : Track

    Returns
    -------
    ParameterMaps
        In the order of `PARAMETERS`.

    Raises
    ------
    InputError
        If the cube has no wavelengths, no bands for any parameter, or none for the composite of one's own;
        while it is walked, if no pixel has data.
    """
    axis = cube.axis
    if len(axis) and not (np.diff(axis) > 0).all():
        raise InputError(
            "two bands have the same wavelength", hint="leave one of them out with the header's bbl"
        )
    names = _computable(axis, config)
    if cube.denominator is not None:
        log.warning("the spectra are ratios: parameters and their stretches are defined for reflectance")
    rows, cols, _ = cube.shape
    return ParameterMaps(
        names, Stream((len(names), rows, cols), lambda: _walk(cube, axis, names, track)), cube.grid
    )


def composites(
    names: tuple[str, ...],
    layer: Callable[[str], np.ndarray],
    config: BrowseConfig,
    *,
    track: Track = quiet,
) -> Iterator[Composite]:
    """Browse products of parameter maps, and the composite of one's own.

    Parameters
    ----------
    names : tuple of str
        Parameters that there are.
    layer : function
        From the name of one to its map, (rows, cols) float32, NaN = no data; asked for one at a time.
    config : BrowseConfig
    track : Track

    Yields
    ------
    Composite
        The published stretch for browse products; percentiles, or limits that were given, for one's own.
    """
    known: dict[str, Limits] = {}
    wanted = _products(names, config)
    for name, (title, parameters) in track(wanted.items(), "composites", len(wanted)):
        given = [channel.limits for channel in config.channels] if name == CUSTOM else [None] * 3
        channels, limits = [], []
        for parameter, own in zip(parameters, given, strict=True):
            values = layer(parameter)
            if name == CUSTOM:
                low, high = own or percentile_limits(values, *config.custom_percentiles)
            else:
                low, high = known.setdefault(parameter, browse_limits(parameter, values))
            channels.append(stretched(values, low, high))
            limits.append((low, high))
        yield Composite(name, title, parameters, tuple(limits), blended(*channels))


def _channel(text: str) -> Channel:
    """One parameter of a composite, as ``NAME`` or ``NAME:LOW:HIGH``."""
    name, *limits = text.split(":")
    if not limits:
        return Channel(name, None)
    try:
        low, high = (float(limit) for limit in limits)
    except ValueError:
        low, high = 0.0, 0.0
    if not low < high:
        raise ConfigError(
            f"custom: {text}: expected a parameter, or a parameter and its limits, the lower first",
            hint="write, for example, BD2500_2:0:0.02",
        )
    return Channel(name, (low, high))


def _check_names(field: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name.upper(), known, 1)
            raise ConfigError(
                f"{field}: there is no {name}",
                hint=f"did you mean {close[0]}?" if close else f"choose among {', '.join(known)}",
            )


def _computable(axis: np.ndarray, config: BrowseConfig) -> tuple[str, ...]:
    """Parameters that are wanted and can be computed; says which cannot."""
    own = [channel.name for channel in config.channels]
    asked = {*(config.parameters or ()), *own}
    for product in config.products or ():
        asked.update(BROWSE[product].parameters)
    everything = config.parameters is None
    wanted = [name for name in PARAMETERS if everything or name in asked]
    lacking = {name: missing(name, axis, config.reach_nm) for name in wanted}
    names = tuple(name for name in wanted if not lacking[name])
    if not names:
        covers = (
            f"covers {axis[0]:g} to {axis[-1]:g} nm in {len(axis)} bands" if len(axis) else "has no bands"
        )
        raise InputError(
            f"no summary parameter can be computed: the cube {covers}",
            hint="give the whole cube, or a larger --set reach_nm=20 for an instrument with few bands",
        )
    lost = [name for name in wanted if lacking[name]]
    for name in own:
        if name in lost:
            raise InputError(
                f"custom: {name} cannot be computed, no band is near {', '.join(lacking[name])} nm",
                hint="choose another parameter, or give the whole cube",
            )
    if lost:
        level = logging.INFO if everything else logging.WARNING
        log.log(
            level,
            "left out, as the cube has no bands for them: %d parameters, %s",
            len(lost),
            ", ".join(lost),
        )
        for name in lost:
            log.debug("%s: nothing within reach of %s", name, ", ".join(lacking[name]))
    return names


def _products(names: tuple[str, ...], config: BrowseConfig) -> dict[str, Browse]:
    """Composites to make: those that were asked for, or all, as far as their parameters are there."""
    wanted = BROWSE if config.products is None else {name: BROWSE[name] for name in config.products}
    found = {name: browse for name, browse in wanted.items() if set(browse.parameters) <= set(names)}
    lost = [name for name in wanted if name not in found]
    if lost and config.products is not None:
        log.warning("cannot be made of the parameters that there are: %s", ", ".join(lost))
    elif lost and config.parameters is None:
        log.info("composites that lack a parameter, left out: %s", ", ".join(lost))
    if config.custom:
        red, green, blue = (channel.name for channel in config.channels)
        found[CUSTOM] = Browse("composite of one's own", (red, green, blue))
    return found


def _walk(
    cube: Cube, axis: np.ndarray, names: tuple[str, ...], track: Track
) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of (names, rows, cols) float32."""
    rows, cols, _ = cube.shape
    steps = -(-rows // max(1, BLOCK_BYTES // max(1, 4 * cols * len(axis))))
    seen = 0
    for block in track(cube.blocks(), "parameters", steps):
        # Not block.valid: a spectrum that lacks some bands still has what the others say.
        there = cube.valid[block.rows] & np.any((block.data != 0) & np.isfinite(block.data), axis=2)
        values = np.full((len(names), *there.shape), np.nan, dtype=np.float32)
        values[:, there] = summary_parameters(block.data[there], axis, names)
        seen += int(there.sum())
        yield block.rows, values
    if not seen:
        raise InputError("no pixel has data", hint="look at the cube with hsicli info")
