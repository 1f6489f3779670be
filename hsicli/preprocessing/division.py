"""What the spectra of a cube are divided by: one spectrum for all, or bland neighbours in the same column."""

import logging
from collections.abc import Callable

import numpy as np

from hsicli.cube import Block, Cube
from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.preprocessing.columns import divide_block, find_neighbours
from hsicli.preprocessing.ratio import GATE_WINDOW, absorptions, bland_scores, gather
from hsicli.preprocessing.selection import within
from hsicli.preprocessing.survey import Limits, clipped_blocks

log = logging.getLogger(__name__)

Divide = Callable[[Block], None]
"""Divides the spectra of a block in place."""

IMPRINT_DEPTH = 0.02
"""A denominator with an absorption this deep is warned of: twice what passes for noise in one pixel."""

LEAST_BANDS = 10
"""Fewer bands than this show no absorption that a bland pixel could lack."""


def mean_spectrum(cube: Cube, limits: Limits, pixels: np.ndarray) -> np.ndarray:
    """The mean of those of some pixels that are valid.

    Parameters
    ----------
    cube : Cube
    limits : tuple of 2 float
        Spectra are clipped to them first, as GyPSUM does.
    pixels : (m,) int
        Flat indices, ascending.

    Returns
    -------
    (bands,) float64

    Raises
    ------
    InputError
        If none is valid.
    """
    pixels = pixels[cube.valid.ravel()[pixels]]
    spectra = gather((block for block, _ in clipped_blocks(cube, limits)), pixels)
    spectra = spectra[np.isfinite(spectra).all(axis=1)]
    if not len(spectra):
        raise InputError("none of the bland pixels has data", hint="choose others")
    log.info("every spectrum is divided by the mean of %d bland pixels", len(spectra))
    mean: np.ndarray = spectra.mean(axis=0, dtype=np.float64)
    return mean


def reference_spectrum(cube: Cube, reference: Library) -> np.ndarray:
    """(bands,) float64: the mean of a library's spectra, as the cube's bands would see it.

    Raises
    ------
    InputError
        If it does not cover every band, or is not positive in some.
    """
    fwhm = None if cube.fwhm is None else cube.fwhm[cube.order]
    spectrum: np.ndarray = reference.resampled(cube.axis, fwhm).spectra.mean(axis=0)
    lacking = np.flatnonzero(~(spectrum > 0))
    if len(lacking):
        raise InputError(
            f"the ratio spectrum has nothing positive at {len(lacking)} bands, the first at "
            f"{cube.axis[lacking[0]]:g} nm; it covers {reference.wavelengths[0]:g} to "
            f"{reference.wavelengths[-1]:g} nm",
            hint="give a --window that it covers",
        )
    log.info("every spectrum is divided by %s", ", ".join(reference.names))
    return spectrum


def by_spectrum(spectrum: np.ndarray) -> Divide:
    """Divide by one spectrum; where it is not positive, the result is NaN."""
    denominator = np.where(spectrum > 0, spectrum, np.nan).astype(np.float32)

    def divide(block: Block) -> None:
        np.divide(block.data, denominator, out=block.data)

    return divide


def score_cube(cube: Cube, limits: Limits, window: tuple[float, float]) -> np.ndarray:
    """`bland_scores` of a cube, on its good bands within `GATE_WINDOW`.

    Raises
    ------
    InputError
        If too few bands lie in `window`, or no pixel is a candidate.
    """
    cube = within(cube, GATE_WINDOW)
    inside = (cube.axis >= window[0]) & (cube.axis <= window[1])
    if inside.sum() < LEAST_BANDS:
        raise InputError(
            f"bland pixels are looked for from {window[0]:g} to {window[1]:g} nm, where the cube has "
            f"{inside.sum()} good bands of {LEAST_BANDS}",
            hint="give a ratio spectrum or a mask of bland pixels, or set bland_window_nm",
        )
    blocks = (block for block, _ in clipped_blocks(cube, limits))
    columns = np.zeros(cube.valid.shape, dtype=np.int32) if cube.columns is None else cube.columns
    scores = bland_scores(blocks, cube.axis, window, columns)
    if not np.isfinite(scores).any():
        raise InputError("no pixel is bland", hint="give a ratio spectrum or a mask of bland pixels")
    return scores


def by_columns(
    cube: Cube, limits: Limits, scores: np.ndarray, *, reach: int, count: int
) -> tuple[Divide, np.ndarray]:
    """Divide each pixel by the mean of its blandest neighbours in the same detector column.

    Parameters
    ----------
    cube : Cube
        With `columns`.
    limits : tuple of 2 float
        Denominators are clipped to them, as the pixels are.
    scores : (rows, cols) float32
        From `score_cube`.
    reach : int
        Rows to either side that are searched.
    count : int
        Pixels wanted in a mean.

    Returns
    -------
    divide : Divide
        Reads the rows around each block again, so that no more than those are in memory.
    denominator : (bands,) float64
        The mean of what is divided by.
    """
    if cube.columns is None:
        raise InputError(
            "the detector column of the pixels is not known, and ratio = column needs it",
            hint="use ratio=global, or the unprojected image with its DDR",
        )
    columns = np.where(cube.valid, cube.columns, -1)
    blocks = (block for block, _ in clipped_blocks(cube, limits))
    neighbours = find_neighbours(blocks, scores, columns, reach=reach, count=count)
    log.info(
        "each spectrum is divided by the mean of up to %d bland pixels of its detector column, of %d in all",
        count, np.isfinite(scores[columns >= 0]).sum(),
    )  # fmt: skip
    if neighbours.farther:
        log.info(
            "%d pixels have no bland ones within %d rows: theirs are farther off", neighbours.farther, reach
        )
    if len(neighbours.columns):
        log.warning(
            "%d detector columns have too few bland pixels: they are divided by the mean of all bland ones, "
            "and keep their stripes",
            len(neighbours.columns),
        )

    def divide(block: Block) -> None:
        rows = slice(max(0, block.rows.start - reach), min(cube.shape[0], block.rows.stop + reach))
        nearby = (near for near, _ in clipped_blocks(cube, limits, rows))
        divide_block(block, nearby, neighbours, columns)

    return divide, neighbours.middle.astype(np.float64)


def warn_of_imprints(denominator: np.ndarray, wavelengths: np.ndarray) -> None:
    """Say what absorptions a denominator has: each stands upside down in every ratio."""
    found = absorptions(denominator, wavelengths, IMPRINT_DEPTH)
    if found:
        deepest = ", ".join(f"{one.depth:.1%} at {one.wavelength:.0f} nm" for one in found[:3])
        log.warning(
            "the ratio spectrum has absorptions of its own (%s): every ratio shows them upside down, except "
            "where the whole image shares them",
            deepest,
        )
    else:
        log.info("the ratio spectrum has no absorption deeper than %g %%", 100 * IMPRINT_DEPTH)
