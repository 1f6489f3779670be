"""A stage killed at any moment leaves nothing half-written, and the same command ends in the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from tests.disturbances import PowerCut, cut_after
from tests.io.test_map_layers import write_ddr

PROGRAM = (sys.executable, "-c", "from hsicli.cli.app import main; main()")
STAGES = {
    "synth": "synth mixtures {out}/scene.img --rows 40 --cols 40",
    "preprocess": "preprocess {made}/scene.img {out}/cube.h5 --window 2000,2450 --ratio global",
    "project": "preprocess {made}/scene.img {out}/projected.h5 --project --geometry {made}/where.lbl",
    "hysime": "hysime {made}/cube.h5 {out}/subspace.h5",
    "cluster": "cluster {made}/cube.h5 {out}/classes.h5 --subspace {made}/subspace.h5 --components 6",
    "export": "export {made}/classes.h5 {out}/map.gpkg",
    "unmix": "unmix {made}/scene.img {out}/shares.h5 --endmembers 3 --library {made}/scene_endmembers.csv "
    "--set training.epochs=8 --set search.restarts=4 --set search.rounds=30",
    "report": "report {made}/cube.h5 {made}/classes.h5 {out}/page.html",
    "gan-train": "gan-train {made}/scene.img {out}/weights.h5 --iterations 60 --batch-size 8 "
    "--set window=[2000,2450] --set spacing=10 --set spectra=1000 --set clusters=10 --set looks.every=20 "
    "--set network.discriminator_filters=4",
    "diffuse": "diffuse {made}/cube.h5 {out}/pieces.h5 --classes 5 --features umae "
    "--set features.umae.pixels=16 --set features.umae.network.step=16 --set features.umae.training.epochs=4",
    "superres-train": "superres train {made}/scene.img {out}/learnt.h5 --sensor 2000:150,2150:120,2300:150 "
    "--window 1900,2400 --model dcgm --set model.network.training.epochs=4 --set model.network.hidden=[8]",
    "superres-apply": "superres apply {made}/scene.img {made}/learnt.h5 {out}/estimate.h5 "
    "--sensor 2000:150,2150:120,2300:150",
    "gan-map": "gan-map {made}/scene.img none {made}/scene_endmembers.csv {out}/minerals.h5 "
    "--false-alarms 0.01 --set calibration.spectra=2000",
    "evaluate": "evaluate {made}/classes.h5 {out}/scores.h5 --truth {made}/scene_labels.img",
}
pytestmark = pytest.mark.xdist_group("kill")  # one worker makes the undisturbed run for all
KILLS = (signal.SIGKILL, signal.SIGTERM)


def start(stage: str, made: Path, out: Path, *more: str) -> subprocess.Popen:
    words = [*STAGES[stage].format(made=made, out=out).split(), "--threads", "1"]
    return subprocess.Popen(
        [*PROGRAM, *words, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen) -> str:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def whole_files(folder: Path) -> dict[str, bytes]:
    """Every file but the log, whose content may vary."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".log.json")}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, dict[str, float]]:
    """Every stage run undisturbed, and the seconds that each took."""
    folder, seconds = tmp_path_factory.mktemp("made"), {}
    north, east = np.mgrid[0:40, 0:40] / 3000
    write_ddr(folder / "where.lbl", 18.5 - north, 77.4 + east)
    for stage in STAGES:
        before = time.monotonic()
        finish(start(stage, folder, folder))
        seconds[stage] = time.monotonic() - before
    return folder, seconds


def kill_at_its_first_file(process: subprocess.Popen, out: Path, number: signal.Signals) -> None:
    """Kill a run when it has begun to write something beside its lock."""
    before = set(os.listdir(out))
    while process.poll() is None:
        if any(not name.endswith(".lock") for name in set(os.listdir(out)) - before):
            break
        time.sleep(0.0005)
    kill(process, number)


def kill(process: subprocess.Popen, number: signal.Signals) -> None:
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert process.returncode in {0, -number, 128 + number}, said


def assert_nothing_half_written(out: Path, expected: dict[str, bytes]) -> None:
    """Under final names only what an undisturbed run writes; a seal may say that its scene is begun."""
    for name, content in whole_files(out).items():
        if not name.startswith(".") and not name.endswith((".resume", ".provenance.json")):
            assert content == expected[name], f"{name} is not what it should be"


def check(stage: str, made, out: Path, kills: int, seed: int) -> None:
    folder, seconds = made
    expected = whole_files(folder)
    rng = np.random.default_rng(seed)
    for count in range(kills):
        process = start(stage, folder, out)
        if count % 2:
            kill_at_its_first_file(process, out, KILLS[count // 2 % 2])
        else:
            time.sleep(rng.uniform(0.3, 1.0) * seconds[stage])
            kill(process, KILLS[(count // 2 + 1) % 2])
        assert_nothing_half_written(out, expected)
    finish(start(stage, folder, out))
    found = whole_files(out)
    assert set(found) <= set(expected), "nothing is left over"
    assert found == {name: expected[name] for name in found}
    assert "up to date" in finish(start(stage, folder, out))


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_stage_goes_on_to_the_same_bytes(made, tmp_path, stage):
    check(stage, made, tmp_path, kills=2, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_killed_many_times_goes_on_to_the_same_bytes(made, tmp_path, stage, seed):
    check(stage, made, tmp_path, kills=12, seed=seed)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_scene_cut_off_at_any_file_is_never_taken_for_whole(tmp_path, monkeypatch, overwrite):
    monkeypatch.chdir(tmp_path)
    command = "synth mixtures m --rows 4 --cols 5 --seed {seed}"
    new, old = (command.format(seed=seed).split() for seed in (1, 0))
    assert CliRunner().invoke(app, new).exit_code == 0
    expected = whole_files(tmp_path)
    cuts = 0
    for calls in range(0, 200, 3 if overwrite else 1):
        for path in tmp_path.iterdir():
            path.unlink()
        if overwrite:
            assert CliRunner().invoke(app, old).exit_code == 0
            before = whole_files(tmp_path)
        with monkeypatch.context() as patch:
            cut_after(patch, calls)
            try:
                result = CliRunner().invoke(app, [*new, "--overwrite"] if overwrite else new)
            except PowerCut:
                result = None
        if overwrite:  # the old command must not take a mixture of both for its own
            shutil.copytree(tmp_path, tmp_path / "copy")
            monkeypatch.chdir(tmp_path / "copy")
            again = CliRunner().invoke(app, old)
            if again.exit_code == 0:
                assert "up to date" not in again.stderr or whole_files(tmp_path / "copy") == before
            monkeypatch.chdir(tmp_path)
            shutil.rmtree(tmp_path / "copy")
        assert CliRunner().invoke(app, [*new, "--overwrite"] if overwrite else new).exit_code == 0
        assert whole_files(tmp_path) == expected
        if result is not None:
            break
        cuts += 1
    assert cuts > 10, "the cuts must have hit"
