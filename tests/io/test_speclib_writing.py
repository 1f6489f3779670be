"""A library in text grows by a column: nothing that it held changes, and nothing is ever half there."""

import logging
from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import HsiError, InputError
from hsicli.io.files import Lock
from hsicli.io.speclib import read_library
from hsicli.io.speclib_writing import add_spectrum
from hsicli.library import Library

AXIS = np.array([400.0, 500, 600])


def one(name: str, values: list[float], axis: np.ndarray = AXIS, fwhm: np.ndarray | None = None) -> Library:
    return Library((name,), np.array([values]), axis, fwhm)


def test_a_library_that_is_absent_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    assert add_spectrum(path, one("clay", [0.1, np.nan, 0.3], fwhm=np.array([9.0, 10, 11])), "a.img, row 1")
    library = read_library(path)
    assert library.names == ("clay",)
    np.testing.assert_allclose(library.fwhm, [9, 10, 11])
    np.testing.assert_allclose(library.spectra, [[0.1, np.nan, 0.3]])
    assert path.read_text().startswith("# clay: a.img, row 1\n")


def test_what_a_library_holds_stays_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes(b"# of stones\r\nwavelength_um,band,A\r\n0.600000,3,1.50\r\n0.4,1,\r\n\r\n0.5,2,NaN\r\n")
    add_spectrum(path, one("new, one", [1, 2, 3]), "x")
    assert path.read_bytes() == (
        b'# of stones\r\n# new, one: x\r\nwavelength_um,band,A,"new, one"\r\n0.600000,3,1.50,3\r\n'
        b"0.4,1,,1\r\n\r\n0.5,2,NaN,2\r\n"
    )
    np.testing.assert_array_equal(read_library(path).members(("new, one",)).spectra, [[1, 2, 3]])


def test_a_name_that_is_there_is_refused_unless_it_is_the_same_spectrum(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    add_spectrum(path, one("clay", [1, 2, 3]), "here")
    before = path.read_bytes()
    assert not add_spectrum(path, one("clay", [1, 2, 3]), "here")
    for spectrum, origin in ((one("CLAY", [1, 2, 4]), "here"), (one("clay", [1, 2, 3]), "there")):
        with pytest.raises(InputError, match="has a spectrum named clay already"):
            add_spectrum(path, spectrum, origin)
    assert path.read_bytes() == before


def test_other_wavelengths_are_interpolated_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "l.csv"
    add_spectrum(path, one("a", [1, 2, 3]), "x")
    wide = np.array([350.0, 450, 550, 650])
    with caplog.at_level(logging.INFO, logger="hsicli"):
        add_spectrum(path, one("b", [0, 1, 2, 3], wide), "y")
    np.testing.assert_allclose(read_library(path).spectra, [[1, 2, 3], [0.5, 1.5, 2.5]])
    assert "interpolated to its 3" in caplog.text
    with pytest.raises(InputError, match="known at 0 of the library's 3 wavelengths"):
        add_spectrum(path, one("c", [1, 2, 3], AXIS + 1000), "z")


def test_more_bands_than_the_library_has_are_picked_not_interpolated(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    add_spectrum(path, one("a", [1, 2, 3]), "x")
    add_spectrum(path, one("b", [7, 9, 8, 9, 9], np.array([400.0, 450, 500, 550, 600])), "y")
    np.testing.assert_array_equal(read_library(path).spectra[1], [7, 8, 9])


@pytest.mark.parametrize("text", ["400 1\n500 2\n", "a,b\n1,2\n"])
def test_what_is_no_library_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "l.csv"
    path.write_text(text)
    with pytest.raises(InputError, match="cannot be lengthened"):
        add_spectrum(path, one("a", [1, 2, 3]), "x")
    assert path.read_text() == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["l.csv"]


def test_a_library_that_another_run_writes_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    lock = Lock(path)
    with pytest.raises(HsiError, match="is being made by"):
        add_spectrum(path, one("a", [1, 2, 3]), "x")
    lock.release()


def test_a_failure_while_writing_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "l.csv"
    add_spectrum(path, one("a", [1, 2, 3]), "x")
    before = path.read_bytes()

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("hsicli.io.files.flush_to_disk", fails)
    with pytest.raises(OSError, match="full"):
        add_spectrum(path, one("b", [1, 2, 3]), "x")
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["l.csv"]
