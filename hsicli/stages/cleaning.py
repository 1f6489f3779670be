"""The walk that makes a preprocessed cube: each block in the order of the steps, and what became of it."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from hsicli.cube import BLOCK_BYTES, Block, Cube
from hsicli.errors import ConfigError, InputError
from hsicli.preprocessing.continuum import continuum, remove_continuum
from hsicli.preprocessing.depths import normalize_depth
from hsicli.preprocessing.division import Divide
from hsicli.preprocessing.image import box_means
from hsicli.preprocessing.selection import band_names
from hsicli.preprocessing.spectra import are_finite, despike, is_flat, normalize_l2, normalize_minmax
from hsicli.preprocessing.survey import Limits, clipped_blocks
from hsicli.runtime import Track
from hsicli.stages.denoising.settings import Denoise, DenoiseConfig
from hsicli.stages.projection import ProjectConfig

log = logging.getLogger(__name__)

CONSTANT = 1e-6
"""A band whose numbers differ by no more than this share of the largest is constant."""

MANY_CLIPPED = 0.1
"""If a larger share of the pixels is rejected for clipped bands, the numbers may be no reflectances."""

STEP = 2048
"""Pixels that are denoised between two looks at the clock."""


@dataclass(frozen=True)
class PreprocessConfig:
    """How spectra are made comparable, in the order of the steps; the defaults suit any sensor."""

    VERSION: ClassVar[int] = 2

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
    project: ProjectConfig = field(default_factory=ProjectConfig)  # onto a map grid, when all else is done

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


@dataclass(eq=False)
class Walk:
    """The walk that makes the product, and what it finds out on the way."""

    source: Cube
    config: PreprocessConfig
    limits: Limits
    divide: Divide | None
    denoise: Denoise | None

    def __post_init__(self) -> None:
        # Pixels by cause, in the order in which they are told
        self.lost = Counter(dict.fromkeys(("masked", "lacking a band", "clipped"), 0))
        self.valid = np.zeros(self.source.valid.shape, dtype=bool)  # of the product, as `good_bands`
        self.good_bands = np.ones(len(self.source.order), dtype=bool)
        self.low = np.full(len(self.good_bands), np.inf, dtype=np.float32)
        self.high = -self.low
        self.flat: np.ndarray | None = None  # of a model, where there is one and it is asked for
        if self.denoise is not None and self.config.flat_depth is not None:
            self.flat = np.zeros(self.source.valid.shape, dtype=bool)

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


def cleaned_rows(walk: Walk, track: Track) -> Iterator[tuple[slice, np.ndarray]]:
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


def _cleaned(walk: Walk, track: Track) -> Iterator[Block]:
    """Blocks in the order of the paper: clipped, denoised, ratioed, masked, freed of their continuum."""
    source, config = walk.source, walk.config
    rows, steps = None, block_count(source)
    if walk.denoise is not None:
        rows = max(1, STEP // source.shape[1])
        steps = piece_count(source, rows)
    for piece, share in track(_pieces(clipped_blocks(source, walk.limits), rows), "preprocess", steps):
        block: Block = piece
        seen = source.valid[block.rows]
        walk.lost["clipped"] += int((seen & (share > config.max_clipped)).sum())
        wanted = seen & (share <= config.max_clipped)
        model, valid = None, wanted & block.valid
        if walk.denoise is not None:
            block, model = walk.denoise(piece, wanted)
            valid = block.valid
        walk.lost["lacking a band"] += int((wanted & ~valid).sum())
        if walk.divide is not None:
            walk.divide(block)
        spectra = block.data.reshape(-1, block.data.shape[2])
        if config.despike_windows:
            despike(spectra, config.despike_windows, config.despike_sigmas, out=spectra)
        # The paper's ℓ2 norm comes before the hull, which ignores it; here it comes last (`_finished`).
        if config.continuum and model is None:
            remove_continuum(spectra, source.axis, out=spectra)
        elif model is not None and config.continuum:
            _divide_by_hull(walk, block, model)
        defined = are_finite(block.data)
        walk.lost["not positive"] += int((valid & ~defined).sum())
        yield Block(block.rows, block.data, valid & defined)


def _divide_by_hull(walk: Walk, block: Block, model: np.ndarray) -> None:
    """Divide the spectra, in place, by the hull of their model: noise makes their own too high."""
    with np.errstate(invalid="ignore"):
        block.data[...] /= continuum(model, walk.source.axis).reshape(block.data.shape)
    if walk.flat is not None:
        removed = remove_continuum(model, walk.source.axis)
        flat = is_flat(removed, walk.config.flat_depth or 0.0)
        walk.flat[block.rows] = flat.reshape(block.valid.shape)


def _pieces(
    blocks: Iterator[tuple[Block, np.ndarray]], rows: int | None
) -> Iterator[tuple[Block, np.ndarray]]:
    """The same blocks, cut into pieces of so many rows."""
    for block, share in blocks:
        step = rows or len(share)
        for first in range(0, len(share), step):
            part = slice(first, min(first + step, len(share)))
            there = slice(block.rows.start + part.start, block.rows.start + part.stop)
            yield Block(there, block.data[part], block.valid[part]), share[part]


def _finished(walk: Walk, block: Block) -> np.ndarray:
    """The block as the product has it: flat pixels out, normalised, NaN for fill."""
    data, valid = block.data, block.valid
    spectra = data.reshape(-1, data.shape[2])
    if walk.config.flat_depth is not None:
        flat = is_flat(spectra, walk.config.flat_depth).reshape(valid.shape)
        flat = valid & (flat if walk.flat is None else walk.flat[block.rows])
        walk.lost["flat"] += int(flat.sum())
        valid = valid & ~flat
    walk.watch(spectra, np.flatnonzero(valid))
    with np.errstate(invalid="ignore", over="ignore"):  # in what is not valid
        match walk.config.normalize:
            case "l2":
                normalize_l2(spectra, out=spectra)
            case "minmax":
                normalize_minmax(spectra, out=spectra)
            case "band-depth":
                normalize_depth(spectra, walk.config.band_depth, out=spectra)
    defined = are_finite(data)
    walk.lost["not positive"] += int((valid & ~defined).sum())
    valid = valid & defined
    data[~valid] = np.nan
    walk.valid[block.rows] = valid
    return data


def block_count(cube: Cube) -> int:
    """Blocks of a walk over the cube."""
    return -(-cube.shape[0] // _block_rows(cube))


def piece_count(cube: Cube, rows: int) -> int:
    """Pieces of that walk."""
    total, step = cube.shape[0], _block_rows(cube)
    return sum(-(-min(step, total - first) // rows) for first in range(0, total, step))


def _block_rows(cube: Cube) -> int:
    return max(1, BLOCK_BYTES // (4 * cube.shape[1] * len(cube.order)))
