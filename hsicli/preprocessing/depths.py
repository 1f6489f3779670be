"""Absorptions brought to one depth, so that only their shape and place are left."""

import numpy as np

NO_DEPTH = 1e-6
"""A spectrum whose deepest absorption is less deep has none."""


def normalize_depth(spectra: np.ndarray, depth: float, out: np.ndarray | None = None) -> np.ndarray:
    """Each continuum-removed spectrum with its deepest absorption stretched or shrunk to one depth.

    x' = 1 − s (1 − x) / (1 − min x), x being held at 1 first: above the continuum lies noise.

    Parameters
    ----------
    spectra : (n, bands) float32
        Divided by their continuum.
    depth : float
        s, the depth of the deepest absorption in the result.
    out : (n, bands) float32, optional
        Receives the result, and may be `spectra` itself.

    Returns
    -------
    (n, bands) float32
        At most 1, its least 1 − s; NaN for a spectrum without absorption.

    References
    ----------
    The GAN paper, §3.3.1, "band normalization".
    """
    absorbed = np.subtract(1, np.minimum(spectra, 1), out=out)
    deepest = absorbed.max(axis=1, keepdims=True)
    scale = np.where(deepest > NO_DEPTH, depth / np.maximum(deepest, NO_DEPTH), np.nan).astype(spectra.dtype)
    return np.subtract(1, np.multiply(absorbed, scale, out=absorbed), out=absorbed)
