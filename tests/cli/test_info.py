"""hsicli info: what a geologist asks first of a file."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hsicli.cli.app import Commands
from hsicli.cli.info import info
from hsicli.cli.options import Command
from hsicli.cube import Cube, Grid
from hsicli.io.envi_writing import write_envi_cube

app = typer.Typer(cls=Commands)
app.command(cls=Command)(info)


@app.callback()
def root() -> None:
    """A group, so that `info` stays a command of its own."""


@pytest.fixture
def scene(tmp_path: Path, rng: np.random.Generator) -> Path:
    data = rng.uniform(0.1, 0.9, (4, 5, 6)).astype(np.float32)
    data[0, 0] = np.nan
    cube = Cube(
        data,
        wavelengths=np.linspace(1000, 1500, 6),
        good_bands=np.array([True, True, False, True, True, True]),
        grid=Grid((18.0, 0.0, 1e6, 0.0, -18.0, -1e6), authority="IAU_2015:49910"),
    )
    return write_envi_cube(tmp_path / "scene.img", cube)[0]


def test_the_facts_are_one_line_each(scene: Path) -> None:
    result = CliRunner().invoke(app, ["info", str(scene)])
    assert result.exit_code == 0, result.output
    lines = dict(line.split(None, 1) for line in result.stdout.splitlines())
    assert lines["file"] == str(scene)
    assert lines["size"] == "4 rows × 5 cols × 6 bands"
    assert lines["wavelengths"] == "1000 to 1500 nm, every 100 nm"
    assert lines["place"] == "Mars, equirectangular, sphere of 3396190 m (IAU_2015:49910)"
    assert lines["pixel"] == "18 metre"
    assert "upper left" in result.stdout
    degrees = f"{math.degrees(1e6 / 3396190):.5f}°"
    assert f"{degrees} S {degrees} E" in result.stdout
    assert "bad bands" in result.stdout


def test_statistics_walk_the_cube(scene: Path) -> None:
    result = CliRunner().invoke(app, ["info", "--statistics", "--json", str(scene)])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)["statistics"]
    assert facts["valid_pixels"] == 19
    assert facts["valid_share"] == 19 / 20
    assert [entry["band"] for entry in facts["bands"]] == [1, 2, 4, 5, 6]
    assert facts["bands"][0]["wavelength"] == 1000
    assert (
        0.1 <= facts["bands"][0]["least"] <= facts["bands"][0]["mean"] <= facts["bands"][0]["greatest"] <= 0.9
    )
    table = CliRunner().invoke(app, ["info", "--statistics", str(scene)])
    assert "19 pixels, 95.0%" in table.stdout
    assert "deviation" in table.stdout


def test_json_is_one_valid_object_without_nan(scene: Path) -> None:
    scene.with_suffix(".hdr").write_text(scene.with_suffix(".hdr").read_text().replace("NaN", "-1"))
    result = CliRunner().invoke(app, ["info", "--json", str(scene)])
    facts = json.loads(result.stdout, parse_constant=pytest.fail)
    assert facts["fill"] == [-1]
    assert facts["wavelengths"]["spacing"] == 100


def test_check_passes_what_can_be_read_and_fails_what_cannot(scene: Path) -> None:
    result = CliRunner().invoke(app, ["info", "--check", str(scene)])
    assert result.exit_code == 0, result.output
    assert "no FWHM" in result.stdout
    scene.write_bytes(b"123")
    result = CliRunner().invoke(app, ["info", "--check", str(scene)])
    assert result.exit_code == 3
    assert "holds 3 bytes" in result.stdout
    result = CliRunner().invoke(app, ["info", "--check", "--json", str(scene)])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["findings"][0]["severity"] == "error"


def test_what_cannot_be_read_is_one_line_and_a_hint(scene: Path) -> None:
    scene.unlink()
    result = CliRunner().invoke(app, ["info", str(scene.with_suffix(".hdr"))])
    assert result.exit_code == 3
    assert "no image beside it" in result.stderr
    assert "hint: put the image there" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif",
            "Mars, equirectangular, true to scale at -30°",
        ),
        ("benchmarks/salinas-a/salinas_a_labels.hdr", "Lettuce romaine 7wk"),
        ("crism/openset/exemplars_r1.sli", "18 spectra × 241 bands"),
        ("other/ang20140912t192359_corr_v1c_img_400-410_10-20.img", "rotated by 53°"),
    ],
)
def test_real_files_say_what_they_are(data_dir: Path, name: str, says: str) -> None:
    result = CliRunner().invoke(app, ["info", str(data_dir / name)])
    assert result.exit_code == 0, result.output
    assert says in result.stdout
