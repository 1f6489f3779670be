"""Summary parameters: golden values, depths by hand, laws, and the measured scene."""

import numpy as np
import pytest

from hsicli.algorithms.parameter_table import PARAMETERS
from hsicli.algorithms.parameters import summary_parameters
from hsicli.instruments import axis
from hsicli.io.reading import read_cube

BANDS, _ = axis("crism-mtrdr")

# Computed by an independent script from the published formulas (Viviano-Beck et al. 2014, table 2; the team's
# code where that differs), float64, on the spectrum of `golden_spectrum`; six decimals were kept.
GOLDEN = {
    "R770": 0.170865, "R1330": 0.202102, "R2529": 0.240418, "RBR": 1.531270, "BD530_2": 0.035762,
    "SH600_2": 0.010522, "SH770": 0.016171, "BD640_2": -0.012778, "BD860_2": -0.014725, "BD920_2": -0.001228,
    "BD1300": -0.041590, "BD1400": -0.004054, "BD1435": -0.001815, "BD1500_2": -0.020357, "ICER1_2": 0.018172,
    "BD1750_2": -0.000445, "BD1900_2": 0.026059, "BD1900R2": 0.042507, "BD2100_2": -0.024067,
    "BD2165": -0.000411, "BD2190": -0.002683, "MIN2200": -0.003998, "BD2210_2": -0.002770, "D2200": 0.000846,
    "BD2230": -0.001779, "BD2250": -0.009925, "MIN2250": -0.002441, "BD2265": 0.004699, "BD2290": 0.036459,
    "D2300": 0.034483, "BD2355": -0.025670, "SINDEX2": -0.044558, "MIN2295_2480": 0.016284,
    "MIN2345_2537": 0.011465, "BD2500_2": 0.016284, "BD2600": -0.006249, "ICER2_2": -0.043497,
    "BD3000": -0.057046, "CINDEX2": 0.000304, "OLINDEX3": 0.133811, "OLINDEX3_TABLE": 0.063652,
    "LCPINDEX2": -0.004032, "HCPINDEX2": -0.018315, "ISLOPE1": -0.014952, "IRR1": 1.009351, "IRR2": 1.003068,
    "IRR3": 1.005918,
}  # fmt: skip

# Medians over the measured crop, from the same script; good to one unit of the last digit that was kept.
MEASURED = {
    "R770": 0.196, "RBR": 4.13, "BD530_2": 0.224, "SH600_2": 0.182, "OLINDEX3": 0.047,
    "OLINDEX3_TABLE": 0.022, "LCPINDEX2": 0.0045, "HCPINDEX2": 0.011, "BD1900_2": -0.0015, "D2300": -0.0037,
    "BD3000": 0.681, "BD3100": 0.076, "CINDEX2": 0.111, "IRR1": 1.110, "IRR2": 1.022,
}  # fmt: skip

SCALED = {name for name in PARAMETERS if name.startswith("R") and name[1:].isdigit()} | {"ISLOPE1"}


def golden_spectrum() -> np.ndarray:
    def bump(centre: float, width: float) -> np.ndarray:
        return np.exp(-0.5 * ((BANDS - centre) / width) ** 2)

    return (
        (0.2 + 0.05 * np.log(BANDS / 1000))
        * (1 - 0.15 * bump(1050, 200))
        * (1 - 0.06 * bump(1915, 30))
        * (1 - 0.05 * bump(2305, 25))
        * (1 - 0.03 * bump(2510, 30))
        * (1 - 0.3 * bump(450, 150))
    )


def parameters_of(spectra: np.ndarray, names=tuple(PARAMETERS), bands=BANDS) -> dict[str, np.ndarray]:
    values = summary_parameters(np.atleast_2d(spectra), np.asarray(bands, float), names)
    return dict(zip(names, values, strict=True))


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return parameters_of(golden_spectrum())


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values_are_met_to_the_last_digit(golden, name):
    assert golden[name][0] == pytest.approx(GOLDEN[name], abs=1e-6)


def test_the_paper_says_sixty_and_there_is_a_second_olivine_index():
    assert len(PARAMETERS) == 61
    assert list(PARAMETERS)[-1] == "OLINDEX3_TABLE"


def test_a_band_depth_by_hand():
    # Straight from 0.4 at 2120 to 0.5 at 2230; 0.445 at 2165 on the line through the bands that are there.
    bands = np.array([2120.0, 2140, 2160, 2180, 2200, 2230])
    spectrum = np.array([0.4, 0.42, 0.3, 0.45, 0.47, 0.5])
    line = 0.4 + 0.1 * (2160 - 2120) / (2230 - 2120)
    found = parameters_of(spectrum, ("BD2165",), bands)["BD2165"]
    assert found == pytest.approx([1 - 0.3 / line])


def test_a_straight_spectrum_has_no_absorption():
    found = parameters_of(0.1 + 4e-5 * BANDS)
    level = ("BD", "MIN", "D2", "SH", "SINDEX", "CINDEX", "OLINDEX", "LCP", "HCP", "ICER")
    # BD3000 goes on with the ratio, not the slope; the median at 440 nm is of the bands above it alone; the
    # 75th percentile of a rising line lies above the line.
    others = {"BD3000", "BD530_2", "BDI1000VIS", "BDI1000IR", "BDI2000"}
    for name, value in found.items():
        if name.startswith(level) and name not in others:
            assert abs(value[0]) < 1e-6, name


def test_the_integrated_depth_of_a_flat_spectrum_with_a_box_cut_out_is_its_area():
    inside = (BANDS > 1100) & (BANDS < 1200)
    spectrum = np.where(inside, 0.15, 0.2)
    cut = BANDS[inside]
    step = cut[1] - cut[0]
    width = cut[-1] - cut[0] + step  # sides of the box slope over one step each
    assert parameters_of(spectrum)["BDI1000IR"][0] == pytest.approx(0.25 * width / 1000, rel=1e-3)


def test_the_visible_peak_and_its_area_of_a_parabola():
    spectrum = 0.3 - 1e-6 * (BANDS - 750) ** 2
    found = parameters_of(spectrum)
    assert found["RPEAK1"][0] == pytest.approx(0.75, abs=3e-4)
    part = BANDS[(BANDS >= 833) & (BANDS <= 1023)]
    expected = np.trapezoid(1e-6 * (part - 750) ** 2 / 0.3, part) / 1000
    assert found["BDI1000VIS"][0] == pytest.approx(expected, rel=1e-4)


def test_variance_is_the_sum_of_squares_about_the_line():
    bumped = np.full(len(BANDS), 0.2)
    bumped[100] += 0.03  # single bands: the medians that the line goes through do not see them
    bumped[120] -= 0.04
    assert parameters_of(bumped)["VAR"][0] == pytest.approx(0.03**2 + 0.04**2, rel=1e-5)


def test_slope_is_positive_where_the_spectrum_falls_per_micrometre():
    assert parameters_of(0.5 - 1e-4 * BANDS)["ISLOPE1"][0] == pytest.approx(0.1, rel=1e-5)


@pytest.mark.parametrize("factor", [0.01, 3.0, 10_000.0])
def test_only_reflectances_slope_and_variance_know_how_bright_a_spectrum_is(golden, factor):
    found = parameters_of(factor * golden_spectrum())
    for name, value in found.items():
        power = 2 if name == "VAR" else int(name in SCALED)
        np.testing.assert_allclose(value, golden[name] * factor**power, rtol=2e-6, atol=1e-7, err_msg=name)


def test_fill_gives_fill_and_its_neighbours_are_not_touched(golden):
    found = parameters_of(np.stack([np.full(len(BANDS), np.nan), golden_spectrum()]))
    for name, value in found.items():
        assert np.isnan(value[0]), name
        assert value[1] == golden[name][0], name


def test_a_zero_denominator_gives_fill():
    found = parameters_of(np.zeros(len(BANDS)))
    for name in ("RBR", "BD2290", "SH770", "OLINDEX3", "D2300", "BD3000", "MIN2200", "ICER1_2", "BDI1000VIS"):
        assert np.isnan(found[name][0]), name


def test_a_missing_band_is_left_out_of_its_median():
    straight = 0.1 + 4e-5 * BANDS
    straight[int(np.abs(BANDS - 2290).argmin())] = np.nan
    assert parameters_of(straight, ("BD2290",))["BD2290"][0] == pytest.approx(0, abs=1e-5)


def test_a_channel_without_any_band_takes_its_parameters_with_it_and_no_others(golden):
    spectrum = golden_spectrum()
    spectrum[(BANDS > 3000) & (BANDS < 3300)] = np.nan
    found = parameters_of(spectrum)
    lost = {name for name, value in found.items() if np.isnan(value[0])}
    assert lost == {"BD3100", "BD3200", "BD3400_2"}
    assert found["D2300"] == golden["D2300"]


def test_a_deeper_absorption_never_has_a_smaller_depth():
    depths = np.linspace(0, 0.5, 6)
    dip = np.exp(-0.5 * ((BANDS - 2205) / 15) ** 2)
    found = parameters_of(0.3 * (1 - depths[:, None] * dip))
    for name in ("BD2210_2", "D2200", "BD2190"):
        assert (np.diff(found[name]) > 0).all(), name


def test_a_shape_that_does_not_fit_is_a_wrong_call():
    with pytest.raises(ValueError, match="shape"):
        summary_parameters(np.ones((2, 5)), BANDS, ("R770",))


@pytest.mark.real
def test_the_measured_scene_has_the_medians_that_it_should(data_dir):
    cube = read_cube(data_dir / "crism/mtrdr/frt0000932c_07_if164j_mtr3_subsampled.tif")
    [block] = cube.blocks()
    spectra = block.data[np.isfinite(block.data).any(axis=2)]
    assert len(spectra) == 287
    found = parameters_of(spectra, bands=cube.axis)
    for name, expected in MEASURED.items():
        digits = len(f"{expected}".partition(".")[2])
        assert np.median(found[name]) == pytest.approx(expected, abs=10**-digits), name
    for name in ("BD1900_2", "D2300", "BD2210_2"):  # nothing is hydrated there
        low, high = np.percentile(found[name], [1, 99])
        assert -0.015 < low < high < 0.015, name
