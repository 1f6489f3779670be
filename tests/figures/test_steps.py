"""Where a product comes from, in a table and in sentences."""

import json

from hsicli.figures.steps import methods_paragraph, steps_of, steps_table, versions
from hsicli.provenance import Provenance

CUBE = Provenance(
    "preprocess", "1.1", {"window": [1050, 2550], "normalize": "l2"}, inputs={"cube": "a" * 64},
    sources={"window": "command line"}, libraries={"hsicli": "0.1.0", "numpy": "2.0"},
)  # fmt: skip
SUBSPACE = Provenance(
    "hysime", "1.1", {}, inputs={"cube": CUBE.fingerprint}, parents={"cube": json.loads(CUBE.to_json())},
    libraries={"hsicli": "0.1.0", "numpy": "2.0"},
)  # fmt: skip
CLASSES = Provenance(
    "cluster", "1.1", {"method": "autoencoder-mixture", "merging.max_angle": 0.03}, seed=7, device="cpu",
    inputs={"cube": CUBE.fingerprint, "subspace": SUBSPACE.fingerprint},
    parents={"cube": json.loads(CUBE.to_json()), "subspace": json.loads(SUBSPACE.to_json())},
    libraries={"hsicli": "0.1.0", "numpy": "2.1"},
)  # fmt: skip


def test_every_step_behind_a_product_is_listed_once_and_before_what_it_led_to():
    assert [step.command for step in steps_of([CLASSES, SUBSPACE])] == ["preprocess", "hysime", "cluster"]


def test_the_table_names_files_where_they_are_known_and_digests_where_not():
    table = steps_table(steps_of([CLASSES]), {CUBE.fingerprint: "cube.h5", CLASSES.fingerprint: "classes.h5"})
    first, _, last = table.rows
    assert first[:4] == (
        "preprocess",
        "cube.h5",
        "cube: aaaaaaaaaaaa",
        "window = [1050, 2550] (command line)",
    )
    assert last[2] == "cube: cube.h5; subspace: hysime"
    assert last[4:6] == ("7", "cpu")


def test_versions_that_differ_between_steps_are_all_named():
    assert versions(steps_of([CLASSES])) == "hsicli 0.1.0, numpy 2.0 and 2.1"


def test_the_paragraph_says_what_was_done_with_which_settings():
    said = methods_paragraph(steps_of([CLASSES]))
    assert "cut to 1050–2550 nm, scaled to unit length" in said
    assert "HySime" in said
    assert "less than 0.03 rad" in said
    assert said.endswith("All steps: hsicli 0.1.0.")
