"""A file in facts."""

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest

from hsicli import products
from hsicli.cube import Cube, Grid
from hsicli.io.description import describe
from hsicli.io.envi_writing import write_envi_cube, write_envi_library, write_envi_raster
from hsicli.io.hdf5 import write_product
from hsicli.library import Library
from hsicli.products.kinds import KINDS
from hsicli.products.labels import Labels
from hsicli.products.rasters import Raster, class_raster
from hsicli.provenance import Provenance

GRID = Grid((18.0, 0.0, 0.0, 0.0, -18.0, 0.0), authority="IAU_2015:49910")
MADE = Provenance(
    "cluster",
    "1.1",
    {"classes": 3, "rate": 0.1},
    seed=7,
    device="cpu",
    inputs={"cube": "abc"},
    sources={"classes": "command line"},
    parents={"cube": {"command": "preprocess", "parents": {}}},
)


@pytest.fixture
def labels() -> Labels:
    return Labels(
        labels=np.array([[0, 1], [1, 2]], dtype=np.int32),
        names=("gypsum", "olivine"),
        colours=np.array([[255, 0, 0], [0, 128, 0]], dtype=np.uint8),
        counts=np.array([2, 1]),
        means=np.ones((2, 3)),
        deviations=np.ones((2, 3)),
        wavelengths=np.array([400.0, 500.0, 600.0]),
        grid=GRID,
    )


def test_a_cube_says_its_axes_place_and_assumptions(tmp_path: Path) -> None:
    cube = Cube(
        np.ones((2, 3, 6), np.float32),
        wavelengths=np.array([400.0, 410, 420, 430, 440, 450]),
        fwhm=np.full(6, 9.0),
        good_bands=np.array([True, False, False, True, True, False]),
        grid=GRID,
    )
    files = write_envi_cube(tmp_path / "x.img", cube, description="a scene", interleave="bip")
    files[1].write_text(files[1].read_text().replace("wavelength units = Nanometers\n", ""))
    facts = describe(tmp_path / "x.img")
    assert (facts["rows"], facts["cols"], facts["bands"]) == (2, 3, 6)
    assert (facts["format"], facts["kind"], facts["type"], facts["interleave"]) == (
        "ENVI",
        "cube",
        "float32",
        "bip",
    )
    assert facts["wavelengths"] | {"fwhm": None} == {
        "first": 400,
        "last": 450,
        "unit": "nm",
        "source": "unit inferred",
        "spacing": 10,
        "ascending": True,
        "fwhm": None,
    }
    assert facts["wavelengths"]["fwhm"] == [9, 9]
    assert facts["bad_bands"] == [[2, 3], [6, 6]]
    assert facts["grid"]["body"] == "Mars"
    assert facts["description"] == "a scene"
    assert len(facts["assumed"]) == 1
    json.dumps(facts)


def test_a_library_names_its_spectra(tmp_path: Path) -> None:
    library = Library(("a", "b"), np.array([[1.0, np.nan], [1, 2]]), np.array([400.0, 500]))
    write_envi_library(tmp_path / "lib.sli", library)
    for name in ("lib.sli", "lib.hdr"):
        facts = describe(tmp_path / name)
        assert (facts["kind"], facts["spectra"], facts["with_deleted_channels"]) == ("library", 2, 1)
        assert facts["names"] == ["a", "b"]


def test_a_labels_product_has_a_table_of_classes_and_says_how_it_was_made(
    tmp_path: Path, labels: Labels
) -> None:
    write_product(tmp_path / "c.h5", labels, MADE)
    facts = describe(tmp_path / "c.h5")
    assert facts["kind"] == "labels"
    assert facts["classes"][1] == {
        "class": 2,
        "name": "olivine",
        "colour": "#008000",
        "pixels": 1,
        "share": 1 / 3,
    }
    assert facts["grid"]["authority"] == "IAU_2015:49910"
    assert {"name": "means", "axes": "classes bands", "unit": "as the cube", "shape": [2, 3]} in facts[
        "fields"
    ]
    made = facts["provenance"]
    assert (made["command"], made["seed"], made["changed"]) == ("cluster", 7, {"classes": 3})
    assert made["before"] == {"cube": {"command": "preprocess", "before": {}}}
    json.dumps(facts)


def test_a_class_map_has_the_same_table_in_every_format(tmp_path: Path, labels: Labels) -> None:
    from hsicli.io.maps import write_geotiff

    raster: Raster = class_raster(labels)
    write_geotiff(tmp_path / "c.tif", raster)
    write_envi_raster(tmp_path / "c.img", raster)
    tables = [describe(tmp_path / name)["classes"] for name in ("c.tif", "c.img", "c.hdr")]
    assert tables[0] == tables[1] == tables[2]
    assert [entry["pixels"] for entry in tables[0]] == [2, 1]


def test_every_kind_of_product_can_be_described() -> None:
    rooms = [import_module(f"hsicli.products.{item.name}") for item in iter_modules(products.__path__)]
    kinds = {item for room in rooms for item in vars(room).values() if hasattr(item, "KIND")}
    assert kinds == set(KINDS)


@pytest.mark.real
def test_real_files_of_every_kind_are_described(data_dir: Path) -> None:
    mars = describe(data_dir / "crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif")
    assert mars["grid"]["body"] == "Mars"
    assert mars["grid"]["corners_lonlat"][0] == pytest.approx((-37.1433, -33.16706), abs=1e-4)
    assert mars["wavelengths"]["source"] == "built in"
    assert describe(data_dir / "benchmarks/salinas-a/salinas_a_labels.hdr")["classes"][0]["pixels"] == 391
