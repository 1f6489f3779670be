"""Maps: what a GIS finds in them."""

import subprocess
import sys

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.crs import CRS

from hsicli.cube import Grid
from hsicli.io.geotiff import grid_of, open_dataset
from hsicli.io.maps import write_geotiff
from hsicli.io.projection import equirectangular_wkt
from hsicli.products.rasters import Raster

TRANSFORM = (18.0, 0.0, 4126000.0, 0.0, -18.0, 1339500.0)
NAMES = ("Olivine", "Mg & Ca <carbonate>", "Fe/Mg-smectité")
COLOURS = np.array([[230, 25, 75], [60, 180, 75], [255, 225, 25]], dtype=np.uint8)


def classes(**changes):
    data = np.zeros((1, 30, 40), dtype=changes.pop("dtype", np.uint8))
    data[0, 5:20, 3:30] = 1
    data[0, 10:15, 3:9] = 2
    data[0, 0, 0] = 3
    grid = changes.pop("grid", Grid(TRANSFORM, CRS.from_string("IAU_2015:49910").to_wkt(), "IAU_2015:49910"))
    return Raster(data, ("class",), 0, NAMES, COLOURS, np.array([375, 30, 1]), grid, changes.pop("tags", {}))


def test_layers_names_nodata_and_palette_come_back(tmp_path):
    raster, path = classes(tags={"HSICLI_FINGERPRINT": "abc"}), tmp_path / "map.tif"
    write_geotiff(path, raster)
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), raster.data)
        assert dataset.descriptions == ("class",)
        assert dataset.nodata == 0
        assert dataset.profile["tiled"]
        assert dataset.profile["compress"] == "deflate"
        assert dataset.colormap(1)[0] == (0, 0, 0, 0)
        assert dataset.colormap(1)[2] == (60, 180, 75, 255)
        tags = dataset.tags()
    assert [tags[f"CLASS_{i}"] for i in (1, 2, 3)] == list(NAMES)
    assert tags["HSICLI_FINGERPRINT"] == "abc"
    assert b"abc" in path.read_bytes()
    assert b"abc" in (tmp_path / "map.tif.aux.xml").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.tif", "map.tif.aux.xml"]


def test_a_conversion_to_envi_is_a_true_classification_with_its_legend(tmp_path):
    write_geotiff(tmp_path / "map.tif", classes())
    rasterio.shutil.copy(tmp_path / "map.tif", tmp_path / "map.img", driver="ENVI")
    header = (tmp_path / "map.hdr").read_text()
    assert "file type = ENVI Classification" in header
    assert "classes = 4" in header
    assert "{ Unclassified, Olivine, Mg & Ca <carbonate>, Fe/Mg-smectité}" in " ".join(header.split())
    assert "230, 25, 75" in " ".join(header.replace(",", ", ").split())


def test_a_virtual_copy_keeps_names_and_table(tmp_path):
    write_geotiff(tmp_path / "map.tif", classes())
    rasterio.shutil.copy(tmp_path / "map.tif", tmp_path / "map.vrt", driver="VRT")
    text = (tmp_path / "map.vrt").read_text()
    assert "<Category>Fe/Mg-smectité</Category>" in text
    assert 'tableType="thematic"' in text
    assert "<F>375</F>" in text


def test_more_classes_than_a_byte_holds_have_a_palette_too(tmp_path):
    data = np.arange(1, 301, dtype=np.uint16).reshape(1, 15, 20)
    colours = np.stack([np.arange(300) % 256, np.arange(300) // 256, np.full(300, 9)], axis=1)
    names = tuple(f"class {i}" for i in range(1, 301))
    write_geotiff(tmp_path / "map.tif", Raster(data, ("class",), 0, names, colours))
    dataset = open_dataset(tmp_path / "map.tif")
    assert dataset.dtypes == ("uint16",)
    assert dataset.colormap(1)[300] == (299 % 256, 1, 9, 255)


@pytest.mark.parametrize(
    "code", ["IAU_2015:49900", "IAU_2015:49910", "IAU_2015:49912", "IAU_2015:49935", "EPSG:32611"]
)
def test_a_coordinate_system_comes_back_with_its_code(tmp_path, code):
    grid = Grid(TRANSFORM, CRS.from_string(code).to_wkt(version="WKT2_2019"), code)
    write_geotiff(tmp_path / "map.tif", classes(grid=grid))
    assert grid_of(open_dataset(tmp_path / "map.tif")) == grid


def test_a_local_sphere_of_mars_survives(tmp_path):
    grid = Grid(TRANSFORM, equirectangular_wkt("Mars", 3393833.260758386, 20.0, 0.0))
    write_geotiff(tmp_path / "map.tif", classes(grid=grid))
    with rasterio.open(tmp_path / "map.tif") as dataset:
        shape = dataset.crs.to_dict()
    assert (shape["proj"], shape["lat_ts"]) == ("eqc", 20)
    assert shape["R"] == pytest.approx(3393833.260758386)
    assert grid_of(open_dataset(tmp_path / "map.tif")) == grid


def test_a_rotated_grid_stays_rotated(tmp_path):
    grid = Grid((15.588, 9.0, 500000.0, 9.0, -15.588, 4000000.0), CRS.from_epsg(32611).to_wkt(), "EPSG:32611")
    write_geotiff(tmp_path / "map.tif", classes(grid=grid))
    assert grid_of(open_dataset(tmp_path / "map.tif")) == grid


def test_a_map_without_a_grid_gets_none_and_no_warning(tmp_path):
    write_geotiff(tmp_path / "map.tif", classes(grid=None))
    dataset = open_dataset(tmp_path / "map.tif")
    assert dataset.crs is None
    assert grid_of(dataset) is None


def test_another_programs_reprojection_beats_our_tags(tmp_path):
    write_geotiff(tmp_path / "map.tif", classes())
    with rasterio.open(tmp_path / "map.tif", "r+") as dataset:
        dataset.crs = CRS.from_epsg(32611)
    assert grid_of(open_dataset(tmp_path / "map.tif")).authority == "EPSG:32611"


def test_the_same_raster_gives_the_same_bytes(tmp_path):
    for name in ("a.tif", "b.tif"):
        write_geotiff(tmp_path / name, classes(tags={"B": "2", "A": "1"}))
    for suffix in ("", ".aux.xml"):
        assert (tmp_path / f"a.tif{suffix}").read_bytes() == (tmp_path / f"b.tif{suffix}").read_bytes()


def test_quantities_have_no_legend_and_clear_an_old_one(tmp_path):
    write_geotiff(tmp_path / "map.tif", classes())
    data = np.linspace(0, 1, 3 * 30 * 40, dtype=np.float32).reshape(3, 30, 40)
    data[:, 0, 0] = np.nan
    write_geotiff(tmp_path / "map.tif", Raster(data, ("a", "b", "c"), float("nan")))
    assert not (tmp_path / "map.tif.aux.xml").exists()
    dataset = open_dataset(tmp_path / "map.tif")
    np.testing.assert_array_equal(dataset.read(), data)
    assert np.isnan(dataset.nodata)
    assert dataset.descriptions == ("a", "b", "c")


def test_classes_above_other_layers_keep_their_legend(tmp_path):
    raster = classes()
    data = np.concatenate([raster.data, raster.data, raster.data])
    write_geotiff(tmp_path / "map.tif", Raster(data, ("class", "second", "level"), 0, NAMES, COLOURS))
    dataset = open_dataset(tmp_path / "map.tif")
    assert dataset.colormap(1)[1] == (230, 25, 75, 255)
    assert dataset.colorinterp[0].name == "palette"
    assert dataset.colorinterp[1].name in {"undefined", "gray"}


def test_a_map_that_fails_leaves_what_was_there(tmp_path):
    write_geotiff(tmp_path / "map.tif", classes())
    before = (tmp_path / "map.tif").read_bytes()
    with pytest.raises(ValueError, match=r"nodata|range"):
        write_geotiff(tmp_path / "map.tif", Raster(classes().data, ("class",), 1e9))
    assert (tmp_path / "map.tif").read_bytes() == before
    assert not list(tmp_path.glob(".*"))


FULL = """
import resource, sys
import numpy as np
from pathlib import Path
from hsicli.errors import HsiError
from hsicli.io.maps import write_geotiff
from hsicli.products.rasters import Raster
data = np.random.default_rng(0).integers(0, 5, (1, 700, 700)).astype(np.uint8)
raster = Raster(data, ("class",), class_names=tuple("abcd"), colours=np.zeros((4, 3), np.uint8), nodata=0)
write_geotiff(Path("whole.tif"), raster)
size = Path("whole.tif").stat().st_size
for room in (size - 10, size - 3000, size - 30000, size // 2, 5000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        write_geotiff(Path("a.tif"), raster)
    except HsiError as error:
        print(error.problem)
"""


def test_no_map_is_cut_short_by_a_full_disk(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == 5 * ".: the disk is full, or a quota is\n"
    assert not (tmp_path / "a.tif").exists()
