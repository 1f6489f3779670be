"""hsicli gan-map from the shell: what it writes, what it is told to look for."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.io.hdf5 import read_product
from hsicli.products.minerals import Minerals

QUICK = "--threads 1"


def run(command: str, code: int = 0):
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mars")
    scene = folder / "scene.img"
    run(f"synth mars {scene} --rows 48 --cols 90 --seed 5 --set window=[1040,2610]")
    return folder


@pytest.fixture
def here(folder, monkeypatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def test_it_writes_map_scores_and_pictures_and_knows_when_it_is_done(here):
    command = f"gan-map scene.img none scene_endmembers.csv out.h5 {QUICK}"
    run(command)
    product = read_product(Path("out.h5"), Minerals)
    for name in ("out.png", "out-spectra.png"):
        assert Path(name).stat().st_size > 1000
    assert len(Path("out-minerals.csv").read_text().splitlines()) == 2 + len(product.names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open("out.tif") as image, rasterio.open("out-score.tif") as scores:
            np.testing.assert_array_equal(image.read(1), product.labels)
            assert image.tags()["CLASS_1"] == product.names[0]
            assert scores.descriptions == ("score", "confidence", "scale")
            np.testing.assert_array_equal(scores.read(2), product.confidence)
    assert "up to date" in run(command).stderr
    facts = json.loads(run("info out.h5 --json").stdout)
    assert facts["kind"] == "minerals"


def test_a_map_of_minerals_goes_into_mosaics_exports_and_reports(here):
    run(f"gan-map scene.img none scene_endmembers.csv next.h5 --method band-depth {QUICK}")
    run("mosaic next.h5 composed.tif")
    run("export next.h5 classes.hdr")
    run("evaluate next.h5 --truth scene_labels.img")
    run("report next.h5 page.html")
    assert "Minerals were mapped after Saranathan and Parente" in Path("page.html").read_text()


def test_any_spectrum_is_searched_for_by_pixel_or_by_file(here):
    run(f"gan-map scene.img none none pixel.h5 --like 20,40 {QUICK}")
    found = read_product(Path("pixel.h5"), Minerals)
    assert found.names == ("like 20,40",)
    assert found.score[20, 40] > 0.95
    refused = run(f"gan-map scene.img none none pixel.h5 --like 20,41 {QUICK}", code=4)
    assert "like" in refused.stderr
    run("exemplar scene.img one.csv --name mine --pixel 20,40 --window 1")
    run(f"gan-map scene.img none scene_endmembers.csv both.h5 --like one.csv {QUICK}")
    assert read_product(Path("both.h5"), Minerals).names[-1] == "mine"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("none none out2.h5", 2, "nothing to look for"),
        ("none none out2.h5 --like nowhere.csv", 3, "no such file"),
        ("none none out2.h5 --like 900,1", 3, "outside of the image"),
        ("none scene_endmembers.csv out2.h5 --method gan", 2, "needs weights"),
        ("gone.h5 scene_endmembers.csv out2.h5", 3, "gone.h5"),
        ("none scene_endmembers.csv out2.h5 --method sam", 2, "method"),
        ("none scene_endmembers.csv out2.h5 --false-alarms 3", 2, "false_alarms"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(here, words, code, said):
    result = run(f"gan-map scene.img {words} {QUICK}", code=code)
    assert said in result.stderr
    assert not Path("out2.h5").exists()
