"""An image under a header and a label: what one lacks comes from the other, in any case of names."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.joint import header_of, label_of, read_joint
from hsicli.io.reading import open_cube

ROWS, COLS, BANDS = 2, 3, 4
VALUES = np.arange(ROWS * COLS * BANDS, dtype="<f4").reshape(ROWS, BANDS, COLS)  # BIL, as CRISM's

MAP = """OBJECT = IMAGE_MAP_PROJECTION
MAP_PROJECTION_TYPE = "EQUIRECTANGULAR"
A_AXIS_RADIUS = 3396.19 <KM>
CENTER_LATITUDE = 0.0 <DEGREE>
CENTER_LONGITUDE = 0.0 <DEGREE>
MAP_RESOLUTION = 3290.7 <PIXEL/DEGREE>
MAP_SCALE = 0.018 <KM/PIXEL>
LINE_PROJECTION_OFFSET = 10.0
SAMPLE_PROJECTION_OFFSET = 20.0
END_OBJECT = IMAGE_MAP_PROJECTION
"""


def image(folder: Path, *, header: str = "", label: str = "", lines: int = ROWS, name: str = "a") -> Path:
    """An image with a header and a label, each with more lines if given."""
    VALUES.tofile(folder / f"{name}.img")
    (folder / f"{name.upper()}.HDR").write_text(
        f"ENVI\nsamples = {COLS}\nlines = {ROWS}\nbands = {BANDS}\ndata type = 4\ninterleave = bil\n"
        f"byte order = 0\n{header}\n"
    )
    (folder / f"{name}.LBL").write_text(
        f'PDS_VERSION_ID = PDS3\nINSTRUMENT_ID = CRISM\n{label}\n^IMAGE = "{name.upper()}.IMG"\n{MAP}'
        f"OBJECT = IMAGE\nLINES = {lines}\nLINE_SAMPLES = {COLS}\nBANDS = {BANDS}\nSAMPLE_TYPE = PC_REAL\n"
        "SAMPLE_BITS = 32\nBAND_STORAGE_TYPE = LINE_INTERLEAVED\nEND_OBJECT = IMAGE\nEND\n"
    )
    return folder / f"{name}.img"


TABLE = "MRO:WAVELENGTH_FILE_NAME = W.TAB"


def table(folder: Path) -> None:
    (folder / "w.tab").write_text("".join(f"0,{k},{1000 + 10 * k},{9 + k}\n" for k in range(BANDS)))


def test_all_three_files_lead_to_each_other(tmp_path: Path) -> None:
    path = image(tmp_path)
    for given in (path, tmp_path / "A.HDR", tmp_path / "a.LBL"):
        assert header_of(given) == tmp_path / "A.HDR"
        assert label_of(given) == tmp_path / "a.LBL"
        np.testing.assert_array_equal(read_joint(given).data, VALUES.transpose(0, 2, 1))


def test_wavelengths_and_place_come_from_the_label_where_the_header_has_none(tmp_path: Path) -> None:
    table(tmp_path)
    cube = open_cube(image(tmp_path, label=TABLE))
    assert cube.wavelengths is not None
    assert cube.wavelengths.tolist() == [1000, 1010, 1020, 1030]
    assert cube.grid is not None
    assert cube.grid.wkt is not None
    assert "from the label a.LBL: wavelengths, place" in cube.notes


def test_the_header_holds_where_it_says_something(tmp_path: Path) -> None:
    table(tmp_path)
    said = "wavelength units = Nanometers\nwavelength = {1000.4, 1010.4, 1020.4, 1030.4}\nbbl = {1, 0, 1, 1}"
    cube = open_cube(image(tmp_path, header=said, label=TABLE))
    assert cube.wavelengths is not None
    assert cube.fwhm is not None
    assert cube.wavelengths[0] == 1000.4
    assert cube.fwhm.tolist() == [9, 10, 11, 12]  # the same bands, so the widths of the label hold
    assert cube.good_bands.tolist() == [True, False, True, True]


def test_widths_of_other_bands_are_not_taken(tmp_path: Path) -> None:
    table(tmp_path)
    said = "wavelength units = Nanometers\nwavelength = {500, 510, 520, 530}"
    assert open_cube(image(tmp_path, header=said, label=TABLE)).fwhm is None


def test_a_label_of_another_image_is_left_out(tmp_path: Path) -> None:
    table(tmp_path)
    cube = open_cube(image(tmp_path, label=TABLE, lines=1))
    assert cube.wavelengths is None
    assert any(
        "a.LBL is of an image of 1 × 3 × 4, the header of one of 2 × 3 × 4" in note for note in cube.notes
    )


def test_a_broken_header_is_no_loss_beside_a_label(tmp_path: Path) -> None:
    path = image(tmp_path)
    (tmp_path / "A.HDR").write_text("not a header\n")
    cube = open_cube(path)
    np.testing.assert_array_equal(cube.data, VALUES.transpose(0, 2, 1))
    assert any("as the label will do" in note for note in cube.notes)
    (tmp_path / "a.LBL").write_text("nor a label\n")
    with pytest.raises(InputError, match="no ENVI header"):
        open_cube(path)


def test_a_broken_label_is_no_loss_beside_a_header(tmp_path: Path) -> None:
    path = image(tmp_path)
    (tmp_path / "a.LBL").write_text("nor a label\n")
    np.testing.assert_array_equal(open_cube(path).data, VALUES.transpose(0, 2, 1))


def test_a_header_that_disagrees_on_the_numbers_is_followed_with_a_word(tmp_path: Path) -> None:
    path = image(tmp_path)
    (tmp_path / "A.HDR").write_text((tmp_path / "A.HDR").read_text().replace("bil", "bsq"))
    cube = open_cube(path)
    np.testing.assert_array_equal(
        cube.data.ravel(), VALUES.reshape(BANDS, ROWS, COLS).transpose(1, 2, 0).ravel()
    )
    assert any("disagree on how the numbers lie" in note for note in cube.notes)


def test_a_cube_with_a_header_alone_is_as_before(tmp_path: Path) -> None:
    write_envi_cube(
        tmp_path / "x.img", Cube(np.ones((1, 2, 3), np.float32), wavelengths=np.array([1.0, 2, 3]) * 400)
    )
    assert label_of(tmp_path / "x.img") is None
    assert read_joint(tmp_path / "x.hdr").notes == ()
