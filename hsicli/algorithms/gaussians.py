"""A mixture of Gaussians with full covariances, and what it says of codes.

Symbols: n codes of d numbers, k components; weights w, means μ, covariances Σ, and responsibilities
r_j(z) = p(j | z).

The log-density of a Gaussian is a polynomial of degree two, so those of all components are one matrix
product: their coefficients times the F = d(d+1)/2 + d + 1 monomials of a code. Everything is float64, is
centred first, and goes through memory a block at a time.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

BLOCK_PIXELS = 8192
"""Codes a block: their monomials stay in the processor's cache at d = 20."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Gaussians and their shares; all float64, on one device.

    Attributes
    ----------
    weights : (k,)
        w, share of each component; they sum to one.
    means : (k, d)
        μ.
    covariances : (k, d, d)
        Σ, symmetric, positive definite.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor


@dataclass(frozen=True, eq=False)
class Assignment:
    """What a mixture says of each pixel, on the device of the codes.

    Attributes
    ----------
    labels : (n,) int32
        The likeliest class, from 0.
    entropy : (n,) float32
        Of the classes' responsibilities, nats: 0 = certain.
    log_density : (n,) float64
        Under the whole mixture.
    """

    labels: Tensor
    entropy: Tensor
    log_density: Tensor


class Expected(NamedTuple):
    """What a mixture says of one block; the two matrices are used again for the next."""

    part: slice
    monomials: Tensor
    """(F, m)"""
    shares: Tensor
    """(k, m): r, each column sums to one."""
    log_density: Tensor
    """(m,)"""


def log_density(codes: Tensor, mixture: Mixture) -> Tensor:
    """(n,) float64: log p(z) = log Σ_j w_j N(z; μ_j, Σ_j) of each of the (n, d) codes."""
    return torch.cat([block.log_density for block in expectations(codes, mixture, centre(codes))])


def responsibilities(codes: Tensor, mixture: Mixture) -> Iterator[tuple[slice, Tensor]]:
    """Walk the codes in blocks: (which codes, (m, k) float64 r_j(z)); each row sums to one."""
    for block in expectations(codes, mixture, centre(codes)):
        yield block.part, block.shares.T.clone()


def assign(codes: Tensor, mixture: Mixture, classes: Tensor | None = None) -> Assignment:
    """The likeliest class of every pixel, and how sure that is.

    Parameters
    ----------
    codes : (n, d) float
        Finite.
    mixture : Mixture
        On the same device.
    classes : (k,) int, optional
        The class of each component, numbered from 0 without gaps; a class has the responsibilities of its
        components together. Every component is a class of its own unless given.

    Returns
    -------
    Assignment
    """
    n = len(codes)
    classes = torch.arange(len(mixture.weights)) if classes is None else classes
    member = torch.nn.functional.one_hot(classes.to(codes.device, torch.int64)).to(torch.float64).T
    labels = torch.empty(n, dtype=torch.int32, device=codes.device)
    entropy = torch.empty(n, dtype=torch.float32, device=codes.device)
    density = torch.empty(n, dtype=torch.float64, device=codes.device)
    for block in expectations(codes, mixture, centre(codes)):
        shares = member @ block.shares
        labels[block.part] = shares.argmax(0).to(torch.int32)
        entropy[block.part] = torch.special.entr(shares).sum(0).clamp_(min=0).to(torch.float32)
        density[block.part] = block.log_density
    return Assignment(labels, entropy, density)


def expectations(codes: Tensor, mixture: Mixture, shift: Tensor) -> Iterator[Expected]:
    """Walk the codes in blocks of monomials, responsibilities and log-densities.

    Parameters
    ----------
    codes : (n, d) float
        Finite, float32 or float64.
    mixture : Mixture
        On the same device.
    shift : (d,) float64
        What the monomials are centred on: the mean of the codes, or near it. It changes rounding alone.

    Yields
    ------
    Expected
    """
    if mixture.means.shape[1] != codes.shape[1]:
        raise ValueError(f"codes of shape {tuple(codes.shape)}, means of {tuple(mixture.means.shape)}")
    polynomials = _coefficients(mixture, shift)
    size = min(BLOCK_PIXELS, len(codes))
    phi = torch.empty(polynomials.shape[1], size, dtype=torch.float64, device=codes.device)
    joint = torch.empty(len(polynomials), size, dtype=torch.float64, device=codes.device)
    for first in range(0, len(codes), BLOCK_PIXELS):
        part = slice(first, min(first + BLOCK_PIXELS, len(codes)))
        x = codes[part].T.to(torch.float64, memory_format=torch.contiguous_format) - shift[:, None]
        if x.shape[1] < size:  # the last block
            phi, joint = (whole[:, : x.shape[1]].contiguous() for whole in (phi, joint))
        torch.mm(polynomials, fill_monomials(x, phi), out=joint)
        peak = joint.amax(0)
        total = joint.sub_(peak).exp_().sum(0)
        joint.div_(total)
        yield Expected(part, phi, joint, peak + total.log())


def centre(codes: Tensor) -> Tensor:
    """(d,) float64: the mean of the codes."""
    return codes.sum(0, dtype=torch.float64) / max(1, len(codes))


def blocks(values: Tensor) -> list[Tensor]:
    """Views of at most `BLOCK_PIXELS` rows of an (n, …) tensor."""
    return [values[first : first + BLOCK_PIXELS] for first in range(0, len(values), BLOCK_PIXELS)]


def monomial_count(d: int) -> int:
    """F, the monomials up to degree two of (d,) numbers."""
    return d * (d + 1) // 2 + d + 1


def fill_monomials(x: Tensor, out: Tensor) -> Tensor:
    """The monomials of codes: x_a x_b for a ≤ b row by row, then x, then one.

    Parameters
    ----------
    x : (d, m) float64
        Codes, one a column.
    out : (F, m) float64
        Overwritten.

    Returns
    -------
    (F, m) float64
        `out`.
    """
    d = len(x)
    row = 0
    for a in range(d):
        torch.mul(x[a], x[a:], out=out[row : row + d - a])
        row += d - a
    out[row : row + d] = x
    out[row + d] = 1
    return out


def _coefficients(mixture: Mixture, shift: Tensor) -> Tensor:
    """(k, F): log w_j + log N(x + shift; μ_j, Σ_j) as a polynomial in the monomials of x.

    −½ xᵀPx + xᵀPm − ½ mᵀPm + ½ log|P| − ½ d log 2π + log w, with P = Σ⁻¹ and m = μ − shift.
    """
    d = mixture.means.shape[1]
    factor = torch.linalg.cholesky(mixture.covariances)
    precision = torch.cholesky_inverse(factor)
    centred = mixture.means - shift
    linear = torch.einsum("kab,kb->ka", precision, centred)
    half_log_det = factor.diagonal(dim1=1, dim2=2).log().sum(1)
    constant = mixture.weights.log() - half_log_det - d / 2 * math.log(2 * math.pi)
    constant = constant - (linear * centred).sum(1) / 2
    upper = torch.triu_indices(d, d, device=precision.device)
    half = torch.where(upper[0] == upper[1], 0.5, 1.0).to(precision)  # x_a x_b stands for x_b x_a too
    return torch.cat([-precision[:, upper[0], upper[1]] * half, linear, constant[:, None]], dim=1)
