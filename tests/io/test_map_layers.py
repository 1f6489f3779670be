"""Class maps, open: what they are called, where they lie, and what is no map."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from hsicli.cube import Cube, Grid
from hsicli.errors import InputError
from hsicli.io import map_layers
from hsicli.io.envi_writing import write_envi_raster
from hsicli.io.hdf5 import write_product
from hsicli.io.map_layers import find_geometry, open_map, place_map
from hsicli.io.maps import write_geotiff
from hsicli.products.labels import Labels
from hsicli.products.rasters import Raster
from hsicli.provenance import Provenance
from tests.io.test_warping import mars

GRID = mars(20.0, 77.0, 18.6)
NAMES, COLOURS = ("olivine", "gypsum"), np.array([[200, 30, 40], [30, 60, 200]], np.uint8)
MADE = Provenance(command="cluster", method="1.1", config={})
"""A label of derived geometry in the archive's own words, without what is not read."""
DDR = """PDS_VERSION_ID = PDS3
INSTRUMENT_ID = CRISM
PRODUCT_TYPE = DDR
OBJECT = FILE
 ^IMAGE = "{name}.IMG"
 RECORD_BYTES = {record}
 OBJECT = IMAGE
  LINES = {rows}
  LINE_SAMPLES = {cols}
  SAMPLE_TYPE = PC_REAL
  SAMPLE_BITS = 32
  BANDS = 2
  BAND_STORAGE_TYPE = BAND_SEQUENTIAL
  BAND_NAME = ("Latitude, areocentric, deg N", "Longitude, areocentric, deg E")
 END_OBJECT = IMAGE
END_OBJECT = FILE
END
"""


def write_ddr(path, latitude, longitude):
    rows, cols = latitude.shape
    path.write_text(DDR.format(name=path.stem, record=4 * cols, rows=rows, cols=cols))
    np.stack([latitude, longitude]).astype("<f4").tofile(path.with_suffix(".img"))
    return path


def write_labels(path, labels, names=NAMES, colours=COLOURS, grid=None):
    k, zero = len(names), np.zeros((len(names), 1))
    counts = np.bincount(labels.ravel(), minlength=k + 1)[1:]
    product = Labels(labels.astype(np.int32), names, colours, counts, zero, zero, grid=grid)
    write_product(path, product, MADE)
    return path


def write_map(path, labels, grid=GRID, names=NAMES, colours=COLOURS):
    write_geotiff(path, Raster(labels.astype(np.uint8)[None], ("class",), 0, names, colours, grid=grid))
    return path


def everything(layer):
    return layer(slice(0, 3), slice(0, 4))


LABELS = np.array([[0, 1, 1, 2], [0, 0, 2, 2], [1, 1, 1, 0]])


def test_a_map_comes_with_names_colours_grid_and_windows(tmp_path):
    one = open_map(write_map(tmp_path / "a.tif", LABELS))
    assert (one.shape, one.names, one.grid) == ((3, 4), NAMES, GRID)
    np.testing.assert_array_equal(one.colours, COLOURS)
    np.testing.assert_array_equal(one.layers["class"](slice(1, 3), slice(2, 4)), LABELS[1:3, 2:4])
    assert set(one.layers) == {"class"}


def test_a_product_says_the_same_as_its_map(tmp_path):
    one, two = (
        open_map(write_labels(tmp_path / "a.h5", LABELS, grid=GRID)),
        open_map(write_map(tmp_path / "a.tif", LABELS)),
    )
    assert (one.shape, one.names, one.grid) == (two.shape, two.names, two.grid)
    np.testing.assert_array_equal(everything(one.layers["class"]), everything(two.layers["class"]))


def test_classes_without_a_name_get_their_number(tmp_path):
    write_geotiff(tmp_path / "a.tif", Raster(LABELS.astype(np.uint8)[None], ("class",), 0, grid=GRID))
    assert open_map(tmp_path / "a.tif").names == ("class 1", "class 2")


def test_no_data_is_no_class(tmp_path):
    write_geotiff(tmp_path / "a.tif", Raster(LABELS.astype(np.uint8)[None], ("band",), 2, grid=GRID))
    one = open_map(tmp_path / "a.tif")
    np.testing.assert_array_equal(everything(one.layers["class"]), np.where(LABELS == 2, 0, LABELS))


def test_scores_lie_beside_a_map_or_in_it(tmp_path):
    write_map(tmp_path / "a.tif", LABELS)
    scores = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4)
    write_geotiff(tmp_path / "a-score.tif", Raster(scores, ("score",), float("nan"), grid=GRID))
    sure = np.stack([LABELS, LABELS > 0]).astype(np.uint8)
    write_geotiff(tmp_path / "a-sources.tif", Raster(sure, ("source", "confidence"), 0, grid=GRID))
    one = open_map(tmp_path / "a.tif")
    assert [file.name for file in one.beside] == ["a-score.tif", "a-sources.tif"]
    np.testing.assert_array_equal(everything(one.layers["score"]), scores[0])
    np.testing.assert_array_equal(everything(one.layers["confidence"]), LABELS > 0)
    write_geotiff(tmp_path / "b.tif", Raster(sure, ("class", "confidence"), 0, NAMES, COLOURS, grid=GRID))
    assert set(open_map(tmp_path / "b.tif").layers) == {"class", "confidence"}


def test_scores_of_another_size_belong_to_another_map(tmp_path):
    write_map(tmp_path / "a.tif", LABELS)
    write_geotiff(tmp_path / "a-score.tif", Raster(np.zeros((1, 3, 5), np.float32), ("score",), float("nan")))
    assert set(open_map(tmp_path / "a.tif").layers) == {"class"}


def test_a_product_with_scores_has_them_as_layers(tmp_path, monkeypatch):
    @dataclass(frozen=True, eq=False)
    class Minerals:
        KIND = "minerals"
        SCHEMA = 1
        labels: np.ndarray = field(metadata={"axes": "rows cols"})
        names: tuple[str, ...] = field(metadata={"axes": "classes"})
        colours: np.ndarray = field(metadata={"axes": "classes rgb"})
        score: np.ndarray = field(metadata={"axes": "rows cols"})
        confidence: np.ndarray = field(metadata={"axes": "rows cols"})
        grid: Grid | None = None

    monkeypatch.setattr(map_layers, "MAP_PRODUCTS", (Labels, Minerals))
    product = Minerals(
        LABELS.astype(np.int32), NAMES, COLOURS, LABELS / 2, (LABELS > 0).astype(np.uint8), GRID
    )
    write_product(tmp_path / "a.h5", product, MADE)
    one = open_map(tmp_path / "a.h5")
    np.testing.assert_array_equal(everything(one.layers["score"]), LABELS / 2)
    np.testing.assert_array_equal(everything(one.layers["confidence"]), LABELS > 0)


def test_a_map_that_is_cut_short_is_said_to_be(tmp_path, rng):
    path = write_map(tmp_path / "a.tif", rng.integers(0, 3, (600, 700)))
    path.write_bytes(path.read_bytes()[:-20000])
    with pytest.raises(InputError, match=r"a\.tif.*(cut short|cannot open)"):
        open_map(path)


def test_what_is_no_class_map_is_refused(tmp_path):
    write_product(tmp_path / "cube.h5", Cube(np.ones((3, 4, 2), np.float32)), MADE)
    write_geotiff(tmp_path / "q.tif", Raster(np.zeros((2, 3, 4), np.float32), ("a", "b"), float("nan")))
    for name, what in {
        "cube.h5": "holds a cube, which is no class map",
        "q.tif": "has 2 bands of float32",
    }.items():
        with pytest.raises(InputError, match=what):
            open_map(tmp_path / name)


def test_a_map_with_a_grid_needs_no_geometry_and_takes_none(tmp_path):
    one = open_map(write_map(tmp_path / "a.tif", LABELS))
    assert find_geometry([one], []) == [None]
    with pytest.raises(InputError, match="belongs to none of the maps"):
        find_geometry([one], [tmp_path / "x.lbl"])


def test_geometry_is_found_by_the_observation_in_the_name(tmp_path):
    bare = [
        open_map(write_labels(tmp_path / f"{name}.h5", LABELS))
        for name in ("frt00003e25_07_if166l_trr3_classes", "hrl00003e26_07_if166l_trr3_classes")
    ]
    with pytest.raises(InputError, match="has no georeferencing") as caught:
        find_geometry(bare, [])
    assert "--geometry" in caught.value.hint
    beside = write_ddr(tmp_path / "FRT00003E25_07_DE166L_DDR1.lbl", LABELS * 1.0, LABELS * 1.0)
    (tmp_path / "d").mkdir()
    given = write_ddr(tmp_path / "d" / "hrl00003e26_07_de166l_ddr1.lbl", LABELS * 1.0, LABELS * 1.0)
    assert find_geometry(bare, [given]) == [beside, given]


def test_a_single_geometry_goes_with_a_single_map_whatever_they_are_called(tmp_path):
    one = open_map(write_labels(tmp_path / "classes.h5", LABELS))
    assert find_geometry([one], [tmp_path / "geometry.lbl"]) == [tmp_path / "geometry.lbl"]


def test_a_map_in_sensor_space_is_placed_by_its_planes(tmp_path):
    one = open_map(write_labels(tmp_path / "classes.h5", LABELS))
    latitude, longitude = np.mgrid[0:3, 0:4] * 0.001
    ddr = write_ddr(tmp_path / "ddr.lbl", latitude, longitude)

    def locate(lat, lon):
        np.testing.assert_allclose(lat, latitude, atol=1e-6)
        return (lambda a, b: a), (1e-5, 2e-5)

    place = place_map(one, ddr, locate)
    np.testing.assert_allclose(place.planes[1], longitude, atol=1e-6)
    assert place.grid is None


def test_geometry_of_another_shape_or_without_places_is_refused(tmp_path):
    one = open_map(write_labels(tmp_path / "classes.h5", LABELS))
    other = write_ddr(tmp_path / "ddr.lbl", np.zeros((3, 5)), np.zeros((3, 5)))
    with pytest.raises(InputError, match=r"ddr.lbl: has 3 × 5 pixels, classes.h5 has 3 × 4"):
        place_map(one, other, lambda a, b: (lambda c, d: c, (1.0, 1.0)))
    empty = write_ddr(tmp_path / "empty.lbl", np.full((3, 4), 65535.0), np.full((3, 4), 65535.0))
    with pytest.raises(InputError, match="places no pixel"):
        place_map(one, empty, lambda a, b: (lambda c, d: c, (1.0, 1.0)))


def test_an_envi_classification_is_a_map_too(tmp_path):
    raster = Raster(LABELS.astype(np.uint8)[None], ("class",), 0, NAMES, COLOURS, grid=GRID)
    write_envi_raster(tmp_path / "a.img", raster)
    one = open_map(tmp_path / "a.hdr")
    np.testing.assert_array_equal(everything(one.layers["class"]), LABELS)
