"""Libraries in the layouts that users have: named, ascending, deleted channels NaN."""

import logging
from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.speclib import read_library


def sli(folder: Path, spectra: np.ndarray, *lines: str) -> Path:
    spectra.astype("<f4").tofile(folder / "lib.sli")
    head = ("ENVI", f"samples = {spectra.shape[1]}", f"lines = {len(spectra)}", "bands = 1", "data type = 4")
    rest = ("interleave = bsq", "byte order = 0", "file type = ENVI Spectral Library")
    (folder / "lib.hdr").write_text("\n".join((*head, *rest, *lines)) + "\n")
    return folder / "lib.sli"


def test_an_envi_library_is_sorted_scaled_and_cleaned(tmp_path: Path) -> None:
    path = sli(
        tmp_path,
        np.array([[30.0, 10, 20], [-1.23e34, 7, 20]]),
        "wavelength units = <unspecified>",
        "wavelength = {3, 1, 2}",
        "fwhm = None",
        "spectra names = {a, b}",
        "reflectance scale factor = 100",
        "data ignore value = 7",
    )
    for given in (path, path.with_suffix(".hdr")):
        library = read_library(given)
        assert library.names == ("a", "b")
        np.testing.assert_allclose(library.wavelengths, [1000, 2000, 3000])
        np.testing.assert_allclose(library.spectra, [[0.1, 0.2, 0.3], [np.nan, 0.2, np.nan]])


@pytest.mark.parametrize("names", ["", "spectra names = {only one}"])
def test_spectra_without_names_are_numbered(tmp_path: Path, names: str) -> None:
    path = sli(tmp_path, np.ones((2, 2)), "wavelength = {400, 500}", names)
    assert read_library(path).names == ("lib 1", "lib 2")


def test_a_table_may_have_columns_before_its_wavelengths(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "t.csv").write_text(
        "band,wavelength_um,fwhm_um,A,B,A\n1,0.5,0.01,1,NaN,5\n2,0.4,0.01,3,-1.23e34,6\n"
    )
    with caplog.at_level(logging.INFO):
        library = read_library(tmp_path / "t.csv")
    assert library.names == ("A", "B", "A (2)")
    assert library.wavelengths.tolist() == [400, 500]
    np.testing.assert_array_equal(library.spectra, [[3, 1], [np.nan, np.nan], [6, 5]])
    assert "do not ascend" in caplog.text
    assert "occur twice" in caplog.text


def test_a_run_of_zeros_at_an_end_is_deleted_but_black_is_a_spectrum(tmp_path: Path) -> None:
    spectra = np.array([[0, 0, 0, 5, 6.0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [1, 2, 0, 0, 0]])
    path = sli(tmp_path, spectra, "wavelength = {400, 500, 600, 700, 800}")
    deleted = np.isnan(read_library(path).spectra).sum(axis=1)
    assert deleted.tolist() == [3, 0, 0, 3]


@pytest.mark.parametrize("text", ["400,0.1\n500,0.2\n", "0,400,0.1\n1,500,0.2\n", "11,400,0.1\n17,500,0.2\n"])
def test_a_spectrum_alone_is_a_library_of_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "snow.csv").write_text(text)
    library = read_library(tmp_path / "snow.csv")
    assert library.names == ("snow",)
    np.testing.assert_allclose(library.spectra, [[0.1, 0.2]])
    np.testing.assert_allclose(library.wavelengths, [400, 500])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no column of wavelengths"),
        ("wavelength_nm\n400\n", "no column of spectra"),
        ("", "is no table"),
    ],
)
def test_a_table_without_spectra_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_library(tmp_path / "t.csv")


def test_an_image_is_no_library(tmp_path: Path) -> None:
    path = sli(tmp_path, np.ones((2, 2)), "wavelength = {400, 500}", "file type = ENVI Standard")
    with pytest.raises(InputError, match="ENVI Standard, not a spectral library"):
        read_library(path)


def test_a_library_without_wavelengths_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no wavelengths"):
        read_library(sli(tmp_path, np.ones((2, 2))))


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "shape", "ends"),
    [
        ("crism/openset/exemplars_r1.sli", (18, 241), (1021, 2602.12)),
        ("crism/openset/add_exemp_mica.hdr", (156, 240), (1027.55, 2602.12)),
        ("crism/openset/mica_num_yukiProc.sli", (23, 241), (1021, 2602.12)),
        ("libraries/originals/USGS_Mineral_Spectral_Library.sli", (481, 420), (395.1, 2560)),
        ("libraries/mica/spectra.csv", (31, 480), (436.13, 3896.76)),
        ("libraries/usgs1995_aviris224/spectra.csv", (498, 224), (383.15, 2508.2)),
        ("libraries/splib07a_native_asd/spectra.csv", (22, 2151), (350, 2500)),
        ("benchmarks/dlr-hysu/hysu_endmembers.csv", (7, 135), (417.4, 902.79)),
        ("benchmarks/samson/samson_endmembers.csv", (3, 156), (401, 889)),
        ("benchmarks/cuprite-50x90/usgs_reference_spectra_188b.csv", (15, 188), (402.54, 2468.61)),
        ("crism/spectra/frt000244c9_07_if168s_trr3_spectrum_snow.csv", (1, 78), (436.13, 1010.18)),
        ("crism/spectra/frt000128f3_07_if165j_mtr3_spectrum_snow.csv", (1, 489), (436.13, 3896.76)),
    ],
)
def test_real_libraries(data_dir: Path, name: str, shape: tuple[int, int], ends: tuple[float, float]) -> None:
    library = read_library(data_dir / name)
    assert library.spectra.shape == shape
    assert (np.diff(library.wavelengths) >= 0).all()
    assert library.wavelengths[[0, -1]] == pytest.approx(ends, abs=1e-3)
    assert len(set(library.names)) == shape[0]


@pytest.mark.real
def test_the_same_library_as_envi_and_as_table_agrees(data_dir: Path) -> None:
    envi = read_library(data_dir / "libraries/originals/USGS_Mineral_Spectral_Library.sli")
    table = read_library(data_dir / "libraries/usgs_min_481/spectra.csv")
    np.testing.assert_allclose(table.wavelengths, envi.wavelengths, atol=1e-3)
    np.testing.assert_allclose(table.spectra, envi.spectra, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.43, 1.09, 1.09, 0.06, 0.06\n0.44, 1.08, 1.09, 0.07, 0.06\n", "5 columns and no heading"),
        ("400 0.1 0.01\n500 0.2 0.01\n", "3 columns and no heading"),
        ("400 0.1 0.01\n401 0.2 0.01\n", "3 columns and no heading"),
        ("0,65535.00\n1,3936.82\n2,3930.15\n", "band centres, not of spectra"),
        ("1,192,410.12\n1,197,442.63\n1,211,533.74\n", "band centres, not of spectra"),
        ("0.1,400\n0.3,500\n0.2,600\n0.1,700\n", "band centres, not of spectra"),
        ("0.1 0.5\n0.3 0.6\n0.2 0.4\n0.1 0.2\n0.5 0.1\n", "goes up and down"),
    ],
)
def test_a_table_without_a_heading_is_not_guessed_at(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.tab").write_text(text)
    with pytest.raises(InputError, match=says):
        read_library(tmp_path / "t.tab")


def test_a_folder_of_spectra_is_one_library_on_the_commonest_axis(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "b.csv").write_text("wavelength_nm,b\n400,1\n500,2\n600,3\n")
    (tmp_path / "a.csv").write_text("wavelength_nm,a\n400,1\n500,1\n600,1\n")
    (tmp_path / "c.csv").write_text("wavelength_nm,b\n350,0\n450,10\n550,20\n")
    (tmp_path / "aareadme.txt").write_text("Spectra of stones\n\nNothing more.\n")
    (tmp_path / "picture.png").touch()
    with caplog.at_level(logging.INFO, logger="hsicli"):
        library = read_library(tmp_path)
    assert library.names == ("a", "b", "b (2)")
    np.testing.assert_allclose(library.wavelengths, [400, 500, 600])
    np.testing.assert_allclose(library.spectra, [[1, 1, 1], [1, 2, 3], [5, 15, 20]])
    assert "3 spectra of 3 files; 1 other files passed over" in caplog.text
    assert "1 spectra lie on other wavelengths" in caplog.text


def test_a_folder_without_spectra_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here\n")
    with pytest.raises(InputError, match="no file of this folder holds a spectrum"):
        read_library(tmp_path)


@pytest.mark.real
def test_a_folder_of_mixed_originals_is_read(data_dir: Path) -> None:
    library = read_library(data_dir / "libraries/originals")
    assert library.spectra.shape == (486, 420)


@pytest.mark.real
@pytest.mark.parametrize(
    "name",
    [
        "crism/wavelengths/cdr6_1_0000000000_sw_s_2.tab",
        "crism/wavelengths/mtrdr_axis.tab",
        "crism/fixtures/t0897_mrrwv_05s113_0256_1.tab",
    ],
)
def test_real_tables_of_band_centres_are_no_libraries(data_dir: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"no column of spectra|band centres|no heading"):
        read_library(data_dir / name)
