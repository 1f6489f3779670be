"""Classes on an image: a clustering, and a map that someone else drew."""

from dataclasses import dataclass, field

import numpy as np

from hsicli.cube import Grid


@dataclass(frozen=True, eq=False)
class Labels:
    """A class for every pixel, and what the classes look like."""

    KIND = "labels"
    SCHEMA = 1

    labels: np.ndarray = field(metadata={"axes": "rows cols", "unit": "class"})
    """int32; 0 = unlabeled, classes 1…k by falling size."""
    names: tuple[str, ...] = field(metadata={"axes": "classes"})
    colours: np.ndarray = field(metadata={"axes": "classes rgb", "unit": "0…255"})
    counts: np.ndarray = field(metadata={"axes": "classes", "unit": "pixels"})
    means: np.ndarray = field(metadata={"axes": "classes bands", "unit": "as the cube"})
    deviations: np.ndarray = field(metadata={"axes": "classes bands", "unit": "as the cube"})
    wavelengths: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    codes: np.ndarray | None = field(default=None, metadata={"axes": "rows cols codes", "unit": "1"})
    """What was clustered: float32, NaN where unlabeled."""
    entropy: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "nats"})
    """Of a pixel's responsibilities of the classes: 0 = certain, ln k = no idea; NaN where unlabeled."""
    merge_angles: np.ndarray | None = field(default=None, metadata={"axes": "joins", "unit": "radians"})
    """Spectral angle of the class means at each possible join, from many components to one class."""
    max_angle: float | None = field(default=None, metadata={"unit": "radians"})
    """Joins up to this angle were made."""
    superpixels: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "superpixel"})
    """int32; 0 = none. What follows is of `diffuse`: classes are of whole superpixels."""
    density: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "1"})
    """Of a pixel's features among those of all pixels; sums to 1. NaN where unlabeled."""
    representatives: np.ndarray | None = field(
        default=None, metadata={"axes": "representatives place", "unit": "row, col"}
    )
    """The densest pixels of each superpixel."""
    modes: np.ndarray | None = field(default=None, metadata={"axes": "classes place", "unit": "row, col"})
    """The representative that each class began at."""
    eigenvalues: np.ndarray | None = field(default=None, metadata={"axes": "eigenpairs", "unit": "1"})
    """|λ| of the walk between the representatives, falling from 1."""
    diffusion: np.ndarray | None = field(
        default=None, metadata={"axes": "representatives coordinates", "unit": "1"}
    )
    """Their diffusion coordinates at the chosen time, (λₗ/λ₂)ᵗ ψₗ, l = 2, 3, …"""
    times: np.ndarray | None = field(default=None, metadata={"axes": "times", "unit": "steps"})
    time_labels: np.ndarray | None = field(
        default=None, metadata={"axes": "times superpixels", "unit": "class"}
    )
    """Class of each superpixel at each time, 1…k by falling size."""
    time_distances: np.ndarray | None = field(default=None, metadata={"axes": "times", "unit": "bits"})
    """Mean variation of information to the classes of all times; the least of them is chosen."""
    time_chosen: int | None = field(default=None, metadata={"unit": "1"})
    """Place of the chosen time among `times`, from 0."""
    time_settings: tuple[str, ...] = field(default=(), metadata={"axes": "times"})
    """Of a grid of settings, the one that each time is of."""
    latlon: np.ndarray | None = field(default=None, metadata={"axes": "rows cols latlon", "unit": "degree"})
    """Latitude and longitude of each pixel, where there is no grid but these."""
    grid: Grid | None = None


@dataclass(frozen=True, eq=False)
class ClassMap:
    """Classes that someone else drew: a truth, regions, another program's map.

    Attributes
    ----------
    labels : (rows, cols) int32
        0 = unlabeled, classes 1…k.
    names : tuple of str
        Of the classes 1…k.
    colours : (k, 3) uint8, optional
    grid : Grid, optional
    """

    labels: np.ndarray
    names: tuple[str, ...]
    colours: np.ndarray | None = None
    grid: Grid | None = None
