"""What a page packs comes out as it went in."""

import base64
import gzip
import json

import numpy as np
import pytest

from hsicli.figures.viewer import EMPTY, Viewer
from hsicli.products.labels import Labels
from hsicli.products.overview import Match, Overview

ROWS, COLS, BANDS = 6, 9, 5
AXIS = np.array([1000.0, 1010, 1020, 1030, 2000])


@pytest.fixture
def scene(rng) -> Overview:
    spectra = rng.normal(0.3, 0.1, (ROWS, COLS, BANDS)).astype(np.float32)
    spectra[1, 2] = np.nan
    shown = np.isfinite(spectra).all(axis=2)
    picture = rng.integers(0, 256, (ROWS, COLS, 3)).astype(np.uint8)
    return Overview((ROWS, COLS), picture, shown, 1, "red", spectra, 1, 1, AXIS, in_nm=True)


@pytest.fixture
def labels(rng) -> Labels:
    drawn = rng.integers(0, 3, (ROWS, COLS)).astype(np.int32)
    counts = np.bincount(drawn.ravel(), minlength=3)[1:]
    means = rng.random((2, BANDS))
    colours = np.array([[255, 0, 0], [0, 16, 255]])
    return Labels(drawn, ("<b>clay</b>", "lava"), colours, counts, means, means * 0, AXIS)


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(gzip.decompress(base64.b64decode(text)), dtype="<u2")


def test_spectra_keep_four_digits_of_the_range_of_their_band_and_fill_stays_fill(scene):
    packed = json.loads(Viewer(scene, {}, {}).to_json())["spectra"]
    steps = unpacked(packed["data"]).reshape(ROWS, COLS, BANDS)
    assert (steps[1, 2] == EMPTY).all()
    back = np.array(packed["low"]) + steps * np.array(packed["scale"])
    spread = np.ptp(scene.spectra[scene.shown], axis=0)
    assert (np.abs(back - scene.spectra)[scene.shown] <= spread / 131_000).all()


def test_classes_keep_their_pixels_colours_means_and_matches(scene, labels):
    match = Match("kaolinite", np.radians(2.5), np.array([0.1, 0.2, np.nan, 0.4, 0.5]))
    viewer = Viewer(scene, {"c.h5": labels}, {"c.h5": [[match], []]})
    [packed] = json.loads(viewer.to_json())["maps"]
    np.testing.assert_array_equal(unpacked(packed["labels"]).reshape(ROWS, COLS), labels.labels)
    first, second = packed["classes"]
    assert (first["colour"], second["colour"]) == ("#ff0000", "#0010ff")
    assert first["pixels"] == labels.counts[0]
    np.testing.assert_allclose(second["mean"], labels.means[1], rtol=1e-5)
    assert first["matches"] == [{"name": "kaolinite", "angle": 2.5, "spectrum": [0.1, 0.2, None, 0.4, 0.5]}]


def test_no_name_can_end_the_script_it_stands_in(scene, labels):
    text = Viewer(scene, {"</script>.h5": labels}, {}).to_json()
    assert "<" not in text
    assert json.loads(text)["maps"][0]["classes"][0]["name"] == "<b>clay</b>"


def test_the_same_scene_gives_the_same_text(scene, labels):
    assert Viewer(scene, {"c": labels}, {}).to_json() == Viewer(scene, {"c": labels}, {}).to_json()
