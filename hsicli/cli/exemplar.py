"""hsicli exemplar."""

from pathlib import Path
from typing import Annotated

import typer

from hsicli.cli.console import console
from hsicli.cli.options import INPUTS, CubeArgument, Variable, WavelengthTable
from hsicli.cli.pixels import Pixels, parse_pixel, parse_place
from hsicli.errors import ConfigError

LibraryArgument = Annotated[
    Path, typer.Argument(metavar="LIBRARY", help="The library to lengthen, a .csv; begun if it is absent.")
]
Name = Annotated[str, typer.Option("--name", help="Name of the spectrum.", rich_help_panel=INPUTS)]
Places = Annotated[
    list[str] | None,
    typer.Option(
        "--latlon",
        metavar="LAT,LON",
        help="Centre, degrees north and east; repeatable.",
        rich_help_panel=INPUTS,
    ),
]
Window = Annotated[
    int, typer.Option("--window", min=1, help="Pixels a side of the window; odd.", rich_help_panel=INPUTS)
]


def exemplar(
    cube: CubeArgument,
    library: LibraryArgument,
    name: Name,
    pixel: Pixels = None,
    latlon: Places = None,
    window: Window = 5,
    wavelengths: WavelengthTable = None,
    variable: Variable = None,
) -> None:
    """Take the mean spectrum of a small window of a cube into a spectral library."""
    from hsicli.io.location import pixel_at
    from hsicli.io.reading import read_cube
    from hsicli.io.speclib_writing import add_spectrum
    from hsicli.stages.exemplars import take_exemplar

    if not (pixel or latlon):
        raise ConfigError("no pixel is given", hint="give --pixel ROW,COL or --latlon LAT,LON")
    if not name.strip():
        raise ConfigError("--name is empty", hint="give the spectrum a name")
    source = read_cube(cube, variable=variable, wavelengths=wavelengths)
    places = [parse_pixel(text) for text in pixel or ()]
    places += [pixel_at(source, cube, *parse_place(text)) for text in latlon or ()]
    spectrum, pixels = take_exemplar(source, name.strip(), places, window=window)
    centres = "; ".join(f"row {row}, column {col}" for row, col in places)
    origin = f"{cube.name}, {centres} (from 0), window {window} × {window}, mean of {pixels} pixels"
    added = add_spectrum(library, spectrum, origin)
    state = "" if added else " (already there)"
    console.result(
        f"{library}{state}",
        {"library": str(library), "name": name.strip(), "pixels": pixels, "places": places, "added": added},
    )
