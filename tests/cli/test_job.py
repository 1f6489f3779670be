"""The frame: what it decides, and that no kill, fault or full disk leaves anything but whole files."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest
from typer.testing import CliRunner

from hsicli.io import files
from hsicli.io.hdf5 import read_product
from hsicli.products.labels import Labels
from tests.disturbances import PowerCut, cut_after

TOY = Path(__file__).with_name("toy.py")
sys.path.insert(0, str(TOY.parent))
import toy  # noqa: E402


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with an input; digests are remembered elsewhere."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    (work / "cube.img").write_bytes(b"numbers")
    monkeypatch.chdir(work)
    return work


def run(*arguments: str):
    return CliRunner().invoke(toy.app, ["toy", "cube.img", "out.h5", *arguments])


def whole_files(folder: Path) -> dict[str, bytes]:
    """Every file but the log, whose content may vary."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".log.json")}


def start(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, TOY, "toy", "cube.img", "out.h5", *arguments], stderr=subprocess.PIPE, text=True
    )


def wait_for(process: subprocess.Popen, words: str) -> None:
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"the run ended before it said {words!r}")


def test_a_run_writes_product_map_pictures_and_log(folder):
    result = run()
    assert result.exit_code == 0, result.output
    assert result.stdout == "out.h5\n"
    assert sorted(os.listdir(folder)) == [
        "cube.img",
        "out-spectra.png",
        "out.h5",
        "out.h5.log.json",
        "out.png",
        "out.tif",
        "out.tif.aux.xml",
    ]


def test_nothing_that_varies_is_in_a_product(folder):
    assert run().exit_code == 0
    first = whole_files(folder)
    for name in os.listdir(folder):
        if name != "cube.img":
            (folder / name).unlink()
    time.sleep(1.1)
    assert run().exit_code == 0
    assert whole_files(folder) == first


def test_the_same_command_again_does_nothing(folder):
    run()
    before = (folder / "out.h5").stat().st_mtime_ns
    result = run()
    assert result.exit_code == 0
    assert "up to date" in result.stderr
    assert (folder / "out.h5").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--seed", "7"], "seed: 0 -> 7"), (["--steps", "9"], "config.steps: 5 -> 9")],
)
def test_another_command_is_refused_and_told_what_differs(folder, arguments, said):
    run()
    before = whole_files(folder)
    result = run(*arguments)
    assert result.exit_code == 4
    assert result.stderr == (
        f"hsicli: error: out.h5: was made otherwise: {said}\n"
        "hint: give --overwrite to replace it, or another output\n"
    )
    assert whole_files(folder) == before
    assert run(*arguments, "--overwrite").exit_code == 0
    assert run(*arguments).exit_code == 0


def test_a_changed_input_is_noticed(folder):
    run()
    (folder / "cube.img").write_bytes(b"other numbers")
    result = run()
    assert result.exit_code == 4
    assert "inputs.cube" in result.stderr


def test_a_file_that_is_not_ours_is_not_replaced(folder):
    (folder / "out.h5").write_text("precious")
    assert run().exit_code == 4
    assert (folder / "out.h5").read_text() == "precious"


def test_a_dry_run_decides_and_does_nothing(folder):
    result = run("--dry-run")
    assert result.exit_code == 0
    assert "would be made" in result.stderr
    assert os.listdir(folder) == ["cube.img"]
    run()
    assert run("--dry-run", "--seed", "7").exit_code == 4
    assert "would be replaced" in run("--dry-run", "--seed", "7", "--overwrite").stderr


def test_json_is_one_object_on_stdout(folder):
    answer = json.loads(run("--json").stdout)
    assert answer["state"] == "written"
    assert set(answer["files"]) == {"out.h5", "out-spectra.png", "out.png", "out.tif", "out.tif.aux.xml"}
    assert json.loads(run("--json").stdout)["state"] == "up to date"
    error = json.loads(run("--json", "--seed", "7").stdout)
    assert error["exit_code"] == 4


@pytest.mark.parametrize(
    ("output", "code", "problem"),
    [
        ("missing/out.h5", 3, "the folder missing does not exist"),
        ("out.tif", 2, "the output is an HDF5 product"),
        ("folder.h5", 3, "is a folder"),
    ],
)
def test_an_output_that_cannot_be_is_one_clear_line(folder, output, code, problem):
    (folder / "folder.h5").mkdir()
    result = CliRunner().invoke(toy.app, ["toy", "cube.img", output])
    assert result.exit_code == code
    assert problem in result.stderr
    assert result.stderr.count("\n") == 2


def test_a_missing_input_is_one_clear_line(folder):
    result = CliRunner().invoke(toy.app, ["toy", "nothing.img", "out.h5"])
    assert result.exit_code == 3
    assert result.stderr.startswith("hsicli: error: nothing.img: there is no such file\nhint: ")


def test_a_traceback_is_shown_only_on_demand(folder):
    (folder / "out.h5").write_text("precious")
    assert "Traceback" not in run().stderr
    assert "Traceback" in run("-vv").stderr


@pytest.mark.parametrize("overwrite", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_power_cut_at_any_step_leaves_whole_files_and_the_same_end(folder, monkeypatch, overwrite):
    again = ["--seed", "1", "--overwrite"] if overwrite else ["--seed", "1"]
    assert run("--seed", "1").exit_code == 0
    expected = whole_files(folder)

    cuts = 0
    for calls in range(200):
        for name in os.listdir(folder):
            if name != "cube.img":
                (folder / name).unlink()
        if overwrite:
            assert run("--seed", "0").exit_code == 0
            before = (folder / "out.h5").read_bytes()
        with monkeypatch.context() as patch:
            cut_after(patch, calls)
            try:
                result = run(*again)
            except PowerCut:
                result = None
        gc.collect()  # the lock goes with the process; here with its last reference
        if (folder / "out.h5").exists():
            read_product(folder / "out.h5", Labels)
            assert (folder / "out.h5").read_bytes() in (
                [expected["out.h5"], before] if overwrite else [expected["out.h5"]]
            )
        assert run(*again).exit_code == 0
        assert {k: v for k, v in whole_files(folder).items() if ".tmp-" not in k} == expected
        if result is not None:
            break
        cuts += 1
    assert cuts > 15, "the faults must have hit"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_fit_that_is_asked_to_stop_saves_and_goes_on_to_the_same_end(folder, number):
    assert run("--steps", "12").exit_code == 0
    expected = whole_files(folder)
    for name in set(os.listdir(folder)) - {"cube.img"}:
        (folder / name).unlink()

    process = start("--steps", "12", "--pause", "0.3")
    wait_for(process, "step 3")
    process.send_signal(number)
    _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert sorted(os.listdir(folder)) == ["cube.img", "out.h5.resume"]
    process = start("--steps", "12", "--pause", "0.3")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "step 1\n" not in said, "it went on; it did not begin again"
    found = read_product(folder / "out.h5", Labels)
    (folder / "reference.h5").write_bytes(expected["out.h5"])
    assert found.means.tolist() == read_product(folder / "reference.h5", Labels).means.tolist()
    assert not (folder / "out.h5.resume").exists()


def test_a_killed_run_leaves_no_product_and_no_obstacle(folder):
    process = start("--steps", "200", "--pause", "0.1")
    wait_for(process, "step 2")
    process.kill()
    process.communicate(timeout=30)
    assert not (folder / "out.h5").exists()
    assert run().exit_code == 0
    assert not [name for name in os.listdir(folder) if name.startswith(".")]


def test_a_full_disk_is_one_clear_line_and_loses_nothing(folder, monkeypatch):
    assert run().exit_code == 0
    before = whole_files(folder)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(h5py.Group, "create_dataset", full)
        result = run("--seed", "5", "--overwrite")
    assert result.exit_code == 1
    assert "the disk is full" in result.stderr
    assert "Traceback" not in result.stderr
    assert whole_files(folder) == before


def test_an_input_is_never_written_over(folder):
    run()
    (folder / "out.h5").rename(folder / "in.h5")
    before = whole_files(folder)
    for output, written in (("in.h5", "in.h5"), ("out.h5", "out.tif")):
        source = "in.h5" if output == "in.h5" else "out.tif"
        result = CliRunner().invoke(toy.app, ["toy", source, output, "--overwrite"])
        assert result.exit_code == 2, result.output
        assert f"{written}: would be written, and is the input (cube) too" in result.stderr
    assert whole_files(folder) == before


def test_files_of_others_beside_the_output_are_not_replaced(folder):
    (folder / "out.tif").write_bytes(b"a scene of a million dollars")
    result = run()
    assert result.exit_code == 4
    assert "out.tif: would be replaced, and was not made with out.h5" in result.stderr
    assert sorted(os.listdir(folder)) == ["cube.img", "out.tif"]
    assert run("--overwrite").exit_code == 0
    (folder / "out.h5").unlink()
    assert run().exit_code == 0, "what hsicli left there itself is no obstacle"


def test_a_lock_holds_on_a_full_disk_and_leaves_nothing(folder, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "getpid", full)
        lock = files.Lock(folder / "out.h5")
    lock.release()
    assert os.listdir(folder) == ["cube.img"]


def test_leftovers_of_every_file_are_cleared(folder):
    for name in ("out.h5", "out.tif", "out.png", "out.h5.log.json"):
        (folder / f".{name}.tmp-123").write_text("half")
    assert run().exit_code == 0
    assert not [name for name in os.listdir(folder) if name.startswith(".")]
