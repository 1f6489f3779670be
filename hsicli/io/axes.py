"""The spectral axis of a file, whatever unit and spelling it came in: nanometres, widths, good bands."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hsicli.errors import InputError

NM_PER_UNIT = {"nm": 1.0, "µm": 1e3, "Å": 0.1, "mm": 1e6, "cm": 1e7, "m": 1e9}
"""Units of length."""

SPELLINGS = {
    "nm": ("nm", "nanometer", "nanometre"),
    "µm": ("um", "µm", "micron", "micrometer", "micrometre", "micro-meter"),
    "Å": ("å", "a", "angstrom"),
    "mm": ("mm", "millimeter", "millimetre"),
    "cm": ("cm", "centimeter", "centimetre"),
    "m": ("m", "meter", "metre"),
    "cm⁻¹": ("cm-1", "cm^-1", "cm⁻¹", "1/cm", "wavenumber", "cm**-1"),
    "GHz": ("ghz", "gigahertz"),
    "MHz": ("mhz", "megahertz"),
    "index": ("index", "band", "channel"),
}
"""Unit: how files spell it, in small letters and without a plural s."""

UNDECLARED = ("", "unknown", "<unspecified>", "unspecified", "none", "n/a", "null", "nan", "unitless")

LIGHT = 299_792_458.0
"""Speed of light, m/s; so λ in nm is LIGHT / (frequency in GHz)."""

MIN_NANOMETRES = 100.0
"""An axis whose longest wavelength lies above this is in nm, below it in µm: no imaging spectrometer stops
short of 100 nm, and none reaches 100 µm."""

VOID = 65535.0
"""What CRISM's wavelength files hold where a channel has no wavelength."""


class Axis(NamedTuple):
    """What is known about the bands of a file."""

    wavelengths: np.ndarray | None
    """(bands,) float64, nm, in the order of the file; NaN for a band without one."""
    fwhm: np.ndarray | None
    """(bands,) float64, nm."""
    good_bands: np.ndarray
    """(bands,) bool."""
    notes: tuple[str, ...]
    """What was assumed, mended or left out."""


def normalise_axis(
    bands: int,
    where: str,
    *,
    wavelengths: ArrayLike | None = None,
    unit: str | None = None,
    fwhm: ArrayLike | None = None,
    good_bands: ArrayLike | None = None,
) -> Axis:
    """The axis that a file's lists describe.

    Parameters
    ----------
    bands : int
        Bands of the image.
    where : str
        The file, for messages.
    wavelengths, fwhm : (bands,) float, optional
        As the file has them, both in `unit`.
    unit : str, optional
        As the file spells it.
    good_bands : (bands,) float, optional
        ENVI's bad-band list: 1 = good, 0 = bad.

    Raises
    ------
    InputError
        If there are wavelengths, but not one a band, or in another unit than the one declared.
    """
    notes: list[str] = []
    centres = np.atleast_1d(np.asarray([] if wavelengths is None else wavelengths, dtype=np.float64))
    nanometres: np.ndarray | None = None
    if len(centres) not in {0, bands}:
        raise InputError(
            f"{where}: {len(centres)} wavelengths for {bands} bands",
            hint="mend the header, or name a table of the right ones with --wavelengths FILE",
        )
    if len(centres):
        nanometres, note = normalise_wavelengths(centres, unit, where)
        notes += [note] if note else []
    good = _good(good_bands, bands, notes)
    if nanometres is not None:
        good &= np.isfinite(nanometres)
    widths = _widths(fwhm, centres, nanometres, unit, notes)
    return Axis(nanometres, widths, good, tuple(notes))


def normalise_wavelengths(values: ArrayLike, unit: str | None, where: str) -> tuple[np.ndarray | None, str]:
    """Band centres in nanometres, and what was assumed about their unit.

    Without a unit, an axis that reaches beyond 100 is in nm, any other in µm. Any order is allowed, and kept.

    Parameters
    ----------
    values : (bands,) float
        Centres as the file has them; 65535, zero, negative or non-finite ones stand for "no wavelength".
    unit : str, optional
        As the file spells it.
    where : str
        The file, for messages.

    Returns
    -------
    (bands,) float64 or None
        nm, NaN for bands without one; None where the values only number the bands, or all are void.
    str
        A sentence for the user, or nothing.

    Raises
    ------
    InputError
        If the values cannot be in the unit that is declared.
    """
    centres = np.array(values, dtype=np.float64)
    centres[~(np.isfinite(centres) & (centres > 0) & (centres != VOID))] = np.nan
    if np.isnan(centres).all():
        return None, "the wavelengths are all void: taken as unknown"
    name = unit_name(unit)
    if name == "index":
        return None, f"wavelength units are {(unit or '').strip()!r}: the bands have numbers, no wavelengths"
    longest = float(np.nanmax(centres))
    likely = "nm" if longest > MIN_NANOMETRES else "µm"
    note = ""
    if name is None:
        declared = (unit or "").strip()
        why = f"not known ({declared!r})" if declared.casefold() not in UNDECLARED else "not declared"
        note = f"the unit of the wavelengths is {why}: taken as {likely}, as they reach {longest:g}"
        name = likely
    if name in {"nm", "µm"} and name != likely:
        shortest = float(np.nanmin(centres))
        raise InputError(
            f"{where}: wavelengths are declared in {name}, "
            f"but {shortest:g} to {longest:g} can only be {likely}",
            hint=f"write {'Nanometers' if likely == 'nm' else 'Micrometers'} as the unit of the wavelengths",
        )
    return _to_nm(centres, name), note


def unit_name(unit: str | None) -> str | None:
    """The unit that a file's word means: a key of `SPELLINGS`, or None where it declares nothing we know."""
    word = (unit or "").strip().strip("[]()\"'").casefold()
    word = word.replace("\N{GREEK SMALL LETTER MU}", "\N{MICRO SIGN}")  # casefold took it the other way
    for name, spellings in SPELLINGS.items():
        if word in spellings or (word.endswith("s") and word[:-1] in spellings):
            return name
    return None


def _to_nm(values: np.ndarray, name: str) -> np.ndarray:
    match name:
        case "cm⁻¹":
            return 1e7 / values
        case "GHz":
            return LIGHT / values
        case "MHz":
            return LIGHT * 1e3 / values
        case _:
            return values * NM_PER_UNIT[name]


def _widths(
    fwhm: ArrayLike | None,
    centres: np.ndarray,
    nanometres: np.ndarray | None,
    unit: str | None,
    notes: list[str],
) -> np.ndarray | None:
    """(bands,) float64: the widths in nm, or None with a note."""
    if fwhm is None:
        return None
    widths = np.atleast_1d(np.asarray(fwhm, dtype=np.float64))
    if len(widths) == 0 or nanometres is None:
        return None
    if len(widths) != len(nanometres):
        notes.append(f"{len(widths)} FWHM for {len(nanometres)} bands: left out")
        return None
    if not (np.isfinite(widths) & (widths > 0) & (widths != VOID))[np.isfinite(nanometres)].all():
        notes.append("FWHM that are not positive numbers: left out")
        return None
    name = unit_name(unit) or ("nm" if np.nanmax(centres) > MIN_NANOMETRES else "µm")
    if name not in NM_PER_UNIT:  # a reciprocal unit: |dλ| = λ dν / ν
        return nanometres * widths / centres
    scaled = widths * NM_PER_UNIT[name]
    typical, longest = float(np.nanmedian(scaled)), float(np.nanmax(nanometres))
    if typical > longest:
        notes.append("the FWHM are in nm though the wavelengths are not: taken so")
        return widths
    if typical < 1e-4 * longest and typical * 1e3 < longest / 2:
        notes.append("the FWHM are in µm though the wavelengths are not: taken so")
        return scaled * 1e3
    return scaled


def _good(good_bands: ArrayLike | None, bands: int, notes: list[str]) -> np.ndarray:
    """(bands,) bool: what a bad-band list says, or every band with a note."""
    every = np.ones(bands, dtype=bool)
    if good_bands is None:
        return every
    flags = np.atleast_1d(np.asarray(good_bands, dtype=np.float64))
    if len(flags) == 0:
        return every
    if len(flags) != bands:
        notes.append(f"a bad-band list of {len(flags)} for {bands} bands: left out")
        return every
    good: np.ndarray = flags > 0
    if not good.any():
        notes.append("the bad-band list calls every band bad: left out")
        return every
    return good
