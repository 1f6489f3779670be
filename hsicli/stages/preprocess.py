"""hsicli preprocess: spectra made comparable, streamed from a cube to a cube (GyPSUM, Algorithm 1)."""

import logging
from dataclasses import replace

import numpy as np

from hsicli.cube import Cube, Stream
from hsicli.errors import ConfigError
from hsicli.library import Library
from hsicli.preprocessing.division import (
    Divide,
    by_columns,
    by_spectrum,
    mean_spectrum,
    reference_spectrum,
    score_cube,
    warn_of_imprints,
)
from hsicli.preprocessing.ratio import best_pixels
from hsicli.preprocessing.selection import check_axis, common_bands, masked, windowed
from hsicli.preprocessing.survey import Limits, sane_limits, survey
from hsicli.runtime import Track, quiet
from hsicli.stages.cleaning import PreprocessConfig, Walk, block_count, cleaned_rows
from hsicli.stages.denoising.settings import Denoise, DenoiseConfig, Means, by_low_rank

log = logging.getLogger(__name__)

BLAND_SHARE = 0.05
"""Of a small image, at most this share of the pixels goes into the one bland spectrum."""


def preprocess_cube(
    cube: Cube,
    config: PreprocessConfig,
    *,
    bland: np.ndarray | None = None,
    reference: Library | None = None,
    mask: np.ndarray | None = None,
    means: Means | None = None,
    track: Track = quiet,
) -> Cube:
    """A cube whose spectra are clipped, ratioed, windowed, freed of their continuum and normalised.

    One walk counts what is there (another looks for bland pixels, where they are wanted); the product is made
    block by block in the last one, while it is written.

    Parameters
    ----------
    cube : Cube
    config : PreprocessConfig
    bland : (rows, cols) bool, optional
        Pixels whose mean every spectrum is divided by, in place of `config.ratio`.
    reference : Library, optional
        A spectrum that every spectrum is divided by (the mean, if there are several), in place of
        `config.ratio`.
    mask : (rows, cols) bool, optional
        Pixels to keep.
    means : Means, optional
        What `config.denoise` needs: a library, an atmosphere, a device, a place to save.
    track : Track

    Returns
    -------
    Cube
        `data` is a Stream; `valid` and `good_bands` are filled in as it is walked.

    Raises
    ------
    ConfigError
        If both `bland` and `reference` are given.
    InputError
        If no pixel or fewer than two bands are left, or what the settings need is not there.

    References
    ----------
    GyPSUM, Algorithm 1.
    """
    if bland is not None and reference is not None:
        raise ConfigError("ratio: both a spectrum and bland pixels are given", hint="give one of them")
    _check_denoising(
        config, means, divides=bland is not None or reference is not None or config.ratio != "none"
    )
    if config.use_bad_bands:
        cube = replace(cube, good_bands=np.ones_like(cube.good_bands))
    whole = masked(cube, mask)
    source = windowed(whole, _window(config))
    if config.continuum:
        check_axis(source)

    blocks = track(source.blocks(), "survey", block_count(source))
    found = survey(blocks, source.valid, config.clip, len(source.order))
    keep = common_bands(source, found, config.max_missing)
    source, whole = (each.with_bands(keep).with_valid(found.seen) for each in (source, whole))
    limits = sane_limits(found, config.clip)

    divide, denominator = _division(source, whole, limits, config, bland=bland, reference=reference)
    denoise = _prepare_denoising(source, limits, config.denoise, means or Means(), track)
    walk = Walk(source, config, limits, divide, denoise)
    walk.lost["masked"] = 0 if mask is None else int((cube.valid & ~mask).sum())
    return Cube(
        data=Stream((*walk.valid.shape, len(walk.good_bands)), lambda: cleaned_rows(walk, track)),
        wavelengths=None if source.wavelengths is None else source.axis,
        fwhm=None if source.fwhm is None else source.fwhm[source.order],
        good_bands=walk.good_bands,
        valid=walk.valid,
        columns=source.columns,
        latlon=source.latlon,
        grid=source.grid,
        denominator=denominator,
    )


def _window(config: PreprocessConfig) -> tuple[float, float] | None:
    """The wavelengths that are used: a sparse model has a window of its own, unless another is given."""
    if config.window_nm is None and config.denoise.models:
        log.info("denoised and kept: %g to %g nm; --window gives another range", *config.denoise.window_nm)
        return config.denoise.window_nm
    return config.window_nm


def _check_denoising(config: PreprocessConfig, means: Means | None, *, divides: bool) -> None:
    """Refuse what does not go together."""
    if config.denoise.method != "none" and divides:
        raise ConfigError(
            "denoise: noise and background are those of reflectance, not of a ratio",
            hint="denoise first, with --normalize none, and ratio the product by a second preprocess",
        )
    given = means is not None and (means.library is not None or means.transmission is not None)
    if given and not config.denoise.models:
        raise ConfigError(
            "library: it is used by --denoise sparse and --denoise atmosphere only",
            hint="give --denoise sparse, or no library",
        )


def _division(
    source: Cube,
    whole: Cube,
    limits: Limits,
    config: PreprocessConfig,
    *,
    bland: np.ndarray | None,
    reference: Library | None,
) -> tuple[Divide | None, np.ndarray | None]:
    """How spectra are divided, and by what; bland pixels are looked for in bands beyond the window, too."""
    divide: Divide | None = None
    denominator: np.ndarray | None = None
    if reference is not None:
        denominator = reference_spectrum(source, reference)
    elif bland is not None:
        denominator = mean_spectrum(source, limits, np.flatnonzero(masked(source, bland).valid))
    elif config.ratio != "none":
        divide, denominator = _by_bland_pixels(source, whole, limits, config)
    if denominator is None:
        return None, None
    if source.wavelengths is not None:
        warn_of_imprints(denominator, source.axis)
    return divide or by_spectrum(denominator), denominator


def _by_bland_pixels(
    source: Cube, whole: Cube, limits: Limits, config: PreprocessConfig
) -> tuple[Divide | None, np.ndarray]:
    """Division by bland pixels that are found without labels; None for division by one spectrum."""
    scores = score_cube(whole, limits, config.bland_window_nm)
    if config.ratio == "column" or (config.ratio == "auto" and source.columns is not None):
        return by_columns(source, limits, scores, reach=config.bland_rows, count=config.bland_best)
    if config.ratio == "auto":
        log.info("the detector columns are not known: one ratio spectrum for the whole image")
    count = min(config.bland_global, max(config.bland_best, int(BLAND_SHARE * source.valid.sum())))
    return None, mean_spectrum(source, limits, best_pixels(scores, count))


def _prepare_denoising(
    cube: Cube, limits: Limits, config: DenoiseConfig, means: Means, track: Track
) -> Denoise | None:
    """Learn from the cube what its blocks are denoised with.

    Parameters
    ----------
    cube : Cube
        With the bands and pixels that are used.
    limits : tuple of 2 float
        Spectra are clipped to them first.
    config : DenoiseConfig
    means : Means
    track : Track

    Returns
    -------
    Denoise, optional
        None if nothing is to be done.

    Raises
    ------
    ConfigError, InputError
        If what the method needs is not there.
    """
    match config.method:
        case "none":
            return None
        case "mnf":
            return by_low_rank(cube, limits, config, track)
        case "sparse" | "atmosphere":
            from hsicli.stages.denoising.modelling import by_sparse_model  # torch takes a second to load

            return by_sparse_model(cube, limits, config, means, track)
