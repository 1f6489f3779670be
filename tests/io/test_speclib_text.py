"""Spectra as the public laboratories hand them out: name, unit, percent, deleted channels."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.speclib import read_library
from hsicli.library import Library


def written(folder: Path, name: str, text: str) -> Library:
    (folder / name).write_text(text)
    return read_library(folder / name)


def test_ecostress_percent_becomes_a_share_and_both_words_the_name(tmp_path: Path) -> None:
    text = (
        "Name: Quartz  SiO2\nSample No.: X-1\nDescription: a stone: found 2 times\n"
        "X Units: Wavelength (micrometers)\nY Units:Reflectance (percent)\nNumber of X Values: 3\n\n"
        " 2.5000\t 30.0\n 0.5000\t 10.0\n 1.5000\t 20.0\n"
    )
    library = written(tmp_path, "q.spectrum.txt", text)
    assert library.names == ("Quartz SiO2 X-1",)
    np.testing.assert_allclose(library.wavelengths, [500, 1500, 2500])
    np.testing.assert_allclose(library.spectra, [[0.1, 0.2, 0.3]])


def test_an_ecostress_file_cut_short_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="hsicli"):
        written(
            tmp_path, "q.txt", "Name: a\nX Units: Wavelength (um)\nNumber of X Values: 9\n\n0.4 1\n0.5 2\n"
        )
    assert "has 2 values, its heading says 9" in caplog.text


def test_relab_text_leaves_the_deviation_out(tmp_path: Path) -> None:
    text = (
        "Brown University Keck/NASA Relab Spectrum AA-BBB-001/C1AA01\n"
        "Wavelength(micron)\tReflectance\tStandard Deviation\n0.32\t0.04\t0.001\n0.33\t0.05\t0.002\n"
    )
    library = written(tmp_path, "c1aa01.txt", text)
    assert library.names == ("AA-BBB-001/C1AA01",)
    np.testing.assert_allclose(library.wavelengths, [320, 330])
    np.testing.assert_allclose(library.spectra, [[0.04, 0.05]])


def test_relab_asc_has_as_many_rows_as_it_says(tmp_path: Path) -> None:
    rows = "  320.0   0.04\n  330.0   0.05\n"
    remarks = "\n C1AA01 .ASC\n\n AA-BBB-001\n a stone\n Source Ang: 30.00\n"
    library = written(tmp_path, "c1aa01.asc", f"  2\n{rows}{remarks}")
    assert library.names == ("AA-BBB-001/C1AA01",)
    np.testing.assert_allclose(library.spectra, [[0.04, 0.05]])
    with pytest.raises(InputError, match=r"has 2 rows .* first line says 5"):
        written(tmp_path, "short.asc", f"5\n{rows}")


def test_splib06_has_three_columns_and_deleted_numbers(tmp_path: Path) -> None:
    text = (
        "USGS Digital Spectral Library splib06a\nClark and others 2007, USGS, Data Series 231.\n\n"
        "ASCII Spectral Data file contents:\nline 15 title\n\n(      -1.23e34  indicates a deleted number)\n"
        "----------------------------------------------------\n"
        "Acmite NMNH133746               W1R1Ba AREF\ncopy of splib05a r 2\n"
        "       0.205100      -1.23e34      -1.23e34\n"
        "       0.213100       0.063674       0.002017\n"
    )
    library = written(tmp_path, "acmite.asc", text)
    assert library.names == ("Acmite NMNH133746",)
    np.testing.assert_allclose(library.wavelengths, [205.1, 213.1])
    np.testing.assert_allclose(library.spectra, [[np.nan, 0.063674]])


def test_splib07_finds_its_wavelengths_in_the_folder_or_the_one_above(tmp_path: Path) -> None:
    chapter = tmp_path / "ChapterM_Minerals"
    chapter.mkdir()
    name = "splib07a_Kaolinite_CM5_BECKb_AREF.txt"
    text = " splib07a Record=5932: Kaolinite CM5                 BECKb AREF\n -1.2300000e+034\n  0.5\n  0.6\n"
    with pytest.raises(InputError, match="3 wavelengths are in a file of their own"):
        written(chapter, name, text)
    other = " splib07a Record=23: Wavelengths ASD\n 0.35\n 0.36\n"
    (tmp_path / "splib07a_Wavelengths_ASD_2_ch.txt").write_text(other)
    axis = " splib07a Record=17: Wavelengths Beckman\n 0.4\n 0.5\n 0.6\n"
    (tmp_path / "splib07a_Wavelengths_BECK_3_ch.txt").write_text(axis)
    widths = " splib07a Record=18: Bandpass (FWHM)\n 0.01\n 0.02\n 0.03\n"
    (tmp_path / "splib07a_Bandpass_(FWHM)_BECK_3_ch.txt").write_text(widths)
    library = read_library(chapter / name)
    assert library.names == ("Kaolinite CM5",)
    np.testing.assert_allclose(library.wavelengths, [400, 500, 600])
    np.testing.assert_allclose(library.fwhm, [10, 20, 30])
    np.testing.assert_allclose(library.spectra, [[np.nan, 0.5, 0.6]])
    with pytest.raises(InputError, match="wavelengths or widths, no spectrum"):
        read_library(tmp_path / "splib07a_Wavelengths_ASD_2_ch.txt")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "title", "bands", "ends", "first"),
    [
        ("a.spectrum.txt", "Construction Concrete 0598UUUCNC", 561, (300, 15000), 0.0882),
        ("b.spectrum.txt", "lichen off trees VH297", 2151, (350, 2500), 0.01471),
        ("c.spectrum.txt", "Acer rubrum ACRU-1-13", 2151, (350, 2500), 0.10988),
        ("bkr1mm074ws.asc", "MM-MEM-074-WS/BKR1MM074WS", 2822, (320, 25050.2), 0.04899),
        ("bkr1mm074ws.txt", "MM-MEM-074-WS/BKR1MM074WS", 2822, (320, 25050.2), 0.04899),
    ],
)
def test_real_spectra(data_dir, name, title, bands, ends, first) -> None:
    library = read_library(data_dir / "libraries/originals" / name)
    assert library.names == (title,)
    assert library.spectra.shape == (1, bands)
    assert library.wavelengths[[0, -1]] == pytest.approx(ends)
    assert library.spectra[0, 0] == pytest.approx(first)


@pytest.mark.real
def test_a_spectrum_of_relab_is_the_same_in_both_layouts(data_dir) -> None:
    one, other = (
        read_library(data_dir / "libraries/originals" / f"bkr1mm074ws.{end}") for end in ("asc", "txt")
    )
    np.testing.assert_allclose(one.wavelengths, other.wavelengths, rtol=1e-9)
    np.testing.assert_array_equal(one.spectra, other.spectra)
