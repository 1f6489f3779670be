"""The gallery: means, extremes and where they lie, in any order of blocks."""

import numpy as np
import pytest

from hsicli.stages.mapping.gallery import Found, Gallery
from hsicli.stages.mapping.references import Exemplars

EXEMPLARS = Exemplars(("a", "b"), ("a", "b"), np.array([0, 1]), np.ones((2, 3)), np.full((2, 3), 0.9))


@pytest.fixture
def found(rng) -> Found:
    n = 50
    mineral = np.zeros(n, dtype=int)
    confidence = np.r_[np.full(30, 2), np.full(20, 1)]
    spectra = rng.random((n, 3)).astype(np.float32)
    places = np.column_stack([np.arange(n), np.arange(n)])
    return Found(mineral, confidence, rng.random(n).astype(np.float32), spectra, spectra / 2, places)


def part(found: Found, rows) -> Found:
    return Found(*(array[rows] for array in found))


def test_mean_best_and_worst_of_the_identified_pixels(found):
    gallery = Gallery(2, 3)
    gallery.add(part(found, slice(0, 20)))
    gallery.add(part(found, slice(20, 50)))
    shown = gallery.shown(EXEMPLARS)
    best, worst = found.score[:30].argmax(), found.score[:30].argmin()
    np.testing.assert_allclose(shown.reflectance[0, 1], found.reflectance[:30].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(shown.removed[0, 2:], found.removed[[best, worst]])
    np.testing.assert_array_equal(shown.places[0], found.places[[best, worst]])
    np.testing.assert_array_equal(gallery.counts, [[20, 30], [0, 0]])


def test_guesses_are_shown_where_nothing_is_identified_and_nothing_where_there_is_neither(found):
    gallery = Gallery(2, 3)
    gallery.add(part(found, slice(30, 50)))
    shown = gallery.shown(EXEMPLARS)
    np.testing.assert_allclose(shown.reflectance[0, 1], found.reflectance[30:].mean(axis=0), rtol=1e-5)
    assert np.isnan(shown.reflectance[1, 1:]).all()
    np.testing.assert_array_equal(shown.reflectance[1, 0], [1, 1, 1])
    assert (shown.places[1] == -1).all()
