"""hsicli synth: a scene with planted truth, from a recipe."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from hsicli.algorithms.colours import distinct_colours
from hsicli.algorithms.defects import Instrument, instrument, observed
from hsicli.algorithms.frames import core_stick, illumination, swath
from hsicli.algorithms.geology import Geology, abundances, calibrated
from hsicli.algorithms.minerals import spectra
from hsicli.algorithms.mixing import dominant, noise_deviation, random_abundances
from hsicli.algorithms.synthesis import CELL, Sheet, generator
from hsicli.cube import BLOCK_BYTES, CRISM_FILL
from hsicli.errors import ConfigError
from hsicli.instruments import axis
from hsicli.library import Library
from hsicli.products import Scene, SceneBlock
from hsicli.runtime import available_threads
from hsicli.stages.recipe import MARS, SynthConfig, check_recipe

log = logging.getLogger(__name__)

DRAW = 70
"""Stream of the random numbers that vary abundances from pixel to pixel."""

REFERENCE_ROWS = 512
"""Rows from which shares of units and the power of the signal are taken: a longer scene begins alike."""

CELLS_BETWEEN_STICKS = 2**16
"""Cells of the sheet from one core stick to the next: each shows another part of the same geology."""

TRAY_LEVEL = 0.05
"""Reflectance of the tray that holds the core sticks."""


class _Plan(NamedTuple):
    """All that the making of a row needs."""

    config: SynthConfig
    seed: int
    endmembers: np.ndarray
    """(p, bands) float32"""
    geology: Geology | None


class _Ground(NamedTuple):
    """Some rows of the scene before an instrument sees them."""

    abundances: np.ndarray
    """(rows, cols, p) float32; 0 where nothing is planted."""
    light: np.ndarray
    """(rows, cols) float32"""
    planted: np.ndarray
    """(rows, cols) bool"""


def synthesise(
    config: SynthConfig, *, seed: int, library: Library | None = None, block_rows: int | None = None
) -> Scene:
    """Plan a scene; its rows are made when its blocks are walked.

    Parameters
    ----------
    config : SynthConfig
    seed : int
        The same seed gives the same numbers, whatever the blocks. With more rows, the first ones stay alike
        beyond the first 512, but for the fill beside a swath.
    library : Library, optional
        Where the endmembers are looked up, instead of the built-in minerals.
    block_rows : int, optional
        Rows a block; as many as a block may hold unless given.

    Raises
    ------
    ConfigError
        If the recipe contradicts itself or names an unknown endmember.
    """
    check_recipe(config)
    names, member_of = _members(config)
    wavelengths, fwhm, endmembers = _spectra(config, names, library)
    plan = _Plan(config, seed, endmembers.astype(np.float32), _geology(config, names, member_of, seed))
    nodes, strengths = np.array(config.noise_profile).T
    noise = noise_deviation(_power(plan), config.snr, np.interp(wavelengths, nodes, strengths))
    through = instrument(config.defects, wavelengths, noise, config.cols, seed)
    step = block_rows or max(1, BLOCK_BYTES // (4 * config.cols * (len(wavelengths) + len(names))))

    return Scene(
        shape=(config.rows, config.cols, len(wavelengths)),
        blocks=lambda: _blocks(plan, through, step, names),
        wavelengths=wavelengths,
        fwhm=fwhm,
        endmembers=Library(names, endmembers, wavelengths, fwhm),
        colours=distinct_colours(len(names)),
        noise=noise,
        masked=config.frame != "none",
        fill=CRISM_FILL if config.frame == "swath" else float("nan"),
        description=f"planted scene, seed {seed}, {len(names)} endmembers, SNR {config.snr:g} dB",
        grid=MARS if config.on_mars == "grid" else None,
    )


def _members(config: SynthConfig) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of the endmembers, each once, and the place of each unit's among them."""
    wanted = [unit.mineral for unit in config.units]
    names = tuple(dict.fromkeys([config.background, *wanted] if config.units else config.members))
    return names, tuple(names.index(mineral) for mineral in wanted)


def _spectra(
    config: SynthConfig, names: tuple[str, ...], library: Library | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wavelengths and widths, ascending, and the endmembers (p, bands) there."""
    if config.bands is None:
        wavelengths, fwhm = axis(config.instrument)
    else:
        first, last, step = config.bands
        wavelengths = np.arange(first, last + step / 2, step)
        fwhm = np.full(len(wavelengths), step)
    low, high = config.window or (-np.inf, np.inf)
    keep = np.flatnonzero((wavelengths >= low) & (wavelengths <= high))
    keep = keep[np.argsort(wavelengths[keep], kind="stable")]
    wavelengths, fwhm = wavelengths[keep], fwhm[keep]
    if library is None:
        # An absorption is several times wider than a band: the band sees the reflectance at its centre.
        return wavelengths, fwhm, spectra(names, wavelengths)
    found = library.members(names).resampled(wavelengths, fwhm).spectra
    present = np.isfinite(found).all(axis=0)
    if not present.any():
        raise ConfigError(
            "the library has no band in common with the instrument", hint="set another instrument"
        )
    if not present.all():
        log.info(
            "bands left out, where the library has no reflectance: %d of %d", (~present).sum(), len(present)
        )
    return wavelengths[present], fwhm[present], found[:, present]


def _geology(
    config: SynthConfig, names: tuple[str, ...], members: tuple[int, ...], seed: int
) -> Geology | None:
    if not config.units:
        return None
    geology = Geology(
        units=config.units,
        members=members,
        endmembers=len(names),
        background=names.index(config.background),
        seed=seed,
        bend=config.bend,
        margin=config.border if config.frame == "swath" else 0,
        cell=min(CELL, config.rows),
    )
    rows = min(config.rows, REFERENCE_ROWS)
    return calibrated(geology, [sheet for _, sheet in _sheets(config, slice(0, rows))])


def _sheets(config: SynthConfig, rows: slice) -> list[tuple[slice, Sheet]]:
    """Columns of the scene, and the rows of the sheet that they show."""
    if config.frame != "tray":
        return [(slice(0, config.cols), Sheet(rows, config.cols))]
    apart = CELLS_BETWEEN_STICKS * min(CELL, config.rows)
    pitch = config.cols // config.sticks
    width = pitch - 2 * config.border
    return [
        (
            slice(k * pitch + config.border, k * pitch + config.border + width),
            Sheet(slice(rows.start + k * apart, rows.stop + k * apart), width),
        )
        for k in range(config.sticks)
    ]


def _ground(plan: _Plan, rows: slice) -> _Ground:
    """Abundances, light and mask of these rows."""
    config, seed = plan.config, plan.seed
    shape = (rows.stop - rows.start, config.cols)
    mixture = np.zeros((*shape, len(plan.endmembers)))
    light = np.ones(shape, dtype=np.float32)
    planted = np.ones(shape, dtype=bool)
    for cols, sheet in _sheets(config, rows):
        light[:, cols] = illumination(sheet, config.brightness, config.relief, seed)
        if plan.geology is not None:
            mixture[:, cols] = abundances(plan.geology, sheet)
    if config.frame == "swath":
        planted = swath(rows, config.rows, (config.cols, config.border), seed)
    elif config.frame == "tray":
        planted[:] = False
        for cols, sheet in _sheets(config, rows):
            planted[:, cols], round_side = core_stick(sheet, seed)
            light[:, cols] *= round_side
    for row, here in enumerate(mixture):
        if plan.geology is None or config.scatter:
            concentration = config.scatter * here if plan.geology is not None else config.concentration
            rng = generator(seed, DRAW, rows.start + row)
            here[:] = random_abundances(config.cols, np.broadcast_to(concentration, here.shape), rng)
    mixture[~planted] = 0
    return _Ground(mixture.astype(np.float32), light, planted)


def _signal(plan: _Plan, ground: _Ground, row: int) -> np.ndarray:
    """(cols, bands) float32: what a perfect instrument would see of one row of the block.

    Mixed one endmember at a time: most are absent from most rows, and a sum in this order rounds the same
    everywhere, which a matrix product does not promise.
    """
    mixture = ground.abundances[row]
    signal = np.zeros((plan.config.cols, plan.endmembers.shape[1]), dtype=np.float32)
    for k in np.flatnonzero(mixture.any(axis=0)):
        signal += mixture[:, k, None] * plan.endmembers[k]
    signal *= ground.light[row, :, None]
    if plan.config.frame == "tray":
        signal[~ground.planted[row]] = TRAY_LEVEL
    return signal


def _power(plan: _Plan) -> float:
    """Mean square of the signal, over pixels that hold one and all bands, of the first rows."""
    total = held = 0.0
    last = min(plan.config.rows, REFERENCE_ROWS)
    for first in range(0, last, 8 * max(1, last // 128)):
        ground = _ground(plan, slice(first, min(first + 8, last)))
        signals = (_signal(plan, ground, row) for row in range(len(ground.light)))
        total += sum(float(np.square(signal, dtype=np.float64).sum()) for signal in signals)
        held += ground.planted.size if plan.config.frame == "tray" else ground.planted.sum()
    return total / max(held * plan.endmembers.shape[1], 1.0)


def _blocks(plan: _Plan, through: Instrument, step: int, names: tuple[str, ...]) -> Iterator[SceneBlock]:
    """Walk the scene; at the end, say what it holds."""
    config = plan.config
    counts = np.zeros(len(names) + 1, dtype=np.int64)
    with ThreadPoolExecutor(available_threads()) as pool:
        for first in range(0, config.rows, step):
            rows = slice(first, min(first + step, config.rows))
            ground = _ground(plan, rows)
            data = np.empty((*ground.light.shape, plan.endmembers.shape[1]), dtype=np.float32)

            def record(
                row: int, ground: _Ground = ground, data: np.ndarray = data, first: int = first
            ) -> None:
                data[row] = observed(_signal(plan, ground, row), first + row, through)
                if config.frame == "swath":
                    data[row][~ground.planted[row]] = CRISM_FILL

            list(pool.map(record, range(len(data))))
            labels = np.where(ground.planted, dominant(ground.abundances), 0).astype(np.uint8)
            ground.abundances[~ground.planted] = np.nan
            counts += np.bincount(labels.ravel(), minlength=len(counts))
            yield SceneBlock(rows, data, labels, ground.abundances)
    planted = max(int(counts[1:].sum()), 1)
    for name, count in zip(names, counts[1:], strict=True):
        log.info("%-22s %8d pixels %7.3f %%", name, count, 100 * count / planted)
