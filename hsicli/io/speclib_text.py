"""Single spectra in text as the public laboratories hand them out: ECOSTRESS (ASTER), RELAB, USGS."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis
from hsicli.io.raw_spectra import RawSpectra, one_word, stem

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_ROW = re.compile(rf"\s*{_NUMBER}(?:[\s,;]+(?:{_NUMBER}|nan))*[\s,;]*", re.IGNORECASE)
_UNIT = re.compile(r"\(([^)]*)\)")
_SPLIB07 = re.compile(r"\s*splib\d+\w?\s+Record=\d+:\s*(?P<title>.*)", re.IGNORECASE)
_CODES = re.compile(r"\s+\S+\s+[ART]\w*(?:REF|TRANS)\s*$")
"""What ends the title of a spectrum of USGS: the instrument and the kind of measurement."""


def read_text(path: Path) -> RawSpectra | None:
    """The spectrum in a text file, if it is laid out as one of the public libraries does; else None.

    ECOSTRESS and ASTER: lines ``Key: value``, then wavelength and value, percent becoming a share. RELAB:
    a title and a heading ``Wavelength(micron)``, or (``.asc``) the number of rows, pairs, and remarks. USGS:
    splib06 with wavelength, reflectance and deviation below a ruled line, or splib07, whose wavelengths lie
    in a file of their own in the same folder or the one above.

    Raises
    ------
    InputError
        If it is laid out so, but is cut short, or its wavelengths are not found.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = path.read_text(encoding="latin-1").splitlines()
    lines = [line.replace("\x1a", "") for line in lines]
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.casefold().startswith("name:"):
        return _ecostress(path, lines)
    if (match := _SPLIB07.match(first)) is not None:
        return _splib07(path, lines, match["title"])
    if "usgs" in first.casefold() and "librar" in first.casefold():
        return _splib06(path, lines)
    if re.fullmatch(r"\d+", first) and path.suffix.casefold() in {".asc", ".txt"}:
        return _relab_asc(path, lines, int(first))
    if "relab" in first.casefold():
        return _relab(path, lines, first)
    return None


def _ecostress(path: Path, lines: list[str]) -> RawSpectra:
    keys: dict[str, str] = {}
    for line in lines:
        if _ROW.fullmatch(line):
            break
        key, colon, value = line.partition(":")
        if colon:
            keys.setdefault(key.strip().casefold(), value.strip())
    rows = _pairs(path, lines)
    notes = []
    declared = keys.get("number of x values", "")
    if declared.isdigit() and int(declared) != len(rows):
        notes.append(f"has {len(rows)} values, its heading says {declared}")
    unit = _UNIT.search(keys.get("x units", ""))
    scale = 0.01 if "percent" in keys.get("y units", "").casefold() else 1.0
    name = one_word(f"{keys.get('name', '')} {keys.get('sample no.', '')}") or stem(path)
    return _spectrum(path, name, rows[:, 0], rows[:, 1] * scale, unit=unit[1] if unit else None, notes=notes)


def _relab(path: Path, lines: list[str], title: str) -> RawSpectra:
    heading = next((line for line in lines if line.strip().casefold().startswith("wavelength")), "")
    unit = _UNIT.search(heading)
    rows = _pairs(path, lines)
    name = re.sub(r".*\bspectrum\b", "", title, flags=re.IGNORECASE).strip() or stem(path)
    return _spectrum(path, name, rows[:, 0], rows[:, 1], unit=unit[1] if unit else None)


def _relab_asc(path: Path, lines: list[str], count: int) -> RawSpectra:
    start = next(number for number, line in enumerate(lines) if line.strip()) + 1
    rows = _pairs(path, lines[start : start + count])
    if len(rows) != count:
        raise InputError(
            f"{path}: has {len(rows)} rows of wavelength and value, its first line says {count}",
            hint="fetch the file again: it is cut short",
        )
    remarks = [one_word(line) for line in lines[start + count :] if line.strip()]
    spectrum = remarks[0].split()[0] if remarks else stem(path).upper()
    name = f"{remarks[1]}/{spectrum}" if len(remarks) > 1 else spectrum
    return _spectrum(path, name, rows[:, 0], rows[:, 1])


def _splib06(path: Path, lines: list[str]) -> RawSpectra:
    rule = next((k for k, line in enumerate(lines) if line.strip().startswith("-----")), -1)
    title = next((line for line in lines[rule + 1 :] if line.strip()), path.stem)
    rows = _pairs(path, lines)
    return _spectrum(path, _plain_title(title), rows[:, 0], rows[:, 1])


def _splib07(path: Path, lines: list[str], title: str) -> RawSpectra:
    if _is_axis(title):
        raise InputError(
            f"{path}: holds wavelengths or widths, no spectrum", hint="give a spectrum beside it"
        )
    values = _column(lines)
    for folder in (path.parent, path.resolve().parent.parent):
        centres = _axis_in(folder, "wavelength", len(values))
        if centres is not None:
            widths = _axis_in(folder, "bandpass", len(values))
            return _spectrum(path, _plain_title(title), centres, values, widths=widths)
    raise InputError(
        f"{path}: its {len(values)} wavelengths are in a file of their own, which is not beside it",
        hint="put splib07…_Wavelengths_….txt of the same spectrometer into its folder, or the one above",
    )


def _axis_in(folder: Path, word: str, count: int) -> np.ndarray | None:
    """(count,) float64: the numbers of the file of USGS in this folder that has this word in its title."""
    for path in sorted(folder.glob("*.txt")):
        if word not in path.name.casefold():
            continue
        lines = path.read_text(encoding="latin-1").splitlines()
        match = _SPLIB07.match(next((line for line in lines if line.strip()), ""))
        if match is not None and len(values := _column(lines)) == count:
            return values
    return None


def _is_axis(title: str) -> bool:
    return any(word in title.casefold() for word in ("wavelengths", "bandpass", "waves "))


def _plain_title(title: str) -> str:
    """A title of USGS without the codes of instrument and measurement."""
    return one_word(_CODES.sub("", title.rstrip()))


def _column(lines: list[str]) -> np.ndarray:
    """(n,) float64: the lines that are one number each, after the title."""
    return np.array([float(line) for line in lines[1:] if re.fullmatch(rf"\s*{_NUMBER}\s*", line)])


def _pairs(path: Path, lines: list[str]) -> np.ndarray:
    """(n, 2) float64: the lines that are two numbers or more."""
    rows = [re.split(r"[\s,;]+", line.strip(" \t,;"))[:2] for line in lines if _ROW.fullmatch(line)]
    pairs = [[_float(cell) for cell in row] for row in rows if len(row) == 2]
    if not pairs:
        raise InputError(f"{path}: has no rows of wavelength and value", hint="fetch the file again")
    return np.array(pairs)


def _float(cell: str) -> float:
    return float(re.sub("[dD]", "e", cell)) if cell.casefold() != "nan" else np.nan


def _spectrum(
    path: Path,
    name: str,
    centres: np.ndarray,
    values: np.ndarray,
    *,
    unit: str | None = None,
    notes: Sequence[str] = (),
    widths: np.ndarray | None = None,
) -> RawSpectra:
    axis = normalise_axis(len(centres), str(path), wavelengths=centres, unit=unit, fwhm=widths)
    if axis.wavelengths is None:
        raise InputError(f"{path}: has no wavelengths in its first column", hint="fetch the file again")
    return RawSpectra((name,), values[None], axis.wavelengths, axis.fwhm, (*notes, *axis.notes))
