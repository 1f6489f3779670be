"""Chunks of spectra fitted by a sparse model: once, robustly, or in turns with their columns' atmosphere."""

from typing import NamedTuple

import numpy as np
import torch

from hsicli.preprocessing.atmosphere import fitted_transmission
from hsicli.preprocessing.denoise import Effort, Solution, fit_spectra
from hsicli.preprocessing.destripe import column_noise
from hsicli.preprocessing.logarithms import local_trend
from hsicli.preprocessing.sparse_model import SparseModel
from hsicli.stages.denoising.resuming import Found, Solved
from hsicli.stages.denoising.settings import DenoiseConfig

MOST_MISSING = 0.2
"""A pixel that lacks this share of its bands, or more, is not modelled."""

MOST_CHANGED = 0.5
"""A fitted transmission differs from the table's by this share of its optical depth at most: what a library
lacks is not the atmosphere's."""


class Fit(NamedTuple):
    """Spectra as the model takes them apart, logarithms (n, bands) float32."""

    whole: np.ndarray
    surface: np.ndarray
    """Without what is free."""
    background: np.ndarray


class Solver(NamedTuple):
    """The model, and how it is fitted."""

    model: SparseModel
    config: DenoiseConfig
    solved: Solved

    def once(
        self, y: np.ndarray, weights: np.ndarray, air: np.ndarray | None, start: torch.Tensor | None = None
    ) -> Solution:
        """Fit each spectrum, seen through `air` (n, bands)."""
        effort = Effort(self.config.sparsity, self.config.iterations, self.config.tolerance)
        device = self.model.device
        target, weight = (torch.from_numpy(array).to(device).float() for array in (y, weights))
        through = None if air is None else self.model.air(torch.from_numpy(air).to(device))
        return fit_spectra(self.model, target, weight, effort, air=through, start=start)

    def robustly(
        self, y: np.ndarray, present: np.ndarray, limit: np.ndarray, air: np.ndarray | None
    ) -> np.ndarray:
        """(n, unknowns) float32: coefficients; a second pass leaves out what lies beyond `limit`."""
        solution = self.once(y, present, air)
        coefficients = solution.coefficients
        for _ in range(1, self.config.passes):
            residual = y - self.parts(coefficients.cpu().numpy(), air).whole
            far = present & (np.abs(residual - local_trend(residual)) > limit)
            again = np.flatnonzero(far.any(axis=1))
            if not len(again):
                break
            own = None if air is None else air[again]
            rows = torch.from_numpy(again).to(self.model.device)
            sound = present[again] & ~far[again]
            coefficients[rows] = self.once(y[again], sound, own, solution.state[rows]).coefficients
        return coefficients.cpu().numpy()

    def parts(self, coefficients: np.ndarray, air: np.ndarray | None) -> Fit:
        """What the coefficients stand for."""
        known = torch.from_numpy(coefficients).to(self.model.device)
        surface = self.model.surface(known).cpu().numpy()
        free = known[:, self.model.absorbers : self.model.linear].cpu().numpy()
        if air is not None:
            through = free[:, -1:] * air
        else:
            shapes = self.model.shapes[self.model.absorbers :].cpu().numpy()
            through = sum((free[:, [k]] * shape for k, shape in enumerate(shapes)), np.zeros_like(surface))
        return Fit(surface + through, surface, self.model.background(known).cpu().numpy())

    def settle(
        self, y: np.ndarray, present: np.ndarray, places: np.ndarray, first: np.ndarray, *, table: np.ndarray
    ) -> Found:
        """Coefficients of some columns' spectra, and each column's transmission, in turns.

        Parameters
        ----------
        y, present : (n, bands)
        places : (n,) int
            Which of the columns, 0…k − 1, a spectrum belongs to.
        first : (k, bands) float32
            The transmissions to begin with, logarithms.
        table : (bands,) float32
            The one that they stay near.
        """
        air = first.copy()
        weights, start = present, None
        for turn in range(self.config.rounds + 1):
            solution = self.once(y, weights, air[places], start)
            coefficients, start = solution.coefficients.cpu().numpy(), solution.state
            if turn == self.config.rounds:
                break
            fit = self.parts(coefficients, air[places])
            residual = y - fit.whole
            rough = np.where(present, residual - local_trend(residual), np.float32(np.nan))
            _, noise = column_noise(rough, places)
            limit = np.maximum(self.config.spike, self.config.spike_sigmas * noise)
            weights = present & (np.abs(rough) <= limit[places])
            paths = coefficients[:, self.model.linear - 1]
            for place, transmission in enumerate(air):
                rows = places == place
                found = fitted_transmission((y - fit.surface)[rows], weights[rows], paths[rows])
                np.copyto(transmission, found, where=np.isfinite(found))
            np.clip(air, (1 + MOST_CHANGED) * table, (1 - MOST_CHANGED) * table, out=air)
        return Found(coefficients, air)
