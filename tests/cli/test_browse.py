"""hsicli browse: a folder of maps and pictures, whole or not there."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube, Grid
from hsicli.instruments import axis
from hsicli.io.hdf5 import write_product
from hsicli.provenance import Provenance

BANDS, _ = axis("crism-mtrdr")


def run(*words):
    return CliRunner().invoke(app, ["browse", *map(str, words)])


def write_cube(path: Path, *, bands=BANDS, **config) -> None:
    rng = np.random.default_rng(1)
    data = (0.2 + 1e-5 * bands + 0.003 * rng.standard_normal((6, 7, len(bands)))).astype(np.float32)
    data[0] = np.nan
    made = Provenance(command="preprocess", method="1.1", config=config)
    grid = Grid((18.0, 0, 0, 0, -18.0, 0))
    write_product(path, Cube(data, wavelengths=bands, valid=np.isfinite(data[..., 0]), grid=grid), made)


@pytest.fixture
def cube(tmp_path) -> Path:
    write_cube(tmp_path / "c.h5", normalize="none")
    return tmp_path / "c.h5"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_folder_of_maps_and_pictures_is_made_and_asking_again_does_nothing(cube, tmp_path):
    out = tmp_path / "maps"
    result = run(cube, out, "--products", "phy,TRU", "--json")
    assert result.exit_code == 0, result.output
    assert names(out) == {
        "c_parameters.tif", "c_parameters.tif.log.json", "c_parameters.tif.provenance.json",
        "c_PHY.tif", "c_PHY.png", "c_TRU.tif", "c_TRU.png",
    }  # fmt: skip
    assert json.loads(result.stdout.splitlines()[-1])["output"] == str(out / "c_parameters.tif")
    with rasterio.open(out / "c_parameters.tif") as dataset:
        assert dataset.count == 61
        assert dataset.descriptions[0] == "R770"
        assert np.isnan(dataset.read(1)[0]).all()
        assert np.isfinite(dataset.read(1)[1:]).all()
    with rasterio.open(out / "c_PHY.tif") as dataset:
        assert dataset.descriptions == ("D2300", "D2200", "BD1900R2")
        assert dataset.tags()["STRETCH"].startswith("D2300 0 to 0.03")

    before = (out / "c_PHY.tif").stat().st_mtime_ns
    again = run(cube, out, "--products", "PHY,TRU")
    assert again.exit_code == 0, again.output
    assert "up to date" in again.stderr
    assert (out / "c_PHY.tif").stat().st_mtime_ns == before


def test_other_settings_are_refused_and_a_lost_picture_is_made_again(cube, tmp_path):
    out = tmp_path / "maps"
    assert run(cube, out, "--parameters", "D2300", "--products", "none").exit_code == 0
    refused = run(cube, out, "--parameters", "D2200", "--products", "none")
    assert refused.exit_code == 4
    assert "config.parameters" in refused.stderr
    assert run(cube, out, "--products", "PHY", "--overwrite").exit_code == 0
    (out / "c_PHY.png").unlink()
    assert run(cube, out, "--products", "PHY", "--overwrite").exit_code == 0
    assert (out / "c_PHY.png").exists()


def test_the_same_command_gives_the_same_bytes(cube, tmp_path):
    for name in ("a", "b"):
        assert run(cube, tmp_path / name, "--products", "MAF").exit_code == 0
    for name in names(tmp_path / "a") - {"c_parameters.tif.log.json"}:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_ones_own_composite_may_have_limits(cube, tmp_path):
    result = run(cube, tmp_path / "o", "--products", "none", "--custom", "olindex3,BD2500_2:0:0.02,D2300")
    assert result.exit_code == 0, result.output
    with rasterio.open(tmp_path / "o" / "c_CUSTOM.tif") as dataset:
        assert "BD2500_2 0 to 0.02" in dataset.tags()["STRETCH"]


def test_a_dry_run_and_a_mistake_leave_no_folder(cube, tmp_path):
    before = names(tmp_path)
    dry = run(cube, tmp_path / "o", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "would be made" in dry.stderr
    assert names(tmp_path) == before
    write_cube(tmp_path / "narrow.h5", bands=BANDS[5:8])
    before = names(tmp_path)
    failed = run(tmp_path / "narrow.h5", tmp_path / "o")
    assert failed.exit_code == 3
    assert "no summary parameter" in failed.stderr
    assert names(tmp_path) == before


def test_another_image_may_go_into_the_same_folder(cube, tmp_path):
    write_cube(tmp_path / "d.h5")
    for path in (cube, tmp_path / "d.h5"):
        assert run(path, tmp_path / "o", "--parameters", "D2300", "--products", "none").exit_code == 0
    assert {"c_parameters.tif", "d_parameters.tif"} <= names(tmp_path / "o")


@pytest.mark.parametrize(
    ("config", "words"),
    [({"normalize": "l2"}, "band depths do"), ({"continuum": True, "normalize": "l2"}, "continuum removed")],
)
def test_spectra_that_are_no_reflectance_any_more_are_warned_of(tmp_path, config, words):
    write_cube(tmp_path / "c.h5", **config)
    result = run(tmp_path / "c.h5", tmp_path / "o", "--parameters", "D2300", "--products", "none")
    assert result.exit_code == 0, result.output
    assert words in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "problem", "hint"),
    [
        (("o", "--parameters", "OLINDEX"), 2, "there is no OLINDEX", "did you mean OLINDEX3?"),
        (("o", "--products", "PHI"), 2, "there is no PHI", "did you mean PHY?"),
        (("o", "--custom", "R770,R600"), 2, "three parameters", "--custom"),
        (("c.h5",), 3, "is a file, not a folder", "name a folder"),
        (("no/where",), 3, "does not exist", "mkdir -p no"),
    ],
)
def test_mistakes_are_named(cube, tmp_path, monkeypatch, words, code, problem, hint):
    monkeypatch.chdir(tmp_path)
    before = names(tmp_path)
    result = run("c.h5", *words)
    assert result.exit_code == code, result.output
    assert problem in result.stderr
    assert hint in result.stderr
    assert names(tmp_path) == before
