"""The parts of a spectrum as matrices on a device, and the products of them that a solver needs."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from hsicli.preprocessing.absorptions import Dictionary

RESIDUAL_SCALE = 0.2
"""τ: the scale of the residual among the unknowns."""

BEND, LINE = 0.2, 5.0
"""Lengths of the triangles of C within, and of the two lines at its ends, in those of `background_matrix`.

Any lengths give the same model, as z costs nothing, but not the same speed: the lines have far to go, from 0
to the level of the spectrum, the triangles are to move little. With the lengths as they come twice to thrice
as many iterations are needed for the same cost.
"""


class Air(NamedTuple):
    """What each of some spectra was seen through."""

    shape: Tensor
    """(n, bands) float32: t, logarithm of a transmission."""
    solved: Tensor
    """(n, bands) float32: k = (T Tᵀ)⁻¹ t, T without t."""
    weight: Tensor
    """(n, 1) float32: 1 + t·k."""

    def take(self, rows: Tensor | slice) -> "Air":
        """That of some of the spectra."""
        return Air(self.shape[rows], self.solved[rows], self.weight[rows])


class SparseModel:
    """A dictionary, factorised on a device.

    Parameters
    ----------
    dictionary : Dictionary
        Without free shapes, if every spectrum is to have `air` of its own.
    device : torch.device
    airy : bool
        Leave room for the path through it, the last of p.
    """

    def __init__(self, dictionary: Dictionary, device: torch.device, *, airy: bool = False) -> None:
        room = np.zeros((len(dictionary.background), int(airy)))
        shapes = np.hstack([dictionary.absorptions, dictionary.free, room])
        lengths = np.full(len(dictionary.background), BEND)
        lengths[[0, -1]] = LINE
        background = dictionary.background * lengths
        gram = shapes @ shapes.T + background @ background.T
        gram[np.diag_indices(len(gram))] += RESIDUAL_SCALE**2  # T Tᵀ

        self.absorbers, self.linear = dictionary.absorptions.shape[1], shapes.shape[1]
        """Unknowns that are absorptions; unknowns before those of the background."""
        self.unknowns = self.linear + len(background)
        """Unknowns without the residual."""
        self.device = device
        # A triangle of C with its peak at band m is scale_m · min(u_i v_m, v_i u_m), u rising and v = 1 − u.
        rising = background[:, -1] / background[-1, -1]
        inner = rising[1:-1] * (1 - rising[1:-1])
        scale = np.diag(background).copy()
        scale[1:-1] /= inner
        arrays = shapes.T, np.linalg.inv(gram), background.T, rising, 1 - rising, scale
        self.shapes, self.inverse, self.triangles, self.rising, self.falling, self.scale = (
            torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).to(device) for array in arrays
        )

    @property
    def bands(self) -> int:
        """Bands of a spectrum."""
        return self.shapes.shape[1]

    def air(self, shapes: Tensor) -> Air:
        """The air of spectra that are seen through `shapes` (n, bands)."""
        solved = shapes @ self.inverse
        return Air(shapes, solved, 1 + (shapes * solved).sum(dim=1, keepdim=True))

    def spectra(self, coefficients: Tensor, air: Air | None = None) -> Tensor:
        """(n, bands) float32: the logarithm of the model, A x + F p + C z."""
        made = coefficients[:, : self.linear] @ self.shapes + self.background(coefficients)
        return made if air is None else made.addcmul_(self.paths(coefficients), air.shape)

    def paths(self, coefficients: Tensor) -> Tensor:
        """(n, 1) float32: how far each spectrum was seen through its air."""
        return coefficients[:, self.linear - 1 : self.linear]

    def surface(self, coefficients: Tensor) -> Tensor:
        """(n, bands) float32: the logarithm of the model without what is free, A x + C z."""
        absorbed = coefficients[:, : self.absorbers] @ self.shapes[: self.absorbers]
        return absorbed + self.background(coefficients)

    def background(self, coefficients: Tensor) -> Tensor:
        """(n, bands) float32: C z."""
        return coefficients[:, self.linear :] @ self.triangles

    def missing(self, y: Tensor, v: Tensor, air: Air | None) -> Tensor:
        """(n, bands): y − T v."""
        z = v[:, self.linear : self.unknowns] * self.scale
        made = self._summed(z).add_(v[:, self.unknowns :], alpha=RESIDUAL_SCALE)
        made.addcmul_(z[:, :1], self.falling).addcmul_(z[:, -1:], self.rising)
        made.addmm_(v[:, : self.linear], self.shapes)
        if air is not None:
            made.addcmul_(self.paths(v), air.shape)
        return torch.sub(y, made, out=made)

    def spread(self, u: Tensor, air: Air | None, out: Tensor) -> Tensor:
        """(n, unknowns and residual): G u = Tᵀ (T Tᵀ)⁻¹ u."""
        q = u @ self.inverse
        if air is not None:
            path = (q * air.shape).sum(dim=1, keepdim=True).div_(air.weight)
            q.addcmul_(path, air.solved, value=-1)
        torch.mm(q, self.shapes.T, out=out[:, : self.linear])
        if air is not None:
            self.paths(out).copy_(path)
        z = self._summed(q)
        z[:, 0], z[:, -1] = q @ self.falling, q @ self.rising
        torch.mul(z, self.scale, out=out[:, self.linear : self.unknowns])
        torch.mul(q, RESIDUAL_SCALE, out=out[:, self.unknowns :])
        return out

    def _summed(self, q: Tensor) -> Tensor:
        """(n, bands): Σ_m min(u_i v_m, v_i u_m) q_m, by running sums from the left and from the right."""
        left = torch.cumsum(q * self.rising, dim=1)
        right = torch.cumsum(q * self.falling, dim=1)
        right = right[:, -1:] - right
        return left.mul_(self.falling).addcmul_(right, self.rising)
