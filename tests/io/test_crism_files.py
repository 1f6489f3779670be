"""What the name of a CRISM file and its neighbours add to its cube, and where they must not."""

from pathlib import Path

import numpy as np
import pytest

from hsicli import instruments
from hsicli.cube import Cube
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.reading import open_cube
from tests.io.test_map_layers import write_ddr

MAP = "frt0000932c_07_if164j_mtr3"


def stored(folder: Path, name: str, bands: int, cols: int = 3) -> Path:
    write_envi_cube(folder / f"{name}.img", Cube(np.ones((2, cols, bands), np.float32)))
    return folder / f"{name}.img"


def origin(folder: Path, planes: np.ndarray, names: str = "VNIR Sample, IR Sample") -> None:
    """An IN product beside the map, as the archive names it, in capitals."""
    planes.astype("<f4").tofile(folder / "FRT0000932C_07_IN164J_MTR3.IMG")
    bands, rows, cols = planes.shape
    (folder / "FRT0000932C_07_IN164J_MTR3.HDR").write_text(
        f"ENVI\nsamples = {cols}\nlines = {rows}\nbands = {bands}\ndata type = 4\ninterleave = bsq\n"
        f"byte order = 0\nband names = {{{names}}}\n"
    )


@pytest.mark.parametrize(
    ("name", "bands", "axis"),
    [
        ("frt00003e25_07_if156l_trr3", 438, "crism-trdr-l"),
        ("FRT00003E25_07_RA156S_TRR3", 107, "crism-trdr-s"),
        (MAP, 489, "crism-mtrdr"),
        (f"{MAP}_subset", 489, "crism-mtrdr"),
    ],
)
def test_a_name_of_the_archive_tells_the_axis(tmp_path: Path, name: str, bands: int, axis: str) -> None:
    cube = open_cube(stored(tmp_path, name, bands))
    np.testing.assert_array_equal(cube.wavelengths, instruments.axis(axis)[0])
    assert "known as CRISM by its name" in cube.notes


@pytest.mark.parametrize(
    ("name", "bands"),
    [
        ("scene", 438),
        ("frt00003e25_07_if156l_trr3_cat", 438),  # made by other software, which may have turned the bands
        ("frt00003e25_07_if156l_trr3", 437),
        ("frt00003e25_07_if156s_trr3", 438),
        ("frt0000932c_07_su164j_mtr3", 489),
    ],
)
def test_a_name_that_leaves_a_doubt_tells_nothing(tmp_path: Path, name: str, bands: int) -> None:
    assert open_cube(stored(tmp_path, name, bands)).wavelengths is None


def test_an_image_in_sensor_space_has_the_columns_of_the_detector(tmp_path: Path) -> None:
    cube = open_cube(stored(tmp_path, "frt00003e25_07_if156l_trr3", 438, cols=64))
    assert cube.columns is not None
    assert cube.columns[1, 5] == 5
    assert cube.valid[0].tolist() == [3 <= col < 63 for col in range(64)]
    corrected = open_cube(stored(tmp_path, "frt00003e25_07_if156j_ter3", 5, cols=64))
    assert corrected.columns is not None
    assert corrected.valid.all()


def test_an_image_in_sensor_space_has_the_places_of_the_geometry_beside_it(tmp_path: Path) -> None:
    path = stored(tmp_path, "frt00003e25_07_if156j_ter3", 5, cols=6)
    assert open_cube(path).latlon is None
    rows = open_cube(path).shape[0]
    north, east = np.mgrid[0:rows, 0:6] / 100
    write_ddr(tmp_path / "frt00003e25_07_de156l_ddr1.lbl", 20 + north, 77 + east)
    cube = open_cube(path)
    assert cube.latlon is not None
    np.testing.assert_allclose(cube.latlon, np.stack([20 + north, 77 + east], axis=2), atol=1e-5)
    write_ddr(tmp_path / "frt00003e25_07_de156l_ddr1.lbl", north[:, 1:], east[:, 1:])
    cube = open_cube(path)
    assert cube.latlon is None
    assert f"it has {rows} × 5 pixels" in " ".join(cube.notes)


def test_a_map_takes_its_detector_columns_from_the_layers_beside_it(tmp_path: Path) -> None:
    path = stored(tmp_path, MAP, 489)
    assert open_cube(path).columns is None
    plane = np.array([[30, 31, 65535], [600.0, 31.2, np.nan]])
    origin(tmp_path, np.stack([np.zeros((2, 3)), plane]))
    cube = open_cube(path)
    assert cube.columns is not None
    assert cube.columns.tolist() == [[30, 31, -1], [600, 31, -1]]
    assert cube.notes[-1] == "detector columns: from FRT0000932C_07_IN164J_MTR3.HDR (IR Sample)"


def test_layers_of_another_size_or_without_columns_are_left_out_with_a_word(tmp_path: Path) -> None:
    path = stored(tmp_path, MAP, 489)
    origin(tmp_path, np.zeros((2, 2, 2)))
    cube = open_cube(path)
    assert cube.columns is None
    assert "it has 2 × 2 pixels" in cube.notes[-1]
    origin(tmp_path, np.zeros((2, 2, 3)), names="A, B")
    cube = open_cube(path)
    assert cube.columns is None
    assert "no single plane is named 'IR Sample'" in cube.notes[-1]
