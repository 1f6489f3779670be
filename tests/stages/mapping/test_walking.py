"""The walk: every row once, the same means whatever the blocks."""

import numpy as np
import pytest

from hsicli.preprocessing.image import box_mean
from hsicli.stages.mapping import walking
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from hsicli.stages.mapping.walking import averaged, guesses_at, layers, windows


@pytest.fixture
def preparing(scene):
    return preparing_for(scene, None, 5, PrepareConfig())


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_rows_come_once_and_boxes_do_not_see_where_blocks_end(preparing, monkeypatch, rows):
    layer = next(layers(preparing))
    whole = box_mean(layer.removed, layer.valid, 5)
    cols = layer.removed.shape[1]
    monkeypatch.setattr(walking, "PIXELS", rows * cols)
    image, seen = np.full_like(whole, np.nan), []
    for window in windows(layers(preparing), 2, 40):
        removed, _, places = averaged(window, 5)
        image[window.rows][places] = removed
        seen += list(range(window.rows.start, window.rows.stop))
    assert seen == list(range(40))
    np.testing.assert_array_equal(image, whole)


def test_flat_and_invalid_pixels_have_no_guess(preparing, truth):
    window = next(windows(layers(preparing), 0, 40))
    asked = []

    def score(_, scaled, places):
        asked.append(places)
        return np.ones((len(scaled), 2))

    found, image = guesses_at(window, 1, preparing, score, 30)
    assert (found.mineral[:2, :3] == -1).all()
    assert np.isnan(image[:2, :3]).all()
    assert (found.mineral[truth > 0] == 0).all()
    np.testing.assert_array_equal(np.flatnonzero(found.mineral.ravel() == 0), asked[0])
