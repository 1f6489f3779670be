"""Headers as they are found: whatever can be understood is, and what cannot is named."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.envi_header import parse_header

GOOD = (
    "ENVI\nsamples = 4\nlines = 3\nbands = 2\n"
    "data type = 4\ninterleave = bil\nbyte order = 1\nheader offset = 8\n"
)


def header(folder: Path, text: str | bytes) -> Path:
    path = folder / "x.hdr"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_layout_of_a_plain_header(tmp_path: Path) -> None:
    layout = parse_header(header(tmp_path, GOOD)).layout()
    assert layout[:3] == (3, 4, 2)
    assert layout.dtype == np.dtype(">f4")
    assert layout.stored_shape == (3, 2, 4)
    assert layout.bytes == 8 + 3 * 4 * 2 * 4
    assert layout.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        GOOD.upper().replace("ENVI", "ENVI "),
        GOOD.replace(" = ", "="),
        GOOD.replace(" = ", "   =\t"),
        GOOD.replace("data type", "data  type").replace("byte order", "byte_order"),
        GOOD.replace("\n", "\r\n"),
        "\N{ZERO WIDTH NO-BREAK SPACE}" + GOOD,
        GOOD.replace("bands = 2", "; bands = 9\nbands = 2 ; two of them"),
        GOOD.replace("samples = 4", "samples = 4.0"),
        GOOD + "description = {\n a = b\n}\nsensor type =\n",
        "ENVI\n" + GOOD.removeprefix("ENVI\n").replace("interleave = bil", "interleave = BIL "),
    ],
)
def test_case_blanks_remarks_and_line_ends_do_not_matter(tmp_path: Path, text: str) -> None:
    assert parse_header(header(tmp_path, text)).layout() == parse_header(header(tmp_path, GOOD)).layout()


@pytest.mark.parametrize(
    "text",
    [
        "{1, 2, 3}",
        "{ 1 , 2 ,\n 3 }",
        "{1 2 3}",
        "[1 2 3]",
        "[1, 2, 3]",
        "{\n1,\n; a remark\n2,\n3\n}",
        "1 2 3",
    ],
)
def test_a_list_may_be_written_in_many_ways(tmp_path: Path, text: str) -> None:
    found = parse_header(header(tmp_path, GOOD + f"wavelength = {text}\n")).numbers("wavelength")
    assert found is not None
    assert found.tolist() == [1, 2, 3]


@pytest.mark.parametrize("text", ["None", "", "{}", "[]", "{a, b}", "none"])
def test_an_empty_list_is_no_list(tmp_path: Path, text: str) -> None:
    assert parse_header(header(tmp_path, GOOD + f"fwhm = {text}\n")).numbers("fwhm") is None


def test_names_keep_their_blanks(tmp_path: Path) -> None:
    found = parse_header(header(tmp_path, GOOD + "spectra names = {\n a  b, c/d (3) ,\n e}\n"))
    assert found.names("spectra names") == ("a b", "c/d (3)", "e")


def test_text_in_latin_1_is_read(tmp_path: Path) -> None:
    path = header(tmp_path, (GOOD + "description = {Université}\n").encode("latin-1"))
    assert parse_header(path).text("description") == "Université"


def test_the_last_of_two_equal_keys_holds_and_is_reported(tmp_path: Path) -> None:
    found = parse_header(header(tmp_path, GOOD + "bands = 7\n"))
    assert found.layout().bands == 7
    assert found.repeated == ("bands",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not a header\n", "is no ENVI header.*'not a header'"),
        ("", "is no ENVI header"),
        (GOOD.replace("samples = 4\n", ""), "'samples' is missing"),
        (GOOD.replace("data type = 4\n", ""), "'data type' is missing"),
        (GOOD.replace("interleave = bil\n", ""), "'interleave' is missing"),
        (GOOD.replace("samples = 4", "samples = 0"), "make no image"),
        (GOOD.replace("samples = 4", "samples = -4"), "expected a whole number"),
        (GOOD.replace("samples = 4", "samples = many"), "expected a whole number"),
        (GOOD.replace("samples = 4", "samples = nan"), "expected a whole number"),
        (GOOD.replace("data type = 4", "data type = 6"), "complex"),
        (GOOD.replace("data type = 4", "data type = 99"), "no type of ENVI"),
        (GOOD.replace("interleave = bil", "interleave = tile"), "expected bsq, bil or bip"),
        (GOOD.replace("byte order = 1", "byte order = 2"), "byte order = 2"),
        (GOOD + "file compression = 1\n", "compressed"),
        (GOOD + "file type = TIFF\n", "tiff file, not raw"),
        (GOOD + "major frame offsets = {128, 0}\n", "major frame offsets"),
        (GOOD + "wavelength = {1, 2\n", "'wavelength' is never closed"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = header(tmp_path, text)
    with pytest.raises(InputError, match=says) as caught:
        parse_header(path).layout()
    assert str(path) in caught.value.problem
    assert caught.value.hint


def test_an_undeclared_byte_order_is_an_assumption_that_is_said(tmp_path: Path) -> None:
    layout = parse_header(header(tmp_path, GOOD.replace("byte order = 1\n", ""))).layout()
    assert layout.dtype == np.dtype("<f4")
    assert "byte order" in layout.notes[0]


def test_one_band_needs_no_interleave(tmp_path: Path) -> None:
    text = GOOD.replace("bands = 2", "bands = 1").replace("interleave = bil\n", "")
    assert parse_header(header(tmp_path, text)).layout().stored_shape == (1, 3, 4)
