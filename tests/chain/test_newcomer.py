"""What a newcomer types wrongly: one line that says what is wrong, and one that says what to do."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.hdf5 import write_product
from hsicli.products.subspace import Subspace
from hsicli.provenance import Provenance

MADE = Provenance("test", "1.1", {})

MISTAKES = {
    "order of arguments": (
        "preprocess out.h5 scene.img", 2,
        "out.h5: is not there, and scene.img, which would be the output, is",
        "the output comes last: hsicli preprocess scene.img out.h5",
    ),
    "no output": (
        "preprocess scene.img", 2, "preprocess: missing argument 'OUT'", "hsicli preprocess CUBE OUT; see",
    ),
    "no page": ("report cube.h5", 2, "report: missing argument", "hsicli report PRODUCT... PAGE; see"),
    "an option for the output": (
        "preprocess -o out.h5 scene.img", 2, "no such option: -o",
        "the output has no option, it comes last: hsicli preprocess CUBE OUT",
    ),
    "a typo in a file": ("preprocess scene.im out.h5", 3, "scene.im: there is no such file", "spelling"),
    "a folder": ("preprocess . out.h5", 3, ".: is a folder, not a file", ""),
    "a typo in a command": ("cluter cube.h5 out.h5", 2, "did you mean 'cluster'", "hsicli --help lists"),
    "a typo in an option": (
        "preprocess scene.img out.h5 --contnuum", 2, "no such option: --contnuum", "did you mean --continuum",
    ),
    "a typo in a setting": (
        "cluster cube.h5 out.h5 --set merging.clases=3", 2, "there is no setting merging.clases",
        "did you mean merging.classes?",
    ),
    "a word for a number": (
        "cluster cube.h5 out.h5 --set dimension=three", 2, "dimension: input should be a valid integer", "",
    ),
    "a product of the wrong kind": (
        "cluster subspace.h5 out.h5", 3, "subspace.h5: is a product of kind subspace, not cube",
        "give one of kind cube",
    ),
    "a cube for a library": (
        "unmix cube.h5 out.h5 --library cube.h5", 3, "cube.h5: is an HDF5 file, not a library",
        "hsicli export",
    ),
    "the suffix of another format": (
        "preprocess scene.img out.tif", 2, "out.tif: the output is an HDF5 product", "name it out.h5",
    ),
    "a recipe that is none": ("synth marz s.img", 3, "marz: is neither a recipe nor", "did you mean mars?"),
    "the input as the output": ("cluster cube.h5 cube.h5", 2, "cube.h5", ""),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> Path:
    monkeypatch.chdir(tmp_path)
    cube = Cube(rng.random((6, 7, 20)).astype(np.float32), wavelengths=np.linspace(1000, 2000, 20))
    write_envi_cube(tmp_path / "scene.img", cube)
    write_product(tmp_path / "cube.h5", cube, MADE)
    ones = np.ones(20)
    subspace = Subspace(2, 2, 2, 42, cube.wavelengths, ones, ones, ones, np.eye(20), ones, ones)
    write_product(tmp_path / "subspace.h5", subspace, MADE)
    return tmp_path


@pytest.mark.parametrize(("command", "code", "problem", "hint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_answered_with_what_to_do(folder, command, code, problem, hint):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == code, result.output
    said, *rest = [line for line in result.stderr.splitlines() if line]
    assert said.startswith("hsicli: error: ")
    assert problem.casefold() in said.casefold()
    assert len(rest) == 1
    assert rest[0].startswith("hint: ")
    assert hint in rest[0]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_header_stands_for_its_image(folder):
    result = CliRunner().invoke(app, ["preprocess", "scene.hdr", "out.h5"])
    assert result.exit_code == 0, result.output


def test_no_command_at_all_is_answered_with_the_list_of_them(folder):
    result = CliRunner().invoke(app, [])
    assert "preprocess" in result.output
