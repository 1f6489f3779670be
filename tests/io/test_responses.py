"""Spectra seen through broad bands: exact means, nothing made of what is not known."""

from pathlib import Path

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.responses import Responses, read_responses, seen_through
from hsicli.io.speclib import read_library
from hsicli.library import Library


def triangle() -> Responses:
    """Two triangular bands around 500 and 700 nm, 100 nm wide at half height."""
    return Responses(
        ("b", "a"),
        np.array([400.0, 500, 600, 700, 800]),
        np.array([[0, 0, 0, 2, 0], [0, 1, 0, 0, 0]], dtype=float),
    )


def test_a_flat_spectrum_stays_and_a_slope_is_seen_at_the_centre() -> None:
    axis = np.linspace(300, 900, 13)
    seen = seen_through(Library(("flat", "slope"), np.stack([np.full(13, 0.3), axis]), axis), triangle())
    np.testing.assert_allclose(seen.wavelengths, [500, 700])
    np.testing.assert_allclose(seen.fwhm, [100, 100], rtol=0.05)
    np.testing.assert_allclose(seen.spectra, [[0.3, 0.3], [500, 700]])


def test_the_mean_is_exact_between_samples() -> None:
    axis = np.array([400.0, 500, 530, 600])
    spectrum = np.array([0.0, 1, 4, 2])
    fine = np.linspace(400, 600, 200_001)
    response = np.interp(fine, [400, 500, 600], [0, 1, 0])
    expected = (np.interp(fine, axis, spectrum) * response).sum() / response.sum()
    seen = seen_through(Library(("s",), spectrum[None], axis), triangle())
    np.testing.assert_allclose(seen.spectra, [[expected, np.nan]], rtol=1e-8)


def test_a_band_over_deleted_channels_or_off_the_axis_is_nan() -> None:
    axis = np.arange(400.0, 801, 10)
    spectra = np.ones((2, 41))
    spectra[0, 10] = np.nan  # 500 nm, at the top of the first band
    np.testing.assert_array_equal(
        seen_through(Library(("a", "b"), spectra, axis), triangle()).spectra, [[np.nan, 1], [1, 1]]
    )
    part = seen_through(Library(("a",), np.ones((1, 31)), axis[:31]), triangle())  # ends at 700 nm
    np.testing.assert_array_equal(np.isfinite(part.spectra), [[True, False]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no table of response"),
        ("wavelength_nm,a,b\n400,0,1\n500,0,1\n", "no response above zero in a"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_responses(tmp_path / "r.csv")


@pytest.mark.real
def test_aster_sees_what_its_team_says_it_does(data_dir: Path) -> None:
    responses = read_responses(data_dir / "instruments/aster_srf.csv")
    nominal = [560, 660, 820, 820, 1650, 2165, 2205, 2260, 2330, 2395]  # band centres of its users' handbook
    np.testing.assert_allclose(responses.centres, nominal, atol=16)
    library = read_library(data_dir / "libraries/splib07a_native_asd/spectra.csv")
    seen = seen_through(library, responses)
    assert seen.spectra.shape == (22, 10)
    by_width = library.resampled(seen.wavelengths, seen.fwhm).spectra
    known = np.isfinite(seen.spectra)
    assert known.mean() > 0.9
    np.testing.assert_allclose(seen.spectra[known], by_width[known], atol=0.01)  # Gaussians of the same width
