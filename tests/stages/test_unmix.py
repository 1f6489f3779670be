"""unmix: planted mixtures come back, told or not, stopped or not; and what cannot be unmixed is refused."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from hsicli.algorithms.albedo import powder_reflectance, single_scattering_albedo
from hsicli.algorithms.angles import spectral_angle
from hsicli.cube import Cube
from hsicli.errors import ConfigError, InputError
from hsicli.library import Library
from hsicli.models.ldvae import LdvaeConfig
from hsicli.models.training import TrainingConfig
from hsicli.stages.unmix import UnmixConfig, unmix_cube
from hsicli.stages.unmixing.extraction import SearchConfig
from hsicli.stages.unmixing.planted import TransferConfig
from hsicli.stages.unmixing.supervision import SupervisedConfig
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
ROWS, COLS, BANDS = 30, 32, 30
AXIS = np.linspace(1050.0, 2500.0, BANDS)
QUICK = UnmixConfig(
    endmembers=3,
    brightness="fixed",
    search=SearchConfig(restarts=4, rounds=60),
    network=LdvaeConfig(hidden=(32, 16), anchor=100.0),
    training=TrainingConfig(epochs=6, patience=99, batch_size=128),
)


def planted(snr: float = 50.0, seed: int = 0, corner: bool = True):
    """Three materials in 30 × 32 pixels, many of them nearly pure, a corner of fill; the truth."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, BANDS)
    level = np.array([0.7, 0.5, 0.3])
    ends = level[:, None] - 0.25 * np.stack([np.exp(-(((x - at) / 0.1) ** 2)) for at in (0.2, 0.5, 0.8)])
    abundances = rng.dirichlet([0.3] * 3, (ROWS, COLS))
    data = abundances @ ends
    data += np.sqrt(np.square(data).mean() / 10 ** (snr / 10)) * rng.standard_normal(data.shape)
    if corner:
        data[:3, :4] = np.nan
        abundances[:3, :4] = np.nan
    return Cube(data.astype(np.float32), wavelengths=AXIS), abundances, ends


@pytest.fixture(scope="module")
def scene():
    return planted()


def unmixed(cube, config=QUICK, **options):
    return unmix_cube(cube, config, **{"seed": 0, "device": CPU} | options)


@pytest.fixture(scope="module")
def product(scene):
    return unmixed(scene[0])


def matched(product, ends):
    angles = spectral_angle(ends, product.endmembers)
    place = linear_sum_assignment(angles)[1]
    return place, angles[np.arange(len(ends)), place]


def rmse(product, truth, place):
    wrong = (product.abundances[..., place] - truth)[np.isfinite(truth)]
    return float(np.sqrt(np.square(wrong).mean()))


def library(ends, names=("alunite", "calcite", "gypsum")):
    return Library(names, ends, AXIS)


@pytest.mark.parametrize(
    ("method", "most"),
    [
        ("blind", 0.05), ("archetypes", 0.05), ("vca", 0.05), ("nfindr", 0.05), ("sivm", 0.05),
        ("ppi", 0.05), ("smacc", 0.15), ("nmf", 0.15), ("autoencoder", 0.15),
    ],
)  # fmt: skip
def test_planted_materials_come_back(scene, method, most):
    cube, truth, ends = scene
    found = unmixed(cube, replace(QUICK, method=method))
    place, angles = matched(found, ends)
    assert angles.max() < most
    assert rmse(found, truth, place) < most


def test_abundances_lie_on_the_simplex_and_fill_stays_fill(product):
    there = np.isfinite(product.abundances)
    assert not there[:3, :4].any()
    assert there.sum() == 3 * (ROWS * COLS - 12)
    sums = product.abundances[there[..., 0]].sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-6)
    assert product.abundances[there].min() >= 0
    for image in (product.residual, product.angle):
        np.testing.assert_array_equal(np.isfinite(image), there[..., 0])


def test_residual_and_angle_are_those_of_the_reconstruction(scene, product):
    cube = scene[0]
    made = product.abundances.astype(np.float64) @ product.endmembers
    residual = np.sqrt(np.square(cube.data - made).mean(axis=2))
    np.testing.assert_allclose(product.residual, residual, atol=1e-6)
    row = spectral_angle(cube.data[9, 9:10].astype(np.float64), made[9, 9:10])[0, 0]
    assert product.angle[9, 9] == pytest.approx(row, abs=1e-6)


def test_intervals_hold_about_what_they_say_where_noise_is_the_trouble():
    cube, truth, ends = planted(30.0)
    found = unmixed(cube)
    place, _ = matched(found, ends)
    there = np.isfinite(truth)
    within = (
        np.abs(found.abundances[..., place] - truth)[there] <= 1.645 * found.deviations[..., place][there]
    )
    assert 0.75 < within.mean() <= 0.98


def test_maximum_units_are_raw_ones_times_the_largest_band(scene):
    free = replace(QUICK, method="sivm", brightness="free")
    raw, scaled = (unmixed(scene[0], replace(free, units=units)) for units in ("raw", "max"))
    expected = raw.abundances * raw.endmembers.max(axis=1)
    expected /= expected.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(scaled.abundances, expected, atol=1e-5)
    parts = raw.endmembers / raw.endmembers.max(axis=1, keepdims=True)
    for one, ends in ((raw, raw.endmembers), (scaled, parts)):
        made = one.brightness[..., None] * (one.abundances.astype(np.float64) @ ends)
        np.testing.assert_allclose(made[5:], scene[0].data[5:], atol=0.02)


def test_free_brightness_takes_no_notice_of_shade(scene):
    cube, truth, ends = scene
    shade = np.random.default_rng(3).uniform(0.3, 1.0, (ROWS, COLS, 1))
    dark = Cube((cube.data * shade).astype(np.float32), wavelengths=AXIS)
    config = replace(QUICK, method="known", brightness="free")
    assert rmse(unmixed(dark, config, library=library(ends)), truth, [0, 1, 2]) < 0.03


def test_error_falls_as_the_signal_rises():
    misses = []
    for snr in (20.0, 30.0, 40.0, 50.0):
        cube, truth, ends = planted(snr)
        found = unmixed(cube, replace(QUICK, training=TrainingConfig(epochs=2)))
        misses.append(rmse(found, truth, matched(found, ends)[0]))
    assert (np.diff(misses) < 0).all(), misses


@pytest.mark.parametrize(("snr", "chosen"), [(5.0, "the encoder"), (50.0, "least squares")])
def test_told_pixels_kept_back_choose_between_encoder_and_least_squares(snr, chosen, caplog):
    cube, truth, _ = planted(snr)
    config = replace(
        QUICK, method="supervised", training=TrainingConfig(epochs=30, patience=99, batch_size=64)
    )
    errors = {}
    for inference in ("auto", "encoder", "least-squares"):
        with caplog.at_level(logging.INFO):
            found = unmixed(
                cube, replace(config, supervised=SupervisedConfig(0.5, inference=inference)), truth=truth
            )
        unseen = found.used == 0
        errors[inference] = np.sqrt(np.nanmean(np.square(found.abundances - truth)[unseen]))
    assert errors["auto"] == min(errors["encoder"], errors["least-squares"])
    assert f"abundances by {chosen}:" in caplog.text


def test_a_supervised_network_predicts_what_it_was_not_told(scene):
    cube, truth, _ = scene
    config = replace(
        QUICK, method="supervised", training=TrainingConfig(epochs=40, patience=99, batch_size=64),
        supervised=SupervisedConfig(fraction=0.5),
    )  # fmt: skip
    found = unmixed(cube, config, truth=truth)
    left = (found.used == 0) & np.isfinite(truth[..., 0])
    wrong = found.abundances[left] - truth[left]
    constant = truth[left] - truth[found.used == 1].mean(axis=0)
    assert np.sqrt(np.square(wrong).mean()) < 0.25 * np.sqrt(np.square(constant).mean())
    assert found.convention == "given"
    assert (found.used == 1).sum() == round(0.5 * np.isfinite(truth[..., 0]).sum())


def test_the_order_of_the_labels_does_not_matter(scene):
    cube, truth, _ = scene
    order = [2, 0, 1]
    config = replace(
        QUICK, method="supervised", training=TrainingConfig(epochs=30, patience=99, batch_size=64)
    )
    one, other = (unmixed(cube, config, truth=truth[..., list(places)]) for places in (range(3), order))
    assert np.sqrt(np.nanmean(np.square(other.abundances - one.abundances[..., order]))) < 0.07
    config = replace(QUICK, method="known")
    one, other = (unmixed(cube, config, library=library(scene[2][list(at)])) for at in (range(3), order))
    np.testing.assert_allclose(other.abundances, one.abundances[..., order], atol=1e-6)


def test_transfer_learns_from_the_library_alone(scene):
    cube, truth, ends = scene
    config = replace(
        QUICK, method="transfer", training=TrainingConfig(epochs=25, patience=99, batch_size=128),
        transfer=TransferConfig(mixtures=4000, image_pixels=0, gain=0.0, slope=0.0, variability=0.0),
    )  # fmt: skip
    found = unmixed(cube, config, library=library(ends))
    assert found.names == ("alunite", "calcite", "gypsum")
    assert rmse(found, truth, [0, 1, 2]) < 0.1


@pytest.mark.parametrize("method", ["known", "sunsal", "collaborative", "mesma"])
def test_members_of_a_library_are_found_where_they_are(scene, method):
    cube, truth, ends = scene
    x = np.linspace(0, 1, BANDS)
    others = [0.5 - 0.2 * np.exp(-(((x - at) / 0.03) ** 2)) for at in (0.35, 0.95)]
    names = ("alunite", "calcite", "gypsum", *(() if method == "known" else ("x1", "y1")))
    known = library(np.stack([*ends, *(others if method != "known" else [])]), names)
    found = unmixed(cube, replace(QUICK, method=method), library=known)
    place = [found.names.index(name) for name in names[:3]]
    assert rmse(found, truth, place) < 0.06


def test_intimate_mixtures_need_the_albedo(scene):
    _, truth, ends = scene
    angles = {"incidence": 0.5236, "emergence": 0.0}
    mixed = np.nan_to_num(truth, nan=1 / 3) @ single_scattering_albedo(ends, **angles)
    cube = Cube(powder_reflectance(mixed, **angles).astype(np.float32), wavelengths=AXIS)
    config = replace(QUICK, method="known")
    linear, hapke = (
        rmse(unmixed(cube, replace(config, mixing=mixing), library=library(ends)), truth, [0, 1, 2])
        for mixing in ("linear", "hapke")
    )
    assert hapke < 1e-4 < 0.02 < linear


def test_endmembers_are_named_after_a_library_with_the_runner_up(scene):
    found = unmixed(scene[0], replace(QUICK, method="vca"), library=library(scene[2]))
    assert set(found.names) == {"alunite", "calcite", "gypsum"}
    assert (np.diff(found.match_angles, axis=1) > 0).all()
    best = [found.library_names[row - 1] for row in found.matches[:, 0]]
    assert tuple(best) == found.names


def test_what_was_learnt_is_applied_to_another_cube(scene, product):
    again = unmixed(scene[0], QUICK, weights=product)
    np.testing.assert_array_equal(again.abundances, product.abundances)
    np.testing.assert_array_equal(again.deviations, product.deviations)


def test_the_same_seed_gives_the_same_bytes(scene, product):
    assert_same_bytes(unmixed(scene[0]), product)


def assert_same_bytes(one, other):
    for name in ("abundances", "endmembers", "deviations", "residual", "angle", "weights"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def test_a_run_that_was_stopped_anywhere_ends_in_the_same_bytes(scene, product):
    whole = Memory()
    unmixed(scene[0], checkpoint=whole)
    assert whole.offers == 4 + 10 + 6, "starts, epochs of the encoder, epochs of all"
    for stop_at in (1, 3, 5, 14, 15, 20):
        stopped = Memory(stop_at)
        with pytest.raises(Stop):
            unmixed(scene[0], checkpoint=stopped)
        assert_same_bytes(unmixed(scene[0], checkpoint=Memory(state=stopped.state)), product)


def test_hysime_counts_the_endmembers_and_a_cap_is_said(scene, caplog):
    caplog.set_level(logging.INFO)
    found = unmixed(scene[0], replace(QUICK, method="sivm", endmembers=None, search=SearchConfig(most=2)))
    assert len(found.names) == 2
    assert "2 endmembers: HySime finds 3 directions, and search.most caps them" in caplog.text


def test_more_endmembers_than_dimensions_are_refused(scene):
    with pytest.raises(InputError, match="31 endmembers are more than the 30 bands"):
        unmixed(scene[0], replace(QUICK, endmembers=31))
    flat = Cube(np.outer(np.linspace(0.5, 1, 900), np.ones(5)).reshape(30, 30, 5).astype(np.float32))
    with pytest.raises(InputError):
        unmixed(flat, replace(QUICK, method="vca", endmembers=4))


def test_negative_numbers_are_said(scene, caplog):
    cube = Cube(scene[0].data - 0.5, wavelengths=AXIS)
    unmixed(cube, replace(QUICK, method="sivm"))
    assert "of the numbers are negative" in caplog.text


def test_a_library_that_does_not_cover_the_cube_is_refused(scene):
    far = Library(("far",), np.ones((1, 5)), np.linspace(3000, 4000, 5))
    with pytest.raises(InputError, match="share 0 of the cube's 30 bands"):
        unmixed(scene[0], replace(QUICK, method="known"), library=far)
    with pytest.raises(InputError, match="from a library"):
        unmixed(scene[0], replace(QUICK, method="sunsal"))


def test_bands_that_a_member_lacks_are_left_out(scene):
    cube, truth, ends = scene
    gap = ends.copy()
    gap[1, 5:8] = np.nan
    found = unmixed(cube, replace(QUICK, method="known"), library=library(gap))
    assert found.endmembers.shape == (3, 27)
    assert rmse(found, truth, [0, 1, 2]) < 0.02


def test_members_that_are_there_twice_are_used_once_and_said(scene, caplog):
    ends = scene[2]
    doubled = library(np.stack([*ends, ends[1], 1.003 * ends[2] + 1e-3]), ("a", "b", "c", "again", "near"))
    found = unmixed(scene[0], replace(QUICK, method="known"), library=doubled)
    assert found.names == ("a", "b", "c", "near")
    assert "the library has b twice (as again too)" in caplog.text
    assert "c and near are nearly alike" in caplog.text


def test_abundances_that_are_none_are_refused(scene):
    cube, truth, _ = scene
    config = replace(QUICK, method="supervised")
    with pytest.raises(InputError, match="sum to 2"):
        unmixed(cube, config, truth=2 * truth)
    with pytest.raises(InputError, match="29×32 pixels"):
        unmixed(cube, config, truth=truth[1:])
    with pytest.raises(InputError, match="no valid pixel has abundances"):
        unmixed(cube, config, truth=np.zeros_like(truth))
    with pytest.raises(InputError, match="learns from abundances"):
        unmixed(cube, config)
    with pytest.raises(ConfigError, match="--truth is read by --method supervised alone"):
        unmixed(cube, QUICK, truth=truth)


def test_a_cube_of_fill_is_refused():
    with pytest.raises(InputError, match="no valid spectra"):
        unmixed(Cube(np.full((5, 5, 9), np.nan, np.float32)))


def test_weights_of_other_bands_are_refused(scene, product):
    with pytest.raises(InputError, match="29 bands are not the 30"):
        unmixed(Cube(scene[0].data[..., 1:], wavelengths=AXIS[1:]), weights=product)


@pytest.mark.real
def test_samson_comes_back_blind_and_told(data_dir):
    from hsicli.io.reading import read_cube
    from hsicli.io.speclib import read_library

    folder = data_dir / "benchmarks/samson"
    cube = read_cube(folder / "samson.hdr")
    truth = next(iter(read_cube(folder / "samson_abundance.hdr").blocks(95))).data
    reference = read_library(folder / "samson_endmembers.csv").spectra
    config = UnmixConfig(endmembers=3, units="max", search=SearchConfig(restarts=6), max_pixels=5000)
    quick = replace(config, training=TrainingConfig(epochs=3))
    found = unmixed(cube, quick)
    place, angles = matched(found, reference)
    assert angles.mean() < 0.04
    assert rmse(found, truth, place) < 0.06
    told = unmixed(
        cube,
        replace(quick, method="supervised", training=TrainingConfig(epochs=15, patience=99)),
        truth=truth,
    )
    left = told.used == 0
    assert np.sqrt(np.square(told.abundances - truth)[left].mean()) < 0.05
