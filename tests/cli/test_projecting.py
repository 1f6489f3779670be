"""hsicli preprocess --project: an image in sensor space, with its geometry, becomes a cube on a map."""

import math

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube, Grid
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.hdf5 import read_product
from hsicli.io.warping import EXACT
from hsicli.products.labels import Labels
from tests.io.test_map_layers import write_ddr
from tests.io.test_warping import centres

ROWS, COLS, BANDS = 40, 30, 28
WAVELENGTHS = np.linspace(1100, 2500, BANDS)
SIDE = 18.0 / 3396190
"""Radians between neighbouring pixels."""


def scan(shift=0.0):
    """Latitudes and longitudes of a track aslant, of uneven lines and over hills, about Jezero."""
    down, across = np.mgrid[0:ROWS, 0:COLS] + shift
    along = down + 0.3 * np.sin(down / 5)  # lines bunch and spread
    side = across + 0.25 * np.sin(down / 7 + across / 6)  # hills move pixels
    turn = math.radians(9)
    north = -along * math.cos(turn) - side * math.sin(turn)
    east = -along * math.sin(turn) + side * math.cos(turn)
    latitude = 18.5 + np.degrees(SIDE * north)
    return latitude, 77.4 + np.degrees(SIDE * east) / math.cos(math.radians(18.5))


def spectra():
    """A spectrum for every pixel that names it: the row in the first band, the column in the second."""
    down, across = np.mgrid[0:ROWS, 0:COLS]
    data = np.random.default_rng(1).uniform(0.2, 0.4, (ROWS, COLS, BANDS))
    data[..., 0], data[..., 1] = 0.1 + down / 1000, 0.1 + across / 1000
    return data.astype(np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_envi_cube(tmp_path / "frt00001234_07_if166j_ter3.img", Cube(spectra(), wavelengths=WAVELENGTHS))
    write_ddr(tmp_path / "frt00001234_07_de166l_ddr1.lbl", *scan())
    return tmp_path


TER = "preprocess frt00001234_07_if166j_ter3.hdr out.h5 --normalize none"


def run(command):
    return CliRunner().invoke(app, command.split())


def pixels_of(product):
    """Row and column of the pixel that each valid cell was taken from."""
    found = np.asarray(product.data)[product.valid][:, :2]
    return np.rint((found.T - 0.1) * 1000).astype(int)


def distances(product):
    """(valid cells, pixels): from each cell's centre to every pixel, in pixels."""
    latitude, longitude = (plane.ravel() for plane in scan())
    lat, lon = centres(product.grid, *np.nonzero(product.valid))
    east = (lon[:, None] - longitude) * math.cos(math.radians(18.5))
    return np.radians(np.hypot(lat[:, None] - latitude, east)) / SIDE


def test_every_cell_has_the_whole_spectrum_of_the_nearest_pixel(folder):
    result = run(TER + " --project")

    assert result.exit_code == 0, result.output
    assert "cells of 18 m, the usual distance of neighbouring pixels: --pixel-size" in result.stderr
    product = read_product(folder / "out.h5", Cube)
    assert product.grid.transform[0] == 18
    assert CRS.from_wkt(product.grid.wkt).to_dict()["lat_ts"] == 20
    row, col = pixels_of(product)
    assert_array_equal(np.asarray(product.data)[product.valid], spectra()[row, col])
    away = distances(product)
    taken = away[np.arange(len(row)), row * COLS + col]
    assert_allclose(taken, away.min(axis=1), atol=2 * EXACT)  # places are computed to a hundredth of a pixel
    assert taken.max() < 1
    assert np.isnan(product.data[~product.valid]).all()


def test_no_cell_inside_the_image_is_empty_and_no_pixel_repeats_without_need(folder):
    assert run(TER + " --project").exit_code == 0
    product = read_product(folder / "out.h5", Cube)
    for line in product.valid:
        here = np.flatnonzero(line)
        assert len(here) in (0, here[-1] - here[0] + 1)  # a row of cells has no hole
    assert product.valid.sum() == pytest.approx(ROWS * COLS, rel=0.1)  # as many cells as the ground has
    assert len(np.unique(pixels_of(product), axis=1).T) > 0.85 * ROWS * COLS


def test_gdal_takes_the_same_pixels(folder):
    """GDAL takes the arrays for the corners of pixels, and inverts them on a grid of its own."""
    assert run(TER + " --project").exit_code == 0
    product = read_product(folder / "out.h5", Cube)
    latitude, longitude = scan(-0.5)
    theirs = np.full(product.valid.shape, -1.0)
    reproject(
        np.arange(ROWS * COLS, dtype=float).reshape(ROWS, COLS), theirs,
        src_geoloc_array=np.stack([longitude, latitude]), src_crs=CRS.from_dict(proj="longlat", R=3396190),
        dst_transform=Affine(*product.grid.transform), dst_crs=CRS.from_wkt(product.grid.wkt),
        resampling=Resampling.nearest, dst_nodata=-1, init_dest_nodata=True,
    )  # fmt: skip
    row, col = pixels_of(product)
    other = theirs[product.valid].astype(int)
    both = other >= 0
    apart = np.hypot(row - other // COLS, col - other % COLS)[both]
    assert both.mean() > 0.9
    assert (apart == 0).mean() > 0.8
    assert apart.max() < 2


def test_detector_columns_go_along_so_that_a_ratio_by_column_still_finds_them(folder):
    rng = np.random.default_rng(0)
    stripes = rng.uniform(0.99, 1.01, (COLS, BANDS))
    data = 0.3 * stripes + rng.normal(0, 1e-4, (ROWS, COLS, BANDS))
    cube = Cube(data.astype(np.float32), wavelengths=WAVELENGTHS)
    write_envi_cube(folder / "frt00001234_07_if166j_ter3.img", cube)

    assert run(TER + " --project").exit_code == 0
    product = read_product(folder / "out.h5", Cube)
    assert_array_equal(np.unique(product.columns), np.arange(-1, COLS))
    assert_array_equal(product.columns >= 0, product.valid)
    result = run("preprocess out.h5 ratio.h5 --ratio column --normalize none")

    assert result.exit_code == 0, result.output
    ratio = read_product(folder / "ratio.h5", Cube)
    assert_allclose(np.asarray(ratio.data)[ratio.valid], 1, atol=0.002)  # stripes of 1 % are gone


def test_what_is_done_to_spectra_is_done_before_they_are_projected(folder):
    assert run(TER + " --window 1000,2300").exit_code == 0
    plain = read_product(folder / "out.h5", Cube)
    assert run(TER + " --window 1000,2300 --project --overwrite").exit_code == 0
    product = read_product(folder / "out.h5", Cube)
    assert_array_equal(product.wavelengths, plain.wavelengths[plain.good_bands])
    assert np.isin(product.data[product.valid], plain.data).all()


def test_pixel_size_and_parallel_are_taken_as_given(folder):
    result = run(TER + " --project --pixel-size 36 --set project.parallel=0")
    assert result.exit_code == 0, result.output
    product = read_product(folder / "out.h5", Cube)
    assert product.grid.transform[0] == 36
    assert product.grid.authority == "IAU_2015:49910"
    assert product.valid.sum() == pytest.approx(ROWS * COLS / 4, rel=0.15)
    assert "usual distance" not in result.stderr


def test_the_cube_is_not_projected_unless_asked(folder):
    assert run(TER).exit_code == 0
    product = read_product(folder / "out.h5", Cube)
    assert product.grid is None
    assert product.shape[:2] == (ROWS, COLS)


def test_a_run_killed_in_its_second_pass_goes_on_from_the_first(folder, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    expected = run(TER + " --project")
    assert expected.exit_code == 0
    whole = (folder / "out.h5").read_bytes()
    (folder / "out.h5").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("hsicli.stages.projection.project_cube", killed)
        assert run(TER + " --project").exit_code != 0
    assert not (folder / "out.h5").exists()
    assert (folder / "out.h5.sensor").exists()
    again = run(TER + " --project")
    assert "goes on from out.h5.sensor" in again.stderr
    assert (folder / "out.h5").read_bytes() == whole
    assert not (folder / "out.h5.sensor").exists()


def test_what_another_run_left_is_not_taken(folder):
    (folder / "out.h5.sensor").write_bytes(b"of another time")
    result = run(TER + " --project")
    assert result.exit_code == 0, result.output
    assert "goes on from" not in result.stderr
    assert not (folder / "out.h5.sensor").exists()


def test_geometry_of_another_name_is_given(folder):
    (folder / "frt00001234_07_de166l_ddr1.lbl").rename(folder / "where.lbl")
    (folder / "frt00001234_07_de166l_ddr1.img").rename(folder / "where.img")
    (folder / "where.lbl").write_text(
        (folder / "where.lbl").read_text().replace("frt00001234_07_de166l_ddr1", "where")
    )
    assert run(TER + " --project").exit_code == 3
    assert run(TER + " --project --geometry where.lbl").exit_code == 0


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ("--geometry frt00001234_07_de166l_ddr1.lbl", 2, "nothing is projected"),
        ("--pixel-size 18", 2, "nothing is projected"),
        ("--project --pixel-size 0", 2, "no length"),
    ],
)
def test_half_a_request_is_refused(folder, options, code, word):
    result = run(f"{TER} {options}")
    assert result.exit_code == code, result.output
    assert word in result.stderr


def test_a_cube_on_a_map_is_not_projected_again(folder):
    assert run(TER + " --project").exit_code == 0
    result = run("preprocess out.h5 more.h5 --project")
    assert result.exit_code == 2
    assert "lies on a map grid already" in result.stderr


@pytest.mark.real
def test_a_real_geometry_gives_every_cell_its_nearest_pixel(data_dir, tmp_path, monkeypatch):
    """A scan whose lines lie twice as far apart as its columns, and one within another."""
    from hsicli.io.layers import read_geometry

    monkeypatch.chdir(tmp_path)
    label = data_dir / "crism/fixtures/frt00003e25_01_de156l_ddr1.lbl"
    planes = read_geometry(label)
    latitude, longitude = planes["latitude"], planes["longitude"]
    down, across = np.indices(latitude.shape)
    data = np.stack([0.1 + down / 100, 0.1 + across / 100, 0.5 + down / 1000], axis=-1).astype(np.float32)
    write_envi_cube(tmp_path / "a.img", Cube(data, wavelengths=np.array([1000.0, 1100.0, 1200.0])))

    result = run(f"preprocess a.hdr out.h5 --normalize none --project --geometry {label}")

    assert result.exit_code == 0, result.output
    product = read_product(tmp_path / "out.h5", Cube)
    lat, lon = centres(product.grid, *np.nonzero(product.valid))
    row, col = np.rint(np.asarray(product.data)[product.valid][:, :2].T * 100 - 10).astype(int)
    east = (lon[:, None] - longitude.ravel() + 180) % 360 - 180
    away = np.hypot(lat[:, None] - latitude.ravel(), east * np.cos(np.radians(lat))[:, None])
    taken = away[np.arange(len(row)), row * latitude.shape[1] + col]
    assert len(row) > 1000
    nearest = taken <= away.min(axis=1) + 1e-5
    assert nearest.mean() > 0.97  # elsewhere the nearest is of a line that does not reach so far
    assert CRS.from_wkt(product.grid.wkt).to_dict()["proj"] == "eqc"


def test_places_go_along_the_chain_so_that_a_class_map_is_projected_without_the_ddr(folder):
    assert run(TER).exit_code == 0
    cube = read_product(folder / "out.h5", Cube)
    assert_allclose(cube.latlon, np.stack(scan(), axis=2), atol=1e-5)
    assert run("cluster out.h5 classes.h5 --method pca-kmeans --dimension 4 --components 3").exit_code == 0
    for file in folder.glob("frt*"):
        file.unlink()

    result = run("mosaic classes.h5 map.tif")

    assert result.exit_code == 0, result.output
    with rasterio.open(folder / "map.tif") as dataset:
        drawn, transform = dataset.read(1), dataset.transform
        grid = Grid(tuple(transform)[:6], dataset.crs.to_wkt())
    labels = read_product(folder / "classes.h5", Labels).labels.ravel()
    rows, cols = np.nonzero(drawn)
    lat, lon = centres(grid, rows, cols)
    latitude, longitude = (plane.ravel() for plane in scan())
    east = (lon[:, None] - longitude) * math.cos(math.radians(18.5))
    nearest = np.hypot(lat[:, None] - latitude, east).argmin(axis=1)
    assert len(rows) > ROWS * COLS / 2
    assert (labels[nearest] == drawn[rows, cols]).mean() > 0.99  # the rest lies between two pixels
    assert run("export classes.h5 map.gpkg --project").exit_code == 0


def test_a_map_without_places_says_what_is_missing(folder):
    (folder / "frt00001234_07_de166l_ddr1.lbl").unlink()
    assert run(TER).exit_code == 0
    assert read_product(folder / "out.h5", Cube).latlon is None
    result = run("preprocess out.h5 again.h5 --project")
    assert result.exit_code == 3
    assert "no DDR of its observation lies beside it" in result.stderr
