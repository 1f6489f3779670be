"""hsicli unmix from the shell: what it writes, and that it reads its own."""

import json
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.io.hdf5 import read_product
from hsicli.io.reading import read_cube
from hsicli.io.speclib import read_library
from hsicli.products.abundances import Abundances

QUICK = "--set training.epochs=2 --set search.restarts=2 --set search.rounds=30 --threads 1"


def run(command: str, code: int = 0):
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def scene(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("synth mixtures scene.img --rows 24 --cols 28 --seed 3")
    return tmp_path


def test_blind_writes_map_pictures_and_endmembers(scene):
    run(f"unmix scene.img out.h5 --endmembers 3 --library scene_endmembers.csv {QUICK}")
    product = read_product(Path("out.h5"), Abundances)
    for name in ("out.png", "out-endmembers.png"):
        assert Path(name).stat().st_size > 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open("out.tif") as image:
            assert image.descriptions == product.names
            np.testing.assert_array_equal(image.read(1), product.abundances[..., 0])
    library = read_library(Path("out-endmembers.csv"))
    assert library.names == product.names
    np.testing.assert_allclose(library.spectra, product.endmembers, rtol=1e-4)
    assert product.matches.shape == (3, 2)
    assert (
        "up to date"
        in run(f"unmix scene.img out.h5 --endmembers 3 --library scene_endmembers.csv {QUICK}").stderr
    )
    facts = json.loads(run("info out.h5 --json").stdout)
    assert facts["kind"] == "abundances"


def test_told_by_an_image_or_a_product_then_applied_and_generated(scene):
    run(f"unmix scene.img told.h5 --method supervised --truth scene_abundances.img {QUICK}")
    run(f"unmix scene.img again.h5 --weights told.h5 {QUICK}")
    with h5py.File("told.h5") as told, h5py.File("again.h5") as again:
        np.testing.assert_array_equal(told["abundances"], again["abundances"])
    run(f"unmix scene.img twice.h5 --method supervised --truth told.h5 {QUICK}")
    run("unmix told.h5 made.h5 --generate scene_abundances.img")
    made = read_cube(Path("made.h5"))
    assert made.shape == read_cube(Path("scene.img")).shape


def test_members_are_named_and_other_members_are_another_input(scene):
    names = read_library(Path("scene_endmembers.csv")).names
    members = ",".join(name.replace(" ", "") for name in names[:2])
    command = f"unmix scene.img known.h5 --method known --library scene_endmembers.csv --members {members}"
    run(command)
    assert read_product(Path("known.h5"), Abundances).names == names[:2]
    result = run(command.replace(members, names[0] + "," + names[2]), code=4)
    assert "made otherwise" in result.stderr


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("--members a", "--members are those of a library"),
        ("--truth scene_abundances.img --endmembers 3", "--truth is read by --method supervised alone"),
        ("--method magic", "method"),
        ("--set mixing=hapke --set brightness=free", "brightness is fixed"),
    ],
)
def test_what_does_not_go_together_is_said(scene, options, word):
    assert word in run(f"unmix scene.img out.h5 {options}", code=2).stderr
    assert not Path("out.h5").exists()


def test_a_masked_scene_keeps_its_fill(scene):
    cube = read_cube(Path("scene.img"))
    mask = np.ones((24, 28, 1), dtype=np.float32)
    mask[:5] = 0
    from tests.chain.test_bad_input import write_envi

    write_envi(Path("mask.hdr"), mask, axis=None)
    run("preprocess scene.img cube.h5 --mask mask.hdr --normalize none")
    run(f"unmix cube.h5 out.h5 --endmembers 3 {QUICK}")
    found = read_product(Path("out.h5"), Abundances).abundances
    assert np.isnan(found[:5]).all()
    assert np.isfinite(found[5:]).all()
    assert cube.shape[:2] == found.shape[:2]
