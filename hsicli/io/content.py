"""What a file holds, in the forms in which it can leave for other programs: a cube, a map, spectra."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hsicli.cube import Cube, Grid
from hsicli.errors import InputError
from hsicli.io.description import KIND_NAMED, holds_library
from hsicli.io.formats import format_of
from hsicli.io.layers import layer_names
from hsicli.io.map_layers import CLASS, OpenMap, open_map
from hsicli.io.reading import open_cube, read_cube
from hsicli.library import Library
from hsicli.products.abundances import Abundances, abundance_raster
from hsicli.products.estimates import Estimate
from hsicli.products.minerals import SHOWN, Minerals, mineral_raster
from hsicli.products.rasters import Raster, class_raster


@dataclass(frozen=True, eq=False)
class Content:
    """What a file holds; what it does not is None.

    Attributes
    ----------
    kind : str
        In words, for messages.
    cube : Cube, optional
    raster : Raster, optional
        A map of classes, or of quantities.
    spectra : Library, optional
        Of a library, or the spectra that a product keeps: of its classes, its endmembers, its denominator.
    band_names : tuple of str
        Of a cube whose bands are not wavelengths.
    """

    kind: str
    cube: Cube | None = None
    raster: Raster | None = None
    spectra: Library | None = None
    band_names: tuple[str, ...] = ()

    @property
    def grid(self) -> Grid | None:
        """Where the pixels lie."""
        image = self.cube or self.raster
        return None if image is None else image.grid

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and columns, where there are pixels."""
        if self.cube is not None:
            return self.cube.shape[:2]
        return None if self.raster is None else (self.raster.data.shape[1], self.raster.data.shape[2])


def read_content(path: Path, *, variable: str | None = None, wavelengths: Path | None = None) -> Content:
    """What a file holds.

    Parameters
    ----------
    path : Path
        A product, or whatever `read_cube`, `open_map` or `read_library` takes.
    variable, wavelengths
        As for `read_cube`.

    Raises
    ------
    InputError
        If the file is missing or cannot be read.
    """
    form = "library" if holds_library(path) else format_of(path)
    if form == "library" or (form == "ENVI" and _envi_kind(path) == "library"):
        from hsicli.io.speclib import read_library

        return Content("a library", spectra=read_library(path))
    if form == "product":
        return _of_product(path, wavelengths)
    if (form == "ENVI" and _envi_kind(path) == "classes") or (form == "GeoTIFF" and _is_class_map(path)):
        return Content("a class map", raster=_raster_of(open_map(path)))
    if wavelengths is None and form in {"ENVI", "PDS3", "GeoTIFF", "GDAL"}:
        cube = open_cube(path)
        names = layer_names(path) if cube.wavelengths is None else ()
        if names:
            return Content("a cube", cube=cube, band_names=names)
    return Content("a cube", cube=read_cube(path, variable=variable, wavelengths=wavelengths))


def _of_product(path: Path, wavelengths: Path | None) -> Content:
    from hsicli.io.hdf5 import read_header, read_product

    kind = read_header(path).kind
    if kind == Cube.KIND:
        cube = read_cube(path, wavelengths=wavelengths)
        return Content("a cube", cube=cube, spectra=_denominator(cube))
    if kind == Estimate.KIND:
        return Content("an estimate", cube=read_cube(path, wavelengths=wavelengths))
    if kind not in KIND_NAMED:
        raise InputError(f"{path}: holds {kind!r}, which this hsicli does not know", hint="update hsicli")
    product: Any = read_product(path, KIND_NAMED[kind])
    raster = None
    if isinstance(product, Abundances):
        raster = abundance_raster(product)
    elif isinstance(product, Minerals):
        raster = mineral_raster(product)
    elif hasattr(product, "labels"):
        raster = class_raster(product)
    return Content(f"a product of {kind}", raster=raster, spectra=_spectra_of(product))


def _denominator(cube: Cube) -> Library | None:
    """What the spectra were divided by, if they were."""
    if cube.denominator is None or cube.wavelengths is None:
        return None
    return Library(("denominator",), cube.denominator[None], cube.wavelengths, cube.fwhm)


def _spectra_of(product: Any) -> Library | None:
    """The spectra that a product keeps, by name: of classes, of endmembers, of a subspace."""
    wavelengths = getattr(product, "wavelengths", None)
    if wavelengths is None:
        return None
    for field in ("means", "endmembers"):
        spectra = getattr(product, field, None)
        if spectra is not None:
            return Library(product.names, np.asarray(spectra, dtype=float), wavelengths)
    if isinstance(product, Minerals):
        return Library(product.names, np.asarray(product.reflectance[:, SHOWN.index("mean")]), wavelengths)
    if not hasattr(product, "eigenvectors"):
        return None
    directions = tuple(f"direction {number}" for number in range(1, len(product.eigenvectors) + 1))
    spectra = np.vstack([product.mean, product.noise, product.noise_difference, product.eigenvectors])
    return Library(("mean", "noise", "noise by differences", *directions), spectra, wavelengths)


def _envi_kind(path: Path) -> str:
    """Whether an ENVI file is a spectral library, of classes, or an image."""
    from hsicli.io.envi import find_pair
    from hsicli.io.envi_header import CLASSES, LIBRARY

    return {LIBRARY: "library", CLASSES: "classes"}.get(find_pair(path)[0].kind, "image")


def _is_class_map(path: Path) -> bool:
    """Whether a GeoTIFF of whole numbers says that they are classes: by a name, a tag or a palette."""
    from hsicli.io.geotiff import open_dataset

    with open_dataset(path) as dataset:
        if dataset.count != 1 or dataset.dtypes[0][0] not in "ui":
            return False
        said = dataset.descriptions[0] == CLASS or "CLASS_1" in dataset.tags()
        return said or dataset.colorinterp[0].name == "palette"


def _raster_of(one: OpenMap) -> Raster:
    rows, cols = one.shape
    labels = one.layers[CLASS](slice(0, rows), slice(0, cols))
    kind = np.uint8 if labels.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16
    return Raster(labels.astype(kind)[None], (CLASS,), 0, one.names, one.colours, grid=one.grid)
