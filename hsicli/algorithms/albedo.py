"""Single-scattering albedo and reflectance: intimate mixtures are linear in the first, not in the second.

Hapke's model of a powder, with isotropic scattering and no opposition surge, relative to a white powder in
the same light::

    R = w / ((1 + 2 μ₀ γ)(1 + 2 μ γ)),  γ = √(1 − w)

w is the single-scattering albedo, μ₀ and μ the cosines of incidence and emergence. In a powder of grains that
lie side by side w is the mean of the components' w, weighted by the area that each shows (its mass over its
density and grain size): these weights are the abundances of an intimate mixture.
"""

import numpy as np


def single_scattering_albedo(reflectance: np.ndarray, *, incidence: float, emergence: float) -> np.ndarray:
    """Single-scattering albedo of a powder of this reflectance.

    Parameters
    ----------
    reflectance : (…) float
        Relative to a white powder. Values outside 0…1 are taken for 0 and 1.
    incidence, emergence : float
        Angles from the normal, radians, below π/2.

    Returns
    -------
    (…) float64
        w, 0…1.

    References
    ----------
    Hapke, "Bidirectional reflectance spectroscopy. 1. Theory", J. Geophys. Res. 86, 1981; Heylen, Parente and
    Gader, "A review of nonlinear hyperspectral unmixing methods", IEEE JSTARS 7, 2014, section III-A.
    """
    r = np.clip(np.asarray(reflectance, dtype=np.float64), 0, 1)
    total, product = np.cos(incidence) + np.cos(emergence), 4 * np.cos(incidence) * np.cos(emergence)
    root = np.sqrt((total * r) ** 2 + (1 + product * r) * (1 - r))
    # (root − total r) / (1 + product r), without the cancellation near a reflectance of one.
    gamma = (1 - r) / (root + total * r)
    albedo: np.ndarray = 1 - gamma**2
    return albedo


def powder_reflectance(albedo: np.ndarray, *, incidence: float, emergence: float) -> np.ndarray:
    """Reflectance of a powder of this single-scattering albedo: the inverse of `single_scattering_albedo`.

    Parameters
    ----------
    albedo : (…) float
        w; values outside 0…1 are taken for 0 and 1.
    incidence, emergence : float
        Angles from the normal, radians, below π/2.

    Returns
    -------
    (…) float64
        Relative to a white powder, 0…1.
    """
    w = np.clip(np.asarray(albedo, dtype=np.float64), 0, 1)
    gamma = np.sqrt(1 - w)
    reflectance: np.ndarray = w / ((1 + 2 * np.cos(incidence) * gamma) * (1 + 2 * np.cos(emergence) * gamma))
    return reflectance
