import numpy as np
import pytest

from hsicli.stages.superresolution.calibration import (
    LEVELS,
    calibrate,
    distance_to_known,
    inflated,
    interval_factors,
    known_spectra,
)
from hsicli.stages.superresolution.density import Density, deviations, mean


def standard(n: int, bands: int, width: float) -> Density:
    scales = np.full((n, 1, bands), 1 / width)
    return Density(np.zeros((n, 1)), np.zeros((n, 1, bands)), scales, np.eye(bands)[None])


def test_a_density_that_is_half_as_wide_as_it_should_be_is_doubled():
    truth = 2 * np.random.default_rng(0).standard_normal((4000, 5))
    found = calibrate(standard(4000, 5, 1.0), truth)
    assert found.inflation == pytest.approx(2, rel=0.02)
    assert deviations(inflated(standard(3, 5, 1.0), found.inflation)) == pytest.approx(
        np.full((3, 5), found.inflation)
    )


@pytest.mark.parametrize("law", ["normal", "laplace", "uniform"])
def test_stated_intervals_hold_their_share_of_new_spectra_whatever_the_law(law):
    rng = np.random.default_rng(1)
    truth, new = getattr(rng, law)(size=(2, 4000, 4))
    density = standard(4000, 4, 1.0)
    factors = interval_factors(mean(density), deviations(density), truth)
    for level, factor in zip(LEVELS, factors, strict=True):
        assert (np.abs(new) <= factor).mean(axis=0) == pytest.approx(np.full(4, level), abs=0.04)


def test_factors_are_order_statistics_by_hand():
    truth = np.arange(1.0, 20.0)[:, None]  # 19 scores: ⌈0.5·20⌉ = 10th, ⌈0.9·20⌉ = 18th, ⌈0.95·20⌉ = 19th
    found = interval_factors(np.zeros((19, 1)), np.ones((19, 1)), truth)
    assert found[:, 0].tolist() == [10, 18, 19]


def test_a_known_spectrum_is_near_and_another_kind_is_far():
    rng = np.random.default_rng(2)
    low = rng.standard_normal((500, 3)) * [1, 0.1, 10]
    arrays = known_spectra(low, rng)
    usual = distance_to_known(arrays, rng.standard_normal((300, 3)) * [1, 0.1, 10])
    strange = distance_to_known(arrays, np.array([[0, 1.5, 0], [8, 0, 0]]))
    assert strange.min() > np.quantile(usual, 0.99)


def test_a_band_that_never_varies_is_no_direction():
    rng = np.random.default_rng(3)
    low = np.column_stack([rng.standard_normal((100, 2)), np.ones(100)])
    arrays = known_spectra(low, rng)
    assert arrays["turn"].shape == (3, 2)
    assert np.isfinite(distance_to_known(arrays, low)).all()
