"""The part of hsicli info that draws what a file holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsicli.cli.companions import is_ours, overview_of
from hsicli.errors import ConfigError, InputError, StaleError

if TYPE_CHECKING:
    from hsicli.cube import Cube
    from hsicli.products.rasters import Raster


def write_plot(file: Path, picture: Path, variable: str | None) -> None:
    """Draw a file: a cube, a map, a library or a product, whatever it is, and print where."""
    from hsicli.cli.console import console
    from hsicli.io.files import replacing

    if picture.suffix.casefold() != ".png":
        raise ConfigError(f"{picture}: the picture is a PNG", hint=f"name it {picture.stem}.png")
    if not picture.parent.is_dir():
        raise InputError(f"{picture.parent}: there is no such folder", hint="make it first")
    if picture.exists() and not is_ours(picture):
        raise StaleError(f"{picture}: exists, and hsicli did not make it", hint="give another name")
    figure = _figure(file, variable)
    with replacing(picture) as partial:
        figure.savefig(partial, format="png", metadata={"Software": "hsicli"})
    console.result(str(picture), {"output": str(picture)})


def _figure(file: Path, variable: str | None) -> Any:
    from hsicli.figures.companions import draw
    from hsicli.figures.layers import draw_layers
    from hsicli.figures.maps import draw_map
    from hsicli.figures.spectra import draw_library
    from hsicli.io.content import read_content
    from hsicli.io.formats import format_of

    if file.is_file() and format_of(file) == "product" and (drawn := _of_product(file)):
        return drawn
    content = read_content(file, variable=variable)
    if content.cube is not None and content.band_names:
        return draw_layers(_layers(content.cube, content.band_names))
    if content.cube is not None:
        return draw(overview_of(content.cube))[".png"]
    if content.raster is not None:
        return draw_map(content.raster) if content.raster.class_names else draw_layers(content.raster)
    if content.spectra is not None:
        return draw_library(content.spectra)
    raise ConfigError(
        f"{file}: {content.kind} has nothing to draw", hint="hsicli report puts its tables on a page"
    )


def _of_product(file: Path) -> Any:
    """The picture that stands beside a product, if its kind has one."""
    from hsicli.cube import Cube
    from hsicli.figures.companions import draw
    from hsicli.io.hdf5 import read_header, read_product
    from hsicli.products.kinds import KINDS

    kinds = {kind.KIND: kind for kind in KINDS}
    kind = kinds.get(read_header(file).kind)
    if kind is None or kind is Cube:
        return None
    return draw(read_product(file, kind)).get(".png")


def _layers(cube: "Cube", names: tuple[str, ...]) -> "Raster":
    """A cube whose bands have names instead of wavelengths, as the map that it is."""
    import numpy as np

    from hsicli.products.rasters import Raster

    data = np.stack([layer for block in cube.blocks() for layer in block.data]).transpose(2, 0, 1)
    chosen = tuple(names[band] for band in cube.order) if len(names) == cube.shape[2] else names
    return Raster(data, chosen, float("nan"), grid=cube.grid)
