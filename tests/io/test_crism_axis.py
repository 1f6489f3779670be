"""CRISM's wavelength files: taken from beside the label, or as the user names them."""

from pathlib import Path

import numpy as np
import pytest

from hsicli import instruments
from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.crism_axis import VALID_COLUMNS, file_axis, product_rows, valid_columns, wavelength_image_axis
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.pds3 import read_pds3
from hsicli.io.reading import open_cube, read_cube

WA = "CDR410803692813_WA0000000{}.IMG"


def test_a_wavelength_image_is_averaged_over_the_sweet_spot() -> None:
    values = np.full((640, 3), 65535.0)
    values[29:633] = np.linspace(0, 8, 604)[:, None] + [1010.0, 1003, 65535]
    values[270:370, :2] = [1012.5, 1005.5]
    values[:, 2] = 65535
    axis = wavelength_image_axis(values, "L", [444, 445, 0], "wa.img")
    np.testing.assert_allclose(axis.wavelengths, [1012.5, 1005.5, np.nan])
    assert axis.good_bands.tolist() == [True, True, False]
    assert "mean of columns 271 to 370; across the detector they bend by up to 8.0 nm" in axis.notes[0]


def test_a_binned_wavelength_image_has_its_sweet_spot_binned_too() -> None:
    values = np.full((64, 1), 1000.0)
    values[27:37] = 1002
    assert wavelength_image_axis(values, "L", None, "wa").wavelengths == pytest.approx([1002])


def test_columns_that_see_the_ground_are_as_many_as_the_team_says() -> None:
    counts = {key: part.stop - part.start for key, part in VALID_COLUMNS.items()}
    assert counts["L", 640] == 604
    assert counts["S", 640] == 601
    assert valid_columns("L", 640) == slice(29, -7 + 640)
    assert valid_columns("L", 320) == slice(15, -4 + 320)
    assert valid_columns("L", 641) is None


def test_rows_of_hyperspectral_products_are_those_of_the_built_in_axis() -> None:
    for sensor, bands in (("L", 438), ("S", 107)):
        rows = product_rows(sensor, bands)
        assert rows is not None
        assert len(rows) == bands
    assert product_rows("L", 70) is None


def test_other_names_are_no_wavelength_files(tmp_path: Path) -> None:
    assert file_axis(tmp_path / "axis.csv", 438) is None


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "bands", "sensor"),
    [
        (WA.format("L_3"), 438, "l"),
        (WA.format("L_3").replace("IMG", "LBL"), 438, "l"),
        (WA.format("S_2"), 107, "s"),
        ("cdr6_1_0000000000_sw_l_3.tab", 438, "l"),
        ("cdr6_1_0000000000_sw_l_3.lbl", 438, "l"),
        ("cdr6_1_0000000000_sw_s_2.tab", 107, "s"),
    ],
)
def test_real_wavelength_files_give_the_axis_of_a_trdr(
    data_dir: Path, tmp_path: Path, name: str, bands: int, sensor: str
) -> None:
    write_envi_cube(tmp_path / "trdr.img", Cube(np.ones((1, 2, bands), np.float32)))
    cube = read_cube(tmp_path / "trdr.img", wavelengths=data_dir / "crism/wavelengths" / name)
    expected, widths = instruments.axis(f"crism-trdr-{sensor}")
    good = np.isfinite(expected)
    np.testing.assert_array_equal(cube.good_bands, good)
    np.testing.assert_allclose(cube.wavelengths[good], expected[good], atol=0.05)
    np.testing.assert_allclose(cube.fwhm[good], widths[good], atol=0.05)


@pytest.mark.real
def test_a_wavelength_image_needs_no_label(data_dir: Path, tmp_path: Path) -> None:
    name = WA.format("L_3")
    (tmp_path / name).write_bytes((data_dir / "crism/wavelengths" / name).read_bytes())
    alone = file_axis(tmp_path / name, 438)
    labelled = file_axis(data_dir / "crism/wavelengths" / name, 438)
    assert alone is not None
    assert labelled is not None
    np.testing.assert_array_equal(alone.wavelengths, labelled.wavelengths)
    with pytest.raises(InputError, match="no wavelengths for a cube of 437 bands"):
        file_axis(tmp_path / name, 437)


@pytest.mark.real
def test_a_wavelength_file_of_the_other_detector_is_refused(data_dir: Path, tmp_path: Path) -> None:
    write_envi_cube(tmp_path / "trdr.img", Cube(np.ones((1, 2, 107), np.float32)))
    for name in (WA.format("L_3"), "cdr6_1_0000000000_sw_l_3.tab"):
        with pytest.raises(InputError, match="no wavelengths for a cube of 107 bands: it is for sensor L"):
            read_cube(tmp_path / "trdr.img", wavelengths=data_dir / "crism/wavelengths" / name)


@pytest.mark.real
def test_the_wavelength_image_beside_a_trdr_is_used(data_dir: Path, tmp_path: Path) -> None:
    trdr, folder = "frt0001e5c3_07_if124s_trr3_cropped", data_dir / "crism"
    for suffix in (".img", ".lbl"):
        (tmp_path / f"{trdr}{suffix}").symlink_to(folder / "fixtures" / f"{trdr}{suffix}")
    assert "built in" in read_pds3(tmp_path / f"{trdr}.lbl").notes[0]
    (tmp_path / "cdr6_1_0000000000_sw_s_2.tab").symlink_to(
        folder / "wavelengths/cdr6_1_0000000000_sw_s_2.tab"
    )
    assert "cdr6_1_0000000000_sw_s_2.tab, by detector row" in read_pds3(tmp_path / f"{trdr}.lbl").notes[0]
    for suffix in (".IMG", ".LBL"):  # not the one that the label names, but of the same setting
        name = Path(WA.format("S_2")).with_suffix(suffix).name
        (tmp_path / name).symlink_to(folder / "wavelengths" / name)
    cube = open_cube(tmp_path / f"{trdr}.img")
    assert "mean of columns 261 to 360" in cube.notes[0]
    expected, _ = instruments.axis("crism-trdr-s")
    np.testing.assert_allclose(cube.wavelengths, expected, atol=0.05)
    assert cube.valid.sum() == 601
    assert cube.columns is not None
