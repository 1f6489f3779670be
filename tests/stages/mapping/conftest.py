"""A small scene of three minerals on a grid of CRISM's kind."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.library import Library

AXIS = np.arange(1050.0, 2600.0, 13.0)
BANDS = {"clay": ((1410, 40, 0.15), (2205, 50, 0.3)), "carbonate": ((2310, 60, 0.25), (2510, 60, 0.3)),
         "pyroxene": ((1900, 420, 0.2),)}  # fmt: skip


def spectrum(*absorptions: tuple[float, float, float], slope: float = 0.0) -> np.ndarray:
    """A bland continuum with Gaussian absorptions: centre and full width, nm, and depth."""
    out = 0.3 * (1 + slope * (AXIS - AXIS.mean()) / 1000)
    for centre, width, depth in absorptions:
        out = out * (1 - depth * np.exp(-4 * np.log(2) * ((AXIS - centre) / width) ** 2))
    return out


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(tuple(BANDS), np.stack([spectrum(*bands) for bands in BANDS.values()]), AXIS)


@pytest.fixture(scope="session")
def truth() -> np.ndarray:
    """(40, 30): 0 = bland, minerals from 1 in blocks."""
    labels = np.zeros((40, 30), dtype=int)
    labels[4:12, 4:12], labels[16:26, 10:22], labels[30:38, 2:12] = 1, 2, 3
    return labels


@pytest.fixture(scope="session")
def scene(library, truth) -> Cube:
    """Minerals at half their depth on ground of another slope, with noise; a corner of fill."""
    rng = np.random.default_rng(1)
    bland = spectrum(slope=0.15)
    half = 1 - 0.5 * (1 - library.spectra / 0.3)
    spectra = np.concatenate([np.ones((1, len(AXIS))), half])[truth] * bland
    spectra = spectra * (0.7 + 0.6 * rng.random(truth.shape))[..., None]
    spectra += 0.001 * rng.standard_normal(spectra.shape)
    spectra[:2, :3] = np.nan
    return Cube(spectra.astype(np.float32), wavelengths=AXIS)
