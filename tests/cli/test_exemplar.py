"""hsicli exemplar and hsicli info --match: a spectrum out of a cube, and what it resembles."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from hsicli.cli.app import app
from hsicli.cube import Cube, Grid
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.projection import equirectangular_wkt
from hsicli.io.speclib import read_library

AXIS = np.linspace(1000.0, 2500.0, 40)


def dip(centre: float, width: float = 80.0) -> np.ndarray:
    return 0.4 * (1 - 0.3 * np.exp(-0.5 * ((AXIS - centre) / width) ** 2))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """8 × 9 pixels on Mars: the left half absorbs at 1400 nm, the right one at 2200; a library of both."""
    monkeypatch.chdir(tmp_path)
    data = np.empty((8, 9, 40), np.float32)
    data[:, :5], data[:, 5:] = dip(1400), dip(2200)
    data *= np.linspace(0.8, 1.2, 8, dtype=np.float32)[:, None, None]
    radius = 3396190.0
    wkt = equirectangular_wkt("Mars", radius, 0.0, 0.0)
    north = float(np.radians(10.0)) * radius
    write_envi_cube(
        Path("scene.img"), Cube(data, wavelengths=AXIS, grid=Grid((18, 0, 0, 0, -18, north), wkt))
    )
    rows = [f"{centre:.9g},{a:.6g},{b:.6g}" for centre, a, b in zip(AXIS, dip(1400), dip(2200), strict=True)]
    Path("lib.csv").write_text("\n".join(["wavelength_nm,hydroxyl,clay", *rows]) + "\n")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_an_exemplar_begins_a_library_and_lengthens_it(scene: Path) -> None:
    result = run("exemplar", "scene.img", "new.csv", "--name", "left", "--pixel", "4,2", "--json")
    assert result.exit_code == 0, result.output
    details = json.loads(result.stdout)
    assert details == {"library": "new.csv", "name": "left", "pixels": 25, "places": [[4, 2]], "added": True}
    assert (
        run(
            "exemplar", "scene.hdr", "new.csv", "--name", "right", "--pixel", "4,7", "--window", "3"
        ).exit_code
        == 0
    )
    library = read_library(scene / "new.csv")
    assert library.names == ("left", "right")
    np.testing.assert_allclose(library.wavelengths, AXIS, rtol=1e-8)
    mean = np.linspace(0.8, 1.2, 8)[2:7].mean()
    np.testing.assert_allclose(library.spectra[0], dip(1400) * mean, rtol=1e-5)
    text = (scene / "new.csv").read_text()
    assert "# left: scene.img, row 4, column 2 (from 0), window 5 × 5, mean of 25 pixels" in text


def test_the_same_again_changes_nothing_and_another_of_that_name_is_refused(scene: Path) -> None:
    words = ("exemplar", "scene.img", "lib.csv", "--name", "left", "--window", "1", "--pixel")
    assert run(*words, "4,2").exit_code == 0
    before = (scene / "lib.csv").read_bytes()
    again = run(*words, "4,2")
    assert again.exit_code == 0
    assert "already there" in again.stdout
    other = run(*words, "5,2")
    assert other.exit_code == 3
    assert "has a spectrum named left already" in other.stderr
    assert (scene / "lib.csv").read_bytes() == before


def test_a_place_on_the_ground_leads_to_its_pixel(scene: Path) -> None:
    step = np.degrees(18 / 3396190.0)
    place = f"{10 - 6.5 * step:.9f},{7.5 * step:.9f}"
    result = run(
        "exemplar", "scene.img", "new.csv", "--name", "x", "--latlon", place, "--window", "1", "--json"
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["places"] == [[6, 7]]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--pixel", "4"), 2, "expected two whole numbers"),
        (("--latlon", "x,y"), 2, "expected two numbers of degrees"),
        ((), 2, "no pixel is given"),
        (("--pixel", "4,2", "--window", "2"), 2, "odd number of pixels"),
        (("--pixel", "80,2"), 3, "outside of the image of 8 rows and 9 columns"),
        (("--latlon", "40,2"), 3, "is outside of the image"),
    ],
)
def test_what_cannot_be_taken_leaves_no_file(
    scene: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    result = run("exemplar", "scene.img", "new.csv", "--name", "x", *words)
    assert result.exit_code == code, result.output
    assert says in result.stderr
    assert not (scene / "new.csv").exists()


def test_a_library_is_ranked_by_what_a_pixel_resembles(scene: Path) -> None:
    for pixel, first in (("1,1", "hydroxyl"), ("1,8", "clay")):
        result = run("info", "lib.csv", "--match", "scene.img", "--pixel", pixel, "--json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)["matches"]
        assert {row["by"] for row in found} == {"spectrum", "continuum removed"}
        best = [row for row in found if row["rank"] == 1]
        assert [row["name"] for row in best] == [first, first]
        assert all(row["angle"] < 0.1 for row in best)
    shown = run("info", "lib.csv", "--match", "scene.img", "--pixel", "1,8").stdout
    assert "continuum removed" in shown
    assert "°" in shown


def test_a_spectrum_is_matched_without_a_pixel(scene: Path) -> None:
    result = run("info", "lib.csv", "--match", "lib.csv", "--json")
    best = [row for row in json.loads(result.stdout)["matches"] if row["rank"] == 1]
    assert {(row["of"], row["name"]) for row in best} == {("hydroxyl", "hydroxyl"), ("clay", "clay")}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("lib.csv", "--match", "scene.img"), "which pixel is meant"),
        (("lib.csv", "--match", "lib.csv", "--pixel", "1,1"), "is a library, and has none"),
        (("lib.csv", "--pixel", "1,1"), "is of the cube that --match names"),
    ],
)
def test_a_question_without_sense_is_refused(scene: Path, words: tuple[str, ...], says: str) -> None:
    result = run("info", *words)
    assert result.exit_code == 2
    assert says in result.stderr
