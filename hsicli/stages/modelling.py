"""Denoising by a sparse model: detector columns looked at first, then chunk after chunk of pixels."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from hsicli.cube import Block, Cube
from hsicli.errors import ConfigError, InputError
from hsicli.preprocessing.absorptions import build_dictionary
from hsicli.preprocessing.denoise import Effort, SparseModel, fit_spectra
from hsicli.preprocessing.destripe import Columns, column_statistics, sample_pixels
from hsicli.preprocessing.logarithms import local_trend, log_spectra
from hsicli.preprocessing.ratio import gather
from hsicli.preprocessing.selection import check_axis
from hsicli.preprocessing.spectra import are_finite
from hsicli.preprocessing.survey import Limits, clipped_blocks
from hsicli.runtime import Checkpoint, Track, nowhere
from hsicli.stages.denoising import Denoise, DenoiseConfig, Means

log = logging.getLogger(__name__)

MOST_MISSING = 0.2
"""A pixel that lacks this share of its bands, or more, is not modelled."""

STEP = 2048
"""Pixels that are solved between two looks at the clock."""


def by_sparse_model(cube: Cube, limits: Limits, config: DenoiseConfig, means: Means, track: Track) -> Denoise:
    """Fit a background and library absorptions to every spectrum; see `preprocess_cube`."""
    if means.library is None:
        raise ConfigError(
            "denoise: the sparse model is made of the absorptions of a library, and there is none",
            hint="give --library FILE, a spectral library of reflectances",
        )
    check_axis(cube)
    if len(cube.order) < 3:
        raise InputError("a background needs three bands or more", hint="give a wider --window")
    wavelengths = cube.axis
    fwhm = None if cube.fwhm is None else cube.fwhm[cube.order]
    gas = None if means.transmission is None else means.transmission.resampled(wavelengths, fwhm).spectra
    model = SparseModel(
        build_dictionary(means.library, wavelengths, fwhm, gas), means.device or torch.device("cpu")
    )
    memory = _Memory(means.checkpoint, model.unknowns)
    solver = _Solver(model, config, memory)
    columns = _look_at_columns(cube, limits, solver, track)
    return _Denoising(cube, solver, columns)


class _Memory:
    """The coefficients of the chunks that are solved, so that an interrupted run goes on after the last.

    Few are not zero, so that a pixel takes some 150 bytes. What is not to be saved is not kept.
    """

    def __init__(self, checkpoint: Checkpoint, unknowns: int) -> None:
        self._checkpoint, self._unknowns = checkpoint, unknowns
        self._kept: dict[str, Any] = (checkpoint.load() or {}).get("chunks", {})
        if self._kept:
            log.info("%d chunks were denoised before: going on after them", len(self._kept))

    def recall(self, name: str, solve: Callable[[], np.ndarray]) -> np.ndarray:
        """(n, unknowns) float32: as solved before, or now."""
        if name in self._kept:
            return self._unpacked(self._kept[name])
        coefficients = solve()
        if self._checkpoint is not nowhere:
            place = np.flatnonzero(coefficients)
            self._kept[name] = {
                "rows": len(coefficients), "place": place.astype(np.int32),
                "value": coefficients.ravel()[place],
            }  # fmt: skip
            self._checkpoint.offer(lambda: {"chunks": self._kept})
        return coefficients

    def _unpacked(self, packed: dict[str, Any]) -> np.ndarray:
        coefficients = np.zeros((packed["rows"], self._unknowns), dtype=np.float32)
        coefficients.ravel()[packed["place"]] = packed["value"]
        return coefficients


class _Solver(NamedTuple):
    """The model, and how it is fitted."""

    model: SparseModel
    config: DenoiseConfig
    memory: _Memory

    def fit(self, name: str, y: np.ndarray, present: np.ndarray, limit: np.ndarray | None) -> np.ndarray:
        """(n, unknowns) float32: coefficients; a second pass leaves out what lies beyond `limit`."""

        def solve() -> np.ndarray:
            effort = Effort(self.config.sparsity, self.config.iterations, self.config.tolerance)
            device = self.model.device
            target, weights = torch.from_numpy(y).to(device), torch.from_numpy(present).to(device).float()
            solution = fit_spectra(self.model, target, weights, effort)
            coefficients = solution.coefficients
            for _ in range(1, self.config.passes if limit is not None else 1):
                residual = (target - self.model.spectra(coefficients)).cpu().numpy()
                far = torch.from_numpy(np.abs(residual - local_trend(residual)) > limit).to(device)
                again = (far & (weights > 0)).any(dim=1).nonzero().squeeze(1)
                if not len(again):
                    break
                coefficients[again] = fit_spectra(
                    self.model, target[again], (weights * ~far)[again], effort, solution.state[again]
                ).coefficients
            return coefficients.cpu().numpy()

        return self.memory.recall(name, solve)

    def parts(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n, bands) float32 each, logarithms: the whole model, without what is free, its background."""
        known = torch.from_numpy(coefficients).to(self.model.device)
        each = (self.model.spectra(known), self.model.surface(known), self.model.background(known))
        whole, surface, background = (part.cpu().numpy() for part in each)
        return whole, surface, background


def _look_at_columns(cube: Cube, limits: Limits, solver: _Solver, track: Track) -> Columns:
    """Model some pixels of each detector column, and see what is left."""
    pixels = sample_pixels(cube.valid, cube.columns)
    spectra = gather((block for block, _ in clipped_blocks(cube, limits)), pixels)
    y, present = log_spectra(spectra)
    usable = present.mean(axis=1) > 1 - MOST_MISSING
    y, present, pixels = y[usable], present[usable], pixels[usable]
    if not len(y):
        raise InputError("no pixel has a reflectance above zero in most bands", hint="look at the cube")
    residuals = np.empty_like(y)
    for first in track(range(0, len(y), STEP), "columns"):
        part = slice(first, first + STEP)
        found = solver.fit(f"sample {first}", y[part], present[part], None)
        residuals[part] = y[part] - solver.parts(found)[0]
    rough = residuals - local_trend(residuals)
    for each in (residuals, rough):
        each[~present] = np.nan
    numbers = None if cube.columns is None else np.asarray(cube.columns).ravel()[pixels]
    columns = column_statistics(residuals, rough, numbers)
    if cube.columns is None:
        log.info("the detector columns are not known: not destriped, and spikes are told by the whole image")
    elif solver.config.destripe:
        log.info("stripes of %d columns: %.4f, root mean square", len(columns.numbers),
                 np.sqrt(np.mean(np.square(columns.stripes))))  # fmt: skip
    return columns if solver.config.destripe else columns._replace(stripes=np.zeros_like(columns.stripes))


class _Denoising:
    """Denoises blocks, and counts."""

    def __init__(self, cube: Cube, solver: _Solver, columns: Columns) -> None:
        config = solver.config
        self.cube, self.solver, self.columns = cube, solver, columns
        self.limits = np.maximum(config.spike, config.spike_sigmas * columns.deviations).astype(np.float32)
        self.replaced = self.seen = 0

    def __call__(self, block: Block, wanted: np.ndarray) -> tuple[Block, np.ndarray]:
        """The block, and the model's reflectance (pixels, bands), NaN where a pixel is not wanted."""
        rows, cols, bands = block.data.shape
        data = block.data.reshape(-1, bands)
        y, present = log_spectra(data)
        good = wanted.ravel() & (present.mean(axis=1) > 1 - MOST_MISSING)
        place = np.zeros(rows * cols, dtype=int)
        if self.cube.columns is not None:
            place = self.columns.places(np.asarray(self.cube.columns[block.rows]).ravel())
        y, present, place = y[good], present[good], place[good]
        y -= self.columns.stripes[place]
        limit = self.limits[place]
        found = self.solver.fit(f"rows {block.rows.start} {block.rows.stop}", y, present, limit)
        whole, surface, background = self.solver.parts(found)
        trend = local_trend(y - whole)
        bad = ~present | (np.abs(y - whole - trend) > limit)
        self.replaced += int((bad & present).sum())
        self.seen += int(present.sum())

        clean = np.exp(np.where(bad, surface + trend, y - (whole - surface)))
        match self.solver.config.output:
            case "denoised":
                made = clean
            case "model":
                made = np.exp(surface)
            case "background":
                made = np.exp(background)
            case "residual":
                made = np.where(present, y - whole, 0)
        out, model = np.full_like(data, np.nan), np.full_like(data, np.nan)
        out[good], model[good] = made, np.exp(surface)
        valid = good.reshape(wanted.shape) & are_finite(out).reshape(wanted.shape)
        return Block(block.rows, out.reshape(block.data.shape), valid), model
