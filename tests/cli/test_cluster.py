"""hsicli cluster: the product and its pictures, skipping, refusing, and what it says of mistakes."""

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hsicli.cli.app import Commands
from hsicli.cli.cluster import cluster
from hsicli.cli.options import Command
from hsicli.cube import Cube
from hsicli.io.hdf5 import read_product, write_product
from hsicli.products.labels import Labels
from hsicli.provenance import Provenance
from hsicli.stages.hysime import HysimeConfig, estimate_subspace

app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
app.command(cls=Command)(cluster)


@app.callback()
def root() -> None:
    """A group of one command."""


def run(*words):
    quick = ("--set", "encoder.training.epochs=1", "--set", "mixture.max_iterations=3", "--device", "cpu")
    return CliRunner().invoke(app, ["cluster", *(str(word) for word in words), *quick])


@pytest.fixture
def cube(tmp_path, rng):
    """Three materials in bands of rows, 30 × 30 pixels, 20 bands."""
    spectra = 0.5 + 0.2 * np.sin(np.linspace(0, 6, 20) * np.arange(1, 4)[:, None])
    data = spectra[np.arange(30) // 10][:, None] + rng.normal(size=(30, 30, 20)) * 0.002
    path = tmp_path / "cube.h5"
    write_product(
        path,
        Cube(data.astype(np.float32), wavelengths=np.linspace(1000, 2500, 20)),
        Provenance("preprocess", "1.1", {}),
    )
    return path


def test_the_product_holds_the_planted_classes_and_a_map_lies_beside_it(cube, tmp_path):
    result = run(cube, tmp_path / "classes.h5", "--dimension", 3)
    assert result.exit_code == 0, result.output
    product = read_product(tmp_path / "classes.h5", Labels)
    assert all(len(np.unique(product.labels[rows : rows + 10])) == 1 for rows in (0, 10, 20))
    assert len(product.names) == 3
    assert product.codes.shape == (30, 30, 3)
    assert (tmp_path / "classes.tif").exists()
    assert "classes.h5" in result.stdout
    assert not (tmp_path / "classes.h5.resume").exists()


def test_options_reach_the_stage(cube, tmp_path):
    options = ("--method", "pca-kmeans", "--dimension", 2, "--components", 5, "--classes", 4)
    assert run(cube, tmp_path / "out.h5", *options).exit_code == 0
    product = read_product(tmp_path / "out.h5", Labels)
    assert product.codes.shape[2] == 2
    assert len(product.merge_angles) == 4
    assert len(product.names) == 4


def test_a_second_run_has_nothing_to_do_and_another_seed_is_noticed(cube, tmp_path):
    output = tmp_path / "out.h5"
    assert run(cube, output, "--method", "pca-kmeans").exit_code == 0
    before = output.stat().st_mtime_ns
    assert run(cube, output, "--method", "pca-kmeans").exit_code == 0
    assert output.stat().st_mtime_ns == before
    other = run(cube, output, "--method", "pca-kmeans", "--seed", 7)
    assert other.exit_code == 4
    assert "seed: 0 -> 7" in other.stderr


def test_a_subspace_gives_the_dimension(cube, tmp_path):
    found = estimate_subspace(read_product(cube, Cube), HysimeConfig())
    write_product(tmp_path / "subspace.h5", found, Provenance("hysime", "1.1", {}))
    result = run(cube, tmp_path / "out.h5", "--subspace", tmp_path / "subspace.h5", "--method", "pca-kmeans")
    assert result.exit_code == 0, result.output
    assert read_product(tmp_path / "out.h5", Labels).codes.shape[2] == 8


def test_a_method_that_does_not_exist_is_refused(cube, tmp_path):
    result = run(cube, tmp_path / "out.h5", "--method", "magic")
    assert result.exit_code == 2
    assert "'autoencoder-mixture', 'pca-mixture' or 'pca-kmeans'" in result.stderr


def test_a_product_of_another_kind_is_no_subspace(cube, tmp_path):
    result = run(cube, tmp_path / "out.h5", "--subspace", cube)
    assert result.exit_code == 3
    assert "subspace" in result.stderr
