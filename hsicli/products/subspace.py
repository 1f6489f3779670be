"""How many directions of a cube's spectra stand above its noise."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Subspace:
    """How many directions of a cube's spectra stand above its noise, and which.

    Two noise estimates, as each is fooled by what the other survives: regression of every band on the others
    (fooled by noise that neighbouring bands share), differences of neighbouring pixels (fooled by texture).
    """

    KIND = "subspace"
    SCHEMA = 1

    dimension: int = field(metadata={"unit": "1"})
    """Of the two estimates that follow, the one that holds."""
    dimension_regression: int = field(metadata={"unit": "1"})
    dimension_difference: int = field(metadata={"unit": "1"})
    pixels: int = field(metadata={"unit": "1"})
    """Spectra that the statistics saw."""
    wavelengths: np.ndarray | None = field(metadata={"axes": "bands", "unit": "nm"})
    mean: np.ndarray = field(metadata={"axes": "bands", "unit": "as the cube"})
    noise: np.ndarray = field(metadata={"axes": "bands", "unit": "as the cube"})
    """Standard deviation of the noise, by regression."""
    noise_difference: np.ndarray = field(metadata={"axes": "bands", "unit": "as the cube"})
    """Standard deviation of the noise, by differences."""
    eigenvectors: np.ndarray = field(metadata={"axes": "directions bands", "unit": "1"})
    """Rows: directions of the signal correlation, strongest first (of the estimate that gave `dimension`)."""
    power: np.ndarray = field(metadata={"axes": "directions", "unit": "as the cube, squared"})
    """Mean power of the spectra along each direction."""
    noise_power: np.ndarray = field(metadata={"axes": "directions", "unit": "as the cube, squared"})
    """Mean power of the noise along each direction; a direction counts where power > 2 noise_power."""
