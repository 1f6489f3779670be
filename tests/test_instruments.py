"""Instruments: the published grids, band by band."""

import csv

import numpy as np
import pytest

from hsicli.errors import ConfigError
from hsicli.instruments import BROADBAND, NAMES, axis, bands, detector_rows


def test_the_mtrdr_axis_has_its_four_published_segments() -> None:
    wavelengths, fwhm = axis("crism-mtrdr")
    starts = np.r_[0, np.flatnonzero(np.diff(wavelengths) > 20) + 1]
    ends = np.r_[starts[1:], len(wavelengths)]
    segments = [
        (first, last, n)
        for first, last, n in zip(wavelengths[starts], wavelengths[ends - 1], ends - starts, strict=True)
    ]
    assert segments == [
        (436.13, 631.44, 31),
        (709.68, 1010.18, 47),
        (1047.20, 2654.95, 245),
        (2800.35, 3896.76, 166),
    ]
    assert (np.diff(wavelengths) > 0).all()
    assert ((fwhm > 8) & (fwhm < 18)).all()
    assert ((wavelengths > 1050) & (wavelengths < 2550)).sum() == 228


def test_the_other_products_have_their_bands_in_file_order() -> None:
    infrared, _ = axis("crism-trdr-l")
    visible, _ = axis("crism-trdr-s")
    tile, _ = axis("crism-mrdr")
    aviris, _ = axis("aviris-1995")
    assert [len(infrared), len(visible), len(tile), len(aviris)] == [438, 107, 72, 224]
    assert np.isnan(infrared[0])
    assert (np.diff(infrared[1:]) < 0).all()
    assert (np.diff(visible) > 0).all()
    assert np.flatnonzero(np.diff(aviris) < 0).tolist() == [31, 95]  # where spectrometers overlap


def test_the_map_products_are_choices_of_detector_rows() -> None:
    known = {row.wavelength for row in detector_rows()}
    assert set(axis("crism-mtrdr")[0]) <= known
    assert set(axis("crism-mrdr")[0]) <= known


@pytest.mark.parametrize("name", NAMES)
def test_every_band_has_a_width(name: str) -> None:
    assert np.isfinite(axis(name)[1]).all()


def test_an_unknown_instrument_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="sensor-x") as caught:
        axis("sensor-x")
    assert "crism-mtrdr" in caught.value.hint


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "file"), [("crism-mtrdr", "crism_mtrdr_489.csv"), ("aviris-1995", "aviris_classic_1995.csv")]
)
def test_the_numbers_are_those_of_the_tables(name: str, file: str, data_dir) -> None:
    with (data_dir / "instruments" / file).open() as lines:
        table = list(csv.DictReader(lines))
    wavelengths, fwhm = axis(name)
    np.testing.assert_allclose(
        wavelengths, [float(line["wavelength_um"]) * 1e3 for line in table], atol=0.006
    )
    np.testing.assert_allclose(fwhm, [float(line["fwhm_um"]) * 1e3 for line in table], atol=0.006)


def test_broad_bands_are_known_by_name_and_ascend():
    aster = bands("aster")
    assert len(aster.names) == 9
    assert aster.centres[aster.names.index("B9")] == 2395
    for name in BROADBAND + NAMES:
        found = bands(name)
        assert (np.diff(found.centres) >= 0).all()
        assert (found.widths > 0).all()
    with pytest.raises(ConfigError, match="astre"):
        bands("astre")
