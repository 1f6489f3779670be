"""Absorptions: their depth and place, by hand."""

import numpy as np
import pytest

from hsicli.stages.superresolution.diagnostics import covered, measured

AXIS = np.arange(2100.0, 2451, 5)


def spectrum(centre: float, depth: float, slope: float = 0.0) -> np.ndarray:
    bend = np.clip(1 - ((AXIS - centre) / 20) ** 2, 0, None)
    return (0.5 + slope * (AXIS - 2100) / 350) * (1 - depth * bend)


@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize(("centre", "depth"), [(2200.0, 0.3), (2207.3, 0.12), (2193.0, 0.05)])
def test_a_parabola_is_found_where_it_is_between_bands(centre, depth, slope):
    depths, positions = measured(spectrum(centre, depth, slope)[None], AXIS, np.array([2200.0]))
    assert depths[0, 0] == pytest.approx(depth, rel=0.08)
    assert positions[0, 0] == pytest.approx(centre, abs=0.5)


def test_brightness_changes_nothing():
    one = spectrum(2206, 0.2)
    both = measured(np.stack([one, 3 * one]), AXIS, np.array([2200.0]))
    for values in both:
        np.testing.assert_allclose(values[0], values[1], rtol=1e-4)


def test_what_is_deepest_at_the_edge_has_no_place():
    positions = measured(spectrum(2235, 0.2)[None], AXIS, np.array([2200.0]))[1]
    assert np.isnan(positions).all()


def test_only_absorptions_inside_the_bands_are_looked_for():
    assert covered(AXIS).tolist() == [2170, 2200, 2250, 2330, 2350]
    assert covered(AXIS[AXIS > 2190]).tolist() == [2250, 2330, 2350]
    assert covered(np.arange(1000.0, 1500, 5)).tolist() == []
