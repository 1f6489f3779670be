"""The planted scene, the random generator, the device and the place of the real data; nothing else."""

import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data; tests that need it skip where it is absent."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("HSICLI_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set HSICLI_DATA")
    return folder
