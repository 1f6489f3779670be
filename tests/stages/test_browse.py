"""Parameter maps in blocks, and the composites of them."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from hsicli import cube as cube_module
from hsicli.algorithms.parameter_table import PARAMETERS
from hsicli.algorithms.parameters import summary_parameters
from hsicli.cube import Cube, Grid
from hsicli.errors import ConfigError, InputError
from hsicli.instruments import axis
from hsicli.stages.browse import BrowseConfig, composites, parameter_maps

BANDS, _ = axis("crism-mtrdr")
ROWS, COLS = 9, 5


@pytest.fixture
def cube(rng) -> Cube:
    level = 0.2 + 0.05 * rng.random((ROWS, COLS, 1))
    data = (level * (1 + 1e-4 * BANDS) + 0.002 * rng.standard_normal((ROWS, COLS, len(BANDS)))).astype(
        np.float32
    )
    data[0] = 65535
    data[1, 1] = 0
    data[2, 2, -1] = np.nan
    valid = np.ones((ROWS, COLS), dtype=bool)
    valid[3, 3] = False
    return Cube(data, wavelengths=BANDS, valid=valid, grid=Grid((18.0, 0, 0, 0, -18.0, 0)))


def made(cube: Cube, **settings) -> dict[str, np.ndarray]:
    maps = parameter_maps(cube, BrowseConfig(**settings))
    out = np.zeros(maps.layers.shape, dtype=np.float32)
    for rows, block in maps.layers.blocks():
        out[:, rows] = block
    return dict(zip(maps.names, out, strict=True))


def composed(maps: dict[str, np.ndarray], **settings):
    return {each.name: each for each in composites(tuple(maps), maps.__getitem__, BrowseConfig(**settings))}


def test_every_pixel_has_the_parameters_of_its_spectrum_and_fill_has_none(cube):
    maps = made(cube)
    assert tuple(maps) == tuple(PARAMETERS)
    expected = summary_parameters(cube.data[5, 2][None], BANDS, tuple(PARAMETERS))[:, 0]
    np.testing.assert_array_equal([layer[5, 2] for layer in maps.values()], expected)
    for layer in maps.values():
        assert np.isnan(layer[0]).all()
        assert np.isnan(layer[[1, 3], [1, 3]]).all()


def test_a_pixel_that_lacks_a_band_keeps_what_the_others_say(cube):
    maps = made(cube)
    assert np.isfinite(maps["D2300"][2, 2])
    assert np.isfinite(maps["R3920"][2, 2])  # the median of two


def test_small_blocks_make_the_same_maps(cube, monkeypatch):
    whole = made(cube)
    monkeypatch.setattr(cube_module, "BLOCK_BYTES", 2 * COLS * len(BANDS) * 4)
    for name, layer in made(cube).items():
        np.testing.assert_array_equal(layer, whole[name], err_msg=name)


def test_bands_in_any_order_and_bad_ones_among_them_make_the_same_maps(cube):
    expected = made(cube, parameters=("D2300", "R770"))
    wavelengths = np.append(BANDS, 2000.0)[::-1]
    data = np.concatenate([cube.data, np.full((ROWS, COLS, 1), 9, np.float32)], axis=2)[..., ::-1]
    shuffled = Cube(data, wavelengths=wavelengths, good_bands=wavelengths != 2000, valid=cube.valid)
    for name, layer in made(shuffled, parameters=("D2300", "R770")).items():
        np.testing.assert_array_equal(layer, expected[name])


def test_parameters_without_bands_are_left_out_in_one_line(cube, caplog):
    infrared = cube.with_bands(BANDS > 1040)
    with caplog.at_level(logging.INFO, logger="hsicli"):
        maps = made(infrared)
    assert "R770" not in maps
    assert "D2300" in maps
    [line] = [record for record in caplog.records if "no bands" in record.getMessage()]
    assert line.levelno == logging.INFO
    assert "R770, RBR, BD530_2" in line.getMessage()


def test_a_parameter_that_was_asked_for_and_is_left_out_deserves_a_warning(cube, caplog):
    assert set(made(cube.with_bands(BANDS > 1040), parameters=("R770", "D2300"))) == {"D2300"}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_no_parameter_at_all_is_the_users_mistake(cube):
    with pytest.raises(InputError, match=r"covers 18\d\d.* to 18\d\d.* nm in 3 bands"):
        parameter_maps(cube.with_bands((BANDS > 1880) & (BANDS < 1900)), BrowseConfig())


def test_a_cube_of_fill_is_the_users_mistake(cube):
    with pytest.raises(InputError, match="no pixel has data"):
        made(replace(cube, data=np.full_like(cube.data, np.nan)))


def test_two_bands_at_one_wavelength_are_the_users_mistake(cube):
    wavelengths = BANDS.copy()
    wavelengths[3] = wavelengths[2]
    with pytest.raises(InputError, match="same wavelength"):
        parameter_maps(replace(cube, wavelengths=wavelengths), BrowseConfig())


def test_ratios_are_warned_of(cube, caplog):
    parameter_maps(replace(cube, denominator=np.ones(len(BANDS))), BrowseConfig(parameters=("R770",)))
    assert "ratios" in caplog.text


def test_a_product_that_is_asked_for_brings_its_parameters(cube):
    maps = made(cube, parameters=("R770",), products=("PHY",))
    assert set(maps) == {"R770", "D2300", "D2200", "BD1900R2"}
    assert set(composed(maps, products=("PHY",))) == {"PHY"}


def test_all_products_are_made_of_a_whole_cube_none_if_none_are_wanted_and_fill_is_255(cube):
    maps = made(cube)
    found = composed(maps)
    assert len(found) == 18
    for each in found.values():
        assert each.picture.dtype == np.uint8
        assert (each.picture[:, 0] == 255).all()
        assert (each.picture[:, 4:] < 255).all()
    assert composed(maps, products=()) == {}


def test_a_planted_absorption_lights_up_its_colour_and_no_other(cube):
    data = cube.data.copy()
    data[6:, 3:] *= (1 - 0.2 * np.exp(-0.5 * ((BANDS - 2310) / 20) ** 2)).astype(np.float32)
    found = composed(made(replace(cube, data=data)), products=("PHY",))["PHY"].picture[:, 4:].astype(int)
    assert found[0, 2:, 3:].min() > 100  # D2300 is red
    assert found[0, :2].max() < 80
    assert found[1:, 2:, 3:].max() < 80


def test_ones_own_composite_is_stretched_by_percentiles_or_as_told(cube):
    own = ("R770", "R1080:0:0.5", "D2300")
    maps = made(cube, parameters=("R770",), custom=own)
    assert set(maps) == {"R770", "R1080", "D2300"}
    found = composed(maps, products=(), custom=own)["CUSTOM"]
    assert found.parameters == ("R770", "R1080", "D2300")
    assert found.limits[1] == (0, 0.5)
    values = maps["R770"][np.isfinite(maps["R770"])]
    assert found.limits[0] == pytest.approx(np.percentile(values, [2, 98]))


def test_ones_own_composite_needs_its_bands(cube):
    with pytest.raises(InputError, match="R770 cannot be computed"):
        parameter_maps(cube.with_bands(BANDS > 1040), BrowseConfig(custom=("R770", "R1080", "D2300")))


@pytest.mark.parametrize(
    ("settings", "problem", "hint"),
    [
        ({"parameters": ("OLINDEX",)}, "there is no OLINDEX", "OLINDEX3"),
        ({"products": ("PHI",)}, "there is no PHI", "PHY"),
        ({"custom": ("R770", "D2300")}, "three parameters", "--custom"),
        ({"custom": ("R770", "D2300", "BD2500")}, "there is no BD2500", "BD2500_2"),
        ({"custom": ("R770", "D2300", "R600:1:0")}, "the lower first", "BD2500_2:0:0.02"),
        ({"custom": ("R770", "D2300", "R600:x")}, "the lower first", "BD2500_2:0:0.02"),
        ({"custom_percentiles": (98.0, 2.0)}, "the lower first", "give"),
        ({"reach_nm": -1.0}, "negative", "give 10"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings, problem, hint):
    with pytest.raises(ConfigError) as caught:
        BrowseConfig(**settings)
    assert problem in caught.value.problem
    assert hint in caught.value.hint
