"""Denoising by a sparse model: detector columns looked at first, then chunk after chunk of pixels."""

import logging

import numpy as np
import torch

from hsicli.cube import Block, Cube
from hsicli.errors import ConfigError, InputError
from hsicli.preprocessing.absorptions import build_dictionary
from hsicli.preprocessing.atmosphere import log_transmission
from hsicli.preprocessing.destripe import Columns
from hsicli.preprocessing.logarithms import local_trend, log_spectra
from hsicli.preprocessing.selection import check_axis
from hsicli.preprocessing.sparse_model import SparseModel
from hsicli.preprocessing.spectra import are_finite
from hsicli.preprocessing.survey import Limits
from hsicli.runtime import Track
from hsicli.stages.denoising.columns import look_at_columns
from hsicli.stages.denoising.fitting import MOST_MISSING, Solver
from hsicli.stages.denoising.resuming import Found, Solved
from hsicli.stages.denoising.settings import Denoise, DenoiseConfig, Means

log = logging.getLogger(__name__)


def by_sparse_model(cube: Cube, limits: Limits, config: DenoiseConfig, means: Means, track: Track) -> Denoise:
    """Fit a background and library absorptions to every spectrum, and perhaps an atmosphere."""
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
    air = _first_air(cube, wavelengths, fwhm, means) if config.method == "atmosphere" else None
    rest = None
    if means.transmission is not None and air is None:
        rest = np.exp(log_transmission(means.transmission, wavelengths, fwhm))[None]
    model = SparseModel(
        build_dictionary(means.library, wavelengths, fwhm, rest),
        means.device or torch.device("cpu"),
        airy=air is not None,
    )
    solver = Solver(model, config, Solved(means.checkpoint, model.unknowns))
    columns = look_at_columns(cube, limits, solver, air, track)
    return _Denoising(cube, solver, columns)


def _first_air(cube: Cube, wavelengths: np.ndarray, fwhm: np.ndarray | None, means: Means) -> np.ndarray:
    """(bands,) float32: the logarithm of the transmission that every column begins with."""
    if means.transmission is None:
        raise ConfigError(
            "denoise: the atmosphere is fitted from a transmission on, and there is none",
            hint="give --transmission FILE (CRISM: a volcano scan), or --denoise sparse for corrected images",
        )
    if cube.columns is None:
        raise InputError(
            "the detector columns are not known, and the atmosphere is fitted for each of them",
            hint="name a TRDR by its label, or use --denoise sparse",
        )
    return log_transmission(means.transmission, wavelengths, fwhm)


class _Denoising:
    """Denoises blocks, and counts."""

    def __init__(self, cube: Cube, solver: Solver, columns: Columns) -> None:
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
        limit, air = self.limits[place], None if self.columns.air is None else self.columns.air[place]
        found = self.solver.solved.recall(
            f"rows {block.rows.start} {block.rows.stop}",
            lambda: Found(self.solver.robustly(y, present, limit, air)),
        )
        whole, surface, background = self.solver.parts(found.coefficients, air)
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
