"""A planted TRDR is read as one from the archive is: by its label alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from typer.testing import CliRunner

from hsicli import instruments
from hsicli.cli.app import app
from hsicli.io.pds3 import read_pds3
from hsicli.io.scene import write_scene
from hsicli.io.transmission import read_transmission
from hsicli.library import Library
from hsicli.products.scenes import Scene, SceneBlock

ROWS, COLS = 3, 64
STORED, FWHM = instruments.axis("crism-trdr-l")
AXIS = np.sort(STORED[np.isfinite(STORED)])


def scene() -> Scene:
    data = (1 + np.arange(ROWS * COLS * len(AXIS), dtype=np.float32)).reshape(ROWS, COLS, -1) / 1e6
    data[:, :3] = data[:, 63:] = 65535
    labels = np.ones((ROWS, COLS), dtype=np.uint8)
    spectra = np.full((1, len(AXIS)), 0.3)
    return Scene(
        shape=data.shape,
        blocks=lambda: iter([SceneBlock(slice(0, ROWS), data, labels, np.ones((ROWS, COLS, 1), np.float32))]),
        wavelengths=AXIS,
        fwhm=np.full(len(AXIS), 10.0),
        endmembers=Library(("one",), spectra, AXIS),
        colours=np.zeros((1, 3), dtype=np.uint8),
        noise=np.full(len(AXIS), 0.01),
        masked=True,
        fill=65535.0,
        description="a toy",
        sensor="L",
        transmission=Library(("scan_transmission",), spectra + 0.5, AXIS),
    )


def test_what_is_written_is_read_with_wavelengths_fill_and_detector_columns(tmp_path):
    files = write_scene(tmp_path / "s", scene())

    cube = read_pds3(tmp_path / "s.lbl")

    assert files[:2] == [tmp_path / "s.img", tmp_path / "s.lbl"]
    assert cube.shape == (ROWS, COLS, 438)
    assert_array_equal(cube.wavelengths, STORED)
    assert (np.diff(cube.wavelengths[1:]) < 0).all()
    assert_array_equal(np.flatnonzero(cube.valid[0]), np.arange(3, 63))
    assert_array_equal(cube.columns[1], np.arange(COLS))
    block = next(iter(cube.blocks()))
    (written,) = scene().blocks()
    assert_array_equal(block.data[:, 3:63], written.data[:, 3:63])
    assert np.isnan(block.data[:, :3]).all()
    assert (tmp_path / "s.img").stat().st_size % (4 * COLS) == 0
    assert_allclose(read_transmission(tmp_path / "s_transmission.csv").spectra[0], 0.8)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_other_readers_find_the_image_where_the_label_says(tmp_path):
    import rasterio

    write_scene(tmp_path / "s", scene())
    (written,) = scene().blocks()
    with rasterio.open(tmp_path / "s.lbl") as file:
        assert file.driver == "PDS"
        assert_array_equal(file.read(438), written.data[:, :, 0])  # the last band has the shortest wavelength


def test_a_recipe_becomes_a_trdr_with_its_truth_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    made = run(app, ["synth", "mars", "s", "--as", "trdr", "--rows", "12", "--cols", "64"])

    assert made.exit_code == 0, made.output
    assert {path.name for path in tmp_path.glob("s*.csv")} == {
        "s_endmembers.csv", "s_noise.csv", "s_transmission.csv",
    }  # fmt: skip
    cube = read_pds3(tmp_path / "s.lbl")
    assert cube.columns is not None
    again = run(app, ["synth", "mars", "s", "--as", "trdr", "--rows", "12", "--cols", "64"])
    assert "up to date" in again.stderr
    for options, words in {
        ("--as", "trdr", "--cols", "100"): "no image of 100 columns",
        ("--as", "ter"): "neither cube nor trdr",
        ("--transmission", "s_transmission.csv"): "no atmosphere",
        ("--as", "trdr", "--set", "window=[1000.0,2000.0]"): "has all bands",
    }.items():
        bad = run(app, ["synth", "mars", "t", *options])
        assert bad.exit_code == 2, bad.output
        assert words in bad.stderr
