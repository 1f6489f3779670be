import numpy as np
import pytest

from hsicli.io.hdf5 import read_product, write_product
from hsicli.products.weights import Weights, packed
from hsicli.provenance import Provenance


@pytest.fixture
def arrays(rng) -> dict[str, np.ndarray]:
    return {
        "trunk.0.weight": rng.standard_normal((4, 3)).astype(np.float32),
        "scale": np.array(0.25),
        "nothing": np.zeros((0, 3)),
        "precision": np.array([1 / 3, 1e-300]),
    }


def test_arrays_come_back_by_name_shape_and_to_the_last_bit(arrays, tmp_path):
    names, numbers = packed(arrays)
    weights = Weights("ridge", "{}", np.array([2100.0, 2200.0]), names, numbers)
    write_product(tmp_path / "w.h5", weights, Provenance("superres train", "1.1", {}))
    back = read_product(tmp_path / "w.h5", Weights).arrays()
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].shape == array.shape
        np.testing.assert_array_equal(back[name].astype(array.dtype), array)


def test_no_arrays_are_packed_as_none():
    names, numbers = packed({})
    assert (names, numbers.size) == ((), 0)
