"""Layers written while they are made, and read back one by one."""

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from hsicli.cube import Grid, Stream
from hsicli.io.maps import TILE
from hsicli.io.parameter_maps import layer_reader, write_layers, write_picture

GRID = Grid((18.0, 0, 1000, 0, -18.0, 2000), authority="IAU_2015:49910")


def stream_of(data: np.ndarray, step: int) -> Stream:
    rows = data.shape[1]

    def blocks():
        for first in range(0, rows, step):
            part = slice(first, min(first + step, rows))
            yield part, data[:, part]

    return Stream(data.shape, blocks)


@pytest.mark.parametrize("step", [1, 100, TILE, 2 * TILE + 7, 10_000])
def test_layers_come_back_as_they_went_in_whatever_the_blocks(tmp_path, rng, step):
    data = rng.random((3, 2 * TILE + 30, 40)).astype(np.float32)
    data[1, 5] = np.nan
    path = tmp_path / "layers.tif"
    write_layers(path, stream_of(data, step), ("A", "B", "C"), grid=GRID, tags={"NOTE": "n"})
    with layer_reader(path) as layer:
        for name, expected in zip("ABC", data, strict=True):
            np.testing.assert_array_equal(layer(name), expected)
    with rasterio.open(path) as dataset:
        assert dataset.descriptions == ("A", "B", "C")
        assert np.isnan(dataset.nodata)
        assert dataset.dtypes == ("float32",) * 3
        assert dataset.transform.c == 1000
        assert dataset.tags()["NOTE"] == "n"


def test_blocks_do_not_decide_the_bytes(tmp_path, rng):
    data = rng.random((2, TILE + 9, 30)).astype(np.float32)
    for name, step in (("a", 7), ("b", 1000)):
        write_layers(tmp_path / name, stream_of(data, step), ("A", "B"), grid=None, tags={})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_picture_is_red_green_and_blue_with_its_fill_masked(tmp_path, rng):
    picture = rng.integers(0, 255, (3, 20, 30), dtype=np.uint8)
    picture[:, 2] = 255
    path = tmp_path / "p.tif"
    write_picture(path, picture, ("D2300", "D2200", "BD1900R2"), nodata=255, grid=GRID, tags={"TITLE": "t"})
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), picture)
        assert dataset.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        assert dataset.nodatavals == (255, 255, 255)
        mask = dataset.dataset_mask()
        assert not mask[2].any()
        assert mask[3:].all()
        assert dataset.descriptions == ("D2300", "D2200", "BD1900R2")
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.tif"]
