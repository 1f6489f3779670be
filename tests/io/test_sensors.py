"""Sensors by name, table or list; what of them a cube can show."""

import numpy as np
import pytest

from hsicli.errors import ConfigError, InputError
from hsicli.io.sensors import read_sensor, seen_weights

AXIS = np.arange(2000.0, 2501, 5)


def test_aster_has_its_five_channels_in_this_window() -> None:
    found, weights = seen_weights(AXIS, read_sensor("aster", AXIS))
    assert found.names == ("B5", "B6", "B7", "B8", "B9")
    np.testing.assert_allclose(found.centres, [2165, 2205, 2260, 2330, 2395], atol=0.1)
    np.testing.assert_allclose(found.widths, [40, 40, 50, 70, 70], atol=1)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights @ AXIS, found.centres, atol=0.5)


def test_a_list_a_table_of_widths_and_a_table_of_responses_say_the_same(tmp_path) -> None:
    (tmp_path / "axis.csv").write_text("wavelength_um,fwhm_um\n2.165,0.04\n2.33,0.07\n")
    nm = np.arange(2050.0, 2450, 1)
    curves = [np.exp(-4 * np.log(2) * ((nm - at) / wide) ** 2) for at, wide in ((2165, 40), (2330, 70))]
    rows = [f"{x:g},{a:.6g},{b:.6g}" for x, a, b in zip(nm, *curves, strict=True)]
    (tmp_path / "curves.csv").write_text("\n".join(["wavelength_nm,a,b", *rows]) + "\n")
    said = [
        "2165:40,2330:70",
        "2.165:0.04,2.33:0.07",
        str(tmp_path / "axis.csv"),
        str(tmp_path / "curves.csv"),
    ]
    seen = [seen_weights(AXIS, read_sensor(text, AXIS))[1] for text in said]
    for other in seen[1:]:
        np.testing.assert_allclose(other, seen[0], atol=2e-4)


def test_what_the_cube_has_blurred_is_not_blurred_again() -> None:
    """A line blurred by the cube, and then by the sensor, has the sensor's own width."""
    weights = seen_weights(AXIS, read_sensor("2250:40", AXIS, np.full(len(AXIS), 24.0)))[1][0]
    spread = np.sqrt(weights @ (AXIS - 2250) ** 2) * np.sqrt(8 * np.log(2))
    assert np.hypot(spread, 24) == pytest.approx(40, rel=0.03)


def test_a_band_over_a_hole_of_the_cube_is_left_out(caplog) -> None:
    axis = np.r_[np.arange(1500.0, 1760, 10), np.arange(1950.0, 2300, 10)]
    caplog.set_level("INFO")
    found, _ = seen_weights(axis, read_sensor("1650:60,1850:60,2165:40,2400:40", axis))
    assert found.names == ("1650 nm", "2165 nm")
    assert "1850 nm, 2400 nm" in caplog.text


def test_narrow_bands_of_a_like_instrument_are_seen() -> None:
    found, _ = seen_weights(AXIS, read_sensor("crism-mrdr", AXIS, np.full(len(AXIS), 6.0)))
    assert len(found.names) > 10


def test_what_is_no_sensor_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match="no instrument"):
        read_sensor("astre", AXIS)
    with pytest.raises(ConfigError, match="not positive"):
        read_sensor("2165:-4", AXIS)
    with pytest.raises(InputError, match=r"2000 to 2500 nm.*450 to"):
        seen_weights(AXIS, read_sensor("450:20,550:20", AXIS))
