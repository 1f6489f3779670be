"""Tiles of many maps, and the files that they become."""

import numpy as np
import pytest
import rasterio
from rasterio.warp import Resampling, reproject

from hsicli.cube import Grid
from hsicli.errors import HsiError
from hsicli.io import mosaicking
from hsicli.io.framing import common_frame
from hsicli.io.geotiff import grid_of, open_dataset
from hsicli.io.labels import read_labels
from hsicli.io.map_layers import OpenMap
from hsicli.io.mosaicking import (
    SOURCES,
    frame_tiles,
    mosaic_files,
    placed_maps,
    read_quicklook,
    sample,
    write_mosaic,
)
from hsicli.io.projection import MARS_RADIUS
from hsicli.io.warping import Frame, grid_place, pixel_index
from tests.io.test_warping import mars

CLASSES = (("olivine", "gypsum"), np.array([[200, 30, 40], [30, 60, 200]], np.uint8))
ORIGINS = (("a", "b"), np.array([[1, 2, 3], [40, 50, 60]], np.uint8))


def held(tmp_path, labels, grid, **layers):
    """A map in memory."""
    every = {"class": labels, **layers}
    reads = {name: (lambda rows, cols, values=values: values[rows, cols]) for name, values in every.items()}
    return OpenMap(tmp_path / "a.tif", labels.shape, CLASSES[0], CLASSES[1], grid, reads)


def placed(tmp_path, *maps):
    opened = [held(tmp_path, *one[:2], **(one[2] if len(one) > 2 else {})) for one in maps]
    places = [grid_place("a", one.grid, one.shape) for one in opened]
    frame = common_frame(places)
    return placed_maps(opened, places, frame), frame


def tiles_of(frame, labels):
    for rows, cols in frame_tiles(frame):
        part = labels[rows, cols]
        if part.any():
            layers = {name: (part > 0) * (k + 1) for k, name in enumerate(SOURCES)}
            yield (rows, cols), {"class": part, **layers, "score": np.where(part, 0.5, np.nan)}


def test_every_cell_belongs_to_one_tile():
    frame = Frame(Grid(), 600, 300)
    count = np.zeros((600, 300), dtype=int)
    for rows, cols in frame_tiles(frame):
        count[rows, cols] += 1
    assert (count == 1).all()


def test_a_sample_has_the_layers_of_the_maps_that_have_a_class_there(tmp_path, rng):
    first, second = rng.integers(0, 3, (2, 300, 300))
    second[:, 100:] = 0
    grid = mars(20.0, 77.0, 18.6)
    score = rng.random((300, 300)).astype(np.float32)
    maps, frame = placed(tmp_path, (first, grid, {"score": score}), (second, grid))

    whole = sample(maps, frame, (slice(0, 256), slice(0, 256)))
    assert whole.maps == [0, 1]
    np.testing.assert_array_equal(whole.labels, [first[:256, :256], second[:256, :256]])
    np.testing.assert_array_equal(whole.scores[0], score[:256, :256])
    assert np.isnan(whole.scores[1]).all()
    assert whole.confidence is None

    right = sample(maps, frame, (slice(0, 256), slice(256, 300)))
    assert right.maps == [0]
    assert sample(maps[1:], frame, (slice(0, 256), slice(256, 300))).labels.shape == (0, 256, 44)


@pytest.mark.parametrize(("own", "common"), [(15.0, 20.0), (-40.0, 0.0)])
def test_nearest_neighbours_are_those_of_gdal(rng, own, common):
    labels = rng.integers(1, 200, (300, 280)).astype(np.uint8)
    grid = mars(own, 77.0, own + 1)
    frame = Frame(mars(common, 77.001, own + 0.999, 25.0, MARS_RADIUS), 200, 190)
    index = pixel_index(frame, grid_place("a", grid, labels.shape))
    ours = np.where(index >= 0, labels.ravel()[index], 0).astype(np.uint8)
    theirs = np.zeros_like(ours)
    reproject(
        labels, theirs,
        src_transform=rasterio.Affine(*grid.transform), src_crs=grid.wkt,
        dst_transform=rasterio.Affine(*frame.grid.transform), dst_crs=frame.grid.wkt,
        resampling=Resampling.nearest, tolerance=0.0,
    )  # fmt: skip
    assert (ours == theirs).mean() > 0.999  # a cell on the boundary of two pixels may fall either way


def test_the_files_hold_every_layer_with_its_legend_and_place(tmp_path):
    frame = Frame(mars(0.0, 77.0, 18.6, sphere=MARS_RADIUS), 300, 520)
    labels = np.zeros((300, 520), dtype=np.int32)
    labels[10:40, 20:60], labels[280:, 500:] = 1, 2
    output = tmp_path / "m.tif"
    write_mosaic(output, frame, CLASSES, ORIGINS, tiles_of(frame, labels), scored=True, tags={"X": "y"})

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        path.name for path in mosaic_files(output, scored=True)
    )
    found = read_labels(output)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.names == CLASSES[0]
    np.testing.assert_array_equal(found.colours, CLASSES[1])
    assert found.grid.transform == frame.grid.transform
    with rasterio.open(tmp_path / "m-sources.tif") as dataset:
        assert dataset.descriptions == SOURCES
        np.testing.assert_array_equal(dataset.read(3), 3 * (labels > 0))
        assert dataset.tags()["X"] == "y"
    with rasterio.open(tmp_path / "m-score.tif") as dataset:
        np.testing.assert_array_equal(np.isfinite(dataset.read(1)), labels > 0)
        assert np.isnan(dataset.nodata)
    legend = (tmp_path / "m.tif.aux.xml").read_text().replace("\n", "").replace(" ", "")
    assert f"<F>olivine</F><F>200</F><F>30</F><F>40</F><F>{30 * 40}</F>" in legend
    assert f"<F>0</F><F>0</F><F>0</F><F>{300 * 520 - 30 * 40 - 400}</F>" in legend
    assert "<Category>b</Category>" in (tmp_path / "m-sources.tif.aux.xml").read_text()


def test_a_run_that_fails_leaves_what_was_there(tmp_path):
    frame = Frame(mars(20.0, 77.0, 18.6), 300, 300)
    labels = np.ones((300, 300), dtype=np.int32)

    def failing():
        yield next(iter(tiles_of(frame, labels)))
        raise HsiError("no more")

    output = tmp_path / "m.tif"
    write_mosaic(output, frame, CLASSES, ORIGINS, tiles_of(frame, labels), scored=False, tags={})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(HsiError, match="no more"):
        write_mosaic(output, frame, CLASSES, ORIGINS, failing(), scored=False, tags={})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_quicklook_is_coarse_and_counts_the_whole(tmp_path, monkeypatch):
    frame = Frame(mars(20.0, 77.0, 18.6), 700, 613)
    labels = np.random.default_rng(1).integers(0, 3, (700, 613)).astype(np.int32)
    output = tmp_path / "m.tif"
    write_mosaic(output, frame, CLASSES, ORIGINS, tiles_of(frame, labels), scored=False, tags={})
    np.testing.assert_array_equal(read_quicklook(output, *CLASSES).data[0], labels)
    monkeypatch.setattr(mosaicking, "QUICKLOOK_CELLS", 50_000)
    coarse = read_quicklook(output, *CLASSES)
    np.testing.assert_array_equal(coarse.data[0], labels[::3, ::3])
    assert coarse.counts.tolist() == [(labels == 1).sum(), (labels == 2).sum()]
    assert coarse.grid.transform[0] == 54.0


def test_a_grid_with_a_code_keeps_it(tmp_path):
    frame = common_frame([grid_place("a", mars(15.0, 77.0, 18.6), (20, 20))], parallel=0.0)
    labels = np.ones((frame.rows, frame.cols), dtype=np.int32)
    write_mosaic(tmp_path / "m.tif", frame, CLASSES, ORIGINS, tiles_of(frame, labels), scored=False, tags={})
    assert grid_of(open_dataset(tmp_path / "m.tif")).authority == "IAU_2015:49910"
