"""hsicli gan-train: lists and patterns, the product and its picture, restart."""

import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.hdf5 import read_product, write_product
from hsicli.products.weights import Weights
from hsicli.provenance import Provenance

AXIS = np.arange(1000.0, 1400.0, 10.0)
QUICK = [
    word
    for setting in (
        "window=[1000,1390]", "spacing=10", "preparation.smoothing=5", "spectra=200", "clusters=3",
        "network.layers=2", "network.generator_filters=8", "network.discriminator_filters=4",
        "looks.every=2", "looks.spectra=32",
    )
    for word in ("--set", setting)
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        depth = rng.uniform(0.1, 0.3, (10, 12, 1))
        data = 0.3 * (1 - depth * np.exp(-(((AXIS - 1200) / 30) ** 2)))
        write_product(tmp_path / f"{name}.h5", Cube(data.astype(np.float32), wavelengths=AXIS),
                      Provenance("preprocess", "1.1", {}))  # fmt: skip
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["gan-train", *words, "--iterations", "4", "--batch-size", "4", *QUICK])


def test_weights_a_picture_and_no_second_run(folder):
    result = run("a.h5", "b.h5", "w.h5")
    assert result.exit_code == 0, result.output
    assert (folder / "w.png").is_file()
    assert "in 2 cubes" in result.stderr
    product = read_product(folder / "w.h5", Weights)
    np.testing.assert_array_equal(product.history[:, 0], [2, 4])
    assert "up to date" in run("a.h5", "b.h5", "w.h5").stderr
    assert run("a.h5", "w.h5").exit_code == 4


def test_a_list_beside_its_cubes_means_the_same_as_their_names(folder):
    (folder / "lists").mkdir()
    (folder / "lists" / "cubes.txt").write_text("# two\n\n../a.h5\n../?.h5\n")
    assert "in 2 cubes" in run("lists/cubes.txt", "w.h5").stderr
    assert "up to date" in run("a.h5", "b.h5", "w.h5").stderr


def test_a_pattern_that_the_shell_left_alone_is_followed(folder):
    result = run("[ab].h5", "w.h5")
    assert "in 2 cubes" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("empty.txt",), "empty.txt: names no cube"),
        (("none.txt",), "none.txt: No such file"),
        (("a.h5", "c*.h5"), "no file is named so"),
        (("c.h5",), "there is no such file"),
    ],
)
def test_what_names_no_cube_is_refused(folder, words, said):
    (folder / "empty.txt").write_text("# nothing\n")
    result = run(*words, "w.h5")
    assert result.exit_code == 3
    assert said in result.stderr
    assert not (folder / "w.h5").exists()
