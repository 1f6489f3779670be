"""Exemplars: the mean of what is asked for, of valid pixels only, and of nothing else."""

import numpy as np
import pytest

from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.stages.exemplars import take_exemplar

AXIS = np.array([1200.0, 1000, 1100])


def numbered() -> Cube:
    """Every pixel holds 100·row + 10·col + band."""
    rows, cols, bands = np.indices((6, 7, 3))
    data = (100.0 * rows + 10 * cols + bands).astype(np.float32)
    return Cube(data, wavelengths=AXIS, fwhm=np.array([12.0, 10, 11]))


def test_the_mean_of_a_window_is_its_centre_where_values_are_linear() -> None:
    library, pixels = take_exemplar(numbered(), "here", [(3, 2)], window=3)
    assert pixels == 9
    assert library.names == ("here",)
    np.testing.assert_allclose(library.wavelengths, [1000, 1100, 1200])
    np.testing.assert_allclose(library.fwhm, [10, 11, 12])
    np.testing.assert_allclose(library.spectra, [[321, 322, 320]])


def test_a_window_is_cut_off_at_the_edge() -> None:
    library, pixels = take_exemplar(numbered(), "corner", [(0, 0)], window=3)
    assert pixels == 4
    assert library.spectra[0, 0] == pytest.approx((1 + 11 + 101 + 111) / 4)


def test_a_pixel_in_two_windows_counts_once() -> None:
    both, pixels = take_exemplar(numbered(), "two", [(1, 1), (1, 2), (5, 5)], window=1)
    assert pixels == 3
    assert both.spectra[0, 0] == pytest.approx((111 + 121 + 551) / 3)
    _, pixels = take_exemplar(numbered(), "two", [(1, 1), (1, 2)], window=3)
    assert pixels == 12


def test_invalid_pixels_and_missing_bands_are_left_out() -> None:
    cube = numbered()
    cube.data[2, 2] = 65535
    cube.data[2, 3, 1] = np.nan
    cube.data[1, 2] = 0
    valid = np.ones((6, 7), dtype=bool)
    valid[2, 4] = False
    library, pixels = take_exemplar(cube.with_valid(valid), "odd", [(2, 3)], window=3)
    assert pixels == 6  # of nine, one is fill, one is zero and one is not valid
    rest = [131, 141, 321, 331, 341]
    np.testing.assert_allclose(library.spectra[0, 0], np.mean(rest))
    np.testing.assert_allclose(library.spectra[0, 1], np.mean([*rest, 231]) + 1)


def test_a_band_far_beyond_the_others_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    data = np.full((1, 1, 9), 0.2, np.float32)
    data[..., 7] = -1640
    data[..., 3] = 1.9
    with caplog.at_level("INFO", logger="hsicli"):
        library, _ = take_exemplar(Cube(data, wavelengths=np.arange(9) + 2793.0), "x", [(0, 0)], window=1)
    assert np.flatnonzero(np.isnan(library.spectra[0])).tolist() == [7]
    assert "1 bands far beyond the others are left out (2800 nm)" in caplog.text


def test_what_cannot_be_taken_is_refused() -> None:
    with pytest.raises(InputError, match="pixel 6,0 is outside of the image of 6 rows and 7 columns"):
        take_exemplar(numbered(), "x", [(6, 0)], window=1)
    with pytest.raises(ConfigError, match="odd number"):
        take_exemplar(numbered(), "x", [(1, 1)], window=4)
    empty = numbered()
    empty.data[:] = np.nan
    with pytest.raises(InputError, match="no pixel of the window around 1,1 holds data"):
        take_exemplar(empty, "x", [(1, 1)], window=3)
