"""STAC items: by the rules of the standard, and by the grid's own numbers."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from hsicli.cube import Cube, Grid
from hsicli.errors import InputError
from hsicli.io.content import Content
from hsicli.io.stac import Item, write_stac
from hsicli.products.rasters import Raster
from hsicli.provenance import Provenance
from tests.io.test_warping import mars

WHEN = datetime(2007, 8, 14, 5, 12, tzinfo=timezone(timedelta(hours=2)))
MADE = Provenance("cluster", "1.1", {}, parents={"cube": {"command": "preprocess", "parents": {}}})


def classes(grid: Grid | None) -> Content:
    labels = np.ones((1, 30, 20), np.uint8)
    raster = Raster(labels, ("class",), 0, ("clay",), np.array([[200, 16, 1]], np.uint8), grid=grid)
    return Content("a class map", raster=raster)


def item_of(folder: Path, content: Content, *, made: Provenance | None = MADE) -> dict:
    for name in ("map.h5", "map.tif", "map.png"):
        (folder / name).touch()
    files = [folder / name for name in ("map.h5", "map.tif", "map.png")]
    write_stac(folder / "map.json", content, Item(files[0], files, WHEN, made))
    return json.loads((folder / "map.json").read_text())


def test_a_map_of_mars_lies_on_mars_where_its_grid_says(tmp_path):
    grid = mars(20.0, 77.0, 18.6, sphere=3396190.0)
    item = item_of(tmp_path, classes(grid))
    assert (item["type"], item["stac_version"], item["id"], item["links"]) == ("Feature", "1.1.0", "map", [])
    assert item["properties"]["datetime"] == "2007-08-14T03:12:00Z"
    assert item["properties"]["ssys:targets"] == ["Mars"]
    assert item["properties"]["proj:shape"] == [30, 20]
    assert item["properties"]["proj:transform"] == list(grid.transform)
    assert item["properties"]["proj:wkt2"].startswith("PROJCRS[")
    assert item["properties"]["processing:lineage"] == "hsicli cluster ← hsicli preprocess"
    assert item["properties"]["hsicli:fingerprint"] == MADE.fingerprint
    west, south, east, north = item["bbox"]
    degree = np.radians(1) * 3396190
    assert (east - west) * degree * np.cos(np.radians(20)) == pytest.approx(20 * grid.transform[0], rel=1e-4)
    assert (north - south) * degree == pytest.approx(30 * grid.transform[0], rel=1e-4)


def test_the_outline_is_closed_and_goes_anticlockwise(tmp_path):
    ring = item_of(tmp_path, classes(mars(20.0, 77.0, 18.6)))["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert len(ring) == 5
    x, y = np.array(ring).T
    assert np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0


def test_a_map_over_the_line_of_180_degrees_has_a_box_that_says_so(tmp_path):
    grid = Grid((0.1, 0, 179.0, 0, -0.1, 5.0), authority="EPSG:4326")
    item = item_of(tmp_path, classes(grid))
    assert item["bbox"] == [179.0, 2.0, -179.0, 5.0]
    assert "ssys:targets" not in item["properties"]


def test_files_are_named_from_the_folder_of_the_item_and_classes_have_their_colour(tmp_path):
    assets = item_of(tmp_path, classes(mars(20.0, 77.0, 18.6)))["assets"]
    assert assets["map.png"] == {"href": "./map.png", "type": "image/png", "roles": ["overview"]}
    assert assets["map.tif"]["type"] == "image/tiff; application=geotiff"
    assert assets["map.tif"]["classification:classes"] == [
        {"value": 0, "name": "unlabeled", "nodata": True},
        {"value": 1, "name": "clay", "color_hint": "C81001"},
    ]
    far = tmp_path / "catalogue"
    far.mkdir()
    write_stac(far / "map.json", classes(mars(20.0, 77.0, 18.6)),
               Item(tmp_path / "map.h5", [tmp_path / "map.h5"], WHEN, None))  # fmt: skip
    item = json.loads((far / "map.json").read_text())
    assert item["assets"]["map.h5"]["href"] == (tmp_path / "map.h5").resolve().as_uri()
    assert not any(name.startswith("processing") for name in item["properties"])


def test_every_prefix_that_is_used_is_declared_and_no_other(tmp_path):
    item = item_of(tmp_path, classes(mars(20.0, 77.0, 18.6)))
    names = {name.split("/")[3] for name in item["stac_extensions"]}
    used = {name.partition(":")[0] for name in item["properties"] if ":" in name} - {"hsicli"}
    used |= {name.partition(":")[0] for asset in item["assets"].values() for name in asset if ":" in name}
    assert used == {{"projection": "proj"}.get(name, name) for name in names}


@pytest.mark.parametrize("grid", [None, Grid((1.0, 0, 0, 0, -1.0, 0))])
def test_what_has_no_place_on_a_body_is_refused(tmp_path, grid):
    with pytest.raises(InputError, match="no place on a body"):
        item_of(tmp_path, Content("a cube", cube=Cube(np.zeros((2, 3, 4)), grid=grid)))
    assert not (tmp_path / "map.json").exists()
