"""The GyPSUM chain from the shell: a planted scene, a map that a GIS opens, a score to be believed."""

import json

import numpy as np
import pytest
import rasterio
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.hdf5 import read_product
from hsicli.io.labels import read_labels
from hsicli.products.labels import Labels
from hsicli.products.scores import Scores
from hsicli.products.subspace import Subspace

SCENE = "synth mars scene.img --rows 80 --cols 100"
CHAIN = (
    SCENE,
    "preprocess scene.img cube.h5 --window 1050,2550",
    "hysime cube.h5 subspace.h5",
    "cluster cube.h5 classes.h5 --subspace subspace.h5 --method pca-kmeans",
    "evaluate classes.h5 scores.h5 --truth scene_labels.img",
)


def run(command: str):
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("chain")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for command in CHAIN:
            run(command)
    return place


def test_every_stage_hands_on_what_the_next_one_needs(folder):
    cube = read_product(folder / "cube.h5", Cube)
    subspace = read_product(folder / "subspace.h5", Subspace)
    classes = read_product(folder / "classes.h5", Labels)
    assert cube.axis.min() >= 1050
    assert cube.axis.max() <= 2550
    assert subspace.pixels == cube.valid.sum() == (classes.labels > 0).sum()
    assert classes.counts.sum() == subspace.pixels
    np.testing.assert_array_equal(classes.wavelengths, cube.axis)


def test_the_map_is_better_than_location_alone(folder):
    scores = read_product(folder / "scores.h5", Scores)
    nmi = scores.metrics.index("nmi")
    assert scores.values[0, nmi] > scores.blind_labeled[:, nmi].mean() + 0.2


def test_the_map_opens_on_mars_with_its_legend(folder):
    with rasterio.open(folder / "classes.tif") as image, rasterio.open(folder / "scene.img") as scene:
        assert image.transform == scene.transform
        assert image.crs.to_authority() == ("IAU_2015", "49910")
        assert image.nodata == 0
        assert image.colormap(1)[1][3] == 255
        values = image.read(1)
    classes = read_product(folder / "classes.h5", Labels)
    np.testing.assert_array_equal(values, classes.labels)
    assert read_labels(folder / "classes.tif").names == classes.names


def test_truth_and_fill_agree(folder):
    truth = read_labels(folder / "scene_labels.img").labels
    labels = read_product(folder / "classes.h5", Labels).labels
    assert (labels[truth == 0] == 0).all()


def test_the_chain_typed_again_does_nothing(folder, monkeypatch):
    monkeypatch.chdir(folder)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for command in CHAIN:
        assert "up to date" in run(command).stderr
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_product_remembers_its_ancestors(folder):
    told = json.loads(CliRunner().invoke(app, ["info", str(folder / "classes.h5"), "--json"]).stdout)
    assert "preprocess" in json.dumps(told)


@pytest.mark.slow
def test_the_demo_writes_its_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("demo")
    page = (tmp_path / "demo" / "report.html").read_text()
    assert "Expected and obtained" in page
    assert "Minerals by name" in page
    assert page.count("data:image/png;base64") == 6
    assert "http" not in page.replace("http-equiv", "")
