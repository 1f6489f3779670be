"""Whitening: codes whose directions are uncorrelated and of unit variance."""

import torch
from torch import Tensor

from hsicli.algorithms.gaussians import blocks, centre

NO_VARIANCE = 1e-12
"""Share of the largest variance below which a direction is rounding."""


def whitened(codes: Tensor, out: Tensor | None = None) -> Tensor:
    """The codes centred, turned to their principal directions (strongest first), and scaled to unit variance.

    A direction without variance stays zero.

    Parameters
    ----------
    codes : (n, d) float
        Finite.
    out : (n, d) float32, optional
        Where the result goes; may be the codes themselves, which are many.

    Returns
    -------
    (n, d) float32
        On the same device.
    """
    shift = centre(codes)
    scatter = torch.zeros(codes.shape[1], codes.shape[1], dtype=torch.float64, device=codes.device)
    for part in blocks(codes):
        centred = part.to(torch.float64) - shift
        scatter.addmm_(centred.T, centred)
    variance, directions = torch.linalg.eigh(scatter / max(1, len(codes)))
    variance, directions = variance.flip(0), directions.flip(1)
    # The sign of an eigenvector is arbitrary: the largest entry is positive, so that machines agree.
    directions = directions * directions.gather(0, directions.abs().argmax(0, keepdim=True)).sign()
    kept = variance > NO_VARIANCE * variance.max()
    scale = torch.where(kept, variance, 1.0).rsqrt() * kept
    if out is None:
        out = torch.empty(codes.shape, dtype=torch.float32, device=codes.device)
    for part, white in zip(blocks(codes), blocks(out), strict=True):
        white[:] = (part.to(torch.float64) - shift) @ (directions * scale)
    return out
