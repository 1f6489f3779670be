"""The planted scene, the random generator, the device and the place of the real data; nothing else."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hsicli.algorithms.minerals import Absorption, reflectance
from hsicli.algorithms.mixing import dominant, mix, random_abundances
from hsicli.cube import Cube
from hsicli.library import Library


@pytest.fixture(autouse=True)
def fresh_log() -> Iterator[None]:
    """A command that ran in this process has set the log up for its screen; the next test sees none of it."""
    yield
    logger = logging.getLogger("hsicli")
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


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


@dataclass(frozen=True, eq=False)
class Planted:
    """A small scene that knows its truth.

    Attributes
    ----------
    cube : Cube
        24 × 20 pixels, 48 bands from 1050 to 2550 nm; NaN in the invalid corner.
    labels : (24, 20) int32
        Endmember with the largest abundance, 1…4; 0 in the corner.
    abundances : (24, 20, 4) float64
        NaN in the corner.
    endmembers : Library
        Four spectra.
    noise : (48,) float64
        Standard deviation of the noise that was added.
    clean : (24, 20, 48) float64
        The spectra before the noise; NaN in the corner.
    absorptions : tuple of tuples
        Centres of each endmember's absorptions, nm.
    """

    cube: Cube
    labels: np.ndarray
    abundances: np.ndarray
    endmembers: Library
    noise: np.ndarray
    clean: np.ndarray
    absorptions: tuple[tuple[float, ...], ...]


PLANTED = {
    # name: continuum nodes (nm, reflectance), absorptions (centre nm, full width nm, depth)
    "pyroxene": (((1050, 0.16), (2550, 0.24)), ((1900, 480, 0.25),)),
    "clay": (
        ((1050, 0.42), (1700, 0.46), (2550, 0.36)),
        ((1410, 90, 0.18), (1915, 110, 0.28), (2205, 90, 0.30)),
    ),
    "carbonate": (((1050, 0.34), (2550, 0.40)), ((2310, 120, 0.35), (2510, 110, 0.30))),
    "sulfate": (
        ((1050, 0.30), (1500, 0.38), (2550, 0.24)),
        ((1475, 110, 0.25), (1750, 110, 0.28), (2265, 110, 0.40)),
    ),
}


@pytest.fixture(scope="session")
def planted() -> Planted:
    """Four minerals in four quarters, each pixel a Dirichlet mixture that its quarter's mineral leads."""
    rng = np.random.default_rng(20)
    rows, cols, bands = 24, 20, 48
    wavelengths = np.linspace(1050, 2550, bands)
    absorptions = tuple(tuple(Absorption(*item) for item in items) for _, items in PLANTED.values())
    endmembers = np.stack(
        [
            reflectance(wavelengths, nodes, items)
            for (nodes, _), items in zip(PLANTED.values(), absorptions, strict=True)
        ]
    )

    quarter = 2 * (np.arange(rows) >= rows // 2)[:, None] + (np.arange(cols) >= cols // 2)
    concentration = 0.4 + 5.6 * np.eye(4)[quarter.ravel()]
    abundances = random_abundances(rows * cols, concentration, rng).reshape(rows, cols, 4)
    noise = np.full(bands, 0.002)
    clean = mix(abundances, endmembers)
    data = (clean + noise * rng.standard_normal(clean.shape)).astype(np.float32)

    valid = np.ones((rows, cols), dtype=bool)
    valid[:3, :4] = False
    for array in (data, clean, abundances):
        array[~valid] = np.nan
    labels = np.where(valid, dominant(np.nan_to_num(abundances)), 0).astype(np.int32)
    return Planted(
        cube=Cube(data, wavelengths=wavelengths, fwhm=np.full(bands, 32.0), valid=valid),
        labels=labels,
        abundances=abundances,
        endmembers=Library(tuple(PLANTED), endmembers, wavelengths),
        noise=noise,
        clean=clean,
        absorptions=tuple(tuple(item.centre for item in items) for items in absorptions),
    )


def pytest_terminal_summary(terminalreporter) -> None:
    """Say how many tests had what not every machine has: a run that skips them should not look whole."""
    for mark, name in (("real", "real-data tests"), ("browser", "browser tests")):
        passed, skipped = (
            sum(mark in report.keywords for report in terminalreporter.stats.get(outcome, []))
            for outcome in ("passed", "skipped")
        )
        terminalreporter.write_line(f"{name}: {passed} passed, {skipped} skipped")
