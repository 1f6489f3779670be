"""hsicli mosaic: a truth sampled by two maps comes back within half a pixel, once, whole, and the same."""

import json
import math
import re

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.merge import merge
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Grid
from hsicli.io.labels import read_labels
from hsicli.io.layers import read_geometry
from hsicli.io.maps import write_geotiff
from hsicli.products.rasters import Raster
from tests.io.test_map_layers import write_ddr, write_labels
from tests.io.test_warping import centres, mars, radius

NAMES = tuple(f"rock {letter}" for letter in "abcdefg")
COLOURS = np.array([[30 * k, 255 - 30 * k, (90 * k) % 256] for k in range(1, 8)], np.uint8)
SIDE = 0.004
"""Degrees: width of the stripes that cross each other."""


def run(*words):
    return CliRunner().invoke(app, ["mosaic", *map(str, words)])


def truth(latitude, longitude):
    """A class for every place: checks of `SIDE` degrees, so that a shift by a pixel shows."""
    down, across = np.floor(latitude / SIDE).astype(int), np.floor(longitude / SIDE).astype(int)
    return 1 + (down + 3 * across) % 7


def near_truth(labels, latitude, longitude, reach):
    """Whether each class is that of some place within `reach` degrees (north, and east)."""
    north, east = reach
    shifts = [(a * north, b * east) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    return np.any([labels == truth(latitude + a, longitude + b) for a, b in shifts], axis=0)


def write_truth(path, grid, shape, names=NAMES, table=None):
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    labels = truth(*centres(grid, rows, cols))
    labels = labels if table is None else table[labels]
    write_geotiff(
        path, Raster(labels.astype(np.uint8)[None], ("class",), 0, names, COLOURS[: len(names)], grid=grid)
    )
    return path


@pytest.fixture
def two(tmp_path):
    """Two maps that overlap, at two parallels and of two pixel sizes; the second knows other numbers."""
    order = np.array([0, 7, 6, 5, 4, 3, 2, 1])
    first = write_truth(tmp_path / "a.tif", mars(20.0, 77.0, 18.6), (220, 200))
    second = write_truth(tmp_path / "b.tif", mars(15.0, 77.03, 18.58, 36.0), (150, 140), NAMES[::-1], order)
    return first, second


def test_a_truth_sampled_at_two_parallels_comes_back_within_half_a_pixel(two, tmp_path):
    result = run(*two, tmp_path / "m.tif")
    assert result.exit_code == 0, result.output
    found = read_labels(tmp_path / "m.tif")
    assert CRS.from_wkt(found.grid.wkt).to_dict()["lat_ts"] == 20
    latitude, longitude = centres(found.grid, *np.mgrid[0 : found.labels.shape[0], 0 : found.labels.shape[1]])
    with rasterio.open(tmp_path / "m-sources.tif") as dataset:
        source, labeled, agreeing, confidence = dataset.read()
    assert found.names == NAMES
    np.testing.assert_array_equal(found.colours, COLOURS)
    for number, metres in ((1, 18.0), (2, 36.0)):
        here = source == number
        half = math.degrees(metres / 2 / radius(20.0)) * 1.001
        reach = (half, half / math.cos(math.radians(18.6)))
        assert here.sum() > 10000
        assert near_truth(found.labels[here], latitude[here], longitude[here], reach).all()
    assert (source[labeled == 2] == 1).all()  # the finer one
    assert (labeled == 2).sum() > 5000
    assert 0.5 < (agreeing[labeled == 2] == 2).mean() < 1
    np.testing.assert_array_equal(confidence == 2, found.labels > 0)
    assert not (tmp_path / "m-score.tif").exists()
    assert "2 maps" not in result.stderr
    assert "cells have a class in several maps" in result.stderr
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore:Use `@` matmul")  # rasterio's own
def test_maps_of_two_parallels_that_a_plain_merge_refuses_are_one_mosaic(two, tmp_path):
    with pytest.raises(RasterioError, match="CRS mismatch"):
        merge([str(path) for path in two])
    assert run(*two, tmp_path / "m.tif").exit_code == 0
    with rasterio.open(tmp_path / "m-sources.tif") as dataset:
        assert set(np.unique(dataset.read(1))) == {0, 1, 2}


def test_asking_again_does_nothing_and_asking_otherwise_is_refused(two, tmp_path):
    assert run(*two, tmp_path / "m.tif").exit_code == 0
    before = (tmp_path / "m.tif").stat().st_mtime_ns
    again = run(*two, tmp_path / "m.tif", "--json")
    assert (again.exit_code, json.loads(again.stdout)["state"]) == (0, "up to date")
    assert (tmp_path / "m.tif").stat().st_mtime_ns == before
    refused = run(*two, tmp_path / "m.tif", "--parallel", -15)
    assert refused.exit_code == 4
    assert "config.parallel: null -> -15.0" in refused.stderr
    (tmp_path / "m-sources.tif").unlink()
    assert run(*two, tmp_path / "m.tif").exit_code == 0
    assert (tmp_path / "m-sources.tif").exists()


def test_the_same_maps_give_the_same_bytes(two, tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        assert run(*two, tmp_path / folder / "m.tif").exit_code == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [
        "m-sources.tif", "m-sources.tif.aux.xml", "m.png", "m.tif", "m.tif.aux.xml", "m.tif.log.json",
        "m.tif.provenance.json",
    ]  # fmt: skip
    for name in set(names) - {"m.tif.log.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_a_single_map_on_its_own_grid_is_itself(two, tmp_path):
    assert run(two[0], tmp_path / "m.tif").exit_code == 0
    before, after = read_labels(two[0]), read_labels(tmp_path / "m.tif")
    np.testing.assert_array_equal(before.labels, after.labels)
    assert before.grid == after.grid


def test_options_say_where_and_how_fine(two, tmp_path):
    result = run(
        *two, tmp_path / "m.tif", "--parallel", 0, "--pixel", 50, "--extent", "77.02,18.56,77.04,18.58",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    found = read_labels(tmp_path / "m.tif")
    assert found.grid.authority == "IAU_2015:49910"
    assert found.grid.transform[0] == 50
    assert found.labels.shape == pytest.approx((0.02 * 59274.7 / 50,) * 2, abs=2)
    assert (found.labels > 0).all()


def test_scores_decide_before_pixels_and_are_written(two, tmp_path):
    for path, score in zip(two, (0.90, 0.97), strict=True):
        with rasterio.open(path) as dataset:
            shape = dataset.shape
        layer = np.full((1, *shape), score, np.float32)
        write_geotiff(path.with_name(f"{path.stem}-score.tif"), Raster(layer, ("score",), float("nan")))
    assert run(*two, tmp_path / "m.tif").exit_code == 0
    with rasterio.open(tmp_path / "m-sources.tif") as dataset:
        source, labeled, *_ = dataset.read()
    with rasterio.open(tmp_path / "m-score.tif") as dataset:
        score = dataset.read(1)
    assert (source[labeled == 2] == 2).all()
    np.testing.assert_array_equal(score[labeled > 0], np.float32([0, 0.90, 0.97])[source[labeled > 0]])
    assert np.isnan(score[labeled == 0]).all()
    (tmp_path / "a-score.tif").write_bytes((tmp_path / "b-score.tif").read_bytes())
    changed = run(*two, tmp_path / "m.tif")
    assert changed.exit_code == 4
    assert "layers 1" in changed.stderr


def test_maps_of_the_earth_meet_in_the_system_of_the_first(tmp_path):
    def utm(path, code, west):
        grid = Grid((20.0, 0.0, west, 0.0, -20.0, 4150000.0), CRS.from_epsg(code).to_wkt(), f"EPSG:{code}")
        labels = np.full((1, 200, 200), code % 2 + 1, np.uint8)
        write_geotiff(path, Raster(labels, ("class",), 0, NAMES[:2], COLOURS[:2], grid=grid))
        return path

    maps = utm(tmp_path / "a.tif", 32611, 762000.0), utm(tmp_path / "b.tif", 32612, 231500.0)
    result = run(*maps, tmp_path / "m.tif")
    assert result.exit_code == 0, result.output
    found = read_labels(tmp_path / "m.tif")
    assert found.grid.authority == "EPSG:32611"
    assert set(np.unique(found.labels)) == {0, 1, 2}
    assert run(*maps, tmp_path / "n.tif", "--crs", "EPSG:32612").exit_code == 0
    assert read_labels(tmp_path / "n.tif").grid.authority == "EPSG:32612"


def sensor_scene(folder, rows=60, cols=50):
    """A map in sensor space that is turned against the grid, and its geometry beside it."""
    row, col = np.mgrid[0:rows, 0:cols].astype(float)
    step = math.degrees(18.0 / 3396190)
    latitude = 18.6 - step * (0.95 * row + 0.3 * col)
    longitude = 77.0 + step * (0.95 * col - 0.3 * row) / math.cos(math.radians(18.6))
    latitude, longitude = latitude.astype(np.float32), longitude.astype(np.float32)
    write_ddr(folder / "frt00003e25_07_de166l_ddr1.lbl", latitude, longitude)
    labels = truth(latitude.astype(float), longitude.astype(float))
    return write_labels(folder / "frt00003e25_07_if166l_trr3.h5", labels, NAMES, COLOURS)


def test_a_map_in_sensor_space_is_laid_on_the_grid_by_the_geometry_beside_it(two, tmp_path):
    sensor = sensor_scene(tmp_path)
    result = run(sensor, two[1], tmp_path / "m.tif")
    assert result.exit_code == 0, result.output
    found = read_labels(tmp_path / "m.tif")
    assert CRS.from_wkt(found.grid.wkt).to_dict()["R"] == 3396190
    with rasterio.open(tmp_path / "m-sources.tif") as dataset:
        here = dataset.read(1) == 1
    assert 3000 * 0.9 < here.sum() < 3000 * 1.2
    latitude, longitude = (
        plane[here] for plane in centres(found.grid, *np.mgrid[0 : here.shape[0], 0 : here.shape[1]])
    )
    half = math.degrees(18.0 * 0.75 / 3396190)  # half the diagonal of a pixel, and the edge
    assert near_truth(found.labels[here], latitude, longitude, (half, half / 0.94)).mean() > 0.995


def test_geometry_elsewhere_is_named(tmp_path):
    sensor = sensor_scene(tmp_path)
    (tmp_path / "d").mkdir()
    for name in ("frt00003e25_07_de166l_ddr1.lbl", "frt00003e25_07_de166l_ddr1.img"):
        (tmp_path / name).rename(tmp_path / "d" / name)
    refused = run(sensor, tmp_path / "m.tif")
    assert refused.exit_code == 3
    assert "has no georeferencing" in refused.stderr
    assert "--geometry" in refused.stderr.splitlines()[-1]
    done = run(sensor, tmp_path / "m.tif", "--geometry", tmp_path / "d" / "frt00003e25_07_de166l_ddr1.lbl")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (["a.tif", "a.tif"], 2, "is the input"),
        (["a.tif", "m.h5"], 2, "the output is a GeoTIFF"),
        (["a.tif", "m.tif", "--extent", "1,2,3"], 2, "expected four numbers"),
        (["a.tif", "m.tif", "--pixel", "-1"], 2, "expected a length"),
        (["a.tif", "m.tif", "--crs", "EPSG:4326"], 2, "the maps are of Mars"),
        (["nowhere.tif", "m.tif"], 3, "no such file"),
        (["plain.tif", "m.tif"], 3, "has no georeferencing"),
        (["scores.tif", "m.tif"], 3, "expected one of class numbers"),
        (["a.tif", "m.tif", "--geometry", "a.tif"], 3, "belongs to none of the maps"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_nothing_is_written(
    tmp_path, monkeypatch, words, code, what
):
    monkeypatch.chdir(tmp_path)
    write_truth(tmp_path / "a.tif", mars(20.0, 77.0, 18.6), (20, 20))
    write_geotiff(
        tmp_path / "plain.tif", Raster(np.ones((1, 5, 5), np.uint8), ("class",), 0, NAMES[:1], COLOURS[:1])
    )
    write_geotiff(tmp_path / "scores.tif", Raster(np.ones((1, 5, 5), np.float32), ("score",), float("nan")))
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run(*words)
    assert result.exit_code == code, result.output
    lines = [line for line in result.stderr.splitlines() if not re.match(r"hsicli: (?!error)", line)]
    assert len(lines) == 2, result.stderr
    assert what in lines[0]
    assert lines[1].startswith("hint: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.real
def test_a_real_geometry_lays_its_own_elevation_on_the_grid(data_dir, tmp_path):
    ddr = data_dir / "crism/fixtures/frt00003e25_01_de156l_ddr1.lbl"
    planes = read_geometry(ddr)
    height = planes["elevation"]
    labels = 1 + np.digitize(height, np.linspace(height.min(), height.max(), 201)[1:-1])
    names = tuple(f"height {k}" for k in range(1, 201))
    colours = np.zeros((200, 3), np.uint8)
    sensor = write_labels(tmp_path / "frt00003e25_01_if156l_trr3.h5", labels, names, colours)
    result = run(sensor, tmp_path / "m.tif", "--geometry", ddr, "--pixel", 100)
    assert result.exit_code == 0, result.output
    found = read_labels(tmp_path / "m.tif")
    latitude, longitude = centres(found.grid, *np.mgrid[0 : found.labels.shape[0], 0 : found.labels.shape[1]])
    for row, col in ((0, 0), (0, 63), (14, 0), (14, 63), (7, 30)):
        north, east = planes["latitude"][row, col], planes["longitude"][row, col]
        distance = np.hypot(latitude - north, (longitude - east) * math.cos(math.radians(57)))
        cell = np.unravel_index(distance.argmin(), latitude.shape)
        assert abs(latitude[cell] - north) < math.degrees(100 / 3396190)
        assert found.labels[cell] == labels[row, col]
    filled = found.labels > 0
    around = filled[:-2, 1:-1] & filled[2:, 1:-1] & filled[1:-1, :-2] & filled[1:-1, 2:]
    assert not (around & ~filled[1:-1, 1:-1]).any()
