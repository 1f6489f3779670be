"""Layers on another grid: whole pixels, or no data."""

import numpy as np
from numpy.testing import assert_array_equal

from hsicli.stages.export import project_layers


def test_each_cell_has_its_pixel_in_every_layer_or_no_data():
    layers = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    index = np.array([[5, -1], [0, 0], [2, 4]])
    found = project_layers(layers, index, np.nan)
    assert_array_equal(found[0], [[5, np.nan], [0, 0], [2, 4]])
    assert_array_equal(found[1], [[11, np.nan], [6, 6], [8, 10]])
    labels = project_layers(layers.astype(np.uint8), index, 0)
    assert labels.dtype == np.uint8
    assert labels[0, 0, 1] == 0
