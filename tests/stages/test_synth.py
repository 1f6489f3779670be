"""Planted scenes: the truth that they state is the truth that they hold, however they are walked."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import nnls

from hsicli.algorithms.defects import Defects
from hsicli.algorithms.geology import Unit
from hsicli.algorithms.mixing import dominant, signal_to_noise
from hsicli.cli.config import read_config
from hsicli.cube import CRISM_FILL
from hsicli.errors import ConfigError, InputError
from hsicli.instruments import axis
from hsicli.io.speclib import read_library
from hsicli.library import Library
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise

RECIPES = Path(__file__).resolve().parents[2] / "hsicli" / "recipes"
NAMES = ("mars", "core", "mixtures", "cuprite", "cuprite-mixtures")
NO_NOISE = float("inf")


def recipe(name: str, **changes) -> SynthConfig:
    return replace(read_config(SynthConfig, RECIPES / f"{name}.toml"), **changes)


def small(name: str, **changes) -> SynthConfig:
    """A recipe on few pixels and bands, all of its parts at work."""
    size = {"rows": 96, "cols": 96, "window": (1000.0, 2550.0), "border": 6}
    return recipe(
        name,
        **({**size, "border": 0} if name in {"mixtures", "cuprite", "cuprite-mixtures"} else size) | changes,
    )


def walked(scene):
    blocks = list(scene.blocks())
    return (
        np.concatenate([getattr(block, part) for block in blocks])
        for part in ("data", "labels", "abundances")
    )


def test_the_recipe_mixtures_is_the_default() -> None:
    assert recipe("mixtures") == SynthConfig()


@pytest.mark.parametrize("name", NAMES)
def test_abundances_lie_on_the_simplex_and_labels_name_the_largest(name: str) -> None:
    _, labels, abundances = walked(synthesise(small(name), seed=3))
    planted = labels > 0
    np.testing.assert_array_equal(np.isfinite(abundances).all(axis=-1), planted)
    np.testing.assert_array_equal(np.isfinite(abundances).any(axis=-1), planted)
    assert (abundances[planted] >= 0).all()
    np.testing.assert_allclose(abundances[planted].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(labels[planted], dominant(abundances[planted]))


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_do_not_depend_on_the_blocks(name: str) -> None:
    config = small(name, rows=30)
    whole = list(walked(synthesise(config, seed=5, block_rows=30)))
    for step in (1, 13):
        for one, other in zip(walked(synthesise(config, seed=5, block_rows=step)), whole, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_repeats_and_another_differs(name: str) -> None:
    config = small(name, rows=24)
    first, again, other = (next(walked(synthesise(config, seed=seed))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_longer_scene_begins_alike() -> None:
    config = recipe("cuprite", rows=540, cols=24, window=(2000.0, 2300.0))
    data, labels, abundances = walked(synthesise(config, seed=1))
    longer = walked(synthesise(replace(config, rows=600), seed=1))
    for one, other in zip((data, labels, abundances), longer, strict=True):
        np.testing.assert_array_equal(one, other[:540])


@pytest.mark.parametrize(
    ("name", "snr"), [("mixtures", 20.0), ("mixtures", 50.0), ("cuprite", 30.0), ("mars", 40.0)]
)
def test_the_measured_ratio_and_the_noise_are_those_stated(name: str, snr: float) -> None:
    config = small(name, defects=Defects())
    noisy, labels, _ = walked(scene := synthesise(replace(config, snr=snr), seed=2))
    clean, _, _ = walked(synthesise(replace(config, snr=NO_NOISE), seed=2))
    planted = labels > 0
    assert signal_to_noise(clean[planted], noisy[planted]) == pytest.approx(snr, abs=0.1)
    measured = (noisy - clean)[planted].astype(np.float64).std(axis=0)
    np.testing.assert_allclose(measured, scene.noise, rtol=0.05)
    assert measured.mean() == pytest.approx(scene.noise.mean(), rel=0.005)


def test_without_noise_and_light_the_cube_is_the_mixture_of_its_endmembers() -> None:
    scene = synthesise(small("mixtures", snr=NO_NOISE), seed=0)
    data, _, abundances = walked(scene)
    np.testing.assert_allclose(data, abundances @ scene.endmembers.spectra, atol=1e-5)
    assert not scene.noise.any()


@pytest.mark.parametrize(
    ("name", "seed"), [("mars", 0), ("mars", 1), ("core", 0), ("cuprite", 0), ("cuprite", 1), ("cuprite", 2)]
)
def test_rare_deposits_are_present_and_below_one_percent(name: str, seed: int) -> None:
    config = recipe(name, window=(2100.0, 2200.0), snr=NO_NOISE)
    scene = synthesise(config, seed=seed)
    _, labels, _ = walked(scene)
    shares = np.bincount(labels.ravel(), minlength=len(scene.endmembers.names) + 1)[1:] / (labels > 0).sum()
    rare = {unit.mineral for unit in config.units if unit.form == "deposit"}
    assert len(rare) >= 3
    for mineral, share in zip(scene.endmembers.names, shares, strict=True):
        if mineral in rare:
            assert 0.0005 < share < 0.01, mineral
        else:
            assert share > 0.002, mineral


def test_layers_have_their_shares_and_pixels_have_like_neighbours() -> None:
    units = (Unit("basalt", "layer", 0.6, 40.0), Unit("saponite", "layer", 0.4, 40.0, abundance=1.0))
    config = small("mixtures", rows=200, cols=160, units=units, snr=NO_NOISE)
    _, labels, _ = walked(synthesise(config, seed=4))
    assert (labels == 2).mean() == pytest.approx(0.4, abs=0.03)
    assert (labels[1:] == labels[:-1]).mean() > 0.95


def test_a_swath_has_the_fill_of_crism_beside_it_and_a_grid_of_mars() -> None:
    scene = synthesise(small("mars"), seed=0)
    data, labels, _ = walked(scene)
    assert 0.02 < (labels == 0).mean() < 0.3
    np.testing.assert_array_equal(data[labels == 0], CRISM_FILL)
    assert (data[labels > 0] < 2).all()
    assert scene.grid.authority == "IAU_2015:49910"


def test_mars_has_the_bands_of_an_mtrdr() -> None:
    scene = synthesise(recipe("mars", rows=4), seed=0)
    np.testing.assert_array_equal(scene.wavelengths, axis("crism-mtrdr")[0])
    assert scene.shape == (4, 320, 489)


def test_a_core_lies_in_a_tray_that_is_dark_and_unlabeled() -> None:
    data, labels, _ = walked(synthesise(small("core", snr=NO_NOISE, defects=Defects()), seed=0))
    assert (labels[:, :6] == 0).all()
    np.testing.assert_allclose(data[labels == 0], 0.05, atol=1e-6)
    assert 0.3 < (labels > 0).mean() < 0.9


def test_stripes_run_along_columns() -> None:
    config = small("cuprite", snr=NO_NOISE)
    clean = next(walked(synthesise(config, seed=1)))
    striped = next(walked(synthesise(replace(config, defects=Defects(stripes=0.01)), seed=1)))
    gain = striped / clean
    assert gain.std(axis=0).max() < 1e-5
    assert gain[0].std() == pytest.approx(0.01, rel=0.15)


def test_gas_absorbs_near_two_micrometres_only() -> None:
    config = small("cuprite", snr=NO_NOISE)
    scene = synthesise(config, seed=1)
    clean = next(walked(scene))
    hazy = next(walked(synthesise(replace(config, defects=Defects(co2=0.02)), seed=1)))
    changed = np.abs(hazy / clean - 1).max(axis=(0, 1))
    assert scene.wavelengths[changed.argmax()] == pytest.approx(2010, abs=10)
    assert (changed[np.abs(scene.wavelengths - 2010) > 140] == 0).all()


def test_spikes_come_as_often_as_asked() -> None:
    config = small("cuprite", snr=40.0)
    clean = next(walked(synthesise(config, seed=1)))
    scene = synthesise(replace(config, defects=Defects(spikes=0.002, stuck=0.0)), seed=1)
    spiked = next(walked(scene))
    hit = np.abs(spiked - clean) > 4.9 * scene.noise
    assert hit.mean() == pytest.approx(0.002 * 1.4, rel=0.1)  # two of five are two bands wide


def test_a_library_gives_the_endmembers_on_the_bands_it_has() -> None:
    wavelengths = np.arange(1000.0, 2001.0, 5.0)
    spectra = np.stack([0.2 + wavelengths / 1e4, 0.5 - wavelengths / 1e4])
    spectra[0, 100:110] = np.nan
    library = Library(("Alpha rock", "Beta rock"), spectra, wavelengths)
    config = replace(SynthConfig(), rows=4, members=("beta", "alpha"), bands=(900.0, 2100.0, 10.0))
    scene = synthesise(config, seed=0, library=library)
    assert scene.endmembers.names == ("beta", "alpha")
    assert scene.wavelengths.min() == 1000
    assert scene.wavelengths.max() == 2000
    assert not ((scene.wavelengths > 1505) & (scene.wavelengths < 1540)).any()
    np.testing.assert_allclose(scene.endmembers.spectra[0], 0.5 - scene.wavelengths / 1e4, atol=2e-4)
    with pytest.raises(InputError, match="gamma"):
        synthesise(replace(config, members=("alpha", "gamma")), seed=0, library=library)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": 0}, "empty"),
        ({"frame": "swath", "border": 70}, "border"),
        ({"members": ("alunite",)}, "two or more"),
        ({"members": ("alunite", "unobtainium")}, "unobtainium"),
        ({"instrument": "camera"}, "camera"),
        ({"window": (10.0, 20.0)}, "no band"),
        ({"sticks": 0, "frame": "tray"}, "stick"),
        ({"noise_profile": ()}, "noise_profile"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(changes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        synthesise(replace(SynthConfig(), **changes), seed=0)


@pytest.mark.real
@pytest.mark.parametrize(("snr", "error"), [(20.0, 0.080), (30.0, 0.037), (40.0, 0.014)])
def test_nine_library_minerals_are_as_hard_to_unmix_as_others_found(
    snr: float, error: float, data_dir
) -> None:
    """Constrained least squares with the true endmembers: errors computed elsewhere, by another program."""
    members = (
        "Adularia GDS57", "Jarosite GDS99", "Jarosite GDS101", "Anorthite HS349", "Calcite WS272",
        "Alunite GDS83", "Howlite GDS155", "Corrensite CorWa-1", "Fassaite HS118.3B",
    )  # fmt: skip
    library = read_library(data_dir / "libraries" / "usgs1995_aviris224" / "spectra.csv")
    scene = synthesise(SynthConfig(rows=16, members=members, snr=snr), seed=0, library=library)
    data, _, abundances = walked(scene)
    one = 1e3  # a heavy row of ones makes the abundances sum to one
    system = np.vstack([scene.endmembers.spectra.T, np.full(9, one)])
    found = np.stack(
        [nnls(system, np.append(spectrum, one))[0] for spectrum in data.reshape(-1, scene.shape[2])]
    )
    assert np.sqrt(np.mean((found - abundances.reshape(-1, 9)) ** 2)) == pytest.approx(error, rel=0.06)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's accounting")
def test_twenty_thousand_rows_stream_through_bounded_memory(tmp_path) -> None:
    """1.6 GB of spectra; the process may have 700 MB in all, code and libraries included."""
    code = f"""
from dataclasses import replace
from pathlib import Path
from hsicli.cli.config import read_config
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise
config = replace(read_config(SynthConfig, Path({str(RECIPES / "cuprite.toml")!r})), rows=20000, cols=90)
rows = sum(len(block.data) for block in synthesise(config, seed=0).blocks())
status = Path("/proc/self/status").read_text().splitlines()  # other accounts begin with the parent's memory
print(rows, next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 20_000
    assert megabytes < 700


def test_recipes_hold_only_known_settings() -> None:
    for file in RECIPES.glob("*.toml"):
        assert tomllib.loads(file.read_text())
        assert read_config(SynthConfig, file)


def through_air(**changes):
    """A bare scene seen through an atmosphere, and without it, logarithms; its columns."""
    defects = Defects(air=1.0, **changes)
    bare = {"window": (1900.0, 2200.0), "frame": "none", "border": 0, "snr": NO_NOISE, "rows": 12, "cols": 40}
    seen, clean = (
        next(walked(synthesise(small("mars", **bare, defects=each), seed=2))) for each in (defects, Defects())
    )
    return synthesise(small("mars", **bare, defects=defects), seed=2), np.log(seen) - np.log(clean)


def test_an_atmosphere_absorbs_as_the_scene_says() -> None:
    scene, depth = through_air()
    assert scene.transmission is not None
    expected = np.broadcast_to(np.log(scene.transmission.spectra[0]), depth.shape)
    np.testing.assert_allclose(depth, expected, atol=1e-5)
    assert depth.min() < -0.5


def test_columns_see_the_atmosphere_shifted_and_pixels_through_paths_of_their_own() -> None:
    scene, shifted = through_air(smile=4.0)
    weights = -shifted[0] * (np.abs(scene.wavelengths - 2010) < 80)
    centroid = (weights * scene.wavelengths).sum(axis=1) / weights.sum(axis=1)
    assert centroid[20] - centroid[0] == pytest.approx(4, abs=1)
    _, spread = through_air(air_spread=0.1)
    deep = spread[..., spread[0, 0] < -0.2]
    ratio = deep / deep[:1, :1]
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[..., :1], ratio.shape), atol=1e-3)
    assert 0.01 < np.std(ratio[..., 0]) < 0.3
