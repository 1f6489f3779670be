import json
import re
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hsicli.algorithms.colours import distinct_colours
from hsicli.cli.app import Commands
from hsicli.cli.evaluate import evaluate
from hsicli.cli.options import Command
from hsicli.cli.score_tables import mean_and_spread, score_tables, scores_as_json
from hsicli.cube import Cube
from hsicli.io.abundances import read_abundances
from hsicli.io.hdf5 import read_product, write_product
from hsicli.io.maps import write_geotiff
from hsicli.io.scene import write_scene
from hsicli.io.speclib import read_library
from hsicli.products.abundance_scores import AbundanceScores
from hsicli.products.abundances import Abundances
from hsicli.products.labels import ClassMap, Labels
from hsicli.products.rasters import Raster
from hsicli.products.scores import Scores
from hsicli.provenance import Provenance
from hsicli.stages.evaluate import EvaluateConfig, evaluate_labels
from hsicli.stages.planting import SynthConfig
from hsicli.stages.synth import synthesise

app = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
app.command(cls=Command)(evaluate)


@app.callback()
def root() -> None:
    """A group of one command."""


def run(*words):
    return CliRunner().invoke(app, ["evaluate", *(str(word) for word in words)])


TRUTH = np.repeat([1, 2, 3, 0], 5)[:, None] * np.ones((1, 12), dtype=np.int32)
TRUTH = TRUTH.astype(np.int32)


def labels_product(labels):
    labels = labels.astype(np.int32)
    return Labels(
        labels,
        ("class 1", "class 2", "class 3"),
        distinct_colours(3),
        np.bincount(labels.ravel(), minlength=4)[1:],
        np.linspace(0.1, 0.5, 60).reshape(3, 20),
        np.full((3, 20), 0.01),
        np.linspace(1000, 2500, 20),
        codes=np.random.default_rng(0).normal(size=(20, 12, 2)).astype(np.float32),
    )


@pytest.fixture
def folder(tmp_path):
    """Two maps of one scene (the second worse), their truth as a GeoTIFF, and the cube."""
    rng = np.random.default_rng(0)
    good = np.where(TRUTH > 0, TRUTH, 1)
    good[0, :3] = 0
    bad = np.where(rng.random(TRUTH.shape) < 0.5, good, rng.integers(1, 4, TRUTH.shape))
    for name, labels in {"good": good, "bad": bad}.items():
        write_product(
            tmp_path / f"{name}.h5", labels_product(labels), Provenance("cluster", "1.1", {"map": name})
        )
    write_geotiff(
        tmp_path / "truth.tif",
        Raster(
            TRUTH.astype(np.uint8)[None], ("class",), 0, ("opal", "gypsum", "jarosite"), distinct_colours(3)
        ),
    )
    spectra = rng.random((20, 12, 8)).astype(np.float32)
    write_product(
        tmp_path / "cube.h5",
        Cube(spectra, wavelengths=np.linspace(1000, 2500, 8)),
        Provenance("preprocess", "1.1", {}),
    )
    return tmp_path


def test_the_table_stands_on_stdout_and_says_what_it_was_computed_on(folder):
    result = run(folder / "good.h5", "--truth", folder / "truth.tif")
    assert result.exit_code == 0, result.output
    assert "180 pixels that the truth labels" in result.stdout
    assert "3 of them have no class on the map" in result.stdout
    assert "location alone" in result.stdout
    assert "0.983" in result.stdout  # 177 of 180
    for name in ("opal", "gypsum", "jarosite"):
        assert name in result.stdout


def test_json_is_one_document_with_the_numbers(folder):
    result = run(folder / "good.h5", "--truth", folder / "truth.tif", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["overall_accuracy"] == pytest.approx(177 / 180)
    assert found["pixels"] == 180
    assert found["unlabeled"] == [3]
    assert found["f1_rare"] is None


def test_several_maps_have_a_mean_and_a_spread(folder):
    result = run(folder / "good.h5", folder / "bad.h5", "--truth", folder / "truth.tif")
    assert result.exit_code == 0, result.output
    assert "2 maps" in result.stdout
    assert "±" in result.stdout


def test_scores_are_kept_and_not_made_twice(folder):
    words = (folder / "good.h5", folder / "bad.h5", folder / "scores.h5", "--truth", folder / "truth.tif")
    first = run(*words)
    assert first.exit_code == 0, first.output
    assert str(folder / "scores.h5") in first.stdout
    scores = read_product(folder / "scores.h5", Scores)
    assert scores.runs == 2
    assert scores.truth_names == ("opal", "gypsum", "jarosite")
    before = (folder / "scores.h5").read_bytes()

    again = run(*words)
    assert again.exit_code == 0, again.output
    assert "up to date" in again.stderr
    assert "against the truth" in again.stdout
    assert (folder / "scores.h5").read_bytes() == before

    stale = run(*words, "--seed", 7)
    assert stale.exit_code == 4
    assert "seed: 0 -> 7" in stale.stderr


def test_spectra_and_regions_are_read(folder):
    words = ("--spectra", folder / "cube.h5", "--roi", folder / "truth.tif")
    result = run(folder / "good.h5", *words)
    assert result.exit_code == 0, result.output
    assert "Davies–Bouldin, spectra" in result.stdout
    assert "opal" in result.stdout
    assert "against the truth" not in result.stdout


def test_a_library_names_the_nearest(folder):
    (folder / "library.csv").write_text(
        "wavelength_nm,flat,dip\n"
        + "\n".join(f"{w},0.5,{0.5 - 0.2 * (w == 1600)}" for w in range(900, 2700, 100))
    )
    result = run(folder / "good.h5", "--library", folder / "library.csv")
    assert result.exit_code == 0, result.output
    assert "flat (" in result.stdout
    assert "°" in result.stdout


def test_two_maps_are_drawn_in_matched_colours(folder):
    result = run(folder / "good.h5", "--match", folder / "bad.h5")
    assert result.exit_code == 0, result.output
    assert (folder / "good-beside-bad.png").read_bytes().startswith(b"\x89PNG")


def test_a_truth_of_another_size_is_one_line_and_exit_code_3(folder):
    write_geotiff(folder / "small.tif", Raster(np.ones((1, 4, 5), np.uint8), ("class",), 0))
    result = run(folder / "good.h5", "--truth", folder / "small.tif")
    assert result.exit_code == 3
    assert "the truth has 4×5 pixels (rows×cols), the first map 20×12" in result.stderr


def test_a_product_of_another_kind_is_refused(folder):
    result = run(folder / "cube.h5", "--truth", folder / "truth.tif")
    assert result.exit_code == 3
    assert "is a product of kind cube, not labels" in result.stderr


def test_a_dry_run_writes_nothing(folder):
    result = run(folder / "good.h5", folder / "scores.h5", "--truth", folder / "truth.tif", "--dry-run")
    assert result.exit_code == 0, result.output
    assert not (folder / "scores.h5").exists()
    assert run(folder / "good.h5", "--dry-run").exit_code == 2


def scored(truth, **settings):
    product = labels_product(np.where(truth > 0, truth, 1))
    names = tuple(f"mineral {number}" for number in range(1, truth.max() + 1))
    return evaluate_labels([product], EvaluateConfig(**settings), truth=ClassMap(truth, names), seed=0)


def test_rare_classes_are_marked():
    truth = TRUTH.copy()
    truth[truth == 3] = 1
    truth[10, 0] = 3
    [table] = [table for table in score_tables(scored(truth)) if table.title == "by class of the truth"]
    assert [row[2] for row in table.rows] == ["66.11 %", "33.33 %", "0.56 % rare"]
    assert [row[1] for row in table.rows] == [119, 60, 1]


def test_a_class_of_the_truth_without_pixels_is_said_not_scored():
    truth = np.where(TRUTH == 2, 0, TRUTH)
    [table] = [table for table in score_tables(scored(truth)) if table.title == "by class of the truth"]
    assert [row[0] for row in table.rows] == ["mineral 1", "mineral 3"]
    assert "mineral 2 has no pixel here" in table.note


def test_without_the_baseline_its_columns_and_words_are_gone():
    table = score_tables(scored(TRUTH, blind_seeds=0))[0]
    assert table.columns == ("score", "map")
    assert "location" not in table.note


def test_a_baseline_on_a_part_of_the_pixels_says_so():
    scores = scored(TRUTH)
    assert "evenly spread" not in score_tables(scores)[0].note
    assert "on 100 of the pixels, evenly spread" in score_tables(replace(scores, blind_pixels=100))[0].note


def test_a_spread_is_that_of_the_sample_and_what_is_unknown_is_a_dash():
    assert mean_and_spread(np.array([0.25])) == "0.250"
    assert mean_and_spread(np.array([1.0, 2.0, 3.0])) == "2.000 ± 1.000"
    assert mean_and_spread(np.array([12345.6])) == "1.235e+04"
    assert mean_and_spread(np.array([np.nan])) == "–"


def test_json_holds_no_nan():
    text = json.dumps(scores_as_json(scored(TRUTH)), allow_nan=False)
    assert '"f1_rare": null' in text


@pytest.fixture
def unmixed(tmp_path):
    """A planted scene, and abundances of it that are right but for their order."""
    write_scene(tmp_path / "scene.img", synthesise(SynthConfig(rows=10, cols=12), seed=0))
    truth, _ = read_abundances(tmp_path / "scene_abundances.img")
    library = read_library(tmp_path / "scene_endmembers.csv")
    flat = np.zeros(truth.shape[:2], dtype=np.float32)
    made = Abundances(
        abundances=truth[..., ::-1], names=tuple(f"found {k}" for k in range(9)),
        endmembers=library.spectra[::-1],
        convention="raw", method="known", mixing="linear", residual=flat, angle=flat,
        wavelengths=library.wavelengths,
    )  # fmt: skip
    write_product(tmp_path / "a.h5", made, Provenance("unmix", "1.1", {}))
    return tmp_path


def test_abundances_are_scored_with_the_endmembers_that_stand_beside_the_truth(unmixed):
    words = (
        unmixed / "a.h5",
        "--truth",
        unmixed / "scene_abundances.img",
        "--spectra",
        unmixed / "scene.img",
    )
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "scene_endmembers.csv: taken as the true endmembers" in result.stderr
    assert "computed on 120 pixels" in result.stdout
    for word in ("constant", "true endmembers, FCLS", "jarosite", "found 8"):
        assert word in result.stdout
    found = json.loads(run(*words, "--json").stdout)
    assert found["overall_rmse"] == pytest.approx(0, abs=1e-6)
    assert found["mean_angle"] == pytest.approx(0, abs=1e-6)
    assert found["partners"] == list(range(9, 0, -1))


def test_scores_of_abundances_are_kept_and_not_made_twice(unmixed):
    words = (unmixed / "a.h5", unmixed / "s.h5", "--truth", unmixed / "scene_abundances.img")
    first = run(*words)
    assert first.exit_code == 0, first.output
    assert "taken as the name to keep the scores under" in first.stderr
    assert read_product(unmixed / "s.h5", AbundanceScores).pixels == 120
    again = run(*words)
    assert "up to date" in again.stderr
    assert "taken as the name" not in again.stderr
    assert "computed on 120 pixels" in again.stdout
    other = run(*words, "--units", "free")
    assert other.exit_code == 4


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["a.h5"], "against a truth", 2),
        (["a.h5", "a.h5", "--truth", "scene_abundances.img"], "one at a time", 2),
        (["a.h5", "--truth", "scene_abundances.img", "--repeat", "3"], "for class maps", 2),
        (["a.h5", "--truth", "scene_abundances.img", "--units", "percent"], "units", 2),
        (["a.h5", "--truth", "scene_labels.img"], "is a class map", 3),
    ],
)
def test_abundances_are_not_scored_as_maps(unmixed, words, told, code, monkeypatch):
    monkeypatch.chdir(unmixed)
    result = run(*words)
    assert result.exit_code == code, result.output
    assert re.search(told, result.stderr)


def test_a_mistyped_file_is_not_taken_for_the_output_in_silence(folder):
    result = run(folder / "good.h5", folder / "truht.tif")
    assert result.exit_code == 3, result.output
    assert "truht.tif: is not there" in result.stderr
    result = run(folder / "good.h5", folder / "bda.h5", "--truth", folder / "truth.tif")
    assert result.exit_code == 0, result.output
    assert "bda.h5: is not there: taken as the name to keep the scores under" in result.stderr
