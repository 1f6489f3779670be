"""One door: the format is told by the file, and what was assumed is said once."""

import logging
from pathlib import Path

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.formats import format_of
from hsicli.io.hdf5 import write_product
from hsicli.io.reading import open_cube, read_cube
from hsicli.provenance import Provenance


@pytest.fixture
def cube(rng: np.random.Generator) -> Cube:
    return Cube(rng.uniform(0.1, 0.9, (3, 4, 5)).astype(np.float32), wavelengths=np.linspace(400, 800, 5))


def test_an_envi_cube_and_a_product_are_read_alike(tmp_path: Path, cube: Cube) -> None:
    write_envi_cube(tmp_path / "x.img", cube)
    write_product(tmp_path / "x.h5", cube, Provenance("preprocess", "1.1", {}))
    for name in ("x.img", "x.hdr", "x.h5"):
        found = read_cube(tmp_path / name)
        np.testing.assert_array_equal(found.data, cube.data)
        np.testing.assert_array_equal(found.wavelengths, cube.wavelengths)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.h5", "product"),
        ("a.TIF", "GeoTIFF"),
        ("a.nc", "NetCDF"),
        ("a.mat", "MATLAB"),
        ("a.LBL", "PDS3"),
        ("a.csv", "library"),
    ],
)
def test_a_suffix_tells_the_format(tmp_path: Path, name: str, form: str) -> None:
    (tmp_path / name).touch()
    assert format_of(tmp_path / name) == form


def test_what_lies_beside_an_image_tells_its_format(tmp_path: Path) -> None:
    image = tmp_path / "a.IMG"
    image.write_bytes(b"1234")
    with pytest.raises(InputError, match="no header or label beside it"):
        format_of(image)
    (tmp_path / "A.lbl").touch()
    assert format_of(image) == "PDS3"
    (tmp_path / "a.hdr").touch()
    assert format_of(image) == "ENVI"


def test_a_label_before_its_image_tells_the_format(tmp_path: Path) -> None:
    (tmp_path / "a.img").write_bytes(b"PDS_VERSION_ID = PDS3\r\n")
    assert format_of(tmp_path / "a.img") == "PDS3"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_cube(tmp_path / "a.hdr")
    with pytest.raises(InputError, match="is a folder"):
        read_cube(tmp_path)


def test_a_library_is_no_cube(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("wavelength_nm,a\n400,1\n")
    with pytest.raises(InputError, match="spectral library"):
        read_cube(tmp_path / "a.csv")


def test_a_table_takes_the_place_of_the_wavelengths(tmp_path: Path, cube: Cube) -> None:
    write_envi_cube(tmp_path / "x.img", cube)
    (tmp_path / "axis.csv").write_text(
        "wavelength_um,fwhm_um\n" + "".join(f"{1 + k / 10},0.01\n" for k in range(5))
    )
    found = read_cube(tmp_path / "x.img", wavelengths=tmp_path / "axis.csv")
    np.testing.assert_allclose(found.wavelengths, [1000, 1100, 1200, 1300, 1400])
    np.testing.assert_allclose(found.fwhm, 10)


def test_a_table_of_another_length_is_refused(tmp_path: Path, cube: Cube) -> None:
    write_envi_cube(tmp_path / "x.img", cube)
    (tmp_path / "axis.csv").write_text("400\n500\n")
    with pytest.raises(InputError, match="2 wavelengths, the cube has 5 bands"):
        read_cube(tmp_path / "x.img", wavelengths=tmp_path / "axis.csv")


def test_assumptions_are_said_by_one_door_and_not_by_the_other(
    tmp_path: Path, cube: Cube, caplog: pytest.LogCaptureFixture
) -> None:
    write_envi_cube(tmp_path / "x.img", cube)
    with (tmp_path / "x.img").open("ab") as file:
        file.write(b"123")
    with caplog.at_level(logging.INFO, logger="hsicli"):
        open_cube(tmp_path / "x.img")
        assert caplog.text == ""
        read_cube(tmp_path / "x.img")
    assert "x.img: 3 bytes after the image: passed over" in caplog.text


def test_a_cube_with_the_bands_of_crism_names_the_option(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_envi_cube(tmp_path / "x.img", Cube(np.ones((1, 1, 489), np.float32)))
    with caplog.at_level(logging.INFO, logger="hsicli"):
        read_cube(tmp_path / "x.img")
    assert "an MTRDR of CRISM has: name a table with --wavelengths FILE" in caplog.text


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("benchmarks/samson/samson.img", (95, 95, 156)),
        ("other/caltech_425_7_7_nm", (7, 7, 425)),
        ("crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif", (20, 20, 489)),
        ("crism/fixtures/frt0001e5c3_07_if124s_trr3_cropped.lbl", (1, 640, 107)),
        ("crism/fixtures/frt0001e5c3_07_if124s_trr3_cropped.img", (1, 640, 107)),
        ("other/EMIT_L2A_RFL_001_20241006T165148_2428011_003_crop.nc", (32, 32, 3)),
        ("benchmarks/salinas-3pc/HSI-SaN-pca.mat", (512, 217, 3)),
    ],
)
def test_every_real_format_comes_through_the_same_door(
    data_dir: Path, name: str, shape: tuple[int, int, int]
) -> None:
    assert read_cube(data_dir / name).shape == shape
