"""hsicli preprocess: spectra made comparable, streamed from a cube to a cube (GyPSUM, Algorithm 1)."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from hsicli.cube import BLOCK_BYTES, Block, Cube, Stream
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.preprocessing.continuum import remove_continuum
from hsicli.preprocessing.division import (
    Divide,
    by_columns,
    by_spectrum,
    mean_spectrum,
    reference_spectrum,
    score_cube,
    warn_of_imprints,
)
from hsicli.preprocessing.image import box_means
from hsicli.preprocessing.ratio import best_pixels
from hsicli.preprocessing.selection import band_names, check_axis, common_bands, masked, windowed
from hsicli.preprocessing.spectra import are_finite, despike, is_flat, normalize_l2, normalize_minmax
from hsicli.preprocessing.survey import Limits, clipped_blocks, sane_limits, survey
from hsicli.runtime import Track, quiet

log = logging.getLogger(__name__)

CONSTANT = 1e-6
"""A band whose numbers differ by no more than this share of the largest is constant."""

MANY_CLIPPED = 0.1
"""If a larger share of the pixels is rejected for clipped bands, the numbers may be no reflectances."""

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
    normalize: Literal["none", "l2", "minmax"] = "l2"  # last, so that what follows sees it

    def __post_init__(self) -> None:
        if self.flat_depth is not None and not self.continuum:
            raise ConfigError(
                "flat_depth: depths are measured from the continuum, and continuum is false",
                hint="set continuum=true, or leave flat_depth out",
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


@dataclass(eq=False)
class _Walk:
    """The walk that makes the product, and what it finds out on the way."""

    source: Cube
    config: PreprocessConfig
    limits: Limits
    divide: Divide | None

    def __post_init__(self) -> None:
        self.lost: Counter[str] = Counter()  # pixels by cause
        self.valid = np.zeros(self.source.valid.shape, dtype=bool)  # of the product, as `good_bands`
        self.good_bands = np.ones(len(self.source.order), dtype=bool)
        self.low = np.full(len(self.good_bands), np.inf, dtype=np.float32)
        self.high = -self.low

    def watch(self, spectra: np.ndarray, rows: np.ndarray) -> None:
        """Note the range of the bands that have been constant so far: soon these are very few."""
        for part in (rows[:64], rows):
            bands = np.flatnonzero(self.constant)
            if len(part) and len(bands):
                seen = spectra[np.ix_(part, bands)]
                self.low[bands] = np.minimum(self.low[bands], seen.min(axis=0))
                self.high[bands] = np.maximum(self.high[bands], seen.max(axis=0))

    @property
    def constant(self) -> np.ndarray:
        """(bands,) bool: no two pixels so far differ there."""
        largest = np.maximum(np.abs(self.low), np.abs(self.high))
        with np.errstate(invalid="ignore"):
            return ~(self.high - self.low > CONSTANT * largest)


def preprocess_cube(
    cube: Cube,
    config: PreprocessConfig,
    *,
    bland: np.ndarray | None = None,
    reference: Library | None = None,
    mask: np.ndarray | None = None,
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
    if config.use_bad_bands:
        cube = replace(cube, good_bands=np.ones_like(cube.good_bands))
    whole = masked(cube, mask)
    source = windowed(whole, config.window_nm)
    if config.continuum:
        check_axis(source)

    blocks = track(source.blocks(), "survey", _steps(source))
    found = survey(blocks, source.valid, config.clip, len(source.order))
    keep = common_bands(source, found, config.max_missing)
    source, whole = (each.with_bands(keep).with_valid(found.seen) for each in (source, whole))
    limits = sane_limits(found, config.clip)

    divide, denominator = _division(source, whole, limits, config, bland=bland, reference=reference)
    walk = _Walk(source, config, limits, divide)
    walk.lost["masked"] = 0 if mask is None else int((cube.valid & ~mask).sum())
    return Cube(
        data=Stream((*walk.valid.shape, len(walk.good_bands)), lambda: _made(walk, track)),
        wavelengths=None if source.wavelengths is None else source.axis,
        fwhm=None if source.fwhm is None else source.fwhm[source.order],
        good_bands=walk.good_bands,
        valid=walk.valid,
        columns=source.columns,
        grid=source.grid,
        denominator=denominator,
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
        denominator = mean_spectrum(source, limits, np.flatnonzero(bland))
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


def _made(walk: _Walk, track: Track) -> Iterator[tuple[slice, np.ndarray]]:
    """The product's blocks; at the end the walk knows what became of every pixel and band."""
    blocks = _cleaned(walk, track)
    for block in box_means(blocks, walk.config.box) if walk.config.box > 1 else blocks:
        yield block.rows, _finished(walk, block)
    kept, total = int(walk.valid.sum()), walk.valid.size
    walk.lost["fill"] = total - kept - walk.lost.total()
    causes = ", ".join(f"{count} {cause}" for cause, count in walk.lost.items() if count)
    if not kept:
        raise InputError(f"no pixel is left ({causes})", hint="look at the cube with hsicli info")
    log.info("%d of %d pixels kept%s", kept, total, f" (lost: {causes})" if causes else "")
    if walk.lost["clipped"] > MANY_CLIPPED * walk.source.valid.sum():
        log.warning(
            "%d pixels have more than %g %% of their bands outside %g to %g: are these reflectances?",
            *(walk.lost["clipped"], 100 * walk.config.max_clipped, *walk.limits),
        )
    if kept > 1 and walk.constant.all():
        raise InputError("all pixels are the same", hint="declare the no-data value in the header")
    if kept > 1 and walk.constant.any():
        walk.good_bands[walk.constant] = False
        log.warning("marked bad, as the same in every pixel: %s", band_names(walk.source, walk.constant))


def _cleaned(walk: _Walk, track: Track) -> Iterator[Block]:
    """Blocks in the order of the paper: clipped, ratioed, masked, freed of their continuum."""
    source, config = walk.source, walk.config
    blocks = track(clipped_blocks(source, walk.limits), "preprocess", _steps(source))
    for block, share in blocks:
        valid = block.valid & (share <= config.max_clipped)
        walk.lost["lacking a band"] += int((source.valid[block.rows] & ~block.valid).sum())
        walk.lost["clipped"] += int((block.valid & ~valid).sum())
        if walk.divide is not None:
            walk.divide(block)
        spectra = block.data.reshape(-1, block.data.shape[2])
        if config.despike_windows:
            despike(spectra, config.despike_windows, config.despike_sigmas, out=spectra)
        # The paper's ℓ2 norm comes before the hull, which ignores it; here it comes last (`_finished`).
        if config.continuum:
            remove_continuum(spectra, source.axis, out=spectra)
        defined = are_finite(block.data)
        walk.lost["not positive"] += int((valid & ~defined).sum())
        yield Block(block.rows, block.data, valid & defined)


def _finished(walk: _Walk, block: Block) -> np.ndarray:
    """The block as the product has it: flat pixels out, normalised, NaN for fill."""
    data, valid = block.data, block.valid
    spectra = data.reshape(-1, data.shape[2])
    if walk.config.flat_depth is not None:
        flat = valid & is_flat(spectra, walk.config.flat_depth).reshape(valid.shape)
        walk.lost["flat"] += int(flat.sum())
        valid = valid & ~flat
    walk.watch(spectra, np.flatnonzero(valid))
    with np.errstate(invalid="ignore", over="ignore"):  # in what is not valid
        match walk.config.normalize:
            case "l2":
                normalize_l2(spectra, out=spectra)
            case "minmax":
                normalize_minmax(spectra, out=spectra)
    defined = are_finite(data)
    walk.lost["not positive"] += int((valid & ~defined).sum())
    valid = valid & defined
    data[~valid] = np.nan
    walk.valid[block.rows] = valid
    return data


def _steps(cube: Cube) -> int:
    """Blocks of a walk over the cube."""
    rows, cols, _ = cube.shape
    return -(-rows // max(1, BLOCK_BYTES // (4 * cols * len(cube.order))))
