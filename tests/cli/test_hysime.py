import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hsicli.cli.app import Commands
from hsicli.cli.hysime import hysime
from hsicli.cli.options import Command
from hsicli.cube import Cube
from hsicli.io.hdf5 import read_header, read_product, write_product
from hsicli.products.subspace import Subspace
from hsicli.provenance import Provenance

app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
app.command(cls=Command)(hysime)


@app.callback()
def root() -> None:
    """A group of one command."""


def run(*words):
    return CliRunner().invoke(app, ["hysime", *(str(word) for word in words)])


@pytest.fixture
def cube(tmp_path, rng):
    """Mixtures of three spectra, 40 × 40 pixels, 20 bands."""
    spectra = 0.5 + 0.3 * np.sin(np.linspace(0, 6, 20) * np.arange(1, 4)[:, None])
    data = rng.dirichlet(np.ones(3), (40, 40)) @ spectra + rng.normal(size=(40, 40, 20)) * 0.002
    path = tmp_path / "cube.h5"
    write_product(
        path,
        Cube(data.astype(np.float32), wavelengths=np.linspace(1000, 2500, 20)),
        Provenance("preprocess", "1.1", {}),
    )
    return path


def test_the_product_holds_dimension_directions_and_noise(cube, tmp_path):
    result = run(cube, tmp_path / "subspace.h5")
    assert result.exit_code == 0, result.output
    product = read_product(tmp_path / "subspace.h5", Subspace)
    assert product.dimension == 3
    assert product.eigenvectors.shape == (20, 20)
    assert product.noise == pytest.approx(np.full(20, 0.002), rel=0.2)
    assert "subspace.h5" in result.stdout


def test_a_second_run_has_nothing_to_do_and_a_setting_is_noticed(cube, tmp_path):
    output = tmp_path / "subspace.h5"
    assert run(cube, output).exit_code == 0
    before = output.stat().st_mtime_ns
    assert run(cube, output).exit_code == 0
    assert output.stat().st_mtime_ns == before
    other = run(cube, output, "--set", "floor=1e-6")
    assert other.exit_code == 4
    assert "config.floor" in other.stderr
    assert run(cube, output, "--set", "floor=1e-6", "--overwrite").exit_code == 0
    assert read_header(output).provenance.config["floor"] == 1e-6


def test_a_constant_band_ends_in_one_line_and_a_hint(tmp_path, rng):
    data = rng.random((9, 9, 5), dtype=np.float32)
    data[:, :, 2] = 1
    path = tmp_path / "cube.h5"
    write_product(path, Cube(data), Provenance("preprocess", "1.1", {}))
    result = run(path, tmp_path / "subspace.h5")
    assert result.exit_code == 3
    assert "band 3 is 1 in every pixel" in result.stderr
    assert "hint: run hsicli preprocess" in result.stderr
    assert not (tmp_path / "subspace.h5").exists()


def test_a_setting_that_does_not_fit_is_refused(cube, tmp_path):
    result = run(cube, tmp_path / "subspace.h5", "--set", "estimate='best'")
    assert result.exit_code == 2
    assert "estimate" in result.stderr
