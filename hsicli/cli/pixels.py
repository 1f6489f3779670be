"""Pixels and places on the command line."""

from typing import Annotated

import typer

from hsicli.cli.options import INPUTS
from hsicli.errors import ConfigError

Pixels = Annotated[
    list[str] | None,
    typer.Option(
        "--pixel", metavar="ROW,COL", help="A pixel, counted from 0 at the upper left; repeatable.",
        rich_help_panel=INPUTS,
    ),
]  # fmt: skip


def parse_pixel(text: str, option: str = "--pixel") -> tuple[int, int]:
    """Row and column of ``ROW,COL``, as an option has it."""
    try:
        row, col = (int(word) for word in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"{option} {text}: expected two whole numbers", hint=f"write {option} ROW,COL, as 120,64"
        ) from error
    return row, col


def parse_place(text: str) -> tuple[float, float]:
    """Latitude and longitude of ``LAT,LON``."""
    try:
        latitude, longitude = (float(word) for word in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--latlon {text}: expected two numbers of degrees", hint="write --latlon LAT,LON, as 22.5,-18.2"
        ) from error
    return latitude, longitude
