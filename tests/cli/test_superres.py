"""hsicli superres from the shell: from a cube and a sensor, or two cubes, to estimates and their scores."""

import contextlib
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
from hsicli.io.reading import read_cube
from hsicli.products.estimates import Estimate
from hsicli.products.weights import Weights

SENSOR = "2000:150,2150:120,2300:150"
TRAIN = f"superres train scene.img w.h5 --sensor {SENSOR} --model ridge --window 1900,2400 --threads 1"
APPLY = (
    f"superres apply scene.img w.h5 e.h5 --sensor {SENSOR} --threads 1 "
    "--covariance 3,4 --covariance 20,7 --samples 3"
)


def run(command: str, code: int = 0):
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A scene, weights learnt from it, and an estimate of it."""
    folder = tmp_path_factory.mktemp("superres")
    with contextlib.chdir(folder):
        run("synth mixtures scene.img --rows 30 --cols 32 --seed 3")
        said = run(TRAIN).stderr
        assert "held out by blocks" in said
        assert "held out at random" in said
        run(APPLY)
    return folder


@pytest.fixture
def scene(made, monkeypatch) -> Path:
    monkeypatch.chdir(made)
    return made


def test_train_apply_and_evaluate(scene):
    assert "up to date" in run(TRAIN).stderr
    assert "up to date" in run(APPLY).stderr
    found = read_product(Path("e.h5"), Estimate)
    assert found.pixels.tolist() == [[3, 4], [20, 7]]
    assert found.samples.shape[:2] == (2, 3)
    assert found.used is not None, "it is the scene that was learnt from"
    for name in ("e.png", "e-pixels.png"):
        assert Path(name).stat().st_size > 5000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open("e.tif") as image:
            assert image.descriptions == ("spread", "strangeness")
            np.testing.assert_array_equal(image.read(1), found.spread)
    scores = json.loads(run("evaluate e.h5 --truth scene.img --json").stdout)
    assert scores["left_out"] > 600 > scores["pixels"] > 100
    assert scores["values"][0][0] < scores["baseline_values"][0][0]
    table = run("evaluate e.h5 s.h5 --truth scene.img --library scene_endmembers.csv").stdout
    assert "NLL: −log p(y | x)" in table
    assert "same first word" in table
    assert (
        "nearest library spectrum"
        in run("evaluate e.h5 s.h5 --truth scene.img --library scene_endmembers.csv").stdout
    )


def test_an_estimate_is_a_cube_to_every_other_command(scene):
    assert json.loads(run("info e.h5 --json").stdout)["kind"] == "estimate"
    run("hysime e.h5 d.h5")
    run("export e.h5 mean.img")
    np.testing.assert_array_equal(
        np.asarray(read_cube(Path("mean.img")).data), read_product(Path("e.h5"), Estimate).mean
    )
    run("report w.h5 e.h5 page.html")
    page = Path("page.html").read_text()
    assert "Estimate: e.h5" in page
    assert "after Candela et al." in page


def test_two_cubes_a_shift_and_control_points(scene):
    run("preprocess scene.img fine.h5 --window 1900,2400")
    run("preprocess scene.img coarse.h5 --window 2000,2300")
    for name, more in (("a", ""), ("b", " --shift 0,1"), ("c", " --points points.csv")):
        Path("points.csv").write_text(
            "low_row,low_col,high_row,high_col\n0,1,0,0\n9,1,9,0\n0,10,0,9\n9,10,9,9\n"
        )
        run(f"superres train coarse.h5 fine.h5 {name}.h5 --model ridge --threads 1{more}")
    rmse = {
        name: json.loads(read_product(Path(f"{name}.h5"), Weights).settings)["held_out"]["blocks"]["rmse"]
        for name in "abc"
    }
    assert rmse["a"] < rmse["b"]
    assert rmse["b"] == rmse["c"], "the points say the same shift"
    run("superres apply coarse.h5 a.h5 ea.h5 --truth fine.h5 --threads 1")
    found = read_product(Path("ea.h5"), Estimate)
    row, col = found.pixels.T
    np.testing.assert_array_equal(found.truth, read_cube(Path("fine.h5")).data[row, col])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1,2,3\n4,5,6\n", "has 3 columns"),
        ("low_row,low_col,high_row,high_col\n1,2,3,x\n4,5,6,7\n1,1,2,2\n", "no numbers"),
        ("1,1,1,1\n2,2,2,2\n", "do not fix"),
    ],
)
def test_control_points_that_say_nothing_are_refused(scene, text, word):
    Path("bad.csv").write_text(text)
    result = run("superres train scene.img scene.img wp.h5 --points bad.csv", code=3)
    assert word in result.stderr
    assert not Path("wp.h5").exists()


def test_a_scene_is_known_again_as_it_is_prepared(scene):
    run("preprocess scene.img window.h5 --window 1800,2450")
    run(f"superres apply window.h5 w.h5 ew.h5 --sensor {SENSOR} --threads 1")
    used = [read_product(Path(name), Estimate).used for name in ("e.h5", "ew.h5")]
    np.testing.assert_array_equal(*used)
    run("synth mixtures other.img --rows 30 --cols 32 --seed 4")
    run(f"superres apply other.img w.h5 eo.h5 --sensor {SENSOR} --threads 1")
    assert read_product(Path("eo.h5"), Estimate).used is None


def test_a_sensor_may_be_a_table_which_is_an_input(scene):
    Path("sensor.csv").write_text("wavelength_nm,fwhm_nm\n2000,150\n2150,120\n2300,150\n")
    told = TRAIN.replace(SENSOR, "sensor.csv").replace("w.h5", "v.h5")
    run(told)
    np.testing.assert_array_equal(
        read_product(Path("w.h5"), Weights).numbers, read_product(Path("v.h5"), Weights).numbers
    )
    Path("sensor.csv").write_text("wavelength_nm,fwhm_nm\n2000,150\n2150,130\n2300,150\n")
    assert "made otherwise" in run(told, code=4).stderr


def test_other_pixels_are_another_product(scene):
    assert "made otherwise" in run(f"{APPLY} --covariance 1,1", code=4).stderr


def test_a_mask_keeps_pixels_out(scene):
    keep = np.zeros((30, 32), np.uint8)
    keep[5:, 4:] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open("m.tif", "w", driver="GTiff", height=30, width=32, count=1, dtype="uint8") as file:
            file.write(keep, 1)
    run(f"{APPLY} --mask m.tif".replace("e.h5", "em.h5"))
    np.testing.assert_array_equal(np.isfinite(read_product(Path("em.h5"), Estimate).spread), keep == 1)


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("superres", "Usage"),
        ("superres train scene.img w.h5", "expected LOW HIGH WEIGHTS, 2 files"),
        (f"superres train scene.img scene.img w.h5 --sensor {SENSOR}", "two files, HIGH WEIGHTS; 3"),
        ("superres train scene.img v3.h5 --sensor astre", "no instrument"),
        (f"{TRAIN} --model gan", "--model"),
        (f"{TRAIN} --window 2000", "--window 2000: expected two numbers"),
        (f"{TRAIN} --set split.by=[]", "split.by"),
        ("superres train scene.img scene.img v2.h5 --shift 1,1 --points p.csv", "both align"),
        ("superres train scene.img w.txt --sensor aster", "HDF5 product"),
        ("superres aply scene.img w.h5 e.h5", "apply"),
        (f"{APPLY} --covariance 3", "--covariance 3: expected two whole numbers"),
        ("superres apply scene.img w.h5 e.h5 --sensor", "--sensor"),
        ("evaluate e.h5", "--truth CUBE"),
        ("evaluate e.h5 --truth scene.img --repeat 3", "for class maps"),
    ],
)
def test_a_wrong_call_is_one_clear_line(scene, command, word):
    Path("p.csv").write_text("1,1,1,1\n")
    result = run(command, code=2)
    assert word in result.output
    assert "Traceback" not in result.output


@pytest.mark.real
def test_aster_seen_at_cuprite(data_dir, tmp_path, monkeypatch):
    """Real pixels, ASTER simulated: far better than lines between its channels, on ground not seen."""
    monkeypatch.chdir(tmp_path)
    cube = data_dir / "benchmarks" / "cuprite-50x90" / "cuprite_50x90.hdr"
    run(f"superres train {cube} w.h5 --sensor aster --window 2000,2500 --model ridge --threads 1")
    run(f"superres apply {cube} w.h5 e.h5 --sensor aster --threads 1")
    scores = json.loads(run(f"evaluate e.h5 --truth {cube} --json").stdout)
    assert len(scores["wavelengths"]) == 48
    assert scores["pixels"] + scores["left_out"] == 4500
    constant, lines = scores["baseline_values"]
    assert scores["rmse"] < lines[0] / 3 < constant[0] / 3
    assert scores["stated"][0][1] == pytest.approx(0.9, abs=0.05)
