"""Spectra as a concave background and a few library absorptions: a sparse model that outliers do not move.

For each pixel, with y the logarithm of its reflectance,

    min over x ≥ 0, p, z:  Σ_i w_i |y − A x − F p − C z|_i / ‖y‖₂ + λ_a Σ_n x_n,    z_m ≥ 0 but at both ends,

by the alternating direction method of multipliers on T s = y, T = [A F C τI], s = [x; p; z; r/τ]. The
factorisation that it needs is the same for all pixels. A column of C is a triangle, so a product with C is
two running sums; an iteration is three matrix products, with Aᵀ, A and (T Tᵀ)⁻¹.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from hsicli.preprocessing.absorptions import Dictionary

CHUNK = 2048
"""Spectra that are iterated together: their state stays near the processor."""

RESIDUAL_SCALE = 0.2
"""τ: the scale of the residual among the unknowns."""

FIRST_PENALTY = 0.1
"""ρ, the penalty, of every pixel at the start."""

PENALTIES = (1e-5, 1e5)
"""Limits of ρ."""

BALANCE = 10
"""Iterations between two looks at the residuals; also how far they may be apart before ρ changes."""

RELAXATION = 1.6
"""Step beyond the plain method: 1 is the paper's, up to 2 converges."""


@dataclass(frozen=True)
class Effort:
    """When the iterations stop.

    Attributes
    ----------
    sparsity : float
        λ_a: cost of an absorption.
    iterations : int
        At most.
    tolerance : float
        A pixel is done when its primal and its dual residual are below this, a root mean square.
    """

    sparsity: float = 0.01
    iterations: int = 800
    tolerance: float = 1e-4


class Solution(NamedTuple):
    """The parts of some spectra."""

    coefficients: Tensor
    """(n, N + g + bands) float32: x, p and z, one after the other."""
    state: Tensor
    """(n, N + g + 2 bands) float32: where the iteration stood; the start of another with other weights."""
    iterations: Tensor
    """(n,) int32: that a pixel took."""


class SparseModel:
    """A dictionary, factorised on a device.

    Parameters
    ----------
    dictionary : Dictionary
    device : torch.device
    """

    def __init__(self, dictionary: Dictionary, device: torch.device) -> None:
        shapes = np.hstack([dictionary.absorptions, dictionary.free])
        background = dictionary.background
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

    def spectra(self, coefficients: Tensor) -> Tensor:
        """(n, bands) float32: the logarithm of the model, A x + F p + C z."""
        return coefficients[:, : self.linear] @ self.shapes + self.background(coefficients)

    def surface(self, coefficients: Tensor) -> Tensor:
        """(n, bands) float32: the logarithm of the model without what is free, A x + C z."""
        absorbed = coefficients[:, : self.absorbers] @ self.shapes[: self.absorbers]
        return absorbed + self.background(coefficients)

    def background(self, coefficients: Tensor) -> Tensor:
        """(n, bands) float32: C z."""
        return coefficients[:, self.linear :] @ self.triangles

    def missing(self, y: Tensor, v: Tensor) -> Tensor:
        """(n, bands): y − T v."""
        z = v[:, self.linear : self.unknowns] * self.scale
        made = self._summed(z).add_(v[:, self.unknowns :], alpha=RESIDUAL_SCALE)
        made.addcmul_(z[:, :1], self.falling).addcmul_(z[:, -1:], self.rising)
        made.addmm_(v[:, : self.linear], self.shapes)
        return torch.sub(y, made, out=made)

    def spread(self, u: Tensor, out: Tensor) -> Tensor:
        """(n, unknowns and residual): G u = Tᵀ (T Tᵀ)⁻¹ u."""
        q = u @ self.inverse
        torch.mm(q, self.shapes.T, out=out[:, : self.linear])
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


def fit_spectra(
    model: SparseModel, y: Tensor, weights: Tensor, effort: Effort, start: Tensor | None = None
) -> Solution:
    """The parts of each spectrum.

    Spectra do not know of each other; a chunk of them shares its matrix products.

    Parameters
    ----------
    model : SparseModel
    y : (n, bands) float32
        Logarithm of reflectance, finite; where the weight is 0, anything near.
    weights : (n, bands) float32
        w, not negative.
    effort : Effort
    start : (n, N + g + 2 bands) float32, optional
        `Solution.state` of the same spectra with other weights.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        If the shapes disagree.

    References
    ----------
    Itoh and Parente, "A new method for atmospheric correction and de-noising of CRISM hyperspectral data",
    Icarus 354, 2021. Boyd et al., "Distributed optimization and statistical learning via the alternating
    direction method of multipliers", 2011, section 3.4: penalty and over-relaxation.
    """
    if y.shape != weights.shape or y.shape[1] != model.bands:
        raise ValueError(
            f"spectra of {tuple(y.shape)}, weights of {tuple(weights.shape)}, {model.bands} bands"
        )
    parts = [
        _iterate(
            model,
            y[at : at + CHUNK],
            weights[at : at + CHUNK],
            effort,
            None if start is None else start[at : at + CHUNK],
        )
        for at in range(0, len(y), CHUNK)
    ]
    return Solution(*(torch.cat(each) for each in zip(*parts, strict=True)))


class _Bounds:
    """What d, the scaled dual, is clamped to: then t = a − d solves the proximal step of every unknown.

    x: d ≤ λ_a/ρ; p: d = 0; z: d ≤ 0, at both ends d = 0; r: |d| ≤ w τ/(‖y‖ ρ).
    """

    def __init__(self, model: SparseModel, cost: Tensor, sparsity: float) -> None:
        self.model, self.cost, self.sparsity = model, cost, sparsity

    def clamp(self, a: Tensor, penalty: Tensor, out: Tensor) -> None:
        """Write d for a = s + d."""
        model = self.model
        absorbers, linear, unknowns = model.absorbers, model.linear, model.unknowns
        torch.minimum(a[:, :absorbers], self.sparsity / penalty, out=out[:, :absorbers])
        out[:, absorbers : linear + 1] = 0
        torch.clamp(a[:, linear + 1 : unknowns - 1], max=0, out=out[:, linear + 1 : unknowns - 1])
        out[:, unknowns - 1] = 0
        limit = self.cost / penalty
        torch.clamp(a[:, unknowns:], -limit, limit, out=out[:, unknowns:])


def _iterate(
    model: SparseModel, y: Tensor, weights: Tensor, effort: Effort, start: Tensor | None
) -> Solution:
    """ADMM on one chunk, in the form a = s + d, t = a − d: then s = t − d + G(y − T(t − d))."""
    n, size = len(y), model.unknowns + model.bands
    length = torch.linalg.vector_norm(y, dim=1, keepdim=True).clamp_min(1e-3)
    bounds = _Bounds(model, weights * (RESIDUAL_SCALE / length), effort.sparsity)
    penalty = torch.full((n, 1), FIRST_PENALTY, device=y.device)
    a = model.spread(y, torch.empty(n, size, device=y.device)) if start is None else start.clone()
    d, v = torch.empty_like(a), torch.empty_like(a)
    bounds.clamp(a, penalty, d)
    todo = torch.arange(n, device=y.device)
    final = torch.empty_like(a)
    taken = torch.full((n,), effort.iterations, dtype=torch.int32, device=y.device)
    states = torch.empty_like(a)

    limit = effort.tolerance * size**0.5
    for step in range(1, effort.iterations + 1):
        look = step % BALANCE == 0
        before = a.clone() if look else a
        t_before = before - d if look else a
        torch.sub(a, d, alpha=2, out=v)  # t − d
        v = model.spread(model.missing(y, v), out=v).sub_(d)
        a.add_(v, alpha=RELAXATION)
        bounds.clamp(a, penalty, d)
        if not look:
            continue
        t = a - d
        primal = torch.linalg.vector_norm(t_before + (a - before) / RELAXATION - t, dim=1, keepdim=True)
        dual = penalty * torch.linalg.vector_norm(t - t_before, dim=1, keepdim=True)
        done = ((primal < limit) & (dual < limit)).squeeze(1)
        factors = _factors(penalty, primal, dual)
        penalty *= factors
        d /= factors  # the dual in units of ρ
        torch.add(t, d, out=a)
        if step % 50 == 0 and bool(done.any()):
            left = ~done
            final[todo[done]], states[todo[done]] = t[done], a[done]
            taken[todo[done]] = step
            todo, a, d, y, penalty = todo[left], a[left], d[left], y[left], penalty[left]
            bounds.cost = bounds.cost[left]
            v = v[: len(a)]
            if not len(a):
                break
    if len(todo):
        final[todo], states[todo] = a - d, a
    return Solution(final[:, : model.unknowns].clone(), states, taken)


def _factors(penalty: Tensor, primal: Tensor, dual: Tensor) -> Tensor:
    """(n, 1): 2 or ½ where one residual outgrows the other, and ρ is to follow; 1 elsewhere."""
    up = (primal > BALANCE * dual) & (penalty < PENALTIES[1])
    down = (dual > BALANCE * primal) & (penalty > PENALTIES[0])
    return torch.where(up, 2.0, torch.where(down, 0.5, 1.0))
