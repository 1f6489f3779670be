"""What of a product a GIS can show."""

from dataclasses import dataclass, field

import numpy as np

from hsicli.cube import Grid
from hsicli.products.labels import Labels

MAX_BYTE_CLASSES = 254
"""More classes than this need two bytes a pixel in a map."""


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
