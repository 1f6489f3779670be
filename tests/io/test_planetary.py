"""PDS4, ISIS and VICAR images: the same pixels as were written, in the same place."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from hsicli.errors import InputError
from hsicli.io.formats import format_of
from hsicli.io.planetary import SPECIAL
from hsicli.io.reading import open_cube

VALUES = np.arange(1, 25, dtype=np.float32).reshape(4, 2, 3)

BAND_BIN = b"""  Group = BandBin
    Center = (1.01, 1.02, 1.03, 1.04) <micrometers>
    Width = (0.007, 0.007, 0.007, 0.008) <micrometers>
  End_Group

"""


def written(path: Path, driver: str, values: np.ndarray = VALUES) -> Path:
    crs = CRS.from_proj4("+proj=eqc +R=3396190 +units=m +no_defs")
    place = {"crs": crs, "transform": Affine(18, 0, 1000, 0, -18, 2000)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path, "w", driver=driver, width=3, height=2, count=4, dtype="float32", **place
        ) as dataset:
            dataset.write(values)
    return path


@pytest.mark.parametrize(("driver", "name"), [("PDS4", "a.xml"), ("ISIS3", "a.cub"), ("VICAR", "a.vic")])
def test_pixels_and_place_come_through(tmp_path: Path, driver: str, name: str) -> None:
    path = written(tmp_path / name, driver)
    assert format_of(path) == "GDAL"
    cube = open_cube(path)
    np.testing.assert_array_equal(np.asarray(cube.data), VALUES.transpose(1, 2, 0))
    assert cube.grid is not None
    assert cube.grid.transform == pytest.approx((18, 0, 1000, 0, -18, 2000))
    assert f"read through GDAL as {driver}" in cube.notes
    assert cube.wavelengths is None


def test_a_pds4_image_leads_to_its_label(tmp_path: Path) -> None:
    written(tmp_path / "A.xml", "PDS4")
    assert open_cube(tmp_path / "A.img").shape == (2, 3, 4)


def test_special_pixels_of_isis_are_fill(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[0, 0, 0], values[1, 1, 1] = SPECIAL[0], SPECIAL[4]
    (block,) = open_cube(written(tmp_path / "a.cub", "ISIS3", values)).blocks()
    assert np.isnan(block.data).sum() == 2
    assert np.isnan(block.data[0, 0, 0])
    assert np.isnan(block.data[1, 1, 1])


def test_wavelengths_of_isis_come_from_its_label(tmp_path: Path) -> None:
    path = written(tmp_path / "a.cub", "ISIS3")
    raw = path.read_bytes()
    label, rest = raw[:65536], raw[65536:]
    text = label.rstrip(b"\0").replace(b"  Group = Mapping", BAND_BIN + b"  Group = Mapping")
    path.write_bytes(text.ljust(65536, b"\0") + rest)
    cube = open_cube(path)
    np.testing.assert_allclose(cube.wavelengths, [1010, 1020, 1030, 1040])
    np.testing.assert_allclose(cube.fwhm, [7, 7, 7, 8])
    assert "wavelengths: from the BandBin group of the label" in cube.notes
    np.testing.assert_array_equal(np.asarray(cube.data), VALUES.transpose(1, 2, 0))


def test_other_xml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<page>nothing</page>\n")
    with pytest.raises(InputError, match="GDAL cannot open it"):
        open_cube(tmp_path / "a.xml")
