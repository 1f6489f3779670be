"""hsicli synth: its files are whole, its readers read them, and it says what was wrong."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.io.envi import read_classes, read_envi
from hsicli.io.speclib import read_library

FILES = {
    "s.img", "s.hdr", "s_labels.img", "s_labels.hdr", "s_abundances.img", "s_abundances.hdr", "s_mask.img",
    "s_mask.hdr", "s_endmembers.csv", "s_noise.csv", "s.img.provenance.json", "s.img.log.json",
}  # fmt: skip

SMALL = ["--rows", "40", "--cols", "100", "--set", "window=[2000, 2400]"]


def run(*words):
    return CliRunner().invoke(app, ["synth", *map(str, words)])


@pytest.fixture
def scene(tmp_path):
    result = run("mars", tmp_path / "s.hdr", *SMALL, "--seed", 3)
    assert result.exit_code == 0, result.output
    return tmp_path


def test_a_scene_and_its_truth_can_be_read_back(scene) -> None:
    assert {path.name for path in scene.iterdir()} == FILES
    cube, mixture = read_envi(scene / "s.hdr"), read_envi(scene / "s_abundances.hdr")
    truth, mask = read_classes(scene / "s_labels.hdr"), read_envi(scene / "s_mask.hdr")
    endmembers, noise = read_library(scene / "s_endmembers.csv"), read_library(scene / "s_noise.csv")
    labels = truth.data[0]

    assert cube.shape == (40, 100, len(endmembers.wavelengths))
    np.testing.assert_allclose(cube.wavelengths, endmembers.wavelengths, atol=1e-3)
    assert cube.grid is not None
    assert cube.grid.authority == "IAU_2015:49910"
    assert truth.class_names == endmembers.names
    assert len(truth.colours) == len(endmembers.names) == mixture.shape[2]
    np.testing.assert_array_equal(mask.data[..., 0] > 0, labels > 0)
    [block] = cube.blocks()
    np.testing.assert_array_equal(block.valid, labels > 0)
    planted = np.asarray(mixture.data)[labels > 0]
    np.testing.assert_array_equal(planted.argmax(axis=1) + 1, labels[labels > 0])
    residual = block.data[labels > 0] - planted @ endmembers.spectra
    assert np.median(np.abs(residual)) < 0.1
    assert noise.spectra.shape == (1, cube.shape[2])


def test_asking_again_does_nothing_and_another_seed_is_refused(scene) -> None:
    before = (scene / "s.img").stat().st_mtime_ns
    assert run("mars", scene / "s", *SMALL, "--seed", 3).exit_code == 0
    assert (scene / "s.img").stat().st_mtime_ns == before
    refused = run("mars", scene / "s.img", *SMALL, "--seed", 4)
    assert refused.exit_code == 4
    assert "made otherwise: seed: 3 -> 4\n" in refused.stderr


def test_the_same_command_gives_the_same_bytes(scene, tmp_path) -> None:
    other = tmp_path / "again"
    other.mkdir()
    assert run("mars", other / "s.img", *SMALL, "--seed", 3).exit_code == 0
    for name in FILES - {"s.img.log.json"}:
        assert (scene / name).read_bytes() == (other / name).read_bytes(), name


def test_no_noise_is_asked_for_as_inf(tmp_path) -> None:
    result = run("mixtures", tmp_path / "m", "--rows", 5, "--cols", 6, "--snr", "inf", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["state"] == "written"
    assert not read_library(tmp_path / "m_noise.csv").spectra.any()
    assert not (tmp_path / "m_mask.hdr").exists()


def test_endmembers_can_come_from_a_library(tmp_path) -> None:
    table = tmp_path / "library.csv"
    table.write_text(
        "wavelength_um,Red rock,Pale rock\n" + "".join(f"{w / 10},0.{w},0.5\n" for w in range(10, 25))
    )
    result = run("mixtures", tmp_path / "m", "--rows", 5, "--library", table, "--members", "pale,red")
    assert result.exit_code == 0, result.output
    assert read_library(tmp_path / "m_endmembers.csv").names == ("pale", "red")


def test_a_recipe_may_be_a_file(tmp_path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("rows = 4\ncols = 4\nbands = [1000, 1100, 10]\nmembers = ['alunite', 'opal']\n")
    assert run(recipe, tmp_path / "m").exit_code == 0
    assert read_envi(tmp_path / "m.hdr").shape == (4, 4, 11)


@pytest.mark.parametrize(
    ("words", "code", "problem", "hint"),
    [
        (("mras", "o"), 3, "mras: is neither", "did you mean mars?"),
        (("mixtures", "o", "--members", "alunite,unobtainium"), 2, "unobtainium", "choose among"),
        (("mars", "o", "--members", "alunite,opal"), 2, "--members", "use the recipe mixtures"),
        (("mars", "o", "--set", "defects.strips=1"), 2, "defects.strips", "defects.stripes"),
        (("mars", "o", "--cols", "20"), 2, "border", "--cols"),
        (("mixtures", "nowhere/o"), 3, "does not exist", "mkdir -p nowhere"),
    ],
)
def test_mistakes_are_named(words, code, problem, hint, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == code, result.output
    assert problem in result.stderr
    assert hint in result.stderr
    assert list(tmp_path.glob("o*.hdr")) == []


@pytest.mark.parametrize("name", [".", "/", ".."])
def test_a_folder_is_no_scene(name, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("mixtures", name)
    assert result.exit_code == 3, result.output
    assert f"{name}: is a folder" in result.stderr


def test_the_name_printed_is_the_file_written(tmp_path) -> None:
    result = run("mixtures", tmp_path / "S.IMG", "--rows", 5, "--cols", 6)
    assert result.stdout.strip() == str(tmp_path / "S.img")
    assert (tmp_path / "S.img").exists()


def test_a_header_of_another_cube_is_not_replaced(tmp_path) -> None:
    (tmp_path / "m.hdr").write_text("ENVI\nof m.dat")
    result = run("mixtures", tmp_path / "m", "--rows", 5, "--cols", 6)
    assert result.exit_code == 4
    assert "m.hdr: would be replaced" in result.stderr
    assert (tmp_path / "m.hdr").read_text() == "ENVI\nof m.dat"


def test_a_scene_that_lost_a_file_or_its_end_is_made_again(tmp_path) -> None:
    words = ("mixtures", tmp_path / "m", "--rows", 5, "--cols", 6)
    assert run(*words).exit_code == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if "log" not in path.name}
    (tmp_path / "m_labels.img").unlink()
    assert run(*words).exit_code == 0
    seal = tmp_path / "m.img.provenance.json"
    begun = json.loads(seal.read_text()) | {"files": []}  # as a kill leaves it
    seal.write_text(json.dumps(begun))
    (tmp_path / "m.hdr").unlink()
    (tmp_path / ".m_labels.img.tmp-123").write_text("half")
    assert run(*words).exit_code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if "log" not in path.name} == before
