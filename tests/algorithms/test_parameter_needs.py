"""Which parameters an axis can serve."""

import numpy as np
import pytest

from hsicli.algorithms.parameter_needs import missing
from hsicli.algorithms.parameter_table import PARAMETERS
from hsicli.instruments import axis


def served(bands: np.ndarray, reach: float = 10) -> set[str]:
    return {name for name in PARAMETERS if not missing(name, bands, reach)}


def bands_of(name: str) -> np.ndarray:
    wavelengths, _ = axis(name)
    return np.sort(wavelengths[np.isfinite(wavelengths)])


def test_an_mtrdr_has_them_all():
    assert served(bands_of("crism-mtrdr")) == set(PARAMETERS)


def test_the_infrared_detector_has_all_but_those_of_the_visible():
    lost = set(PARAMETERS) - served(bands_of("crism-trdr-l"))
    assert lost == {
        "R770", "RBR", "BD530_2", "SH600_2", "SH770", "BD640_2", "BD860_2", "BD920_2", "RPEAK1", "BDI1000VIS",
        "R440", "IRR1", "R530", "R600",
    }  # fmt: skip


def test_a_wider_reach_serves_more_of_a_map_tile():
    tile = bands_of("crism-mrdr")
    assert "BD1500_2" in served(tile, 20) - served(tile)


def test_a_window_loses_what_lies_at_its_end():
    bands = bands_of("crism-mtrdr")
    bands = bands[(bands > 1050) & (bands < 2550)]
    assert missing("BD2500_2", bands, 10) == ("2570",)
    assert missing("BDI1000IR", bands, 10) == ("2430–2600",)
    assert missing("D2300", bands, 10) == ()


def test_r3920_may_be_taken_where_an_mtrdr_ends():
    bands = bands_of("crism-mtrdr")
    assert bands[-1] < 3900
    assert missing("R3920", bands, 10) == ()


def test_three_channels_that_are_one_band_are_no_band_depth():
    assert missing("BD2230", np.array([1000.0, 2000, 2230, 2300]), 25) == ("bands closer together",)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_needs_something(name):
    assert missing(name, np.array([100.0, 110.0]), 10)
