"""hsicli info --plot: a picture of whatever the file is."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.envi_writing import write_envi_cube, write_envi_raster
from hsicli.io.hdf5 import write_product
from hsicli.io.maps import write_geotiff
from hsicli.io.speclib_writing import write_table
from hsicli.library import Library
from hsicli.products.labels import Labels
from hsicli.products.rasters import Raster, class_raster
from hsicli.products.weights import Weights
from hsicli.provenance import Provenance

MADE = Provenance("test", "1.1", {})
AXIS = np.linspace(1000.0, 2000.0, 12)


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    data = rng.random((8, 9, 12)).astype(np.float32)
    cube = Cube(data, wavelengths=AXIS)
    write_envi_cube(tmp_path / "scene.img", cube)
    write_product(tmp_path / "cube.h5", cube, MADE)
    labels = Labels(
        np.ones((8, 9), np.int32), ("clay",), np.array([[200, 10, 10]], np.uint8), np.array([72]),
        data.mean((0, 1))[None], data.std((0, 1))[None], AXIS,
    )  # fmt: skip
    write_product(tmp_path / "labels.h5", labels, MADE)
    write_geotiff(tmp_path / "classes.tif", class_raster(labels))
    write_envi_raster(tmp_path / "classes.img", class_raster(labels))
    numbers = Raster(np.moveaxis(data[..., :2], 2, 0), ("clay", "lava"), float("nan"))
    write_geotiff(tmp_path / "shares.tif", numbers)
    write_table(tmp_path / "library.csv", Library(("clay", "lava"), data[0, :2].astype(float), AXIS), [])
    write_product(tmp_path / "weights.h5", Weights("ridge", "{}", AXIS, (), np.zeros(0)), MADE)
    return tmp_path


def plotted(file: Path, picture: Path):
    return CliRunner().invoke(app, ["info", str(file), "--plot", str(picture)])


@pytest.mark.parametrize(
    "name",
    ["scene.img", "scene.hdr", "cube.h5", "labels.h5", "classes.tif", "classes.img", "shares.tif",
     "library.csv"],
)  # fmt: skip
def test_whatever_it_is_it_has_a_picture(folder, name):
    picture = folder / "seen.png"
    result = plotted(folder / name, picture)
    assert (result.exit_code, result.stdout.strip()) == (0, str(picture)), result.output
    height, width, _ = matplotlib.image.imread(picture).shape
    assert min(height, width) > 100
    assert plotted(folder / name, picture).exit_code == 0  # our own may be drawn again


def test_what_cannot_be_drawn_or_written_is_said(folder):
    (folder / "holiday.png").write_bytes(b"\x89PNG\r\n\x1a\n not ours")
    cases = [
        ("scene.img", "holiday.png", 4, "hsicli did not make it"),
        ("scene.img", "seen.jpg", 2, "the picture is a PNG"),
        ("scene.img", "none/seen.png", 3, "there is no such folder"),
        ("absent.img", "seen.png", 3, "there is no such file"),
        ("weights.h5", "seen.png", 2, "has nothing to draw"),
    ]
    for file, picture, code, words in cases:
        result = plotted(folder / file, folder / picture)
        assert result.exit_code == code, result.output
        assert words in result.stderr
    assert (folder / "holiday.png").read_bytes().endswith(b"not ours")
    assert not (folder / "seen.png").exists()
