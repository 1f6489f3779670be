"""Best guesses and the composite of scales: the cases where the paper and its code differ."""

import numpy as np
import pytest

from hsicli.stages.mapping.similarity import Guesses, best_guesses, composite, joined

A, B, NONE = 0, 1, -1
LEAST = np.array([0.85, 0.85])


def levels(*cases: tuple[int, float]) -> list[Guesses]:
    return [Guesses(np.array([mineral]), np.array([score], dtype=np.float32)) for mineral, score in cases]


NOTHING = (NONE, np.nan)


@pytest.mark.parametrize(
    ("scales", "least_smoothed", "highest"),
    [
        ([(A, 0.90), (A, 0.96), (A, 0.93)], (A, 0.96, 1), (A, 0.96, 1)),
        ([(A, 0.86), (B, 0.97), (B, 0.98)], (A, 0.86, 0), (B, 0.98, 2)),
        ([NOTHING, (B, 0.88), (B, 0.91)], (B, 0.91, 2), (B, 0.91, 2)),
        ([NOTHING, (B, 0.88), (A, 0.96)], (B, 0.88, 1), (A, 0.96, 2)),
        ([(A, 0.80), (B, 0.90), (B, 0.95)], (B, 0.95, 2), (B, 0.95, 2)),
        ([(A, 0.90), (A, 0.90), NOTHING], (A, 0.90, 0), (A, 0.90, 0)),
    ],
)
def test_composite_by_both_rules(scales, least_smoothed, highest):
    for rule, (mineral, score, level) in (("least-smoothed", least_smoothed), ("highest-score", highest)):
        found, chosen = composite(levels(*scales), LEAST, rule)
        assert (found.mineral[0], chosen[0]) == (mineral, level)
        assert found.score[0] == pytest.approx(score)


def test_with_a_lower_least_score_a_poor_guess_of_the_finest_scale_wins():
    found, _ = composite(levels((A, 0.80), (B, 0.90), (B, 0.95)), np.full(2, 0.707), "least-smoothed")
    assert (found.mineral[0], found.score[0]) == (A, pytest.approx(0.80))


def test_where_no_scale_suffices_the_highest_score_is_kept():
    found, level = composite(levels((A, 0.3), (B, 0.5), NOTHING), LEAST, "least-smoothed")
    assert (found.mineral[0], level[0]) == (B, 1)
    found, level = composite(levels(NOTHING, NOTHING), LEAST, "least-smoothed")
    assert (found.mineral[0], level[0]) == (NONE, -1)
    assert np.isnan(found.score[0])


def test_a_mineral_has_the_score_of_its_best_exemplar():
    scores = np.array([[0.2, 0.9, 0.5], [0.8, 0.1, 0.7]])
    np.testing.assert_allclose(joined(scores, np.array([0, 1, 0]), 2), [[0.5, 0.9], [0.8, 0.1]])


def test_a_spectrum_without_scores_has_no_mineral_and_of_equal_ones_the_first_wins():
    found = best_guesses(np.array([[np.nan, np.nan], [0.0, 0.0], [0.4, 0.4], [np.nan, 0.1]]))
    np.testing.assert_array_equal(found.mineral, [-1, 0, 0, 1])
    assert np.isnan(found.score[0])
