"""Band statistics: one walk, equal to numpy over the valid pixels."""

import numpy as np
import pytest

from hsicli import cube as cube_module
from hsicli.cube import Cube
from hsicli.stages.statistics import band_statistics


def test_one_walk_gives_what_numpy_gives_of_all_valid_pixels(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cube_module, "BLOCK_BYTES", 6 * 5 * 4)  # a row a block
    data = rng.normal(1000, 1, (7, 6, 5)).astype(np.float32)
    data[2, 3] = np.nan
    data[4, :, 1] = np.nan
    found = band_statistics(Cube(data, wavelengths=np.array([500.0, 400, 300, 200, 100])))
    good = data[np.isfinite(data).all(axis=2)][:, ::-1].astype(np.float64)
    assert found.pixels == 7 * 6 - 7
    assert found.share == 35 / 42
    assert found.bands.tolist() == [4, 3, 2, 1, 0]
    np.testing.assert_allclose(found.mean, good.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, good.std(axis=0), rtol=1e-9)
    np.testing.assert_array_equal(found.least, good.min(axis=0))
    np.testing.assert_array_equal(found.greatest, good.max(axis=0))
    np.testing.assert_allclose(found.missing, [0, 0, 0, 6 / 41, 0])


def test_a_cube_without_data_has_no_statistics() -> None:
    found = band_statistics(Cube(np.full((2, 2, 3), np.nan, dtype=np.float32)))
    assert found.pixels == 0
    assert np.isnan(found.mean).all()
    assert np.isnan(found.missing).all()
