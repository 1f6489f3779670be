"""Features: as scikit-learn's components, and distances that are those of the spectra."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA

from hsicli.cube import Cube
from hsicli.errors import InputError
from hsicli.runtime import quiet
from hsicli.stages.features import principal_components


def spectra(planted) -> np.ndarray:
    return planted.cube.data[planted.cube.valid].astype(float)


def test_components_are_those_of_scikit_learn(planted):
    found = principal_components(planted.cube, planted.cube.valid, "none", 4, quiet)
    expected = PCA(4).fit_transform(spectra(planted))
    np.testing.assert_allclose(np.abs(found.values), np.abs(expected), atol=1e-5)
    np.testing.assert_allclose(found.mean, spectra(planted).mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("scaling", ["none", "bands", "spectra"])
def test_all_components_keep_the_distances_of_scaled_spectra(planted, scaling):
    found = principal_components(planted.cube, planted.cube.valid, scaling, 0, quiet)
    wanted = spectra(planted)
    if scaling != "none":
        wanted = wanted / np.linalg.norm(wanted, axis=0 if scaling == "bands" else 1, keepdims=True).reshape(
            (1, -1) if scaling == "bands" else (-1, 1)
        )
    np.testing.assert_allclose(pdist(found.values[:60]), pdist(wanted[:60]), atol=2e-6)


def test_a_band_that_is_the_same_everywhere_adds_nothing(planted):
    data = np.concatenate([planted.cube.data, np.full((24, 20, 1), 0.3, np.float32)], axis=2)
    data[~planted.cube.valid] = np.nan
    more = principal_components(Cube(data), planted.cube.valid, "none", 4, quiet)
    less = principal_components(planted.cube, planted.cube.valid, "none", 4, quiet)
    np.testing.assert_allclose(np.abs(more.values), np.abs(less.values), atol=1e-5)


def test_nothing_to_tell_apart_is_refused():
    with pytest.raises(InputError, match="the same spectrum"):
        principal_components(
            Cube(np.full((5, 5, 6), 0.3, np.float32)), np.ones((5, 5), bool), "bands", 5, quiet
        )
    with pytest.raises(InputError, match="no pixel is valid"):
        principal_components(Cube(np.ones((5, 5, 6), np.float32)), np.zeros((5, 5), bool), "bands", 5, quiet)
