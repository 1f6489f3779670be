"""CRISM axes, as products declare them."""

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.crism import NAMES, product_axis, read_wavelength_table, rows_axis


@pytest.mark.parametrize("bands", NAMES)
def test_a_product_is_known_by_its_number_of_bands(bands):
    axis = product_axis(bands)
    assert axis.wavelengths.shape == axis.fwhm.shape == axis.good_bands.shape == (bands,)
    assert "built in" in axis.notes[0]


def test_another_number_of_bands_is_no_known_product():
    assert product_axis(60) is None


def test_a_row_without_light_makes_a_bad_band():
    axis = rows_axis("L", [0, 3, 17])
    assert axis.good_bands.tolist() == [False, True, True]
    np.testing.assert_allclose(axis.wavelengths, [np.nan, 3923.47, 3830.02])
    assert "without light, left out: 1" in axis.notes[1]


def test_rows_that_no_product_holds_give_no_axis():
    assert rows_axis("L", [3, 180]) is None


def test_a_table_gives_wavelengths_and_widths(tmp_path):
    file = tmp_path / "wv.tab"
    file.write_text(" 1, 196,  436.13,    8.62, 1\r\n 0, 438, 1047.20,    9.92, 1\r\n")
    axis = read_wavelength_table(file)
    assert axis.wavelengths.tolist() == [436.13, 1047.20]
    assert axis.fwhm.tolist() == [8.62, 9.92]
    assert axis.notes == ("wavelengths: wv.tab",)


def test_a_table_of_two_columns_holds_row_and_wavelength(tmp_path):
    file = tmp_path / "sw.tab"
    file.write_text("  0,65535.00\n  1, 3936.82\n")
    axis = read_wavelength_table(file)
    assert axis.good_bands.tolist() == [False, True]
    assert axis.wavelengths[1] == 3936.82


@pytest.mark.parametrize("text", ["a, b\n", "1\n2\n"])
def test_what_is_no_table_is_refused(tmp_path, text):
    file = tmp_path / "wv.tab"
    file.write_text(text)
    with pytest.raises(InputError, match=r"wv\.tab"):
        read_wavelength_table(file)


@pytest.mark.real
def test_the_built_in_axes_are_those_of_the_archive(data_dir):
    folder = data_dir / "crism" / "wavelengths"
    archived, built_in = read_wavelength_table(folder / "mtrdr_axis.tab"), product_axis(489)
    np.testing.assert_allclose(built_in.wavelengths, archived.wavelengths, atol=1e-9)
    np.testing.assert_allclose(built_in.fwhm, archived.fwhm, atol=1e-9)
    sweet = read_wavelength_table(folder / "cdr6_1_0000000000_sw_l_3.tab").wavelengths
    rows = [0, 1, 178, 187, 445]
    np.testing.assert_allclose(rows_axis("L", rows).wavelengths, sweet[rows], atol=1e-9)
