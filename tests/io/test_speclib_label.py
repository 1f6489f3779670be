"""Spectra under a PDS3 label: the right column, invalid numbers gone, whatever the names' case."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.speclib import read_library

NAMES = ("CRISM RATIOED I/F", "CRISM RATIOED I/F CORRECTED", "CRISM I/F NUMERATOR", "CRISM I/F DENOMINATOR")


def column(name: str, start: int, unit: str = "DIMENSIONLESS") -> str:
    return (
        f'OBJECT = COLUMN\nNAME = "{name}"\nDATA_TYPE = "ASCII_REAL"\nUNIT = "{unit}"\nSTART_BYTE = {start}\n'
        "BYTES = 7\nINVALID_CONSTANT = 65535\nEND_OBJECT = COLUMN\n"
    )


def labelled(folder: Path, names: tuple[str, ...] = NAMES, rows: int = 2) -> Path:
    lines = ["0.43613,1.10000,1.20000,0.55000,0.50000", "0.44263,1.00000,  65535,0.40000,0.40000"]
    (folder / "SPEC.TAB").write_text("\r\n".join(lines) + "\r\n")
    table = "".join(column(name, 9 + 8 * k) for k, name in enumerate(names))
    label = folder / "spec.lbl"
    label.write_text(
        'PDS_VERSION_ID = PDS3\nRECORD_BYTES = 41\n^TABLE = "spec.tab"\nPRODUCT_ID = "THE SPECTRUM"\n'
        f"OBJECT = TABLE\nINTERCHANGE_FORMAT = ASCII\nROWS = {rows}\nROW_BYTES = 41\n"
        f"{column('WAVELENGTH', 1, 'MICROMETERS')}{table}END_OBJECT = TABLE\nEND\n"
    )
    return label


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        ("ratio", [1.2, np.nan]),
        ("numerator", [0.55, 0.4]),
        ("denominator", [0.5, 0.4]),
        ("crism ratioed i/f", [1.1, 1.0]),
    ],
)
def test_the_column_that_is_asked_for_is_read(tmp_path: Path, asked: str, values: list[float]) -> None:
    label = labelled(tmp_path)
    for given in (label, tmp_path / "SPEC.TAB"):
        library = read_library(given, column=asked)
        assert library.names == ("THE SPECTRUM",)
        np.testing.assert_allclose(library.wavelengths, [436.13, 442.63])
        np.testing.assert_allclose(library.spectra, [values])


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'slope' among CRISM RATIOED I/F, "):
        read_library(labelled(tmp_path), column="slope")


def test_a_lone_column_needs_no_name(tmp_path: Path) -> None:
    library = read_library(labelled(tmp_path, ("REFLECTANCE",)), column="numerator")
    np.testing.assert_allclose(library.spectra, [[1.1, 1.0]])


def test_a_table_shorter_than_its_label_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 2 rows, its label says 480"):
        read_library(labelled(tmp_path, rows=480))


@pytest.mark.real
@pytest.mark.parametrize(
    ("asked", "table"), [("ratio", ""), ("numerator", "_numerator"), ("denominator", "_denominator")]
)
def test_the_volume_as_archived_equals_its_table(data_dir: Path, asked: str, table: str) -> None:
    volume = read_library(data_dir / "libraries/originals/mrocr_8001", column=asked)
    expected = read_library(data_dir / f"libraries/mica/spectra{table}.csv")
    assert volume.names == expected.names
    np.testing.assert_allclose(volume.wavelengths, expected.wavelengths, atol=1e-9)
    np.testing.assert_array_equal(volume.spectra, expected.spectra)


@pytest.mark.real
def test_ratios_are_numerator_over_denominator(data_dir: Path) -> None:
    ratio, over, under = (
        read_library(data_dir / "libraries/originals/mrocr_8001", column=name).spectra
        for name in ("ratio", "numerator", "denominator")
    )
    known = np.isfinite(ratio)
    assert known.mean() > 0.99
    np.testing.assert_allclose(ratio[known], (over / under)[known], atol=5e-4, rtol=0)


@pytest.mark.real
def test_a_sweet_spot_table_is_no_library(data_dir: Path) -> None:
    with pytest.raises(InputError, match=r"wavelengths, but no column of spectra|band centres"):
        read_library(data_dir / "crism/wavelengths/cdr6_1_0000000000_sw_l_3.lbl")
