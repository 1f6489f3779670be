from dataclasses import replace

import numpy as np
import pytest

from hsicli.cli.config import settings_of
from hsicli.cli.repetition import repeat_clustering
from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.io.hdf5 import write_product
from hsicli.products.labels import Labels
from hsicli.provenance import Provenance
from hsicli.stages.cluster import ClusterConfig, MergingConfig

CONFIG = ClusterConfig(dimension=5, components=9, merging=MergingConfig(max_angle=0.02, classes=4))
LABELS = Labels(
    np.ones((4, 3), np.int32),
    ("one",),
    np.zeros((1, 3), np.uint8),
    np.array([12]),
    np.ones((1, 6)),
    np.ones((1, 6)),
)
MADE_CUBE = Provenance("preprocess", "1.1", {"scale": 1})
MADE_MAP = Provenance(
    "cluster",
    f"{ClusterConfig.VERSION}.1",
    settings_of(CONFIG).values,
    seed=3,
    device="cpu",
    inputs={"cube": MADE_CUBE.fingerprint},
)


@pytest.fixture
def files(tmp_path):
    """Writes a cube, and a map with this provenance; returns their paths."""

    def write(provenance=MADE_MAP):
        cube = Cube(np.ones((4, 3, 6), np.float32), wavelengths=np.linspace(1000, 2000, 6))
        write_product(tmp_path / "cube.h5", cube, MADE_CUBE)
        write_product(tmp_path / "map.h5", LABELS, provenance)
        return tmp_path / "map.h5", tmp_path / "cube.h5"

    return write


@pytest.fixture
def calls(monkeypatch):
    """What the clustering was asked; it answers with the same map."""
    asked = []

    def cluster_cube(cube, config, **given):
        asked.append((config, given["seed"], given["subspace"]))
        return LABELS

    monkeypatch.setattr("hsicli.stages.cluster.cluster_cube", cluster_cube)
    return asked


def test_the_recorded_settings_run_with_the_seeds_that_follow(files, calls):
    path, cube = files()
    assert len(repeat_clustering([path], cube, 3)) == 3
    assert [seed for _, seed, _ in calls] == [4, 5, 6]
    assert all(config == CONFIG and subspace is None for config, _, subspace in calls)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"command": "diffuse"}, "was made by hsicli diffuse"),
        ({"inputs": {"cube": "0" * 64}}, "is not the cube"),
        ({"inputs": {"cube": MADE_CUBE.fingerprint, "mask": "1" * 64}}, "was made with mask too"),
        ({"method": "0.1"}, "by version 0.1 of the method"),
    ],
)
def test_a_map_that_cannot_be_made_again_is_refused(files, calls, changed, message):
    path, cube = files(replace(MADE_MAP, **changed))
    with pytest.raises(InputError, match=message):
        repeat_clustering([path], cube, 1)
    assert not calls


def test_it_takes_one_map_and_its_cube(files, calls):
    path, cube = files()
    with pytest.raises(ConfigError, match="for one map"):
        repeat_clustering([path, path], cube, 1)
    with pytest.raises(ConfigError, match="needs the cube"):
        repeat_clustering([path], None, 1)
