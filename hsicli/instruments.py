"""Instruments: where the bands of well-known imaging spectrometers lie, and how wide they are.

CRISM is one table of detector rows: a TRDR lists its rows, an MTRDR and a multispectral tile are fixed
choices of them. Its wavelengths are those of the sweet spot, the columns that the instrument team declared
typical (L 270–369, S 260–359); across the detector they bend by up to 16 nm (L) and 10 nm (S).
"""

import csv
import functools
from importlib import resources
from typing import NamedTuple

import numpy as np

from hsicli.errors import ConfigError

NAMES = ("crism-mtrdr", "crism-mrdr", "crism-trdr-l", "crism-trdr-s", "aviris-1995")
"""The axes that are known."""

BROADBAND = ("aster", "landsat-oli", "sentinel-2")
"""Instruments of a few broad bands that are known."""


class Bands(NamedTuple):
    """The bands of an instrument, by ascending centre."""

    names: tuple[str, ...]
    centres: np.ndarray
    """(m,) nm"""
    widths: np.ndarray
    """(m,) full widths at half maximum, nm"""


class DetectorRow(NamedTuple):
    """One row of a CRISM detector."""

    sensor: str
    """``L`` (infrared) or ``S`` (visible and near infrared)."""
    row: int
    wavelength: float
    """nm; NaN where the row carries no light."""
    fwhm: float
    """nm; between and beyond the measured rows, interpolated."""
    products: tuple[str, ...]
    """Map products that hold the row: ``mtrdr``, ``mrdr``."""


def axis(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Band centres and widths of an instrument.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    wavelengths, fwhm : (bands,) float64
        nm, in the order in which the instrument's files store the bands: ascending for the CRISM map
        products and TRDR S; descending for TRDR L, whose first row carries no light (NaN); by channel for
        AVIRIS, whose spectrometers overlap.

    Raises
    ------
    ConfigError
        If the instrument is not known.
    """
    match name:
        case "crism-mtrdr" | "crism-mrdr":
            product = name.removeprefix("crism-")
            chosen = sorted(
                (row for row in detector_rows() if product in row.products), key=lambda row: row.wavelength
            )
        case "crism-trdr-l" | "crism-trdr-s":
            chosen = [row for row in detector_rows() if row.sensor == name[-1].upper()]
        case "aviris-1995":
            lines = _table("aviris-1995.csv")
            return _column(lines, "wavelength_nm"), _column(lines, "fwhm_nm")
        case _:
            raise ConfigError(
                f"no instrument is named {name!r}", hint=f"choose one of {', '.join(NAMES)}, or give a grid"
            )
    return np.array([row.wavelength for row in chosen]), np.array([row.fwhm for row in chosen])


def bands(name: str) -> Bands:
    """The bands of any instrument that is known: nominal ranges of broad ones, `axis` of the others.

    Parameters
    ----------
    name : str
        One of `BROADBAND` or `NAMES`.

    Raises
    ------
    ConfigError
        If the instrument is not known.

    References
    ----------
    ASTER: Fujisada et al., IEEE TGRS 36, 1998; OLI and MSI: the ranges that their agencies state.
    """
    if name in BROADBAND:
        lines = [line for line in _table("broadband.csv") if line["sensor"] == name]
        low, high = _column(lines, "from_nm"), _column(lines, "to_nm")
        return Bands(tuple(line["band"] for line in lines), (low + high) / 2, high - low)
    if name not in NAMES:
        raise ConfigError(
            f"no instrument is named {name!r}", hint=f"choose one of {', '.join(BROADBAND + NAMES)}"
        )
    centres, widths = axis(name)
    known = np.flatnonzero(np.isfinite(centres) & np.isfinite(widths))
    order = known[np.argsort(centres[known], kind="stable")]
    return Bands(tuple(f"band {k + 1}" for k in order), centres[order], widths[order])


@functools.cache
def detector_rows() -> tuple[DetectorRow, ...]:
    """Every row that a CRISM TRDR may hold, S then L, by row number."""
    lines = _table("crism.csv")
    numbers = np.array([int(line["row"]) for line in lines])
    wavelengths, widths = _column(lines, "wavelength_nm"), _column(lines, "fwhm_nm")
    sensors = np.array([line["sensor"] for line in lines])
    for sensor in ("S", "L"):
        own = sensors == sensor
        known = own & np.isfinite(widths)
        widths[own] = np.interp(numbers[own], numbers[known], widths[known])
    return tuple(
        DetectorRow(
            line["sensor"], int(row), float(wavelength), float(width), tuple(line["products"].split())
        )
        for line, row, wavelength, width in zip(lines, numbers, wavelengths, widths, strict=True)
    )


def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("hsicli").joinpath("instruments_data", name).read_text(encoding="ascii")
    return list(csv.DictReader(text.splitlines()))


def _column(lines: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(line[name] or "nan") for line in lines])
