"""A list of images without the engine: the shell scripts do what the stages do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_batch import image

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    image(tmp_path / "a b.img", 1)
    image(tmp_path / "c.img", 2)
    (tmp_path / "c.img").write_bytes(b"short")
    (tmp_path / "list.txt").write_text("# two\na b.img\nc.img\n")
    return tmp_path


def run(script: str, folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [SCRIPTS / script, *words],
        cwd=folder,
        env=ENVIRONMENT | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_xargs_does_what_it_can_and_names_the_rest(folder):
    done = run("batch_xargs.sh", folder, "list.txt", "out")
    assert done.returncode == 5
    assert "failed: c.img: hsicli: error: " in done.stderr
    assert (folder / "out/a b/cluster.tif").exists()
    assert not list((folder / "out/c").glob("*.h5"))


def test_a_task_of_an_array_takes_its_line(folder):
    done = run("batch_array.sh", folder, "list.txt", "out", SLURM_ARRAY_TASK_ID="2", SLURM_JOB_ID="7")
    assert done.returncode == 0, done.stderr
    assert (folder / "out/a b/cluster.h5").exists()
