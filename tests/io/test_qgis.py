"""A class map as QGIS itself reads it, on Earth and on Mars. Opt-in: python3-qgis; pytest -m qgis."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from hsicli.cube import Grid
from hsicli.io.maps import write_geotiff
from hsicli.products.rasters import Raster
from tests.io.test_warping import mars

pytestmark = pytest.mark.qgis

PYTHON = Path("/usr/bin/python3")
READ = """
import json, os, sys
from qgis.core import QgsApplication, QgsPointXY, QgsRaster, QgsRasterLayer
app = QgsApplication([], False)
app.initQgis()
layer = QgsRasterLayer(sys.argv[1], "map")
provider, found = layer.dataProvider(), layer.renderer()
box = layer.extent()
at = QgsPointXY(*json.loads(sys.argv[2]))
print(json.dumps({
    "renderer": found.type(),
    "nodata": provider.sourceNoDataValue(1),
    "corner": [box.xMinimum(), box.yMaximum()],
    "pixel": [layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()],
    "code": layer.crs().authid(),
    "ellipsoid": layer.crs().toProj(),
    "value": provider.identify(at, QgsRaster.IdentifyFormatValue).results()[1],
    "classes": [[int(one.value), one.label, one.color.name()] for one in found.classes()],
}), flush=True)
os._exit(0)
"""
NAMES = ("olivine", "Fe/Mg smectite, wet", "kaolinite")
COLOURS = np.array([[200, 30, 40], [0, 255, 0], [9, 8, 7]], np.uint8)
UTM = Grid((30.0, 0.0, 500000.0, 0.0, -30.0, 4100000.0), authority="EPSG:32611")


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    if not PYTHON.exists():
        pytest.skip("no Python of the system")
    asked = subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("QGIS's library is not installed: apt-get install python3-qgis")


@pytest.mark.parametrize(("grid", "sphere"), [(UTM, "+proj=utm"), (mars(0.0, 77.0, 18.6), "+R=3396190")])
def test_names_colours_nodata_and_place_are_those_that_were_written(tmp_path, grid, sphere):
    labels = np.arange(12 * 9).reshape(12, 9) % 4
    raster = Raster(labels.astype(np.uint8)[None], ("class",), 0, NAMES, COLOURS, grid=grid)
    write_geotiff(tmp_path / "map.tif", raster)
    a, _, x, _, e, y = grid.transform
    row, col = 7, 3
    # within a tenth of a pixel of a corner: a place that is off by more falls into another pixel
    corner = [x + a * (col + 0.1), y + e * (row + 0.1)]
    done = subprocess.run(
        [PYTHON, "-c", READ, tmp_path / "map.tif", json.dumps(corner)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = json.loads(done.stdout)
    assert seen["renderer"] == "paletted"
    assert seen["nodata"] == 0
    assert seen["corner"] == pytest.approx([x, y], abs=a / 100)
    assert seen["pixel"] == pytest.approx([a, -e])
    assert sphere in seen["ellipsoid"]
    assert seen["value"] == labels[row, col]
    classes = {number: (name, colour) for number, name, colour in seen["classes"]}
    for number, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True), start=1):
        assert classes[number] == (name, "#{:02x}{:02x}{:02x}".format(*colour))
