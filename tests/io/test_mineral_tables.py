"""The table of minerals: what a spreadsheet reads of it."""

import csv

import numpy as np

from hsicli.io.mineral_tables import write_minerals
from tests.products.test_minerals import small


def read(path) -> list[dict[str, str]]:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# minerals by hsicli gan-map")
    return list(csv.DictReader(lines[1:]))


def test_a_row_has_a_mineral_its_pixels_and_its_thresholds(tmp_path):
    write_minerals(tmp_path / "t.csv", small(), "abc")
    rows = read(tmp_path / "t.csv")
    assert rows[1] == {
        "mineral": "a mineral nobody knows", "exemplars": "1", "identified": "1", "guessed": "2",
        "identified_from": "0.95", "guessed_from": "0.85",
    }  # fmt: skip
    assert "fingerprint abc" in (tmp_path / "t.csv").read_text()


def test_calibrated_thresholds_bring_their_false_alarms_and_detections(tmp_path):
    product = small(
        tested=np.array([0.707, 0.95]),
        false_alarms=np.array([[0.1, 0.0], [0.2, 0.01]]),
        detections=np.array([[1.0, 0.5], [0.9, 0.4]]),
        chosen_alarms=np.array([[0.001, 0.0001]] * 2),
        chosen_detections=np.array([[0.99, 0.98]] * 2),
    )
    write_minerals(tmp_path / "t.csv", product, "abc")
    row = read(tmp_path / "t.csv")[1]
    assert (row["false_alarms_at_0.707"], row["false_alarms_at_0.95"]) == ("0.2", "0.01")
    assert (row["false_alarms_identified"], row["false_alarms_guessed"]) == ("0.0001", "0.001")
    assert (row["found_at_0.95"], row["found_identified"]) == ("0.4", "0.98")
