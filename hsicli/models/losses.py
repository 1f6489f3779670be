"""What networks minimise: the equations of the papers, in forms that have a gradient everywhere."""

import torch
from torch import Tensor
from torch.nn.functional import normalize


def spectral_angle(spectra: Tensor, others: Tensor) -> Tensor:
    """Angle between each spectrum and its partner: scale and brightness do not matter.

    θ = arccos⟨u, v⟩ = 2 atan2(‖u − v‖, ‖u + v‖),  u = x/‖x‖, v = x̂/‖x̂‖

    Where the angle is zero the second form keeps its digits and a finite gradient; arccos has neither.

    Parameters
    ----------
    spectra, others : (..., bands) float
        Not zero; a zero spectrum counts as at a right angle to all others.

    Returns
    -------
    (...) float
        Radians, 0…π.

    References
    ----------
    GyPSUM, eq. 7. W. Kahan, "How futile are mindless assessments of roundoff in floating-point computation?",
    2006, §12.
    """
    u, v = normalize(spectra, dim=-1), normalize(others, dim=-1)
    apart = torch.linalg.vector_norm(u - v, dim=-1)
    along = torch.linalg.vector_norm(u + v, dim=-1)
    return 2 * torch.atan2(apart, along)
