"""What stands beside a product: its map for a GIS, its pictures. Each carries the product's fingerprint."""

from pathlib import Path
from typing import Any

from hsicli.io.files import replacing

SUFFIXES = {
    "cube": (".png",),
    "labels": ("-times.png", "-spectra.png", ".png", ".tif.aux.xml", ".tif"),
    "subspace": (".png",),
    "minerals": ("-minerals.csv", "-spectra.png", ".png", "-score.tif", ".tif.aux.xml", ".tif"),
    "abundances": ("-endmembers.csv", "-endmembers.png", ".png", ".tif"),
    "estimate": ("-pixels.png", ".png", ".tif"),
    "weights": (".png",),
    "scores": (".png",),
}

DRAWN_OF = {
    ("labels", "-times.png"): "times",
    ("weights", ".png"): "history",
    ("scores", ".png"): "confusion",
}
"""Companions that only products with this array have."""

PICTURE_PIXELS, PICTURE_NUMBERS = 250_000, 2_000_000
"""Of a cube, so much is drawn: enough for the eye, and little to read."""

MARKED_BYTES = 2**16
"""Where GDAL and matplotlib put what a file says of itself: within so much of either end."""


def write_companions(output: Path, product: Any, fingerprint: str) -> list[Path]:
    """Draw and write all companions of a product; the files written."""
    if product.KIND not in SUFFIXES:
        return []
    from hsicli.cube import Cube
    from hsicli.figures.companions import draw
    from hsicli.products.abundances import Abundances, abundance_raster
    from hsicli.products.estimates import Estimate, estimate_raster
    from hsicli.products.labels import Labels
    from hsicli.products.minerals import Minerals, mineral_raster, score_raster
    from hsicli.products.rasters import class_raster

    if isinstance(product, Estimate):  # what its maker holds can be walked only once
        from hsicli.io.hdf5 import read_product

        product = read_product(output, Estimate)
    for suffix, figure in draw(
        overview_of(_written(output)) if product.KIND == Cube.KIND else product
    ).items():
        with replacing(_beside(output, suffix)) as partial:
            figure.savefig(partial, format="png", metadata={"Software": "hsicli", "Source": fingerprint})
    if isinstance(product, Abundances):
        _write_endmembers(_beside(output, "-endmembers.csv"), product, fingerprint)
    if isinstance(product, Minerals):
        from hsicli.io.mineral_tables import write_minerals

        write_minerals(_beside(output, "-minerals.csv"), product, fingerprint)
    maps: dict[str, Any] = {}
    match product:
        case Labels():
            maps = {".tif": class_raster(product)}
        case Minerals():
            maps = {"-score.tif": score_raster(product), ".tif": mineral_raster(product)}
        case Abundances():
            maps = {".tif": abundance_raster(product)}
        case Estimate():
            maps = {".tif": estimate_raster(product)}
    for suffix, raster in maps.items():
        from dataclasses import replace

        from hsicli.io.maps import write_geotiff

        tags = {**raster.tags, "HSICLI_FINGERPRINT": fingerprint}
        write_geotiff(_beside(output, suffix), replace(raster, tags=tags))
    return _due(output, type(product))


def overview_of(cube: Any) -> Any:
    """What a picture shows of a cube: of a large one, some of its rows are read."""
    from hsicli.stages.report import ReportConfig, overview

    return overview(cube, ReportConfig(max_pixels=PICTURE_PIXELS, max_numbers=PICTURE_NUMBERS))


def _written(output: Path) -> Any:
    """The cube that was just written: what its maker holds can be walked only once."""
    from hsicli.io.reading import read_cube

    return read_cube(output)


def _write_endmembers(path: Path, product: Any, fingerprint: str) -> None:
    """The endmembers as a library that hsicli and others read; without wavelengths, their numbers."""
    import numpy as np

    from hsicli.io.speclib_writing import write_table
    from hsicli.library import Library

    bands = product.endmembers.shape[1]
    axis = product.wavelengths if product.wavelengths is not None else np.arange(1.0, bands + 1)
    library = Library(product.names, product.endmembers, axis)
    remark = f"endmembers by hsicli unmix, method {product.method}; fingerprint {fingerprint}"
    write_table(path, library, [remark])


def companions_of(output: Path, product: type) -> list[Path]:
    """Every file that may belong beside a product of this type."""
    return [_beside(output, suffix) for suffix in SUFFIXES.get(product.KIND, ())]  # type: ignore[attr-defined]


def companions_are_current(output: Path, product: type, fingerprint: str) -> bool:
    """Whether every companion is there and was made from this product."""
    return all(_carries(path, fingerprint) for path in _due(output, product))


def _due(output: Path, product: type) -> list[Path]:
    """Every file that belongs beside the product of this type that is there."""
    from hsicli.io.hdf5 import read_array

    kind: str = product.KIND  # type: ignore[attr-defined]
    arrays = {suffix: array for (of, suffix), array in DRAWN_OF.items() if of == kind}
    missing = {suffix for suffix, array in arrays.items() if read_array(output, array) is None}
    return [_beside(output, suffix) for suffix in SUFFIXES.get(kind, ()) if suffix not in missing]


def is_ours(path: Path) -> bool:
    """Whether a file says at its beginning or its end that hsicli made it."""
    with path.open("rb") as file:
        text = file.read(MARKED_BYTES)
        file.seek(max(0, path.stat().st_size - MARKED_BYTES))
        return b"hsicli" in (text + file.read()).lower()


def _beside(output: Path, suffix: str) -> Path:
    return output.with_name(output.stem + suffix)


def _carries(path: Path, fingerprint: str) -> bool:
    return path.is_file() and fingerprint.encode() in path.read_bytes()
