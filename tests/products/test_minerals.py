"""Minerals: what a GIS gets of it, and that it comes back from disk."""

import numpy as np
import pytest

from hsicli.io.hdf5 import read_product, write_product
from hsicli.products.minerals import Minerals, mineral_raster, score_raster
from hsicli.provenance import Provenance


def small(**changes) -> Minerals:
    labels = np.array([[0, 1, 2], [2, 2, 0]], dtype=np.int32)
    fields = {
        "labels": labels,
        "names": ("kaolinite", "a mineral nobody knows"),
        "colours": np.array([[200, 0, 0], [0, 0, 200]], dtype=np.uint8),
        "counts": np.array([1, 3]),
        "identified": np.array([1, 1]),
        "score": np.where(labels > 0, 0.96, np.nan).astype(np.float32),
        "confidence": np.array([[0, 2, 2], [1, 1, 0]], dtype=np.uint8),
        "best": np.array([[1, 1, 2], [2, 2, 0]], dtype=np.int32),
        "scale": np.array([[1, 1, 3], [5, 5, 0]], dtype=np.uint8),
        "method": "blend",
        "thresholds": np.array([[0.85, 0.95]] * 2),
        "wavelengths": np.linspace(1000, 2000, 30),
        "reflectance": np.random.default_rng(0).random((2, 4, 30)) + 0.1,
        "removed": np.random.default_rng(1).random((2, 4, 30)),
        "places": np.array([[[0, 1], [0, 1]], [[0, 2], [-1, -1]]], dtype=np.int32),
        "exemplars": ("KAOLINITE", "X"),
        "exemplar_minerals": np.array([1, 2]),
    }
    return Minerals(**(fields | changes))


def test_the_map_has_names_and_colours_and_the_scores_their_layers():
    raster = mineral_raster(small())
    assert raster.data.dtype == np.uint8
    assert raster.class_names[0] == "kaolinite"
    scores = score_raster(small())
    assert scores.layer_names == ("score", "confidence", "scale")
    np.testing.assert_array_equal(scores.data[1], small().confidence)
    assert score_raster(small(branch=np.zeros((2, 3), np.uint8))).layer_names[-1] == "branch"


@pytest.mark.parametrize("changes", [{}, {"branch": np.ones((2, 3), np.uint8), "tested": np.array([0.7])}])
def test_it_comes_back_from_disk(tmp_path, changes):
    product = small(**changes)
    write_product(tmp_path / "m.h5", product, Provenance("gan-map", "1.1", {}))
    back = read_product(tmp_path / "m.h5", Minerals)
    np.testing.assert_array_equal(back.labels, product.labels)
    np.testing.assert_array_equal(back.score, product.score)
    assert (back.branch is None) == (not changes)
    assert back.exemplars == product.exemplars
