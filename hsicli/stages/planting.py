"""A planted scene row by row: what grows where, what light falls on it, what the instrument records."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from hsicli.algorithms.defects import Defects, Instrument, observed
from hsicli.algorithms.frames import core_stick, illumination, swath
from hsicli.algorithms.geology import Geology, Unit, abundances
from hsicli.algorithms.mixing import dominant, random_abundances
from hsicli.algorithms.synthesis import CELL, Sheet, generator
from hsicli.cube import CRISM_FILL
from hsicli.products.scenes import SceneBlock
from hsicli.runtime import available_threads
from hsicli.stages.blending import DRAW, Blend, drawn, mixed

log = logging.getLogger(__name__)

REFERENCE_ROWS = 512
"""Rows from which shares of units and the power of the signal are taken: a longer scene begins alike."""

CELLS_BETWEEN_STICKS = 2**16
"""Cells of the sheet from one core stick to the next: each shows another part of the same geology."""

TRAY_LEVEL = 0.05
"""Reflectance of the tray that holds the core sticks."""


@dataclass(frozen=True)
class SynthConfig:
    """A recipe. The defaults are the recipe `mixtures`."""

    VERSION: ClassVar[int] = 1

    rows: int = 128
    cols: int = 128
    instrument: str = "aviris-1995"
    """Band centres and widths."""
    bands: tuple[float, float, float] | None = None
    """First and last centre and step, nm, of a regular axis instead; the width is the step."""
    window: tuple[float, float] | None = None
    """Bands to keep, nm."""
    members: tuple[str, ...] = (
        "feldspar",
        "jarosite",
        "natrojarosite",
        "plagioclase",
        "calcite",
        "alunite",
        "gypsum",
        "corrensite",
        "high-Ca pyroxene",
    )
    """Endmembers of a scene without units: every pixel is a mixture of its own."""
    concentration: float = 1.0
    """Dirichlet parameter of those mixtures: 1 = uniform on the simplex, below 1 prefers its corners."""
    blend: Blend = field(default_factory=Blend)
    """How they are drawn and mixed; the law of mixing holds in a scene of units too."""
    units: tuple[Unit, ...] = ()
    """Rock units, if the scene is a place."""
    background: str = "basalt"
    """Endmember of what no unit covers."""
    bend: float = 0.3
    """Folding of the units, as a share of their size."""
    scatter: float = 0.0
    """Dirichlet concentration with which each pixel varies about the mixture of its place; 0 = not at all."""
    frame: Literal["none", "swath", "tray", "detector"] = "none"
    """What surrounds the pixels: nothing; fill beside a swath; a tray with core sticks; blind columns."""
    border: int = 0
    """Widest fill at either side of a swath, pixels; space beside a core stick."""
    sticks: int = 1
    """Core sticks side by side."""
    blind: tuple[int, int] = (0, 0)
    """Columns of a detector that see no ground, left and right."""
    snr: float = 30.0
    """Signal-to-noise ratio, dB: mean square of the signal, over pixels and bands, to that of the noise."""
    noise_profile: tuple[tuple[float, float], ...] = ((1000.0, 1.0),)
    """Relative strength of the noise by wavelength: (nm, strength) nodes, linear between, constant beyond."""
    brightness: float = 0.0
    """Standard deviation of the logarithm of the illumination, clipped to 0.5…1.6."""
    relief: float = 0.0
    """Strength of slopes that face or shun the light."""
    defects: Defects = field(default_factory=Defects)
    on_mars: Literal["grid", "nowhere"] = "nowhere"
    """Whether the pixels lie on a grid of Mars."""
    product: Literal["cube", "trdr"] = "cube"
    """What is written: an ENVI cube, or a CRISM TRDR (L) of I/F, with the atmosphere in it."""


class Plan(NamedTuple):
    """All that the making of a row needs."""

    config: SynthConfig
    seed: int
    endmembers: np.ndarray
    """(p, bands) float32: what of them mixes linearly."""
    geology: Geology | None


class Ground(NamedTuple):
    """Some rows of the scene before an instrument sees them."""

    abundances: np.ndarray
    """(rows, cols, p) float32; 0 where nothing is planted."""
    light: np.ndarray
    """(rows, cols) float32"""
    planted: np.ndarray
    """(rows, cols) bool"""


def sheets(config: SynthConfig, rows: slice) -> list[tuple[slice, Sheet]]:
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


def _ground(plan: Plan, rows: slice) -> Ground:
    """Abundances, light and mask of these rows."""
    config, seed = plan.config, plan.seed
    shape = (rows.stop - rows.start, config.cols)
    mixture = np.zeros((*shape, len(plan.endmembers)))
    light = np.ones(shape, dtype=np.float32)
    planted = np.ones(shape, dtype=bool)
    for cols, sheet in sheets(config, rows):
        light[:, cols] = illumination(sheet, config.brightness, config.relief, seed)
        if plan.geology is not None:
            mixture[:, cols] = abundances(plan.geology, sheet)
    if config.frame == "detector":
        planted[:, : config.blind[0]] = planted[:, config.cols - config.blind[1] :] = False
    elif config.frame == "swath":
        planted = swath(rows, config.rows, (config.cols, config.border), seed)
    elif config.frame == "tray":
        planted[:] = False
        for cols, sheet in sheets(config, rows):
            planted[:, cols], round_side = core_stick(sheet, seed)
            light[:, cols] *= round_side
    if plan.geology is None:
        sheet = Sheet(rows, config.cols)
        mixture[:] = drawn(config.blend, config.concentration, sheet, len(plan.endmembers), seed)
    elif config.scatter:
        for row, here in enumerate(mixture):
            rng = generator(seed, DRAW, rows.start + row)
            here[:] = random_abundances(config.cols, config.scatter * here, rng)
    mixture[~planted] = 0
    return Ground(mixture.astype(np.float32), light, planted)


def _signal(plan: Plan, ground: Ground, row: int) -> np.ndarray:
    """(cols, bands) float32: what a perfect instrument would see of one row of the block."""
    signal = mixed(plan.config.blend, ground.abundances[row], plan.endmembers)
    signal *= ground.light[row, :, None]
    if plan.config.frame == "tray":
        signal[~ground.planted[row]] = TRAY_LEVEL
    return signal


def power(plan: Plan) -> float:
    """Mean square of the signal, over pixels that hold one and all bands, of the first rows."""
    total = held = 0.0
    last = min(plan.config.rows, REFERENCE_ROWS)
    for first in range(0, last, 8 * max(1, last // 128)):
        ground = _ground(plan, slice(first, min(first + 8, last)))
        signals = (_signal(plan, ground, row) for row in range(len(ground.light)))
        total += sum(float(np.square(signal, dtype=np.float64).sum()) for signal in signals)
        held += ground.planted.size if plan.config.frame == "tray" else ground.planted.sum()
    return total / max(held * plan.endmembers.shape[1], 1.0)


def scene_blocks(plan: Plan, through: Instrument, step: int, names: tuple[str, ...]) -> Iterator[SceneBlock]:
    """Walk the scene; at the end, say what it holds."""
    config = plan.config
    counts = np.zeros(len(names) + 1, dtype=np.int64)
    with ThreadPoolExecutor(available_threads()) as pool:
        for first in range(0, config.rows, step):
            rows = slice(first, min(first + step, config.rows))
            ground = _ground(plan, rows)
            data = np.empty((*ground.light.shape, plan.endmembers.shape[1]), dtype=np.float32)

            def record(
                row: int, ground: Ground = ground, data: np.ndarray = data, first: int = first
            ) -> None:
                data[row] = observed(_signal(plan, ground, row), first + row, through)
                if config.frame in {"swath", "detector"}:
                    data[row][~ground.planted[row]] = CRISM_FILL

            list(pool.map(record, range(len(data))))
            labels = np.where(ground.planted, dominant(ground.abundances), 0).astype(np.uint8)
            ground.abundances[~ground.planted] = np.nan
            counts += np.bincount(labels.ravel(), minlength=len(counts))
            yield SceneBlock(rows, data, labels, ground.abundances)
    shares = 100 * counts[1:] / max(int(counts[1:].sum()), 1)
    held = ", ".join(f"{name} {share:.2f} %" for name, share in zip(names, shares, strict=True))
    log.info("planted %d pixels, by dominant endmember: %s", counts[1:].sum(), held)
