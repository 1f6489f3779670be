"""hysime: the dimension of the signal in a cube, its directions, and the noise."""

import logging
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from hsicli.algorithms.hysime import Directions, signal_directions
from hsicli.algorithms.noise import (
    BandSums,
    add_rows,
    difference_noise,
    no_sums,
    pair_step,
    regression_noise,
    shared_noise,
)
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.products.subspace import Subspace
from hsicli.runtime import Track, available_threads, quiet

Estimates = tuple[Directions, Directions]
"""By regression, by differences."""

log = logging.getLogger(__name__)

ENOUGH = 10
"""Spectra a band below which regression begins to explain noise by noise."""

SHARED = 1.15
"""Bands share their noise if that of differences is so many times that of regression (`shared_noise`)."""

CONSTANT = 1e-12
"""Share of the typical variance below which a band has none."""


@dataclass(frozen=True)
class HysimeConfig:
    """Settings of `hsicli hysime`."""

    VERSION: ClassVar[int] = 2

    # Whose noise gives the dimension; "auto": regression (R̂n of HySime) unless bands share their noise
    estimate: Literal["auto", "regression", "difference", "smaller"] = "auto"
    floor: float = 1e-5  # ε: noise added in every direction, a share of the signal's mean power in one

    def __post_init__(self) -> None:
        if self.floor < 0:
            raise ValueError(f"floor must not be negative, it is {self.floor}")


def estimate_subspace(cube: Cube, config: HysimeConfig, *, track: Track = quiet) -> Subspace:
    """How many directions of the spectra stand above the noise, and which: HySime in one pass over the cube.

    Twice: with the noise that regression on the other bands leaves (R̂n of the paper), and with that of
    differences of neighbouring pixels. Regression holds, unless neighbouring bands share their noise: that
    it cannot see, and takes for signal. Differences see it, but take texture of the ground for noise.

    Parameters
    ----------
    cube : Cube
    config : HysimeConfig
    track : Track

    Returns
    -------
    Subspace

    Raises
    ------
    InputError
        If there are not more valid spectra than bands, fewer than two bands, or a band is constant.

    References
    ----------
    Bioucas-Dias & Nascimento, "Hyperspectral subspace identification", IEEE TGRS, 2008.
    """
    sums = _walk(cube, track)
    _check(cube, sums)
    correlation = sums.products / sums.pixels
    try:
        variance, signal = regression_noise(sums)
    except np.linalg.LinAlgError as error:
        raise InputError(
            "some bands are combinations of others, so their noise cannot be told from the signal",
            hint="mark interpolated or repeated bands bad in the header",
        ) from error
    regression = signal_directions(correlation, np.diag(variance), signal, floor=config.floor)
    if sums.pairs < ENOUGH * len(sums.total):
        log.warning("only %d pairs of neighbours are valid: no second estimate of the noise", sums.pairs)
        return _subspace(
            cube, sums, regression, variance=variance, variance_difference=np.full_like(variance, np.nan),
            estimates=(regression, regression),
        )  # fmt: skip
    noise = difference_noise(sums)
    difference = signal_directions(correlation, noise, correlation - noise, floor=config.floor)
    shared = _bands_share_noise(variance, noise, (regression, difference))
    match config.estimate:
        case "auto":
            chosen = difference if shared else regression
        case "regression":
            chosen = regression
        case "difference":
            chosen = difference
        case "smaller":
            chosen = min(regression, difference, key=lambda estimate: estimate.kept)
    log.info(
        "dimension %d (with the noise that regression leaves %d, with that of pixel differences %d)",
        chosen.kept,
        regression.kept,
        difference.kept,
    )
    return _subspace(
        cube, sums, chosen, variance=variance, variance_difference=np.diag(noise),
        estimates=(regression, difference),
    )  # fmt: skip


def _walk(cube: Cube, track: Track) -> BandSums:
    rows, cols, _ = cube.shape
    sums, above, threads = no_sums(len(cube.order)), None, available_threads()
    with threadpool_limits(1, user_api="blas"):  # each thread multiplies by itself
        for block in track(cube.blocks(), "noise"):
            sums = add_rows(
                sums, block.data, block.valid, first=block.rows.start, step=pair_step(rows, cols),
                above=above, threads=threads,
            )  # fmt: skip
            above = block.data[-1].copy(), block.valid[-1].copy()
    return sums


def _check(cube: Cube, sums: BandSums) -> None:
    """Refuse what has no noise to estimate, and name the band or the count."""
    bands = len(sums.total)
    if bands < 2:
        raise InputError(
            f"the cube has {bands} good bands, and noise needs two at least to show",
            hint="check the bad bands of the header with hsicli info",
        )
    if sums.pixels <= bands:
        raise InputError(
            f"the cube has {sums.pixels} valid spectra of {bands} bands: more spectra than bands are needed",
            hint="look at the fill and the mask with hsicli info",
        )
    mean = sums.total / sums.pixels
    variance = np.diag(sums.products) / sums.pixels - mean**2
    # The difference of two sums has its own rounding, beside the mean squared.
    constant = np.flatnonzero(variance <= CONSTANT * np.maximum(np.median(variance), mean**2))
    if len(constant):
        worst = constant[0]
        at = "" if cube.wavelengths is None else f" ({cube.axis[worst]:.1f} nm)"
        more = f", and {len(constant) - 1} more" if len(constant) > 1 else ""
        raise InputError(
            f"band {cube.order[worst] + 1}{at} is {mean[worst]:g} in every pixel{more}: no noise to estimate",
            hint="run hsicli preprocess, which leaves such bands out, or mark it bad in the header",
        )
    if sums.pixels < ENOUGH * bands:
        log.warning(
            "%d spectra of %d bands are few (%d or more are enough): the dimension comes out too high",
            sums.pixels,
            bands,
            ENOUGH * bands,
        )


def _bands_share_noise(variance: np.ndarray, noise: np.ndarray, estimates: Estimates) -> bool:
    """Whether regression is blind to the noise; says so where it changes the dimension."""
    regression, difference = estimates
    times = shared_noise(variance, noise, difference.vectors[difference.kept :])
    shared = times > SHARED and regression.kept > difference.kept
    if shared:
        log.warning(
            "neighbouring bands share their noise (pixel differences show %.1f times what regression leaves) "
            "as in resampled, smoothed or map-projected cubes: the dimension by regression, %d, counts "
            "noise; trust the one by pixel differences, %d",
            times,
            regression.kept,
            difference.kept,
        )
    return shared


def _subspace(
    cube: Cube,
    sums: BandSums,
    chosen: Directions,
    *,
    variance: np.ndarray,
    variance_difference: np.ndarray,
    estimates: Estimates,
) -> Subspace:
    regression, difference = estimates
    return Subspace(
        dimension=chosen.kept,
        dimension_regression=regression.kept,
        dimension_difference=difference.kept,
        pixels=sums.pixels,
        wavelengths=None if cube.wavelengths is None else cube.axis,
        mean=sums.total / sums.pixels,
        noise=np.sqrt(variance),
        noise_difference=np.sqrt(variance_difference),
        eigenvectors=chosen.vectors,
        power=chosen.power,
        noise_power=chosen.noise,
    )
