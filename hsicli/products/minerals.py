"""Which mineral is where, how sure that is, and the spectra that show it."""

from dataclasses import dataclass, field

import numpy as np

from hsicli.cube import Grid
from hsicli.products.labels import Labels
from hsicli.products.rasters import MAX_BYTE_CLASSES, Raster

GUESS, IDENTIFIED = 1, 2
"""Levels of confidence; 0 = no mineral."""

SHOWN = ("exemplar", "mean", "best", "worst")
"""What stands along the axis `shown` of the spectra of a mineral."""


@dataclass(frozen=True, eq=False)
class Minerals:
    """A mineral for every pixel that resembles an exemplar enough, and what it was compared by."""

    KIND = "minerals"
    SCHEMA = 1

    labels: np.ndarray = field(metadata={"axes": "rows cols", "unit": "class"})
    """int32; 0 = none, minerals 1…k in the order of the library."""
    names: tuple[str, ...] = field(metadata={"axes": "classes"})
    colours: np.ndarray = field(metadata={"axes": "classes rgb", "unit": "0…255"})
    """A mineral has one colour in every map."""
    counts: np.ndarray = field(metadata={"axes": "classes", "unit": "pixels"})
    """With that mineral: identified, or guessed."""
    identified: np.ndarray = field(metadata={"axes": "classes", "unit": "pixels"})
    score: np.ndarray = field(metadata={"axes": "rows cols", "unit": "1"})
    """float32: similarity to the mineral in `best`; NaN for fill and for flat spectra."""
    confidence: np.ndarray = field(metadata={"axes": "rows cols", "unit": "level"})
    """uint8: 2 = identified, 1 = a guess, 0 = none."""
    best: np.ndarray = field(metadata={"axes": "rows cols", "unit": "class"})
    """int32: the mineral with the highest score, whatever that is; 0 for fill and flat spectra."""
    scale: np.ndarray = field(metadata={"axes": "rows cols", "unit": "pixels"})
    """uint8: width of the box whose mean the score is of; 0 = none."""
    method: str = field(metadata={"unit": "word"})
    """Setting `method` of hsicli gan-map: what was compared."""
    thresholds: np.ndarray = field(metadata={"axes": "classes tiers", "unit": "1"})
    """Least scores of a guess and of an identification."""
    wavelengths: np.ndarray = field(metadata={"axes": "bands", "unit": "nm"})
    reflectance: np.ndarray = field(metadata={"axes": "classes shown bands", "unit": "as the cube"})
    """Exemplar, mean of the identified pixels, the best and the worst of these; of guesses, where none is
    identified; NaN where there is neither."""
    removed: np.ndarray = field(metadata={"axes": "classes shown bands", "unit": "1"})
    """The same with the continuum removed, as they were compared, before their depth was scaled."""
    places: np.ndarray = field(metadata={"axes": "classes extremes place", "unit": "row, col"})
    """int32: where the best and the worst pixel lie; −1 = nowhere."""
    exemplars: tuple[str, ...] = field(default=(), metadata={"axes": "exemplars"})
    exemplar_minerals: np.ndarray | None = field(
        default=None, metadata={"axes": "exemplars", "unit": "class"}
    )
    """Of which mineral each exemplar is one, from 1."""
    branch: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "word"})
    """uint8, where ratios were looked at: 1 = seen in reflectance, 2 = in the ratio only, 3 = in the ratio
    only, where the denominator bulges as the mineral would absorb; 0 = none."""
    tested: np.ndarray | None = field(default=None, metadata={"axes": "tests", "unit": "1"})
    """Scores at which false alarms were counted."""
    false_alarms: np.ndarray | None = field(default=None, metadata={"axes": "classes tests", "unit": "1"})
    """Share of neutral spectra, made of the image's own, whose score of the mineral is as high."""
    detections: np.ndarray | None = field(default=None, metadata={"axes": "classes tests", "unit": "1"})
    """Share of neutral spectra with the mineral planted that are guessed to be it, as surely."""
    chosen_alarms: np.ndarray | None = field(default=None, metadata={"axes": "classes tiers", "unit": "1"})
    """Share of neutral spectra at `thresholds`."""
    chosen_detections: np.ndarray | None = field(
        default=None, metadata={"axes": "classes tiers", "unit": "1"}
    )
    latlon: np.ndarray | None = field(default=None, metadata={"axes": "rows cols latlon", "unit": "degree"})
    """Latitude and longitude of each pixel, where there is no grid but these."""
    grid: Grid | None = None


def mineral_labels(product: Minerals) -> Labels:
    """The minerals as classes: their mean spectra are those of identified pixels."""
    means = np.asarray(product.reflectance[:, SHOWN.index("mean")], dtype=float)
    return Labels(
        labels=np.asarray(product.labels),
        names=product.names,
        colours=product.colours,
        counts=product.counts,
        means=means,
        deviations=np.full(means.shape, np.nan),
        wavelengths=product.wavelengths,
        latlon=product.latlon,
        grid=product.grid,
    )


def mineral_raster(product: Minerals) -> Raster:
    """The map of minerals, identified and guessed alike: 0 = none = nodata."""
    kind = np.uint8 if len(product.names) <= MAX_BYTE_CLASSES else np.uint16
    return Raster(
        data=np.asarray(product.labels).astype(kind)[None],
        layer_names=("class",),
        nodata=0,
        class_names=product.names,
        colours=product.colours,
        counts=product.counts,
        grid=product.grid,
        tags={"METHOD": product.method},
    )


def score_raster(product: Minerals) -> Raster:
    """How sure the map is: score, level of confidence, scale; NaN = nodata."""
    layers = [product.score, product.confidence, product.scale]
    names = ["score", "confidence", "scale"]
    if product.branch is not None:
        layers.append(product.branch)
        names.append("branch")
    return Raster(
        data=np.stack([np.asarray(layer, dtype=np.float32) for layer in layers]),
        layer_names=tuple(names),
        nodata=float("nan"),
        grid=product.grid,
    )
