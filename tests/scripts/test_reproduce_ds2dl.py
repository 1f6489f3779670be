"""The published table of DS2DL, to its end, on small stand-ins of the public files, of the same layout."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "reproduce_ds2dl.py"
SHAPE = (20, 18, 12)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("reproduce_ds2dl", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_stand_ins(folder: Path, name: str) -> np.ndarray:
    """Three stripes: counts, uint16, under the name of the scene, and labels, uint8, as the public ones."""
    rng = np.random.default_rng(0)
    stripe = np.repeat([1, 2, 3], 6)[None, :] * np.ones((20, 1), int)
    spectra = (
        np.array([0, *np.linspace(200, 800, 3)])[stripe][..., None]
        * np.linspace(1, 2, 12) ** stripe[..., None]
    )
    scipy.io.savemat(folder / f"{name}.mat", {name: (spectra + rng.normal(0, 9, SHAPE)).astype(np.uint16)})
    labels = np.where(rng.random((20, 18)) < 0.4, stripe, 0).astype(np.uint8)
    scipy.io.savemat(folder / f"{name}_gt.mat", {f"{name}_gt": labels})
    return labels


def small(script, scene, labels):
    """The scene with the shape of a stand-in, and settings that fit it; one autoencoder for all purposes."""
    settings = {
        method: {
            purpose: one._replace(
                learnt=one.learnt and (8, 0.5), superpixels=20, radius=9, representatives=3,
                neighbours=tuple(n // 5 for n in one.neighbours[:2]), percentiles=one.percentiles[:1],
            )
            for purpose, one in of.items()
        }
        for method, of in scene.settings.items()
    }  # fmt: skip
    return replace(
        scene, shape=SHAPE, sizes=tuple(np.bincount(labels.ravel())[1:].tolist()), settings=settings
    )


def test_the_table_is_made_once_and_stands(script, tmp_path, monkeypatch, capsys):
    labels = write_stand_ins(tmp_path, "KSC")
    monkeypatch.setattr(script, "SCENES", (small(script, script.SCENES[0], labels),))
    monkeypatch.setattr(
        script, "CLASSES", {"accuracy": 1, "nmi": 1, "purity1": 1, "purity2": 2, "purity3": 3}
    )
    monkeypatch.setattr(script, "BLIND_SEEDS", 2)
    run_in_process(script, monkeypatch)
    words = [str(tmp_path), "--out", str(tmp_path / "out"), "--seeds", "1", "--step", "6", "--threads", "1"]
    script.main(words)
    page = (tmp_path / "out" / "page.md").read_text()
    assert page in capsys.readouterr().out
    rows = (
        "S2DL, as published | 0.567", "DS2DL, as published | 0.601", "DS2DL here, time without labels",
        "`hsicli diffuse` as it comes", "shuffled codes, time by the labels", "row and col of the whole",
    )  # fmt: skip
    for row in rows:
        assert row in page, row
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.h5")}
    assert len(before) == 5 + 1 + 5 + 3 + 2, (
        "S2DL, codes, DS2DL, the default, the shuffled codes and their map"
    )
    script.main(words)
    assert {path: path.stat().st_mtime_ns for path in before} == before, "nothing is made twice"


def run_in_process(script, monkeypatch) -> None:
    """A program that starts anew for each of eighteen maps, and draws them, takes a minute."""
    from typer.testing import CliRunner

    from hsicli.cli.app import app

    class Done:
        def __init__(self, line):
            result = CliRunner().invoke(app, [*line[3:], "--device", "cpu",
                                              "--set", "features.umae.training.epochs=1"])  # fmt: skip
            assert result.exit_code == 0, result.output
            self.returncode = 0

    monkeypatch.setattr("hsicli.cli.companions.write_companions", lambda *_: [])
    monkeypatch.setattr(script.subprocess, "run", lambda line, **_: Done(line))


def test_files_of_another_shape_or_other_labels_are_refused(script, tmp_path, monkeypatch):
    labels = write_stand_ins(tmp_path, "KSC")
    scene = small(script, script.SCENES[0], labels)
    script.check_scene(tmp_path, scene)
    with pytest.raises(SystemExit, match=r"KSC.mat: holds arrays of \[\(20, 18, 12\)\], expected"):
        script.check_scene(tmp_path, script.SCENES[0])
    with pytest.raises(SystemExit, match="expected"):
        script.check_scene(tmp_path, replace(scene, sizes=(1, 2, 3)))


def test_what_is_published_is_as_published(script):
    ksc, botswana = script.SCENES
    assert (sum(ksc.sizes), len(ksc.sizes)) == (5211, 13)
    assert (sum(botswana.sizes), len(botswana.sizes)) == (3248, 14)
    assert ksc.settings["DS2DL"]["accuracy"] == ((400, 0.5), 5, 1800, 14, (50,), (50,))
    assert botswana.published["DS2DL"][0] == 0.64101
