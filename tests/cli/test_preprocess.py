"""hsicli preprocess: its options, its messages, and the product on disk."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from numpy.testing import assert_allclose, assert_array_equal
from typer.testing import CliRunner

from hsicli.cli.app import Commands
from hsicli.cli.options import Command
from hsicli.cli.preprocess import preprocess
from hsicli.cube import Cube, Grid
from hsicli.io.hdf5 import read_header, read_product, write_product
from hsicli.provenance import Provenance

app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
app.command(cls=Command)(preprocess)

WAVELENGTHS = np.linspace(1000, 2600, 33)


@app.callback()
def root() -> None:
    """A group of one command."""


def run(*words):
    return CliRunner().invoke(app, ["preprocess", *(str(word) for word in words)])


@pytest.fixture
def folder(tmp_path):
    """A cube, masks of it, and a spectrum to divide by."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(0, 0.2, (20, 15, 1))
    data = 0.3 * (1 - depth * np.exp(-0.5 * ((WAVELENGTHS - 2300) / 60) ** 2)) + rng.normal(
        0, 0.002, (20, 15, 33)
    )
    data[0, 0] = np.nan
    cube = Cube(
        data=data.astype(np.float32),
        wavelengths=WAVELENGTHS,
        grid=Grid(transform=(18, 0, 0, 0, -18, 0), wkt="LOCAL"),
    )
    write_product(tmp_path / "cube.h5", cube, Provenance("synth", "1.1", {}))
    keep = np.zeros((20, 15), dtype=bool)
    keep[:, :6] = True
    write_product(tmp_path / "mask.h5", Cube(data=cube.data, valid=keep), Provenance("synth", "1.1", {}))
    lines = [f"{nm / 1000},{0.5}" for nm in np.linspace(900, 2700, 50)]
    (tmp_path / "dust.csv").write_text("\n".join(["wavelength_um,dust", *lines]) + "\n")
    return tmp_path


def test_a_cube_becomes_a_product_and_its_path_is_the_result(folder):
    result = run(folder / "cube.h5", folder / "out.h5", "--window", "1050,2550")

    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(folder / "out.h5")
    assert "299 of 300 pixels kept (lost: 1 fill)" in result.stderr
    product = read_product(folder / "out.h5", Cube)
    assert (product.wavelengths.min(), product.wavelengths.max()) == (1050, 2550)
    assert_allclose(np.linalg.norm(product.data[product.valid], axis=1), 1, rtol=1e-5)
    assert not product.valid[0, 0]
    assert product.grid == Grid(transform=(18, 0, 0, 0, -18, 0), wkt="LOCAL")


def test_bands_found_constant_while_writing_are_bad_on_disk(folder):
    result = run(folder / "cube.h5", folder / "out.h5", "--continuum", "--normalize", "none")

    assert result.exit_code == 0, result.output
    assert "marked bad, as the same in every pixel: 1000.00 nm, 2600.00 nm" in result.stderr
    product = read_product(folder / "out.h5", Cube)
    assert_array_equal(np.flatnonzero(~product.good_bands), [0, 32])
    assert product.data[product.valid].max() == 1


def test_a_second_run_is_already_done_and_another_setting_is_refused(folder):
    run(folder / "cube.h5", folder / "out.h5")

    again = run(folder / "cube.h5", folder / "out.h5")
    other = run(folder / "cube.h5", folder / "out.h5", "--continuum")

    assert again.exit_code == 0, again.output
    assert other.exit_code == 4
    assert "config.continuum: false -> true" in other.stderr or "continuum" in other.stderr


def test_masks_ratios_and_bland_pixels_are_inputs(folder):
    masked = run(folder / "cube.h5", folder / "a.h5", "--mask", folder / "mask.h5")
    ratioed = run(folder / "cube.h5", folder / "b.h5", "--ratio", folder / "dust.csv", "--normalize", "none")
    bland = run(folder / "cube.h5", folder / "c.h5", "--bland", folder / "mask.h5")
    auto = run(folder / "cube.h5", folder / "d.h5", "--ratio", "auto")

    for result in (masked, ratioed, bland, auto):
        assert result.exit_code == 0, result.output
    assert read_product(folder / "a.h5", Cube).valid.sum() == 119
    assert_allclose(read_product(folder / "b.h5", Cube).denominator, 0.5)
    assert "mean of 119 bland pixels" in bland.stderr
    assert set(read_header(folder / "b.h5").provenance.inputs) == {"cube", "ratio"}
    assert "one ratio spectrum for the whole image" in auto.stderr
    assert read_product(folder / "d.h5", Cube).denominator is not None


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--window", "3000,4000"], 3, "the cube covers 1000 to 2600 nm"),
        (["--window", "1050"], 2, "--window 1050: expected two numbers"),
        (["--window", "2550,1050"], 2, "the first number must be the smaller"),
        (["--normalize", "l3"], 2, "normalize"),
        (["--set", "flat_depth=0.01"], 2, "continuum is false"),
        (["--set", "windw_nm=[1,2]"], 2, "did you mean window_nm?"),
        (["--ratio", "nowhere.csv"], 3, "nowhere.csv"),
        (["--denoise", "sparse"], 2, "there is none"),
        (["--denoise", "smooth"], 2, "'none', 'sparse', 'atmosphere' or 'mnf'"),
        (["--denoise", "mnf", "--ratio", "auto"], 2, "not of a ratio"),
        (["--normalize", "band-depth"], 2, "needs a continuum"),
    ],
)
def test_mistakes_are_named(folder, options, code, words):
    result = run(folder / "cube.h5", folder / "out.h5", *options)

    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert not (folder / "out.h5").exists()


def write_library(folder):
    """Two spectra with absorptions, and an atmosphere."""
    nm = np.linspace(900, 2700, 181)
    dips = [1 - 0.3 * np.exp(-0.5 * ((nm - centre) / 60) ** 2) for centre in (2300, 1900)]
    rows = [f"{at},{0.5 * one},{0.4 * two}" for at, one, two in zip(nm, *dips, strict=True)]
    (folder / "library.csv").write_text("\n".join(["wavelength_nm,carbonate,water", *rows]) + "\n")
    gas = 1 - 0.2 * np.exp(-0.5 * ((nm - 2010) / 15) ** 2)
    rows = [f"{k},{at / 1000},{value},nan" for k, (at, value) in enumerate(zip(nm, gas, strict=True))]
    (folder / "air.csv").write_text(
        "\n".join(["row,sweetspot_um,a_transmission,b_artifact", *rows[::-1]]) + "\n"
    )


def test_spectra_are_denoised_and_what_they_depend_on_is_recorded(folder):
    write_library(folder)
    options = [
        "--denoise",
        "sparse",
        "--library",
        folder / "library.csv",
        "--transmission",
        folder / "air.csv",
    ]

    result = run(folder / "cube.h5", folder / "out.h5", *options, "--normalize", "none", "--device", "cpu")
    again = run(folder / "cube.h5", folder / "out.h5", *options, "--normalize", "none", "--device", "cpu")

    assert result.exit_code == 0, result.output
    assert "2 absorptions of the library" in result.stderr
    assert again.exit_code == 0, again.output
    assert "up to date" in again.stderr
    product = read_product(folder / "out.h5", Cube)
    assert product.shape[2] == 32  # the window of the model
    provenance = read_header(folder / "out.h5").provenance
    assert set(provenance.inputs) == {"cube", "library", "transmission"}
    assert provenance.device == "cpu"
    assert not list(folder.glob("*.resume"))


def test_the_settings_of_the_gan_paper_make_absorptions_of_one_depth(folder):
    write_library(folder)
    paper = Path(__file__).resolve().parents[2] / "configs" / "paper-gan-preprocess.toml"

    result = run(
        folder / "cube.h5", folder / "out.h5", "--config", paper, "--library", folder / "library.csv",
        "--set", "denoise.output=model",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    product = read_product(folder / "out.h5", Cube)
    assert_allclose(product.data[product.valid].min(axis=1), 0.9, atol=1e-5)
    assert "flat" in result.stderr


def test_nothing_is_left_when_no_pixel_is(folder):
    cube = Cube(data=np.full((4, 4, 5), 0.5, dtype=np.float32))
    write_product(folder / "same.h5", cube, Provenance("synth", "1.1", {}))

    result = run(folder / "same.h5", folder / "out.h5")

    assert result.exit_code == 3, result.output
    assert "all pixels are the same" in result.stderr
    assert not list(folder.glob("*out.h5*"))


def test_a_dry_run_does_nothing(folder):
    result = run(folder / "cube.h5", folder / "out.h5", "--dry-run")

    assert result.exit_code == 0, result.output
    assert not (folder / "out.h5").exists()


def test_json_names_the_product(folder):
    result = run(folder / "cube.h5", folder / "out.h5", "--json", "--compress")

    assert json.loads(result.stdout)["output"] == str(folder / "out.h5")


def test_a_trdr_is_freed_of_its_atmosphere_column_by_column(tmp_path, monkeypatch):
    from hsicli.cli.app import app as hsicli

    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(
        hsicli, ["synth", "mars", "s", "--as", "trdr", "--rows", "24", "--cols", "64", "-q"]
    )
    assert made.exit_code == 0, made.output

    result = run(
        "s.lbl", "out.h5", "--denoise", "atmosphere", "--library", "s_endmembers.csv",
        "--transmission", "s_transmission.csv", "--normalize", "none", "--set", "denoise.rounds=1",
        "--device", "cpu",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    assert "transmissions of 60 columns fitted" in result.stderr
    product = read_product(tmp_path / "out.h5", Cube)
    near, beside = (np.argmin(np.abs(product.wavelengths - at)) for at in (2008, 2120))
    depth = 1 - product.data[..., near] / product.data[..., beside]
    assert np.isfinite(product.data[:, 3:63]).all()
    assert abs(np.nanmedian(depth)) < 0.05  # and half of the light is absorbed there on the way
