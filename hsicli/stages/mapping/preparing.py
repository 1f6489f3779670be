"""Spectra on one axis, free of their continuum: the same lines prepare a pixel and an exemplar."""

import logging
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.preprocessing.continuum import continuum
from hsicli.preprocessing.depths import normalize_depth
from hsicli.preprocessing.selection import within
from hsicli.preprocessing.spectra import is_flat

log = logging.getLogger(__name__)

SAME = 0.5
"""Two axes whose bands lie no further apart than this, nm, are the same axis."""

SLACK = 0.75
"""An axis covers another if it ends at most this share of a step short of it."""

LEAST_BANDS = 16
"""Fewer bands than this show no mineral."""

SMOOTHED = 72.0
"""nm that the filter spans where nothing says how many bands: 11 of CRISM."""

GAP = 2.5
"""A step this many times the usual one is a gap, and the filter does not reach across it."""

DEGREE = 2
"""Of the polynomials of the filter, Savitzky and Golay's."""


@dataclass(frozen=True)
class PrepareConfig:
    """How a spectrum becomes what is compared."""

    window_nm: tuple[float, float] = (1024.0, 2605.0)  # bands used, without weights; theirs otherwise
    smoothing: int | None = (
        None  # bands of the Savitzky-Golay filter; None: as for the weights, else 72 nm; 0: none
    )
    divide: Literal["spectrum", "smoothed"] = (
        "smoothed"  # what is divided by the hull of the smoothed spectrum
    )
    ends: Literal["band", "line"] = "line"  # the hull ends at the last band, or at a line through end_bands
    end_bands: int = 8  # bands at either end that the line is fitted to
    flat: float = 0.99  # a spectrum above this everywhere, its continuum removed, shows no mineral
    depth: float = 0.1  # d, depth that the deepest absorption is brought to before spectra are compared

    def __post_init__(self) -> None:
        if self.smoothing is not None and (
            self.smoothing < 0 or (self.smoothing and self.smoothing % 2 == 0)
        ):
            raise ConfigError(
                f"prepare.smoothing: a filter has an odd number of bands, not {self.smoothing}",
                hint="give 11, or 0 for none",
            )
        if not 0 < self.depth < 1 or not 0 < self.flat <= 1 or self.end_bands < 3:
            raise ConfigError(
                "prepare: depth must lie between 0 and 1, flat as well or be 1, end_bands be 3 or more",
                hint="see configs/gan-map.toml",
            )
        if not self.window_nm[0] < self.window_nm[1]:
            raise ConfigError("prepare.window_nm: the first number must be the smaller", hint="swap them")


class Spectra(NamedTuple):
    """Some spectra, prepared."""

    reflectance: np.ndarray
    """(n, bands) float32: as they are, on the axis."""
    removed: np.ndarray
    """(n, bands) float32: divided by their continuum; NaN where that is not defined."""


@dataclass(frozen=True, eq=False)
class Preparing:
    """What turns spectra of a cube into what is compared.

    Attributes
    ----------
    wavelengths : (bands,) float64
        Of what is compared, nm.
    cube : Cube
        With the bands that are read.
    resampling : (bands, used) float32, optional
        From the bands of the cube to these; None where they are the same.
    smoother : (bands, bands) float32, optional
        The filter, as a matrix.
    config : PrepareConfig
    """

    wavelengths: np.ndarray
    cube: Cube
    resampling: np.ndarray | None
    smoother: np.ndarray | None
    config: PrepareConfig

    def on_axis(self, spectra: np.ndarray) -> np.ndarray:
        """(…, bands) float32 from (…, used) float32 of the cube."""
        return spectra if self.resampling is None else spectra @ self.resampling.T

    def without_continuum(self, spectra: np.ndarray) -> np.ndarray:
        """(n, bands) float32: spectra on the axis over the hull of their smoothed selves.

        Noise lifts a hull, so that it is taken of smoothed spectra. The first and the last band stand alone
        where all else is held by neighbours on both sides: the hull may end on a line instead.
        """
        smooth = spectra if self.smoother is None else spectra @ self.smoother.T
        anchored = smooth
        if self.config.ends == "line":
            anchored = smooth.copy()
            anchored[:, 0], anchored[:, -1] = _line_ends(spectra, self.wavelengths, self.config.end_bands)
        hull = continuum(anchored, self.wavelengths)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            removed: np.ndarray = (smooth if self.config.divide == "smoothed" else spectra) / hull
            removed[~(hull.min(axis=1) > 0)] = np.nan
        return removed

    def smoothed(self, removed: np.ndarray) -> np.ndarray:
        """(n, bands) float32: what flatness is judged by; noise alone makes any spectrum deep."""
        if self.smoother is None or self.config.divide == "smoothed":
            return removed
        return removed @ self.smoother.T

    def shows(self, removed: np.ndarray) -> np.ndarray:
        """(n,) bool: which spectra have an absorption that counts."""
        return np.isfinite(removed).all(axis=1) & ~is_flat(self.smoothed(removed), 1 - self.config.flat)

    def scaled(self, removed: np.ndarray) -> np.ndarray:
        """(n, bands) float32: at most 1, the deepest absorption of one depth."""
        return normalize_depth(removed, self.config.depth)


def preparing_for(
    cube: Cube, wavelengths: np.ndarray | None, smoothing: int | None, config: PrepareConfig
) -> Preparing:
    """How the spectra of a cube are prepared.

    Parameters
    ----------
    cube : Cube
    wavelengths : (bands,) float, optional
        nm, of the weights; the cube's own within the window unless given.
    smoothing : int, optional
        Bands of the filter where the configuration leaves it open; as many as `SMOOTHED` holds unless given.
    config : PrepareConfig

    Raises
    ------
    InputError
        If the cube has too few bands, or does not cover the axis of the weights.
    """
    if wavelengths is None:
        used = within(cube, config.window_nm)
        axis = used.axis
        if len(axis) < LEAST_BANDS:
            raise InputError(
                f"{len(axis)} good bands between {config.window_nm[0]:g} and {config.window_nm[1]:g} nm are "
                f"too few to tell minerals apart: the cube covers {_range(cube.axis)}",
                hint="set prepare.window_nm to where the cube has bands",
            )
        resampling = None
    else:
        axis = np.asarray(wavelengths, dtype=float)
        used, resampling = _onto(cube, axis)
    if not (np.diff(axis) > 0).all():
        raise InputError("two bands have one wavelength", hint="mark one of them bad in the header (bbl)")
    width = config.smoothing
    if width is None:
        width = smoothing if smoothing is not None else _odd(SMOOTHED / float(np.median(np.diff(axis))))
    return Preparing(axis, used, resampling, _smoother(axis, width), config)


def _onto(cube: Cube, axis: np.ndarray) -> tuple[Cube, np.ndarray | None]:
    """The cube with the bands that an axis needs, and the matrix from these to it."""
    own = cube.axis
    if len(own) < 2:
        raise InputError("the cube has fewer than two good bands", hint="look at it with hsicli info --check")
    step = float(np.median(np.diff(axis)))
    inside = cube.axis[(own > axis[0] - 2 * step) & (own < axis[-1] + 2 * step)]
    if len(inside) < 2 or inside[0] > axis[0] + SLACK * step or inside[-1] < axis[-1] - SLACK * step:
        raise InputError(
            f"the weights expect spectra from {_range(axis)}, the cube covers {_range(own)}",
            hint="train weights on the bands that all cubes have: hsicli gan-train --set window=[LOW,HIGH]",
        )
    nearest = np.abs(own[:, None] - axis).argmin(axis=0)
    if np.abs(own[nearest] - axis).max() <= SAME:
        keep = np.zeros_like(cube.good_bands)
        keep[cube.order[nearest]] = True
        return cube.with_bands(keep), None
    used = within(cube, (inside[0], inside[-1]))
    coarse = float(np.diff(inside).max())
    if coarse > 4 * step:
        raise InputError(
            f"the cube has bands {coarse:.0f} nm apart where the weights expect steps of {step:.1f} nm",
            hint="give a cube with those bands, or train weights on its kind",
        )
    log.info(
        "the cube's %d bands are interpolated to the %d that the weights expect, %s",
        len(inside), len(axis), _range(axis),
    )  # fmt: skip
    right = np.clip(np.searchsorted(inside, axis), 1, len(inside) - 1)
    share = np.clip((axis - inside[right - 1]) / (inside[right] - inside[right - 1]), 0, 1)
    matrix = np.zeros((len(axis), len(inside)), dtype=np.float32)
    places = np.arange(len(axis))
    matrix[places, right - 1] += 1 - share
    matrix[places, right] += share
    return used, matrix


def _odd(bands: float) -> int:
    """The nearest odd number."""
    return 2 * round((bands - 1) / 2) + 1


def _smoother(axis: np.ndarray, width: int) -> np.ndarray | None:
    """(bands, bands): the filter, for each stretch between gaps by itself; narrower where one is short."""
    from scipy.signal import savgol_filter

    if width <= DEGREE:
        return None
    steps = np.diff(axis)
    found = np.zeros((len(axis), len(axis)), dtype=np.float32)
    for part in np.split(np.arange(len(axis)), np.flatnonzero(steps > GAP * np.median(steps)) + 1):
        own = min(width, len(part) - 1 + len(part) % 2)
        eye = np.eye(len(part))
        found[np.ix_(part, part)] = savgol_filter(eye, own, DEGREE, axis=0) if own > DEGREE else eye
    return found


def _line_ends(spectra: np.ndarray, wavelengths: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) each: lines through the first bands and through the last, at the first band and at the last."""
    ends = []
    for part, at in ((slice(None, count), 0), (slice(-count, None), -1)):
        x = wavelengths[part] - wavelengths[part].mean()
        weights = 1 / len(x) + x[at] * x / (x @ x)
        ends.append(spectra[:, part] @ weights.astype(np.float32))
    return ends[0], ends[1]


def _range(axis: np.ndarray) -> str:
    return f"{axis[0]:g} to {axis[-1]:g} nm" if len(axis) else "nothing"
