"""How much of which endmember is in every pixel."""

from dataclasses import dataclass, field

import numpy as np

from hsicli.cube import Grid
from hsicli.products.rasters import Raster


@dataclass(frozen=True, eq=False)
class Abundances:
    """Shares of endmembers in every pixel, the endmembers, and what they leave unexplained.

    x ≈ g Σ_k a_k u_k: a on the simplex, g the brightness of the pixel, u_k an endmember in the units of
    `convention`. From other units of the endmembers, u_k / s_k, the abundances are a_k s_k / Σ_j a_j s_j.
    """

    KIND = "abundances"
    SCHEMA = 1

    abundances: np.ndarray = field(metadata={"axes": "rows cols endmembers", "unit": "1"})
    """float32, not negative, sum one; NaN for fill."""
    names: tuple[str, ...] = field(metadata={"axes": "endmembers"})
    endmembers: np.ndarray = field(metadata={"axes": "endmembers bands", "unit": "as the cube"})
    """float64, as bright as the cube shows them, whatever the convention."""
    convention: str = field(metadata={"unit": "word"})
    """What one part of an endmember is: `raw`, its spectrum as it stands in `endmembers`; `max`, that
    spectrum divided by its largest band; `given`, whatever it is in the abundances that were learnt from."""
    method: str = field(metadata={"unit": "word"})
    """Setting `method` of hsicli unmix."""
    mixing: str = field(metadata={"unit": "word"})
    """`linear`: of reflectance; `hapke`: of single-scattering albedo; `bilinear`: with products of pairs."""
    residual: np.ndarray = field(metadata={"axes": "rows cols", "unit": "as the cube"})
    """Root mean square over the bands of spectrum less reconstruction, float32; NaN for fill."""
    angle: np.ndarray = field(metadata={"axes": "rows cols", "unit": "radians"})
    """Between spectrum and reconstruction, float32; NaN for fill."""
    deviations: np.ndarray | None = field(
        default=None, metadata={"axes": "rows cols endmembers", "unit": "1"}
    )
    """Standard deviation of each abundance, float32, where the method has one."""
    brightness: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "1"})
    """g, in units of `convention`; where it was not free, all one, it is left out."""
    wavelengths: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    library_names: tuple[str, ...] = field(default=(), metadata={"axes": "library"})
    matches: np.ndarray | None = field(
        default=None, metadata={"axes": "endmembers ranks", "unit": "spectrum"}
    )
    """Library spectra nearest to each endmember, from 1, the nearest first, then the runner-up; 0 = none."""
    match_angles: np.ndarray | None = field(
        default=None, metadata={"axes": "endmembers ranks", "unit": "radians"}
    )
    """Of what `compare` says of endmember and library spectrum: their band depths, unless set otherwise."""
    matched: np.ndarray | None = field(
        default=None, metadata={"axes": "endmembers bands", "unit": "as the library"}
    )
    """The nearest library spectrum, on the bands of the cube; NaN where it has none."""
    model: str | None = field(default=None, metadata={"unit": "JSON"})
    """Settings of the network, where there is one."""
    weight_names: tuple[str, ...] = field(default=(), metadata={"axes": "parameters"})
    """Of its parameters: name, then the sizes of its axes."""
    weights: np.ndarray | None = field(default=None, metadata={"axes": "numbers", "unit": "1"})
    """Its parameters one after another, float32."""
    used: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "1"})
    """Pixels whose abundances were given to the fit (supervised): 1; elsewhere 0."""
    latlon: np.ndarray | None = field(default=None, metadata={"axes": "rows cols latlon", "unit": "degree"})
    """Latitude and longitude of each pixel, where there is no grid but these."""
    grid: Grid | None = None


def abundance_raster(product: Abundances) -> Raster:
    """A layer an endmember, named; NaN = nodata."""
    return Raster(
        data=np.moveaxis(np.asarray(product.abundances, dtype=np.float32), 2, 0),
        layer_names=product.names,
        nodata=float("nan"),
        grid=product.grid,
        tags={"UNITS": product.convention},
    )
