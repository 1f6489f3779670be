"""Spectra as a concave background and a few library absorptions: a sparse model that outliers do not move.

For each pixel, with y the logarithm of its reflectance,

    min over x ≥ 0, p, z:  Σ_i w_i |y − A x − F p − C z|_i / ‖y‖₂ + λ_a Σ_n x_n,    z_m ≥ 0 but at both ends,

by the alternating direction method of multipliers on T s = y, T = [A F C τI], s = [x; p; z; r/τ]. The
factorisation that it needs is the same for all pixels. A column of C is a triangle, so a product with C is
two running sums; an iteration is three matrix products, with Aᵀ, A and (T Tᵀ)⁻¹.

A pixel may see through air of its own, the logarithm t of its detector column's transmission: then F is t,
p ≥ 0 the path through it, and (T Tᵀ)⁻¹ the shared one and a correction of rank one (Sherman and Morrison).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from hsicli.preprocessing.sparse_model import RESIDUAL_SCALE, Air, SparseModel

CHUNK = {"cpu": 256, "cuda": 65536}
"""Spectra that are iterated together, by kind of device: enough to keep it busy, and their state near it."""

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
    tolerance: float = 5e-4


class Solution(NamedTuple):
    """The parts of some spectra."""

    coefficients: Tensor
    """(n, N + g + bands) float32: x, p and z, one after the other."""
    state: Tensor
    """(n, N + g + 2 bands + 1) float32: where it stood: the start of another, with other weights."""
    iterations: Tensor
    """(n,) int32: that a pixel took."""


def fit_spectra(
    model: SparseModel,
    y: Tensor,
    weights: Tensor,
    effort: Effort,
    *,
    air: Air | None = None,
    start: Tensor | None = None,
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
    air : Air, optional
        Of each spectrum, from `SparseModel.air`; for a model that is airy.
    start : (n, N + g + 2 bands + 1) float32, optional
        `Solution.state` of the same spectra with other weights or other air.

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
    chunk = CHUNK[y.device.type]
    parts = []
    for part in (slice(at, at + chunk) for at in range(0, len(y), chunk)):
        own = None if air is None else air.take(part)
        begun = None if start is None else start[part]
        parts.append(_iterate(model, y[part], weights[part], effort, air=own, start=begun))
    return Solution(*(torch.cat(each) for each in zip(*parts, strict=True)))


class _Bounds:
    """What d, the scaled dual, is clamped to: then t = a − d solves the proximal step of every unknown.

    x: d ≤ λ_a/ρ; p: d = 0, but for a path ≤ 0; z: d ≤ 0, at both ends d = 0; r: |d| ≤ w τ/(‖y‖ ρ).
    """

    def __init__(self, model: SparseModel, cost: Tensor, sparsity: float, *, airy: bool) -> None:
        self.model, self.cost, self.sparsity, self.airy = model, cost, sparsity, airy

    def clamp(self, a: Tensor, penalty: Tensor, out: Tensor) -> None:
        """Write d for a = s + d."""
        model = self.model
        absorbers, linear, unknowns = model.absorbers, model.linear, model.unknowns
        torch.minimum(a[:, :absorbers], self.sparsity / penalty, out=out[:, :absorbers])
        out[:, absorbers : linear + 1] = 0
        if self.airy:
            torch.clamp(model.paths(a), max=0, out=model.paths(out))
        torch.clamp(a[:, linear + 1 : unknowns - 1], max=0, out=out[:, linear + 1 : unknowns - 1])
        out[:, unknowns - 1] = 0
        limit = self.cost / penalty
        torch.clamp(a[:, unknowns:], -limit, limit, out=out[:, unknowns:])


def _iterate(
    model: SparseModel, y: Tensor, weights: Tensor, effort: Effort, *, air: Air | None, start: Tensor | None
) -> Solution:
    """ADMM on one chunk, in the form a = s + d, t = a − d: then s = t − d + G(y − T(t − d)).

    A spectrum that is done leaves the chunk at the next look, so that the products shrink with it.
    """
    n, size = len(y), model.unknowns + model.bands
    length = torch.linalg.vector_norm(y, dim=1, keepdim=True).clamp_min(1e-3)
    bounds = _Bounds(model, weights * (RESIDUAL_SCALE / length), effort.sparsity, airy=air is not None)
    if start is None:
        penalty = torch.full((n, 1), FIRST_PENALTY, device=y.device)
        a = model.spread(y, air, torch.empty(n, size, device=y.device))
    else:
        penalty, a = start[:, size:].clone(), start[:, :size].clone()
    d = torch.empty_like(a)
    bounds.clamp(a, penalty, d)
    todo = torch.arange(n, device=y.device)
    final, states = torch.empty_like(a), torch.empty(n, size + 1, device=y.device)
    taken = torch.full((n,), effort.iterations, dtype=torch.int32, device=y.device)

    limit = effort.tolerance * size**0.5
    work = torch.empty_like(a)
    for step in range(1, effort.iterations + 1):
        look = step % BALANCE == 0
        before = a.clone() if look else a
        t_before = before - d if look else a
        v = work[: len(a)]
        torch.sub(a, d, alpha=2, out=v)  # t − d
        v = model.spread(model.missing(y, v, air), air, out=v).sub_(d)
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
        if bool(done.any()):
            final[todo[done]], taken[todo[done]] = t[done], step
            states[todo[done]] = torch.hstack([a, penalty])[done]
            left = ~done
            todo, a, d, y, penalty = todo[left], a[left], d[left], y[left], penalty[left]
            bounds.cost = bounds.cost[left]
            air = None if air is None else air.take(left)
            if not len(a):
                break
    if len(todo):
        final[todo], states[todo] = a - d, torch.hstack([a, penalty])
    return Solution(final[:, : model.unknowns].clone(), states, taken)


def _factors(penalty: Tensor, primal: Tensor, dual: Tensor) -> Tensor:
    """(n, 1): 2 or ½ where one residual outgrows the other, and ρ is to follow; 1 elsewhere."""
    up = (primal > BALANCE * dual) & (penalty < PENALTIES[1])
    down = (dual > BALANCE * primal) & (penalty > PENALTIES[0])
    return torch.where(up, 2.0, torch.where(down, 0.5, 1.0))
