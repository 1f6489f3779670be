"""What becomes of an image on its way to other programs."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from hsicli.stages.projection import ProjectConfig


@dataclass(frozen=True)
class ExportConfig:
    """What becomes of an image on its way to other programs."""

    VERSION: ClassVar[int] = 1

    layout: Literal["tiled", "cloud"] = "tiled"  # of a map as GeoTIFF; cloud: with overviews (COG)
    acquired: str | None = None  # when the image was taken, ISO 8601 in UTC: for a STAC item
    project: ProjectConfig = field(default_factory=ProjectConfig)  # an image in sensor space, onto a map grid


def project_layers(layers: np.ndarray, index: np.ndarray, nodata: float) -> np.ndarray:
    """Layers of one image on another grid, nearest neighbour.

    Parameters
    ----------
    layers : (layers, rows, cols)
    index : (cells down, cells across) int
        Flat index of a pixel for each cell; −1 = none.
    nodata : float
        What a cell without a pixel has.

    Returns
    -------
    (layers, cells down, cells across)
    """
    taken = layers.reshape(len(layers), -1)[:, np.maximum(index, 0)]
    return np.where(index >= 0, taken, np.asarray(nodata, dtype=layers.dtype))
