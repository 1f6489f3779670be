"""hsicli export: what other programs read of it is what went in."""

import json
import sqlite3
import warnings
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import spectral
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.envi import read_envi
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.hdf5 import write_product
from hsicli.io.labels import read_labels
from hsicli.io.speclib import read_library
from hsicli.products.labels import Labels
from hsicli.provenance import Provenance
from tests.io.test_map_layers import write_ddr
from tests.io.test_warping import centres, mars

ROWS, COLS, BANDS = 30, 20, 6
GRID = mars(20.0, 77.0, 18.6)
WAVELENGTHS = np.linspace(1000, 2000, BANDS)
NAMES = ("olivine", "Fe/Mg smectite", "kaolinite, poorly ordered")
COLOURS = np.array([[200, 30, 40], [0, 255, 0], [9, 8, 7]], np.uint8)


def made(name):
    return Provenance("test", "1.1", {"name": name})


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    """A cube and a clustering on a map, and a clustering in sensor space with its geometry."""
    monkeypatch.chdir(tmp_path)
    data = rng.random((ROWS, COLS, BANDS)).astype(np.float32)
    data[0, 0] = np.nan
    good = np.array([True] * (BANDS - 1) + [False])
    cube = Cube(
        data, WAVELENGTHS, np.full(BANDS, 9.5), good_bands=good, valid=np.isfinite(data[..., 0]), grid=GRID
    )
    write_product(tmp_path / "cube.h5", cube, made("cube"))
    labels = rng.integers(0, 4, (ROWS, COLS)).astype(np.int32)
    counts = np.bincount(labels.ravel(), minlength=4)[1:]
    means = rng.random((3, BANDS))
    for name, grid in (("map.h5", GRID), ("sensor.h5", None)):
        product = Labels(labels, NAMES, COLOURS, counts, means, 0 * means, WAVELENGTHS, grid=grid)
        write_product(tmp_path / name, product, made(name))
    row, col = np.mgrid[0:ROWS, 0:COLS]
    write_ddr(tmp_path / "ddr.lbl", 18.6 - row / 3293, 77.0 + (col + row / 5) / 3121)
    return tmp_path, cube, labels, means


def run(command):
    return CliRunner().invoke(app, ["export", *command.split()])


@pytest.mark.filterwarnings("ignore:Image data contains NaN")
def test_a_cube_becomes_an_envi_file_that_spectral_and_gdal_read(folder):
    path, cube, *_ = folder
    result = run("cube.h5 out.img")
    assert result.exit_code == 0, result.output
    assert result.stdout == "out.img\n"
    image = spectral.envi.open("out.hdr")
    assert_allclose(np.asarray(image.load()), cube.data)
    assert_allclose(image.bands.centers, WAVELENGTHS)
    assert_allclose(image.bands.bandwidths, 9.5)
    assert [int(flag) for flag in image.metadata["bbl"]] == [1] * (BANDS - 1) + [0]
    with rasterio.open("out.img") as dataset:
        assert_array_equal(dataset.read().transpose(1, 2, 0), cube.data)
        assert_allclose(tuple(dataset.transform)[:6], GRID.transform, rtol=1e-12)
        shape = dataset.crs.to_dict()
        assert (shape["proj"], shape["lat_ts"]) == ("eqc", 20)
        assert shape["R"] == pytest.approx(CRS.from_wkt(GRID.wkt).to_dict()["R"])
        assert np.isnan(dataset.nodata)
    again = read_envi(path / "out.hdr")
    assert_array_equal(again.good_bands, cube.good_bands)


@pytest.mark.parametrize("suffix", ["bil", "bip", "bsq", "dat", "hdr", "tif"])
def test_every_form_of_a_cube_holds_the_same_numbers(folder, suffix):
    _, cube, *_ = folder
    assert run(f"cube.h5 out.{suffix}").exit_code == 0
    with rasterio.open("out.img" if suffix == "hdr" else f"out.{suffix}") as dataset:
        assert_array_equal(dataset.read().transpose(1, 2, 0), cube.data)
        if suffix in {"bil", "bip", "bsq"}:
            assert dataset.interleaving.name == {"bil": "line", "bip": "pixel", "bsq": "band"}[suffix]


def test_a_class_map_becomes_a_true_envi_classification(folder):
    _, _, labels, _ = folder
    assert run("map.h5 out.img").exit_code == 0
    image = spectral.envi.open("out.hdr")
    assert image.metadata["file type"] == "ENVI Classification"
    assert image.metadata["class names"] == ["Unclassified", *(name.replace(",", "") for name in NAMES)]
    assert_array_equal(np.array(image.metadata["class lookup"], int).reshape(-1, 3)[1:], COLOURS)
    assert_array_equal(np.asarray(image.load())[..., 0], labels)
    with rasterio.open("out.img") as dataset:
        assert dataset.dtypes == ("uint8",)
        assert [dataset.colormap(1)[k][:3] for k in (1, 2, 3)] == [tuple(c) for c in COLOURS.tolist()]
        assert_array_equal(dataset.read(1), labels)


def test_spectra_of_classes_become_a_table_and_an_envi_library(folder):
    path, _, _, means = folder
    assert run("map.h5 out.csv").exit_code == 0
    assert run("map.h5 out.sli").exit_code == 0
    for name in ("out.csv", "out.sli"):
        library = read_library(path / name)
        assert_allclose(library.spectra, means, rtol=1e-5)
        assert_allclose(library.wavelengths, WAVELENGTHS)
    assert read_library(path / "out.csv").names == NAMES
    theirs = spectral.envi.open("out.hdr")
    assert_allclose(theirs.spectra, means, rtol=1e-6)
    assert theirs.names == [name.replace(",", "") for name in NAMES]


def test_outlines_become_a_geopackage_and_geojson(folder):
    _, _, labels, _ = folder
    assert run("map.h5 out.gpkg").exit_code == 0
    result = run("map.h5 out.geojson")
    assert "degrees on Mars" in result.stderr
    with closing(sqlite3.connect("out.gpkg")) as file:
        found = dict(file.execute("SELECT name, sum(pixels) FROM classes GROUP BY name").fetchall())
        colours = dict(file.execute("SELECT name, colour FROM classes").fetchall())
    assert found == {name: int((labels == k).sum()) for k, name in enumerate(NAMES, start=1)}
    assert colours["olivine"] == "#c81e28"
    features = json.loads(Path("out.geojson").read_text())["features"]
    assert {item["properties"]["name"] for item in features} == set(NAMES)


def test_a_map_for_the_cloud_has_overviews_and_the_same_legend(folder):
    path, *_ = folder
    labels = np.kron(np.random.default_rng(1).integers(0, 4, (30, 30)), np.ones((20, 20))).astype(np.int32)
    counts = np.bincount(labels.ravel(), minlength=4)[1:]
    means = np.zeros((3, BANDS))
    large = Labels(labels, NAMES, COLOURS, counts, means, means, WAVELENGTHS, grid=GRID)
    write_product(path / "large.h5", large, made("large"))
    assert run("large.h5 out.tif --cog").exit_code == 0
    with rasterio.open("out.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1)
        assert_array_equal(dataset.read(1), labels)
        assert dataset.nodata == 0
        assert dataset.colormap(1)[2][:3] == (0, 255, 0)
        assert set(np.unique(dataset.read(1, out_shape=(150, 150)))) <= {0, 1, 2, 3}
    found = read_labels(path / "out.tif")
    assert found.names == NAMES
    assert_array_equal(found.colours, COLOURS)
    left = {file.name for file in path.iterdir() if file.name.startswith((".out", "out"))}
    assert left == {"out.tif", "out.tif.aux.xml", "out.tif.log.json", "out.tif.provenance.json"}
    assert "up to date" in run("large.h5 out.tif --cog").stderr
    assert run("large.h5 out.tif").exit_code == 4


def test_a_map_in_sensor_space_is_projected_when_asked(folder):
    path, _, labels, _ = folder
    result = run("sensor.h5 out.tif --project --geometry ddr.lbl --pixel-size 18")
    assert result.exit_code == 0, result.output
    found = read_labels(path / "out.tif")
    assert found.names == NAMES
    assert_array_equal(found.colours, COLOURS)
    lat, lon = centres(found.grid, *np.indices(found.labels.shape))
    row = np.rint((18.6 - lat) * 3293)
    col = np.rint((lon - 77.0) * 3121 - row / 5)
    inside = (row > 0) & (row < ROWS - 1) & (col > 0) & (col < COLS - 1)
    expected = labels[row[inside].astype(int), col[inside].astype(int)]
    assert (
        found.labels[inside] == expected
    ).mean() > 0.9  # rows are aslant: at a border the next may be nearer
    assert found.labels.shape != labels.shape


def test_a_map_in_sensor_space_stays_there_unless_asked(folder):
    path, _, labels, _ = folder
    assert run("sensor.h5 out.tif").exit_code == 0
    found = read_labels(path / "out.tif")
    assert found.grid is None
    assert_array_equal(found.labels, labels)


def test_a_cube_in_sensor_space_is_projected_too(folder):
    path, cube, *_ = folder
    write_product(path / "raw.h5", Cube(cube.data, WAVELENGTHS), made("raw"))
    assert run("raw.h5 out.img --project --geometry ddr.lbl").exit_code == 0
    again = read_envi(path / "out.hdr")
    there = np.asarray(again.data)[np.isfinite(again.data).all(axis=2)]
    assert len(there) > 0.8 * ROWS * COLS
    assert np.isin(there, cube.data).all()


def planes_of(path):
    """All bands of an image without a place, and their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            return dataset.read(), dataset.descriptions


@pytest.mark.real
def test_real_geometry_is_laid_where_its_own_planes_say(data_dir, tmp_path, monkeypatch):
    """A DDR needs no other to be projected; planes without data take none of the others with them."""
    monkeypatch.chdir(tmp_path)
    label = data_dir / "crism/fixtures/frt00003e25_01_de156l_ddr1.lbl"
    assert run(f"{label} plain.tif").exit_code == 0
    planes, names = planes_of("plain.tif")
    assert names[3].startswith("Latitude")
    assert sorted({bool(np.isnan(plane).all()) for plane in planes}) == [False, True]
    assert np.isfinite(planes[3]).all()

    assert run(f"{label} map.tif --project").exit_code == 0
    with rasterio.open("map.tif") as dataset:
        planes, (a, *_, e, y) = dataset.read(), tuple(dataset.transform)[:6]
        radius = dataset.crs.to_dict()["R"]
    north = np.degrees((y + e * (np.indices(planes[3].shape)[0] + 0.5)) / radius) - planes[3]
    known = np.isfinite(planes[3])
    assert known.sum() > 1000
    assert np.median(np.abs(north[known])) < np.degrees(a / radius)


def test_planes_keep_their_names_and_what_they_have(folder):
    path, *_ = folder
    planes = np.random.default_rng(0).random((ROWS, COLS, 2)).astype(np.float32)
    planes[3, 4, 1] = np.nan
    write_envi_cube(path / "planes.img", Cube(planes), band_names=("slope", "height"))
    result = run("planes.img out.tif")
    assert result.exit_code == 0, result.output
    assert "wavelengths" not in result.stderr
    found, names = planes_of("out.tif")
    assert names == ("slope", "height")
    assert_array_equal(np.moveaxis(found, 0, 2), planes)


def test_a_folder_of_spectra_is_a_library(folder):
    path, *_ = folder
    (path / "spectra").mkdir()
    for name in ("a", "b"):
        (path / "spectra" / f"{name}.csv").write_text(f"wavelength_nm,{name}\n1000,.1\n1100,.2\n1200,.3\n")
    assert run("spectra out.sli").exit_code == 0
    assert read_library(path / "out.sli").names == ("a", "b")


def test_a_library_changes_its_form(folder):
    path, *_ = folder
    (path / "lib.csv").write_text("wavelength_nm,a,b\n1000,.1,.4\n1100,.2,.5\n1200,nan,.6\n")
    assert run("lib.csv out.sli").exit_code == 0
    assert run("out.sli back.csv").exit_code == 0
    library = read_library(path / "back.csv")
    assert library.names == ("a", "b")
    assert_allclose(library.spectra, [[0.1, 0.2, np.nan], [0.4, 0.5, 0.6]], rtol=1e-5)


def test_what_a_cube_was_divided_by_is_a_spectrum_of_it(folder):
    path, cube, *_ = folder
    by = np.linspace(0.2, 0.3, BANDS)
    write_product(path / "ratio.h5", replace(cube, denominator=by), made("ratio"))
    assert run("ratio.h5 by.csv").exit_code == 0
    library = read_library(path / "by.csv")
    assert library.names == ("denominator",)
    assert_allclose(library.spectra[0], by, rtol=1e-5)
    shown = CliRunner().invoke(app, ["info", "ratio.h5"]).stdout
    assert "a spectrum of 0.2 to 0.3 (hsicli export ratio.h5 OUT.csv)" in shown


def test_asking_again_does_nothing_and_asking_otherwise_is_refused(folder):
    path, *_ = folder
    assert run("map.h5 out.img").exit_code == 0
    before = {file: file.read_bytes() for file in path.glob("out.*") if ".log." not in file.name}
    assert "up to date" in run("map.h5 out.img").stderr
    refused = run("cube.h5 out.img")
    assert refused.exit_code == 4
    assert {file: file.read_bytes() for file in before} == before
    assert run("cube.h5 out.img --overwrite").exit_code == 0


def test_two_envi_files_of_one_stem_do_not_share_a_header(folder):
    assert run("map.h5 out.img").exit_code == 0
    for other in ("map.h5 out.sli", "cube.h5 out.bsq"):
        result = run(other)
        assert result.exit_code == 2
        assert "would be taken for the header of out.img too" in result.stderr
    assert spectral.envi.open("out.hdr").metadata["file type"] == "ENVI Classification"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("cube.h5 out.csv", "a cube is not written as .csv"),
        ("cube.h5 out.gpkg", "a cube is not written as .gpkg"),
        ("map.h5 out", "a file without a suffix"),
        ("map.h5 out.shp", "ogr2ogr out.shp out.gpkg"),
        ("map.h5 out.png", "name it out.img, .tif, .csv, .sli, .gpkg, .geojson or .json"),
        ("cube.h5 out.img --project", "lies on a map grid already"),
        ("sensor.h5 out.tif --geometry ddr.lbl", "nothing is projected"),
        ("map.h5 out.csv --project --geometry ddr.lbl", "lies on a map grid already"),
        ("map.h5 map.h5", "is not written as .h5"),
        ("map.h5 out.img --cog", "--cog is for maps as GeoTIFF"),
        ("cube.h5 out.tif --cog", "--cog is for maps as GeoTIFF"),
    ],
)
def test_what_cannot_be_written_is_said_with_what_can(folder, command, words):
    path, *_ = folder
    before = set(path.iterdir())
    result = run(command)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert set(path.iterdir()) == before


def test_a_stac_item_names_the_map_and_what_stands_beside_it(folder):
    path, *_ = folder
    (path / "map.png").touch()
    result = CliRunner().invoke(
        app, ["export", "map.h5", "map.json", "--set", 'acquired="2007-08-14T03:12:00Z"']
    )
    assert result.exit_code == 0, result.output
    item = json.loads((path / "map.json").read_text())
    assert sorted(item["assets"]) == ["map.h5", "map.png"]
    assert item["properties"]["datetime"] == "2007-08-14T03:12:00Z"
    assert item["properties"]["processing:lineage"] == "hsicli test"
    assert item["assets"]["map.h5"]["classification:classes"][1]["name"] == NAMES[0]


@pytest.mark.parametrize(
    ("name", "more", "code", "words"),
    [
        ("sensor.h5", [], 3, "has no place on a body"),
        ("map.h5", ["--set", 'acquired="soon"'], 2, "is no time"),
    ],
)
def test_a_stac_item_without_place_or_with_a_wrong_time_is_refused(folder, name, more, code, words):
    result = CliRunner().invoke(app, ["export", name, "item.json", *more])
    assert result.exit_code == code
    assert words in result.stderr
    assert not list(folder[0].glob("item.json*"))


def test_without_a_time_the_item_says_when_the_file_was_made(folder):
    result = CliRunner().invoke(app, ["export", "cube.h5", "cube.json"])
    assert result.exit_code == 0, result.output
    assert "--set acquired=TIME says when it was taken" in result.stderr
    assert json.loads((folder[0] / "cube.json").read_text())["properties"]["proj:shape"] == [ROWS, COLS]
