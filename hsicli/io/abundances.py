"""Abundances in a file of whatever kind, and the endmembers that stand beside them."""

from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.hdf5 import is_hdf5, read_header, read_product
from hsicli.io.reading import read_cube
from hsicli.library import Library
from hsicli.products.abundances import Abundances


def read_abundances(path: Path) -> tuple[np.ndarray, Library | None]:
    """Abundances, and their endmembers where the file holds them.

    Parameters
    ----------
    path : Path
        A product of `hsicli unmix`, or an image with a layer an endmember: ENVI, GeoTIFF, .mat, …

    Returns
    -------
    (rows, cols, p) float32
        NaN where there are none: a pixel that is fill, or has no layer above zero.
    Library or None

    Raises
    ------
    InputError
        If the file is missing, invalid, no image, or one of spectra.
    """
    if holds_abundances(path):
        product = read_product(path, Abundances)
        axis = product.wavelengths
        library = None if axis is None else Library(product.names, np.asarray(product.endmembers), axis)
        return np.asarray(product.abundances), library
    cube = read_cube(path)
    if cube.wavelengths is not None:
        raise InputError(
            f"{path}: has wavelengths, so it holds spectra, not abundances",
            hint="give an image with a layer an endmember",
        )
    rows, cols, _ = cube.shape
    image = np.full((rows, cols, len(cube.order)), np.nan, dtype=np.float32)
    for block in cube.blocks():
        image[block.rows][block.valid] = block.data[block.valid]
    return image, None


def holds_abundances(path: Path) -> bool:
    """Whether a file is a product of `hsicli unmix`."""
    return path.is_file() and is_hdf5(path) and read_header(path).kind == Abundances.KIND


def endmembers_beside(path: Path) -> Path | None:
    """The table of endmembers that `hsicli synth` writes beside abundances, where there is one.

    Of NAME_abundances.img (or .hdr) it is NAME_endmembers.csv.
    """
    stem, _, last = path.stem.rpartition("_")
    table = path.with_name(f"{stem}_endmembers.csv")
    return table if last in {"abundances", "abundance"} and table.is_file() else None
