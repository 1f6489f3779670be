"""Whatever a file calls its wavelengths, hsicli sees nanometres."""

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.io.axes import normalise_axis, normalise_wavelengths, unit_name


@pytest.mark.parametrize("unit", ["nm", "NM", "Nanometer", "Nanometers", "nanometres", " Nanometers "])
def test_every_spelling_of_nanometres_is_one(unit: str) -> None:
    assert unit_name(unit) == "nm"


@pytest.mark.parametrize(
    "unit", ["um", "µm", "μm", "UM", "micron", "Microns", "Micrometer", "Micrometers", "micrometres"]
)
def test_every_spelling_of_micrometres_is_one(unit: str) -> None:
    nm, note = normalise_wavelengths([0.4, 2.5], unit, "x.hdr")
    assert nm is not None
    assert nm.tolist() == [400.0, 2500.0]
    assert not note


@pytest.mark.parametrize("unit", [None, "", "Unknown", "<unspecified>", "None", "wavelengthz"])
@pytest.mark.parametrize(("values", "taken"), [([400.0, 2500.0], "nm"), ([0.4, 2.5], "µm")])
def test_an_undeclared_unit_is_inferred_and_said(unit: str | None, values: list[float], taken: str) -> None:
    nm, note = normalise_wavelengths(values, unit, "x.hdr")
    np.testing.assert_allclose(nm, [400, 2500])
    assert f"taken as {taken}" in note


@pytest.mark.parametrize(
    ("unit", "values", "says"),
    [
        ("Nanometers", [0.4, 2.5], "declared in nm.*only be µm"),
        ("um", [400, 2500], "declared in µm.*only be nm"),
    ],
)
def test_a_unit_that_the_values_contradict_is_refused(unit: str, values: list[float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        normalise_wavelengths(values, unit, "x.hdr")


@pytest.mark.parametrize(
    ("unit", "values"),
    [
        ("cm-1", [1e7 / 400, 4000]),
        ("Wavenumber", [25000, 4000]),
        ("Angstroms", [4000, 25000]),
        ("GHz", [749481.145, 119916.9832]),
    ],
)
def test_other_units_are_converted(unit: str, values: list[float]) -> None:
    nm, _ = normalise_wavelengths(values, unit, "x.hdr")
    np.testing.assert_allclose(nm, [400, 2500], rtol=1e-9)


def test_numbered_bands_have_no_wavelengths() -> None:
    nm, note = normalise_wavelengths([1, 2, 3], "Index", "x.hdr")
    assert nm is None
    assert "Index" in note


def test_the_order_of_the_file_is_kept() -> None:
    axis = normalise_axis(3, "x.hdr", wavelengths=[2.5, 0.4, 1.0], unit="um")
    assert axis.wavelengths is not None
    assert axis.wavelengths.tolist() == [2500, 400, 1000]


def test_a_band_without_a_wavelength_is_bad() -> None:
    axis = normalise_axis(3, "x.hdr", wavelengths=[65535, 3936.82, 3930.15], unit="nm")
    assert axis.good_bands.tolist() == [False, True, True]
    assert np.isnan(axis.wavelengths[0])  # type: ignore[index]


def test_too_few_wavelengths_are_refused_with_both_counts() -> None:
    with pytest.raises(InputError, match="2 wavelengths for 3 bands"):
        normalise_axis(3, "x.hdr", wavelengths=[1, 2])


def test_short_lists_beside_the_wavelengths_are_left_out_and_said() -> None:
    axis = normalise_axis(3, "x.hdr", wavelengths=[400, 500, 600], fwhm=[5, 5], good_bands=[1, 0], unit="nm")
    assert axis.fwhm is None
    assert axis.good_bands.all()
    assert axis.notes == ("a bad-band list of 2 for 3 bands: left out", "2 FWHM for 3 bands: left out")


def test_widths_follow_the_unit_of_the_wavelengths() -> None:
    axis = normalise_axis(2, "x.hdr", wavelengths=[0.4, 2.5], fwhm=[0.01, 0.012], unit="um")
    np.testing.assert_allclose(axis.fwhm, [10, 12])


def test_widths_in_wavenumbers_follow_the_derivative() -> None:
    axis = normalise_axis(2, "x.hdr", wavelengths=[5000, 4000], fwhm=[8, 8], unit="cm-1")
    edges = 1e7 / (4000 - 4), 1e7 / (4000 + 4)
    assert axis.fwhm is not None
    assert axis.fwhm[1] == pytest.approx(edges[0] - edges[1], rel=1e-5)


@pytest.mark.parametrize(
    ("wavelengths", "unit", "fwhm", "wider"),
    [([0.4, 2.5], "um", [10, 10], "in nm though"), ([400, 2500], "nm", [0.01, 0.01], "in µm though")],
)
def test_widths_in_the_other_unit_are_mended_and_said(
    wavelengths: list[float], unit: str, fwhm: list[float], wider: str
) -> None:
    axis = normalise_axis(2, "x.hdr", wavelengths=wavelengths, fwhm=fwhm, unit=unit)
    np.testing.assert_allclose(axis.fwhm, [10, 10])
    assert wider in axis.notes[0]


def test_a_list_that_calls_every_band_bad_is_left_out() -> None:
    axis = normalise_axis(2, "x.hdr", good_bands=[0, 0])
    assert axis.good_bands.all()
    assert "every band bad" in axis.notes[0]
