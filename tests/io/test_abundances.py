import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.abundances import endmembers_beside, holds_abundances, read_abundances
from hsicli.io.hdf5 import write_product
from hsicli.io.scene import write_scene
from hsicli.products.abundances import Abundances
from hsicli.provenance import Provenance
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise


@pytest.fixture
def scene(tmp_path):
    write_scene(tmp_path / "scene.img", synthesise(SynthConfig(rows=6, cols=5), seed=0))
    return tmp_path


def test_what_synth_writes_is_read(scene):
    image, library = read_abundances(scene / "scene_abundances.img")
    assert image.shape == (6, 5, 9)
    np.testing.assert_allclose(image.sum(axis=2), 1, atol=1e-6)
    assert library is None


def test_spectra_are_no_abundances(scene):
    with pytest.raises(InputError, match="not abundances"):
        read_abundances(scene / "scene.img")


def test_the_endmembers_beside_are_found(scene):
    for name in ("scene_abundances.img", "scene_abundances.hdr"):
        assert endmembers_beside(scene / name) == scene / "scene_endmembers.csv"
    assert endmembers_beside(scene / "scene.img") is None
    assert endmembers_beside(scene / "other_abundances.img") is None


def test_a_product_brings_its_endmembers(tmp_path, rng):
    image = rng.dirichlet(np.ones(2), (3, 4)).astype(np.float32)
    made = Abundances(
        abundances=image, names=("a", "b"), endmembers=rng.random((2, 5)), convention="raw", method="vca",
        mixing="linear", residual=image[..., 0], angle=image[..., 0], wavelengths=np.linspace(1e3, 2e3, 5),
    )  # fmt: skip
    write_product(tmp_path / "a.h5", made, Provenance("unmix", "1.1", {}))
    assert holds_abundances(tmp_path / "a.h5")
    assert not holds_abundances(tmp_path / "none.h5")
    found, library = read_abundances(tmp_path / "a.h5")
    np.testing.assert_array_equal(found, image)
    assert library is not None
    assert library.names == ("a", "b")
