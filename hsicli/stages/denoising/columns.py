"""What the detector columns of a cube have of their own: stripes, noise, the atmosphere as they see it."""

import logging
from collections.abc import Iterator
from functools import partial

import numpy as np

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.preprocessing.destripe import (
    Columns,
    column_noise,
    column_stripes,
    sample_pixels,
    sample_rows,
    steps_across,
)
from hsicli.preprocessing.logarithms import local_trend, log_spectra
from hsicli.preprocessing.ratio import gather
from hsicli.preprocessing.survey import Limits, clipped_blocks
from hsicli.runtime import Track
from hsicli.stages.denoising.fitting import MOST_CHANGED, MOST_MISSING, Solver
from hsicli.stages.denoising.resuming import Found
from hsicli.stages.denoising.settings import DenoiseConfig

log = logging.getLogger(__name__)

STEP = 2048
"""Pixels that are solved between two looks at the clock, but that a detector column is not cut."""


def look_at_columns(
    cube: Cube, limits: Limits, solver: Solver, air: np.ndarray | None, track: Track
) -> Columns:
    """Model some pixels of each detector column, and see what is left."""
    pixels = sample_pixels(cube.valid, cube.columns)
    y, present = log_spectra(gather((block for block, _ in clipped_blocks(cube, limits)), pixels))
    usable = present.mean(axis=1) > 1 - MOST_MISSING
    y, present, pixels = y[usable], present[usable], pixels[usable]
    if not len(y):
        raise InputError("no pixel has a reflectance above zero in most bands", hint="look at the cube")
    known = np.zeros(cube.valid.size, dtype=int) if cube.columns is None else np.asarray(cube.columns).ravel()
    numbers = known[pixels]
    stripes = _stripes(cube, limits, solver.config, np.unique(numbers))
    if air is not None:  # what it may be of a stripe grows with the path through it, and is no stripe
        firsts = air + np.clip(stripes, MOST_CHANGED * air, -MOST_CHANGED * air)
        stripes -= firsts - air
    y -= stripes[np.unique(numbers, return_inverse=True)[1]]
    rough, airs = np.empty_like(y), []
    for rows in track(list(_groups(numbers)), "columns"):
        which, places = np.unique(numbers[rows], return_inverse=True)
        mine, there = y[rows], present[rows]
        begun = None if air is None else firsts[np.searchsorted(np.unique(numbers), which)]
        found = solver.solved.recall(
            f"sample {which[0]} {which[-1]}",
            partial(_solve_columns, solver, mine, there, places, air=air, begun=begun),
        )
        own = None if air is None else found.air[places]
        residual = mine - solver.parts(found.coefficients, own).whole
        rough[rows] = np.where(there, residual - local_trend(residual), np.float32(np.nan))
        airs.append(found.air)
    known_columns = None if cube.columns is None else numbers
    found_numbers, deviations = column_noise(rough, known_columns)
    columns = Columns(found_numbers, stripes, deviations)
    _tell(cube, columns, solver.config)
    if air is None:
        return columns
    fitted = np.concatenate(airs)
    log.info("transmissions of %d columns fitted: they differ from the table's by %.3f, root mean square",
             len(fitted), np.sqrt(np.mean(np.square(fitted - air))))  # fmt: skip
    return columns._replace(air=fitted)


def _solve_columns(
    solver: Solver,
    y: np.ndarray,
    present: np.ndarray,
    places: np.ndarray,
    *,
    air: np.ndarray | None,
    begun: np.ndarray | None,
) -> Found:
    if air is None or begun is None:
        return Found(solver.once(y, present, None).coefficients.cpu().numpy())
    return solver.settle(y, present, places, begun, table=air)


def _stripes(cube: Cube, limits: Limits, config: DenoiseConfig, numbers: np.ndarray) -> np.ndarray:
    """(k, bands) float32: what each detector column adds, as rows show it; 0 where that is not asked for."""
    bands = len(cube.order)
    if not config.destripe or cube.columns is None:
        return np.zeros((len(numbers), bands), dtype=np.float32)
    rows = sample_rows(cube.valid)
    steps = np.empty((len(rows), cube.shape[1], bands), dtype=np.float16)
    numbered = np.asarray(cube.columns[rows])
    at = 0
    for block, _ in clipped_blocks(cube, limits):
        while at < len(rows) and rows[at] < block.rows.stop:
            here = rows[at] - block.rows.start
            y, present = log_spectra(block.data[here])
            steps[at] = steps_across(y, present & cube.valid[rows[at]][:, None], numbered[at])
            at += 1
    return column_stripes(steps, numbered, numbers)


def _groups(numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Rows of some whole detector columns each, in the order of the columns; (n,) columns."""
    order = np.argsort(numbers, kind="stable")
    ends = np.r_[np.flatnonzero(np.diff(numbers[order])) + 1, len(order)]
    first = 0
    for end in ends:
        if end - first >= STEP or end == len(order):
            yield order[first:end]
            first = end


def _tell(cube: Cube, columns: Columns, config: DenoiseConfig) -> None:
    if cube.columns is None:
        log.info("the detector columns are not known: not destriped, and spikes are told by the whole image")
    elif config.destripe and not columns.stripes.any():
        log.info("stripes cannot be told from the ground's own changes: not destriped")
    elif config.destripe:
        log.info("stripes of %d columns: %.4f, root mean square", len(columns.numbers),
                 np.sqrt(np.mean(np.square(columns.stripes))))  # fmt: skip
