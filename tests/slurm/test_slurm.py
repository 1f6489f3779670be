"""hsicli batch on a real SLURM: tests/slurm/start.sh makes one of this machine. Opt-in: pytest -m slurm."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_batch import image

pytestmark = pytest.mark.slurm

HSICLI = Path(sys.executable).with_name("hsicli")
LONG = ["dimension=3", "encoder.training.epochs=2500", "encoder.training.patience=2500"]
RECIPE = '[stages.preprocess]\n[stages.cluster]\ninputs = ["preprocess"]\n[stages.cluster.settings]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if (
        shutil.which("sinfo") is None
        or subprocess.run(["sinfo"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no SLURM answers: tests/slurm/start.sh DIR")
    for number in range(2):
        image(tmp_path / f"im{number}.img", number)
    (tmp_path / "list.txt").write_text("im*.img\n")
    (tmp_path / "r.toml").write_text(RECIPE + "\n".join(LONG) + "\n")
    return tmp_path


def wait_for(found, seconds: float):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.5)
    raise AssertionError("it did not come to that in time")


def running() -> list[str]:
    lines = subprocess.run(["squeue", "-h", "-o", "%i %t"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in lines.splitlines() if line.endswith(" R")]


@pytest.mark.timeout(900)
def test_a_job_that_is_queued_again_goes_on_and_comes_to_the_same(folder):
    batch = subprocess.Popen(
        [HSICLI, "batch", "r.toml", "list.txt", "out", "--profile", "slurm"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        logs = [folder / f"out/im{number}/cluster.log" for number in range(2)]
        wait_for(lambda: any(log.exists() and "autoencoder:" in log.read_text() for log in logs), 300)
        for job in running():
            subprocess.run(["scontrol", "requeue", job], check=True)
        states = wait_for(lambda: list((folder / "out").glob("*/cluster.h5.resume")), 60)
        said, _ = batch.communicate(timeout=500)
    finally:
        batch.kill()
    assert batch.returncode == 0, said
    assert states
    assert "Submitted array job" in (folder / "out/.batch/engine.log").read_text()
    for number in range(2):
        alone = folder / f"alone{number}.h5"
        settings = [word for line in LONG for word in ("--set", line)]
        subprocess.run(
            [HSICLI, "cluster", folder / f"out/im{number}/preprocess.h5", alone, *settings, "--threads", "1"],
            check=True, capture_output=True,
        )  # fmt: skip
        assert alone.read_bytes() == (folder / f"out/im{number}/cluster.h5").read_bytes()
