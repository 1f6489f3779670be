"""hsicli batch, through the real engine: what fails is named, and what is whole is left alone."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.cli.app import app
from hsicli.cube import Cube
from hsicli.io.envi_writing import write_envi_cube
from hsicli.io.files import Lock

RECIPE = '[stages.preprocess]\n[stages.hysime]\ninputs = ["preprocess"]\nthreads = 2\n'


def image(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = rng.random((3, 16)).astype(np.float32)[rng.integers(0, 3, (30, 12))]
    data += rng.normal(0, 0.01, data.shape).astype(np.float32)
    write_envi_cube(path, Cube(data, wavelengths=np.linspace(1000, 2000, 16)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        image(tmp_path / f"im{number}.img", number)
    (tmp_path / "list.txt").write_text("im*.img\n")
    (tmp_path / "r.toml").write_text(RECIPE)
    return tmp_path


def batch(*words: str):
    return CliRunner().invoke(app, ["batch", "r.toml", "list.txt", "out", *words])


def table(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "out/items.csv").open() as file:
        return {(row["item"], row["stage"]): row for row in csv.DictReader(file)}


def products(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted((folder / "out").glob("*/*.h5"))
    }


@pytest.mark.timeout(300)
def test_what_fails_is_named_and_what_is_whole_is_not_made_again(folder):
    whole = (folder / "im1.img").read_bytes()
    (folder / "im1.img").write_bytes(whole[:1000])
    first = batch("--json")
    assert first.exit_code == 5, first.output
    said = json.loads(first.stdout)
    assert (said["images"], said["failed"]) == (3, 1)
    rows = table(folder)
    assert rows["im1", "preprocess"]["state"] == "failed"
    assert "its header asks for" in rows["im1", "preprocess"]["reason"]
    assert (
        rows["im1", "hysime"] | {"state": "not run", "reason": "waits for preprocess"}
        == rows["im1", "hysime"]
    )
    assert {rows[name, "hysime"]["state"] for name in ("im0", "im2")} == {"done"}
    assert float(rows["im0", "hysime"]["seconds"]) > 0
    before = products(folder)
    assert len(before) == 4

    (folder / "im1.img").write_bytes(whole)
    second = batch()
    assert second.exit_code == 0, second.output
    states = {key: row["state"] for key, row in table(folder).items()}
    assert {key for key, state in states.items() if state == "done"} == {
        ("im1", "preprocess"),
        ("im1", "hysime"),
    }
    after = products(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) == 6
    page = (folder / "out/index.html").read_text()
    assert "3 images: 2 up to date, 1 done" in page

    (folder / "r.toml").write_text(RECIPE + "[stages.hysime.settings]\nforgotten = 1\n")
    wrong = batch("--dry-run")  # a setting that there is not shows as what would have to be made again
    assert "3 of 3 images, 3 stages" in wrong.stdout


def test_a_dry_run_says_what_would_be_made_and_makes_nothing(folder):
    result = batch("--dry-run")
    assert result.exit_code == 0, result.output
    assert "3 of 3 images, 6 stages would be made" in result.stdout
    assert not (folder / "out").exists()


def test_two_batches_do_not_share_a_folder(folder):
    (folder / "out").mkdir()
    lock = Lock(folder / "out" / "batch")
    try:
        result = batch()
    finally:
        lock.release()
    assert result.exit_code == 1
    assert "is being made by process" in result.stderr
    assert not list((folder / "out").glob("*/*.h5"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--with", "library"], 2, "expected NAME=FILE"),
        (["--with", "library=none.csv"], 3, "there is no such file"),
    ],
)
def test_wrong_words_are_refused(folder, words, code, said):
    result = batch(*words)
    assert result.exit_code == code
    assert said in result.stderr
