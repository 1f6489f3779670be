"""The part of hsicli info that ranks a library: what a spectrum resembles."""

import math
from pathlib import Path
from typing import Any, Literal

from hsicli.cli.console import console
from hsicli.cli.pixels import parse_pixel
from hsicli.errors import ConfigError

RANKS, RANKS_OF_MANY = 10, 3
"""Spectra to name: of one spectrum, of each of several."""

LEAST_OVERLAP = 0.5
"""Share of the spectrum's bands that a library spectrum must have."""

WAYS: dict[Literal["spectrum", "continuum-removed"], str] = {
    "spectrum": "spectrum",
    "continuum-removed": "continuum removed",
}
"""What is compared: its heading."""


def print_matches(library: Path, other: Path, pixels: list[str] | None, variable: str | None) -> None:
    """Print which spectra of a library are nearest to pixels of a cube, or to the spectra of another file."""
    from hsicli.io.speclib import read_library
    from hsicli.stages.identify import rank_library

    references = read_library(library)
    asked = _asked(other, pixels, variable)
    ranks = RANKS if len(asked.names) == 1 else RANKS_OF_MANY
    rows: list[dict[str, Any]] = []
    for compare, heading in WAYS.items():
        found, angles = rank_library(
            asked.spectra, asked.wavelengths, references,
            compare=compare, ranks=ranks, least_overlap=LEAST_OVERLAP,
        )  # fmt: skip
        rows += [
            {
                "of": name,
                "by": heading,
                "rank": rank + 1,
                "name": references.names[row],
                "angle": math.degrees(angle),
            }
            for name, numbers, values in zip(asked.names, found, angles, strict=True)
            for rank, (row, angle) in enumerate(zip(numbers, values, strict=True))
            if row >= 0
        ]
    if console.as_json:
        console.result(
            "", {"library": str(library), "spectra": str(other), "unit": "degree", "matches": rows}
        )
        return
    for name in asked.names:
        _print(name, [row for row in rows if row["of"] == name])


def _print(name: str, rows: list[dict[str, Any]]) -> None:
    """One spectrum's table: a rank a line, both ways beside each other."""
    sides = [[row for row in rows if row["by"] == heading] for heading in WAYS.values()]
    if not any(sides):
        console.text(f"{name}: no spectrum of the library has half of its bands")
        return
    lines = [
        [str(rank + 1), *(cell for side in sides for cell in _cells(side, rank))]
        for rank in range(max(map(len, sides)))
    ]
    columns = ["rank", *(word for heading in WAYS.values() for word in (heading, "angle"))]
    console.table(name, columns, lines)


def _cells(side: list[dict[str, Any]], rank: int) -> tuple[str, str]:
    return (side[rank]["name"], f"{side[rank]['angle']:.2f}°") if rank < len(side) else ("–", "–")


def _asked(other: Path, pixels: list[str] | None, variable: str | None) -> Any:
    """The spectra that are asked about, as a library: all of a library, or pixels of a cube."""
    from hsicli.io.description import holds_library
    from hsicli.io.envi import find_pair
    from hsicli.io.envi_header import LIBRARY
    from hsicli.io.formats import format_of
    from hsicli.io.reading import read_cube
    from hsicli.io.speclib import read_library
    from hsicli.library import Library
    from hsicli.stages.exemplars import take_exemplar

    form = "library" if holds_library(other) else format_of(other)
    if form == "library" or (form == "ENVI" and find_pair(other)[0].kind == LIBRARY):
        if pixels:
            raise ConfigError(f"--pixel: {other} is a library, and has none", hint="leave --pixel out")
        return read_library(other)
    cube = read_cube(other, variable=variable)
    if not pixels and cube.shape[:2] != (1, 1):
        raise ConfigError(f"--match {other}: which pixel is meant?", hint="give --pixel ROW,COL")
    import numpy as np

    places = [parse_pixel(text) for text in pixels or ("0,0",)]
    found = [take_exemplar(cube, f"pixel {row},{col}", [(row, col)], window=1)[0] for row, col in places]
    return Library(
        tuple(one.names[0] for one in found),
        np.concatenate([one.spectra for one in found]),
        found[0].wavelengths,
    )
