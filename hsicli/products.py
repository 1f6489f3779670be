"""What stages hand on: a frozen dataclass a kind, and the raster a GIS can show of it.

Each field carries its axes and unit as metadata, so that one writer and one reader serve every kind
(`io/hdf5.py`). A field may be an array, a number, a text, a tuple of texts, a Grid, a Stream, or None.
The kind `cube` is `hsicli.cube.Cube` itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hsicli.cube import Grid
from hsicli.library import Library

MAX_BYTE_CLASSES = 254
"""More classes than this need two bytes a pixel in a map."""


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
    grid: Grid | None = None


SCORE_TITLES = {
    "overall_accuracy": "overall accuracy",
    "average_accuracy": "average accuracy",
    "kappa": "kappa",
    "purity": "purity",
    "nmi": "NMI",
    "ari": "ARI",
    "f1_one_to_one": "F1, classes paired one to one",
    "f1_majority": "F1, classes renamed by majority",
    "f1_best": "F1, best class for each",
    "f1_rare": "F1, best class, rare classes only",
    "calinski_harabasz_codes": "Calinski–Harabasz, codes (higher is better)",
    "davies_bouldin_codes": "Davies–Bouldin, codes (lower is better)",
    "calinski_harabasz_spectra": "Calinski–Harabasz, spectra (higher is better)",
    "davies_bouldin_spectra": "Davies–Bouldin, spectra (lower is better)",
}
"""What each score is called."""


@dataclass(frozen=True, eq=False)
class Scores:
    """How far to trust class maps: against a truth, by themselves, by region, and by a library.

    Against a truth, only pixels count that the truth labels. One of them that the map leaves unlabeled is an
    error in accuracy, kappa, purity and F1; in NMI and ARI the unlabeled are one class more.
    """

    KIND = "scores"
    SCHEMA = 1

    runs: int = field(metadata={"unit": "1"})
    """Maps that were scored: one, or several of one scene made with different seeds or settings."""
    names: tuple[str, ...] = field(metadata={"axes": "classes"})
    """Of the classes of the first map."""
    counts: np.ndarray = field(metadata={"axes": "classes", "unit": "pixels"})
    pixels: int = field(default=0, metadata={"unit": "pixels"})
    """That the truth labels."""
    unlabeled: np.ndarray | None = field(default=None, metadata={"axes": "runs", "unit": "pixels"})
    """Of those, how many each map leaves without a class."""
    metrics: tuple[str, ...] = field(default=(), metadata={"axes": "metrics"})
    values: np.ndarray | None = field(default=None, metadata={"axes": "runs metrics", "unit": "1"})
    blind_labeled: np.ndarray | None = field(default=None, metadata={"axes": "seeds metrics", "unit": "1"})
    """The same of k-means on row and column of the pixels that the truth labels: no spectrum was seen."""
    blind_image: np.ndarray | None = field(default=None, metadata={"axes": "seeds metrics", "unit": "1"})
    """The same of k-means on row and column of every pixel that the first map or the truth labels."""
    blind_pixels: int = field(default=0, metadata={"unit": "pixels"})
    """Those that the blind baseline was scored on, evenly spread over those that the truth labels."""
    truth_names: tuple[str, ...] = field(default=(), metadata={"axes": "truth"})
    confusion: np.ndarray | None = field(default=None, metadata={"axes": "found truth", "unit": "pixels"})
    """Of the first map; row 0 = unlabeled, then its classes."""
    shares: np.ndarray | None = field(default=None, metadata={"axes": "truth", "unit": "1"})
    """Of the pixels that the truth labels; NaN in what follows where that is none."""
    partners: np.ndarray | None = field(default=None, metadata={"axes": "truth", "unit": "class"})
    """Class of the first map that the one-to-one assignment gives each class of the truth; 0 = none."""
    recalls: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    precisions: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    f1: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    best_f1: np.ndarray | None = field(default=None, metadata={"axes": "runs truth", "unit": "1"})
    """Of the single class that fits best, whoever else it fits."""
    separations: tuple[str, ...] = field(default=(), metadata={"axes": "separations"})
    separation: np.ndarray | None = field(default=None, metadata={"axes": "runs separations", "unit": "1"})
    """Of the classes from each other; no truth is needed."""
    separation_pixels: np.ndarray | None = field(
        default=None, metadata={"axes": "runs separations", "unit": "pixels"}
    )
    """Labeled, and not fill in codes or cube."""
    region_names: tuple[str, ...] = field(default=(), metadata={"axes": "regions"})
    region_counts: np.ndarray | None = field(
        default=None, metadata={"axes": "regions found", "unit": "pixels"}
    )
    """Pixels of each region by class of the first map; column 0 = unlabeled."""
    region_means: np.ndarray | None = field(
        default=None, metadata={"axes": "regions bands", "unit": "as the cube"}
    )
    wavelengths: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    compared: str = field(default="", metadata={"unit": "word"})
    """What of class means and library the angles are of: band-depth, continuum-removed or spectrum."""
    library_names: tuple[str, ...] = field(default=(), metadata={"axes": "library"})
    matches: np.ndarray | None = field(default=None, metadata={"axes": "classes ranks", "unit": "spectrum"})
    """Nearest library spectra of each class mean, from 1, nearest first; 0 = no more."""
    match_angles: np.ndarray | None = field(
        default=None, metadata={"axes": "classes ranks", "unit": "radians"}
    )


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


@dataclass(frozen=True, eq=False)
class Raster:
    """Layers that a GIS can show: what `io/maps.py` writes.

    Attributes
    ----------
    data : (layers, rows, cols)
    layer_names : tuple of str
    nodata : float
    class_names : tuple of str
        Name of each class from 1 on; empty for a raster of quantities.
    colours : (classes, 3) uint8, optional
    counts : (classes,) int, optional
        Pixels of each class.
    grid : Grid, optional
    tags : dict
        Texts stored beside the layers.
    """

    data: np.ndarray
    layer_names: tuple[str, ...]
    nodata: float
    class_names: tuple[str, ...] = ()
    colours: np.ndarray | None = None
    counts: np.ndarray | None = None
    grid: Grid | None = None
    tags: dict[str, str] = field(default_factory=dict)


def class_raster(product: Labels) -> Raster:
    """The class map of a clustering: bytes where they suffice, 0 = unlabeled = nodata."""
    kind = np.uint8 if len(product.names) <= MAX_BYTE_CLASSES else np.uint16
    return Raster(
        data=product.labels.astype(kind)[None],
        layer_names=("class",),
        nodata=0,
        class_names=product.names,
        colours=product.colours,
        counts=product.counts,
        grid=product.grid,
    )


class SceneBlock(NamedTuple):
    """Consecutive rows of a planted scene."""

    rows: slice
    data: np.ndarray
    """(rows, cols, bands) float32"""
    labels: np.ndarray
    """(rows, cols) uint8: 0 = nothing is planted here."""
    abundances: np.ndarray
    """(rows, cols, endmembers) float32; NaN where nothing is planted."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A planted cube with its truth, made block by block while `io/scene.py` writes it.

    Attributes
    ----------
    shape : (rows, cols, bands)
    blocks : callable
        Yields the SceneBlocks, first row to last, the same each time.
    wavelengths, fwhm : (bands,) float64
        nm, ascending.
    endmembers : Library
        On the bands of the cube; its names are those of the classes 1…p.
    colours : (p, 3) uint8
    noise : (bands,) float64
        Standard deviation of the white noise.
    masked : bool
        Whether some pixels hold nothing: labels 0.
    fill : float
        What those pixels hold, if it is no measurement; NaN if it is one.
    description : str
        One line for the header.
    grid : Grid, optional
    """

    shape: tuple[int, int, int]
    blocks: Callable[[], Iterator[SceneBlock]]
    wavelengths: np.ndarray
    fwhm: np.ndarray
    endmembers: Library
    colours: np.ndarray
    noise: np.ndarray
    masked: bool
    fill: float
    description: str
    grid: Grid | None = None
