"""Companions: the pictures that stand beside a product."""

from typing import Any

from matplotlib.figure import Figure

from hsicli.figures.abundances import draw_abundances, draw_endmembers
from hsicli.figures.agreement import draw_agreement
from hsicli.figures.cubes import draw_cube
from hsicli.figures.diffusion import draw_times
from hsicli.figures.estimates import draw_certainty, draw_pixels
from hsicli.figures.generated import draw_generated
from hsicli.figures.history import draw_history
from hsicli.figures.maps import draw_map
from hsicli.figures.minerals import draw_mineral_spectra, draw_minerals
from hsicli.figures.spectra import draw_spectra
from hsicli.figures.subspace import draw_subspace
from hsicli.products.abundances import Abundances
from hsicli.products.estimates import Estimate
from hsicli.products.labels import Labels
from hsicli.products.minerals import Minerals
from hsicli.products.overview import Overview
from hsicli.products.rasters import class_raster
from hsicli.products.scores import Scores
from hsicli.products.subspace import Subspace
from hsicli.products.weights import Weights


def draw(product: Any) -> dict[str, Figure]:
    """The pictures of a product by the end of their file name; none for a kind that has no picture.

    Parameters
    ----------
    product : a product
        See `hsicli.products`; of a cube, its Overview.

    Returns
    -------
    dict of str to Figure
        ``.png`` the one to look at first.
    """
    match product:
        case Labels():
            times = {} if product.times is None else {"-times.png": draw_times(product)}
            return times | {".png": draw_map(class_raster(product)), "-spectra.png": draw_spectra(product)}
        case Overview():
            return {".png": draw_cube(product)}
        case Subspace():
            return {".png": draw_subspace(product)}
        case Abundances():
            return {".png": draw_abundances(product), "-endmembers.png": draw_endmembers(product)}
        case Minerals():
            return {".png": draw_minerals(product), "-spectra.png": draw_mineral_spectra(product)}
        case Scores():
            return {} if product.confusion is None else {".png": draw_agreement(product)}
        case Weights() if product.method == "gan":
            return {".png": draw_generated(product)}
        case Estimate():
            return {".png": draw_certainty(product), "-pixels.png": draw_pixels(product)}
        case Weights():
            return {} if product.history is None else {".png": draw_history(product)}
        case _:
            return {}
