"""Progress as a person sees it: on a terminal a bar, elsewhere lines now and then, with -q nothing."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hsicli.cli import console
from hsicli.cube import Cube
from hsicli.io.envi_writing import write_envi_cube

SHOWN = {"preprocess": ("survey", "preprocess"), "cluster": ("codes", "autoencoder", "mixture, round 1")}


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Path:
    rng = np.random.default_rng(0)
    data = rng.random((3, 20)).astype(np.float32)[rng.integers(0, 3, (60, 50))]
    data += rng.normal(0, 0.01, data.shape).astype(np.float32)
    folder = tmp_path_factory.mktemp("progress")
    return write_envi_cube(folder / "s.img", Cube(data, wavelengths=np.linspace(1000, 2000, 20)))[0]


def on_a_terminal(command: list[str], folder: Path) -> tuple[str, str]:
    """stdout, and what a terminal of 110 columns was sent as stderr."""
    reader, writer = pty.openpty()
    os.set_blocking(reader, False)
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "110"}
    run = subprocess.Popen(
        [sys.executable, "-c", "from hsicli.cli.app import main; main()", *command],
        cwd=folder, stdout=subprocess.PIPE, stderr=writer, text=True, env=environment,
    )  # fmt: skip
    os.close(writer)
    seen = b""
    while run.poll() is None:
        seen += _waiting(reader)
    seen += _waiting(reader)
    os.close(reader)
    assert run.returncode == 0, seen.decode()
    assert run.stdout is not None
    with run.stdout as out:
        return out.read(), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())


def _waiting(reader: int) -> bytes:
    import select

    if not select.select([reader], [], [], 0.1)[0]:
        return b""
    try:
        return os.read(reader, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("command", ["preprocess", "cluster"])
def test_a_terminal_shows_a_bar_a_task_with_its_end_known(scene, command):
    extra = ["--dimension", "3"] if command == "cluster" else []
    stdout, seen = on_a_terminal([command, scene.name, f"{command}.h5", *extra], scene.parent)
    assert stdout.split() == [f"{command}.h5"]
    for label in SHOWN[command]:
        assert re.search(rf"{label}\s+━+.*\d+/\d+", seen), seen
    if command == "cluster":
        assert re.search(r"autoencoder .*loss [\d.e-]+, held out [\d.e-]+", seen)
        assert re.search(r"mixture, round 1 .*log-likelihood", seen)


def test_quiet_is_silent_on_a_terminal(scene):
    _, seen = on_a_terminal(["preprocess", scene.name, "quiet.h5", "-q"], scene.parent)
    assert not seen.strip()


def test_elsewhere_a_line_says_how_far_how_fast_and_how_long(monkeypatch, capsys):
    clock = iter(range(0, 10_000, 6))
    monkeypatch.setattr(console.time, "monotonic", lambda: float(next(clock)))

    class Epoch:
        note = "loss 0.5"

    assert len(list(console.track([Epoch()] * 5, "training"))) == 5
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"hsicli: training: \d of 5, \d+ s each, \d+ s left, loss 0.5", lines[0])


@pytest.mark.parametrize(
    ("count", "total", "seconds", "said"),
    [
        (1, 3, 0.25, "4 a second, 1 s left"),
        (10, None, 5.0, "2 a second"),
        (4, 4, 2.0, "2 a second"),
        (1, 61, 10.0, "10 s each, 10 min 0 s left"),
        (1, 1001, 4.5, "4.5 s each, 1 h 15 min left"),
    ],
)
def test_pace_is_said_in_words(count, total, seconds, said):
    assert console._pace(count, total, seconds) == said
