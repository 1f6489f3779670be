"""Defects of an instrument: none when none are asked for, and each of the strength that is asked for."""

import numpy as np
import pytest

from hsicli.algorithms.defects import Defects, instrument, observed

WAVELENGTHS = np.linspace(700.0, 2500.0, 120)


def row(defects: Defects, number: int = 0, *, noise: float = 0.0, seed: int = 1) -> np.ndarray:
    through = instrument(defects, WAVELENGTHS, np.full(120, noise), 400, seed)
    return observed(np.full((400, 120), 0.5, dtype=np.float32), number, through)


def test_a_perfect_instrument_changes_nothing() -> None:
    np.testing.assert_array_equal(row(Defects()), np.float32(0.5))


def test_noise_is_white_of_its_deviation_and_new_in_every_row() -> None:
    first, second = (row(Defects(), number, noise=0.01) - 0.5 for number in (0, 1))
    assert first.std() == pytest.approx(0.01, rel=0.02)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(first[:, :-1].ravel(), first[:, 1:].ravel())[0, 1]) < 0.02


def test_gains_differ_from_column_to_column_and_are_smooth_along_the_spectrum() -> None:
    gain = row(Defects(stripes=0.02)) / 0.5 - 1
    assert gain.std() == pytest.approx(0.02, rel=0.1)
    one_detector = gain[:, WAVELENGTHS > 1030]
    assert np.corrcoef(one_detector[:, :-1].ravel(), one_detector[:, 1:].ravel())[0, 1] > 0.95
    assert abs(np.corrcoef(gain[:-1].ravel(), gain[1:].ravel())[0, 1]) < 0.15


def test_the_seam_lifts_the_bands_below_it() -> None:
    spectrum = row(Defects(seam=0.04))[0]
    np.testing.assert_allclose(spectrum[WAVELENGTHS < 1030], 0.52, rtol=1e-6)
    np.testing.assert_allclose(spectrum[WAVELENGTHS > 1030], 0.5)


def test_drift_moves_whole_spectra_slowly() -> None:
    offsets = np.stack([row(Defects(drift=0.01), number)[:, 0] for number in (0, 1, 400)]) - 0.5
    assert offsets[0].std() > 0.002
    np.testing.assert_allclose(offsets[0], offsets[1], atol=0.002)
    assert np.ptp(row(Defects(drift=0.01)), axis=1).max() == 0


def test_stuck_spikes_stay_in_their_column_and_band() -> None:
    defects = Defects(spikes=0.01, stuck=1.0)
    first, second = (np.abs(row(defects, number, noise=1e-3) - 0.5) > 4.9e-3 for number in (0, 9))
    assert first.mean() == pytest.approx(0.01, rel=0.15)
    assert (first & second).sum() > 0.95 * first.sum()
