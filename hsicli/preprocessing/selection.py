"""Which bands and pixels of a cube are used, and what the user is told of the others."""

import logging

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.preprocessing.survey import Survey

log = logging.getLogger(__name__)

COSTLY = 0.01
"""A band that costs a larger share of the pixels is warned of."""


def within(cube: Cube, window: tuple[float, float]) -> Cube:
    """The cube with the good bands between two wavelengths, nm, both included.

    Raises
    ------
    InputError
        If the cube has no wavelengths.
    """
    inside = (cube.axis >= window[0]) & (cube.axis <= window[1])
    keep = np.zeros_like(cube.good_bands)
    keep[cube.order[inside]] = True
    return cube.with_bands(keep)


def windowed(cube: Cube, window: tuple[float, float] | None) -> Cube:
    """The cube with the bands that a window leaves, all of them if there is none.

    Raises
    ------
    InputError
        If fewer than two good bands are left; it names the range of the cube.
    """
    if window is None:
        if len(cube.order) < 2:
            raise InputError("the cube has fewer than two good bands", hint="use --use-bad-bands")
        return cube
    part = within(cube, window)
    if len(part.order) < 2:
        raise InputError(
            f"{len(part.order) or 'no'} good bands between {window[0]:g} and {window[1]:g} nm: "
            f"the cube covers {cube.axis[0]:g} to {cube.axis[-1]:g} nm",
            hint="give a window inside that range, or none",
        )
    return part


def check_axis(cube: Cube) -> None:
    """See that the wavelengths ascend strictly, as a continuum needs them to.

    Raises
    ------
    InputError
        If two good bands share a wavelength, or there are no wavelengths.
    """
    steps = np.diff(cube.axis)
    if not (steps > 0).all():
        twice = cube.axis[1:][~(steps > 0)][0]
        raise InputError(
            f"two bands at {twice:g} nm: a continuum is drawn over wavelengths that differ",
            hint="mark one of them bad in the header (bbl)",
        )


def masked(cube: Cube, mask: np.ndarray | None) -> Cube:
    """The cube with the pixels that a mask keeps.

    Raises
    ------
    InputError
        If the mask has another size.
    """
    if mask is None:
        return cube
    if mask.shape != cube.valid.shape:
        raise InputError(
            f"a mask of {mask.shape[0]} × {mask.shape[1]} pixels for a cube of "
            f"{cube.shape[0]} × {cube.shape[1]}",
            hint="give a mask of the cube's own pixels",
        )
    return cube.with_valid(mask)


def common_bands(cube: Cube, found: Survey, max_missing: float) -> np.ndarray:
    """(stored bands,) bool: False for the used bands that too many pixels lack.

    A pixel that lacks one band is lost; a band that is fill in many pixels would cost them all. Such a band
    is left out instead, and the user told; a band that costs a hundredth of the pixels or more is told of.

    Parameters
    ----------
    cube : Cube
    found : Survey
        Of this cube.
    max_missing : float
        Largest share of the seen pixels that may lack a band.

    Raises
    ------
    InputError
        If no pixel was seen, or fewer than two bands are left.
    """
    pixels = int(found.seen.sum())
    if not pixels:
        raise InputError(
            "no pixel has data in the bands chosen: all are fill, zero or masked",
            hint="look at the no-data value with hsicli info, at the window and at the mask",
        )
    rare = found.missing > max_missing * pixels
    if len(rare) - rare.sum() < 2:
        raise InputError("most pixels lack most bands", hint="look at the no-data value with hsicli info")
    if rare.any():
        log.warning(
            "left out, as up to %.0f %% of the pixels lack them: %s",
            100 * found.missing[rare].max() / pixels,
            band_names(cube, rare),
        )
    costly = (found.missing > COSTLY * pixels) & ~rare
    if costly.any():
        log.warning(
            "up to %d of %d pixels are lost, as they lack %s; a window without these would keep them",
            found.missing[costly].max(),
            pixels,
            band_names(cube, costly),
        )
    keep = np.ones_like(cube.good_bands)
    keep[cube.order[rare]] = False
    return keep


def band_names(cube: Cube, some: np.ndarray) -> str:
    """A few of the used bands, given by a (used,) bool: their wavelengths, or else their numbers from 1."""
    if cube.wavelengths is None:
        names = [f"band {number + 1}" for number in cube.order[some]]
    else:
        names = [f"{wavelength:.2f} nm" for wavelength in cube.axis[some]]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
