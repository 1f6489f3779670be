"""hsicli preprocess: spectra made comparable, streamed from a cube to a cube (GyPSUM, Algorithm 1)."""

import logging
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

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
from hsicli.stages.cleaning import Walk, block_count, cleaned_rows
from hsicli.stages.denoising import DenoiseConfig, Means, prepare_denoising

log = logging.getLogger(__name__)

BLAND_SHARE = 0.05
"""Of a small image, at most this share of the pixels goes into the one bland spectrum."""


@dataclass(frozen=True)
class PreprocessConfig:
    """How spectra are made comparable, in the order of the steps; the defaults suit any sensor."""

    VERSION: ClassVar[int] = 1

    use_bad_bands: bool = False  # use bands that the header marks bad
    window_nm: tuple[float, float] | None = None  # wavelengths kept, both ends included; None: all
    clip: tuple[float, float] = (0.0, 1.0)  # limits of reflectance; counts are not clipped by them
    max_clipped: float = 0.05  # a pixel with a larger share of clipped bands is rejected
    max_missing: float = 0.1  # a band that a larger share of the pixels lacks is left out
    ratio: Literal["none", "auto", "column", "global"] = "none"  # auto: column where columns are known
    bland_window_nm: tuple[float, float] = (1850.0, 2550.0)  # where a bland pixel shows no absorption
    bland_rows: int = 50  # rows to either side that are searched in a detector column
    bland_best: int = 9  # K, pixels in the mean that a pixel is divided by, in a column
    bland_global: int = 200  # pixels in the one mean that every pixel is divided by
    despike_windows: tuple[int, ...] = ()  # widths of moving medians, bands, wide to narrow; (): not despiked
    despike_sigmas: float = 5.0  # distance from the median, in deviations beyond the mean, that is a spike
    continuum: bool = False  # divide by the upper convex hull
    box: int = 1  # width of the box mean, pixels, odd; 1: not smoothed
    flat_depth: float | None = None  # pixels with no absorption this deep are rejected; None: kept
    normalize: Literal["none", "l2", "minmax", "band-depth"] = "l2"  # last, so that what follows sees it
    band_depth: float = 0.1  # s, the depth that band-depth gives the deepest absorption
    denoise: DenoiseConfig = field(default_factory=DenoiseConfig)  # after clip; not together with a ratio

    def __post_init__(self) -> None:
        if self.flat_depth is not None and not self.continuum:
            raise ConfigError(
                "flat_depth: depths are measured from the continuum, and continuum is false",
                hint="set continuum=true, or leave flat_depth out",
            )
        if self.normalize == "band-depth" and not (self.continuum and 0 < self.band_depth < 1):
            raise ConfigError(
                "normalize: band-depth needs a continuum, and a band_depth between 0 and 1",
                hint="set continuum=true and band_depth=0.1",
            )
        if (
            self.continuum
            and self.denoise.method != "none"
            and self.denoise.output in ("background", "residual")
        ):
            raise ConfigError(
                f"denoise.output: the {self.denoise.output} has no continuum to divide by",
                hint="set continuum=false, or denoise.output to denoised or model",
            )
        if self.denoise.method == "mnf" and self.denoise.output in ("model", "background"):
            raise ConfigError(
                f"denoise.output: mnf makes no {self.denoise.output}",
                hint="set denoise.output to denoised or residual, or denoise.method to sparse",
            )
        for name, widths in {"box": (self.box,), "despike_windows": self.despike_windows}.items():
            if any(width < 1 or width % 2 == 0 for width in widths):
                raise ConfigError(f"{name}: widths must be odd and positive", hint="give 1, 3, 5, 7 or 11")
        for name in ("window_nm", "clip", "bland_window_nm"):
            limits = getattr(self, name)
            if limits is not None and not limits[0] < limits[1]:
                raise ConfigError(
                    f"{name}: the first number must be the smaller, found {list(limits)}",
                    hint="write the lower limit first",
                )


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
    denoise = prepare_denoising(source, limits, config.denoise, means or Means(), track)
    walk = Walk(source, config, limits, divide, denoise)
    walk.lost["masked"] = 0 if mask is None else int((cube.valid & ~mask).sum())
    return Cube(
        data=Stream((*walk.valid.shape, len(walk.good_bands)), lambda: cleaned_rows(walk, track)),
        wavelengths=None if source.wavelengths is None else source.axis,
        fwhm=None if source.fwhm is None else source.fwhm[source.order],
        good_bands=walk.good_bands,
        valid=walk.valid,
        columns=source.columns,
        grid=source.grid,
        denominator=denominator,
    )


def _window(config: PreprocessConfig) -> tuple[float, float] | None:
    """The wavelengths that are used: a sparse model has a window of its own, unless another is given."""
    if config.window_nm is None and config.denoise.method == "sparse":
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
    if given and config.denoise.method != "sparse":
        raise ConfigError(
            "library: it is used by --denoise sparse only", hint="give --denoise sparse, or no library"
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
