"""Pictures of minerals: bold and light, and the spectra of each."""

import numpy as np

from hsicli.figures.minerals import draw_mineral_spectra, draw_minerals, mineral_table
from tests.products.test_minerals import small


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_identified_and_guessed_pixels_have_lines_of_their_own_in_the_legend():
    said = texts(draw_minerals(small()))
    assert "kaolinite" in said
    assert "a mineral nobody knows, a guess" in said
    assert "kaolinite, a guess" not in said, "there is none"


def test_a_map_without_minerals_is_drawn():
    nothing = small(
        labels=np.zeros((2, 3), np.int32), confidence=np.zeros((2, 3), np.uint8), counts=np.zeros(2, int)
    )
    assert "no mineral found" in texts(draw_minerals(nothing))
    assert "no mineral found" in texts(draw_mineral_spectra(nothing))


def test_each_mineral_has_its_exemplar_mean_best_and_worst():
    figure = draw_mineral_spectra(small())
    first, second = figure.axes[:2]
    assert [line.get_label() for line in first.lines] == ["exemplar", "mean", "best", "worst"]
    np.testing.assert_allclose(np.nanmean(first.lines[0].get_ydata()), 1, rtol=1e-6)
    assert first.get_title(loc="left").startswith("a mineral nobody knows: 1 px identified, 2 guessed")
    assert "best 0.960 at 0,2" in second.get_title(loc="left")
    assert "worst" not in second.get_title(loc="left").split("(", maxsplit=1)[0].partition(";")[2]


def test_the_table_says_how_far_to_trust_thresholds_where_they_were_calibrated():
    plain = mineral_table(small())
    assert plain.rows[1] == ("a mineral nobody knows", 1, 2, "0.950", "0.850")
    calibrated = mineral_table(
        small(
            chosen_alarms=np.full((2, 2), 1e-4),
            chosen_detections=np.full((2, 2), 0.9),
            branch=np.array([[0, 1, 2], [3, 3, 0]], dtype=np.uint8),
        )
    )
    assert calibrated.rows[0][-2:] == ("1.0e-04", "0.90")
    assert len(calibrated.columns) == len(calibrated.rows[0])
    assert "3 pixels show their mineral in a ratio only, 2 where" in calibrated.caption
