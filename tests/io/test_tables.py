"""Tables of band centres, as instruments' teams and users write them."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.tables import read_axis, read_table, unit_in


@pytest.mark.parametrize(
    ("text", "widths"),
    [
        ("channel,wavelength_um,fwhm_um\n1,0.4,0.01\n2,0.5,0.01\n3,2.5,0.01\n", True),
        ("wavelength_nm\n400\n500\n2500\n", False),
        ("Wavelength (nm);FWHM (nm)\n400;10\n500;10\n2500;10\n", True),
        ("band,sweetspot_um,wa_mean\n1,0.4,9\n2,0.5,9\n3,2.5,9\n", False),
        ("400\n500\n2500\n", False),
        ("# made by hand\n0.4 0.01\n0.5 0.01\n2.5 0.01\n", True),
        (" 1, 196,  400.0,  10.0, 1\n 1, 197,  500.0,  10.0, 1\n 1, 198, 2500.0,  10.0, 1\n", True),
        ("  0,400.0\n  1,500.0\n  2,2500.0\n", False),
    ],
)
def test_band_centres_are_found_in_many_tables(tmp_path: Path, text: str, widths: bool) -> None:
    (tmp_path / "axis.csv").write_text(text)
    wavelengths, fwhm = read_axis(tmp_path / "axis.csv")
    np.testing.assert_allclose(wavelengths, [400, 500, 2500])
    if widths:
        np.testing.assert_allclose(fwhm, 10)
    else:
        assert fwhm is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no column of wavelengths among a, b"),
        ("", "is no table"),
        ("wavelength_nm,x\n1,2\n3\n", "is no table: expected rows of 2"),
        ("wavelength_nm\n0.4\n0.5\n", "declared in nm"),
        ("wavelength_nm,x\n,\n", "no wavelengths in its column"),
        ("wavelength_nm\n0\n0\n", "no wavelengths in its column"),
    ],
)
def test_what_is_no_table_of_centres_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "axis.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_axis(tmp_path / "axis.csv")


def test_a_missing_table_and_a_binary_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "axis.csv")
    (tmp_path / "axis.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not a text file"):
        read_table(tmp_path / "axis.csv")


def test_empty_cells_are_nan(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,\n2,NaN\n")
    np.testing.assert_array_equal(read_table(tmp_path / "t.csv").values, [[1, np.nan], [2, np.nan]])


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("wavelength_um", "um"),
        ("Wavelength (nm)", "nm"),
        ("wavelength_nm_approx", "nm"),
        ("wavelength", None),
    ],
)
def test_the_name_of_a_column_ends_in_its_unit(name: str, unit: str | None) -> None:
    assert unit_in(name) == unit


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "bands", "first", "widths"),
    [
        ("instruments/crism_mtrdr_489.csv", 489, 436.13, True),
        ("crism/wavelengths/mtrdr_axis.tab", 489, 436.13, True),
        ("instruments/crism_mrdr_v1_72.csv", 72, 410.12, False),
        ("instruments/crism_trdr_S_107.csv", 107, 364.62, False),
        ("instruments/aviris_classic_1995.csv", 224, 383.15, True),
        ("instruments/aviris_ng_425.csv", 425, 376.86, True),
        ("instruments/emit_285.csv", 285, 381.0056, True),
    ],
)
def test_real_tables_of_instruments(
    data_dir: Path, name: str, bands: int, first: float, widths: bool
) -> None:
    wavelengths, fwhm = read_axis(data_dir / name)
    assert len(wavelengths) == bands
    assert wavelengths[0] == pytest.approx(first, abs=1e-4)
    assert (fwhm is not None) == widths
