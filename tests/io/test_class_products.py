"""Products that class pixels: minerals are read as classes, and nothing else is."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.io.class_products import read_classes
from hsicli.io.hdf5 import write_product
from hsicli.provenance import Provenance
from tests.products.test_minerals import small


def test_minerals_are_classes_with_names_colours_and_means(tmp_path):
    product = small()
    write_product(tmp_path / "m.h5", product, Provenance("gan-map", "1.1", {}))
    classes = read_classes(tmp_path / "m.h5")
    np.testing.assert_array_equal(classes.labels, product.labels)
    np.testing.assert_array_equal(classes.means, product.reflectance[:, 1])
    assert classes.names == product.names
    assert classes.counts.sum() == (product.labels > 0).sum()


def test_a_cube_has_no_classes(tmp_path):
    write_product(
        tmp_path / "c.h5", Cube(np.ones((2, 2, 2), np.float32)), Provenance("preprocess", "1.1", {})
    )
    with pytest.raises(InputError, match="is a product of kind cube, not labels"):
        read_classes(tmp_path / "c.h5")
