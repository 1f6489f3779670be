"""A batch of forty images: two of them broken, then mended; and the whole tree killed at random points."""

import csv
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.cli.test_batch import RECIPE, image

HSICLI = Path(sys.executable).with_name("hsicli")
COUNT = 40


def start(folder: Path, out: str) -> subprocess.Popen:
    return subprocess.Popen(
        [HSICLI, "batch", "r.toml", "list.txt", out],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def run(folder: Path, out: str) -> tuple[int, str]:
    process = start(folder, out)
    said, _ = process.communicate()
    return process.returncode, said


def kill_tree(process: subprocess.Popen) -> None:
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.communicate()


def tree(folder: Path) -> dict[str, bytes]:
    """All that a batch leaves, but what varies from run to run: logs, and the table with seconds."""
    vary = (".log", ".log.json")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".batch" not in path.parts and not path.name.endswith(vary)
        and path.name not in {"items.csv", "index.html"}
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    for number in range(COUNT):
        image(folder / f"im{number:02}.img", number)
    (folder / "list.txt").write_text("im*.img\n")
    (folder / "r.toml").write_text(RECIPE)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_of_forty_images_two_are_broken_and_only_these_are_made_when_they_are_mended(folder):
    whole = {name: (folder / name).read_bytes() for name in ("im07.img", "im21.img")}
    (folder / "im07.img").write_bytes(whole["im07.img"][:5000])
    (folder / "im21.img").write_bytes(b"\xff" * len(whole["im21.img"]))  # every number is NaN
    code, said = run(folder, "out")
    assert code == 5, said
    assert "2 of 40 images are not whole" in said
    with (folder / "out/items.csv").open() as file:
        rows = list(csv.DictReader(file))
    failed = {row["item"]: row["reason"] for row in rows if row["state"] == "failed"}
    assert failed.keys() == {"im07", "im21"}
    assert "its header asks for" in failed["im07"]
    assert "no pixel has data" in failed["im21"]
    assert sum(row["state"] == "done" for row in rows) == 2 * (COUNT - 2)
    before = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.h5")}
    for name, data in whole.items():
        (folder / name).write_bytes(data)
    code, said = run(folder, "out")
    assert code == 0, said
    after = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.h5")}
    assert {path: after[path] for path in before} == before
    assert {path.parent.name for path in after.keys() - before.keys()} == {"im07", "im21"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_random_points_it_comes_to_the_same(folder):
    code, said = run(folder, "whole")
    assert code == 0, said
    rng = random.Random(5)
    for _ in range(5):
        process = start(folder, "killed")
        time.sleep(rng.uniform(2, 15))
        kill_tree(process)
    code, said = run(folder, "killed")
    assert code == 0, said
    assert tree(folder / "killed") == tree(folder / "whole")


def test_a_product_whose_picture_a_kill_left_unmade_is_not_up_to_date(tmp_path):
    image(tmp_path / "a.img", 1)
    command = [HSICLI, "preprocess", "a.img", "a.h5"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    def asked() -> str:
        return subprocess.run(
            [*command, "--dry-run"], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stderr

    assert "up to date" in asked()
    (tmp_path / "a.png").unlink()
    assert "its pictures would be made" in asked()
