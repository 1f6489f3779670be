"""Spectra of high resolution that were inferred, with how sure that is."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hsicli.cube import Cube, Grid
from hsicli.products.rasters import Raster


@dataclass(frozen=True, eq=False)
class Estimate:
    """What spectra of high resolution may belong to the pixels of a cube of low resolution.

    Of every pixel the mean and the standard deviation of each band are kept, and what it was inferred from:
    with the model, which the product carries, that rebuilds the whole density of the pixel, its covariance
    included. A pixel costs 4 (2 bands + channels + 2) bytes. While it is made, `mean`, `deviation` and
    `inputs` are Streams.
    """

    KIND = "estimate"
    SCHEMA = 1

    mean: Any = field(metadata={"axes": "rows cols bands", "unit": "as the pairs"})
    """float32; NaN for fill."""
    deviation: Any = field(metadata={"axes": "rows cols bands", "unit": "as the pairs"})
    """Of each band, float32; NaN for fill."""
    inputs: Any = field(metadata={"axes": "rows cols channels", "unit": "as the pairs"})
    """What each pixel was inferred from, float32; NaN for fill."""
    spread: np.ndarray = field(metadata={"axes": "rows cols", "unit": "as the pairs"})
    """Root mean square of the deviations of a pixel's bands, float32; NaN for fill."""
    strangeness: np.ndarray = field(metadata={"axes": "rows cols", "unit": "1"})
    """How unlike the spectra that the model learnt from the input is, float32; NaN for fill."""
    strangeness_usual: np.ndarray = field(metadata={"axes": "quantiles", "unit": "1"})
    """Of spectra that were held out in training, at the shares `strangeness_shares`."""
    strangeness_shares: np.ndarray = field(metadata={"axes": "quantiles", "unit": "1"})
    levels: np.ndarray = field(metadata={"axes": "levels", "unit": "1"})
    """Shares of the values that the stated intervals, mean ± `interval_factors` · deviation, should hold."""
    interval_factors: np.ndarray = field(metadata={"axes": "levels bands", "unit": "1"})
    wavelengths: np.ndarray = field(metadata={"axes": "bands", "unit": "nm"})
    input_wavelengths: np.ndarray = field(metadata={"axes": "channels", "unit": "nm"})
    method: str = field(metadata={"unit": "word"})
    """Setting `model.method` of hsicli superres train."""
    settings: str = field(metadata={"unit": "JSON"})
    """Of the weights, as they had them."""
    array_names: tuple[str, ...] = field(metadata={"axes": "arrays"})
    """Of the model: name, then the sizes of its axes."""
    numbers: np.ndarray = field(metadata={"axes": "numbers", "unit": "1"})
    """Of the model, one array after another, float64."""
    fwhm: np.ndarray | None = field(default=None, metadata={"axes": "bands", "unit": "nm"})
    input_fwhm: np.ndarray | None = field(default=None, metadata={"axes": "channels", "unit": "nm"})
    used: np.ndarray | None = field(default=None, metadata={"axes": "rows cols", "unit": "1"})
    """Pixels of the scene that the model was learnt or chosen from: 1; elsewhere 0."""
    pixels: np.ndarray | None = field(default=None, metadata={"axes": "chosen place", "unit": "row, col"})
    """Chosen ones, of which more is kept; from 0."""
    covariances: np.ndarray | None = field(
        default=None, metadata={"axes": "chosen bands bands", "unit": "as the pairs, squared"}
    )
    samples: np.ndarray | None = field(
        default=None, metadata={"axes": "chosen samples bands", "unit": "as the pairs"}
    )
    """Spectra drawn from the density of each."""
    truth: np.ndarray | None = field(default=None, metadata={"axes": "chosen bands", "unit": "as the pairs"})
    """What a cube of high resolution has there, where one was given."""
    latlon: np.ndarray | None = field(default=None, metadata={"axes": "rows cols latlon", "unit": "degree"})
    """Latitude and longitude of each pixel, where there is no grid but these."""
    grid: Grid | None = None


def estimate_cube(product: Estimate) -> Cube:
    """The mean spectra as a cube."""
    return Cube(
        product.mean,
        wavelengths=product.wavelengths,
        fwhm=product.fwhm,
        valid=np.isfinite(product.spread),
        latlon=product.latlon,
        grid=product.grid,
    )


def estimate_raster(product: Estimate) -> Raster:
    """How sure the estimate is: a layer of spread, and one of strangeness; NaN = nodata."""
    return Raster(
        data=np.stack([product.spread, product.strangeness]),
        layer_names=("spread", "strangeness"),
        nodata=float("nan"),
        grid=product.grid,
        tags={"STRANGENESS_USUAL": " ".join(f"{number:.4g}" for number in product.strangeness_usual)},
    )
