"""The chart: levels of confidence, scales, and what only ratios show."""

import numpy as np
import pytest

from hsicli.runtime import quiet
from hsicli.stages.mapping.charting import Comparison, chart_ratios, chart_reflectance, empty_chart
from hsicli.stages.mapping.gallery import Gallery
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from hsicli.stages.mapping.references import exemplars_of
from tests.stages.mapping.conftest import AXIS

THRESHOLDS = np.array([[0.5, 0.9]] * 3)


@pytest.fixture(scope="module")
def preparing(scene):
    return preparing_for(scene, None, 5, PrepareConfig())


def compared(preparing, library, score) -> Comparison:
    exemplars = exemplars_of([library], preparing, None, "joined")
    return Comparison(preparing, exemplars, score, THRESHOLDS, THRESHOLDS[:, 0], (1, 3), "least-smoothed")


def test_scores_become_labels_and_levels(preparing, library, truth):
    """The score says 0.95, 0.6, 0.3 by column."""

    def score(_, __, places):
        value = np.choose((places % 30) // 10, [0.95, 0.6, 0.3])
        return np.column_stack([np.zeros_like(value), value, np.zeros_like(value)]).astype(np.float32)

    chart, gallery = empty_chart(40, 30), Gallery(3, len(AXIS))
    chart_reflectance(compared(preparing, library, score), chart, gallery, quiet)
    shown = truth > 0
    level = np.broadcast_to(np.repeat([2, 1, 0], 10), shown.shape)
    np.testing.assert_array_equal(chart.confidence[shown], level[shown])
    np.testing.assert_array_equal(chart.labels[shown], np.where(level > 0, 2, 0)[shown])
    assert (chart.best[shown] == 2).all()
    assert (chart.labels[:2, :3] == 0).all()
    assert np.isnan(chart.score[:2, :3]).all()
    assert set(np.unique(chart.scale)) <= {0, 1, 3}
    np.testing.assert_array_equal(
        gallery.counts.sum(axis=1), np.bincount(chart.labels.ravel(), minlength=4)[1:]
    )


def test_ratios_fill_in_what_reflectance_left_open_and_are_marked(preparing, library, truth):
    def nothing(_, __, places):
        return np.full((len(places), 3), 0.95 * (places[:, None] % 30 < 8), dtype=np.float32)

    def all_of_it(_, __, places):
        return np.tile(np.float32([0, 0, 0.97]), (len(places), 1))

    chart, gallery = empty_chart(40, 30), Gallery(3, len(AXIS))
    first = compared(preparing, library, nothing)
    chart_reflectance(first, chart, gallery, quiet)
    before = chart.labels.copy()
    chart_ratios(first._replace(score=all_of_it), lambda block: None, chart, gallery, quiet)
    kept = before > 0
    np.testing.assert_array_equal(chart.labels[kept], before[kept])
    assert (chart.branch[kept] == 1).all()
    more = (chart.labels > 0) & ~kept
    assert more.any()
    assert (chart.labels[more] == 3).all()
    assert np.isin(chart.branch[more], [2, 3]).all()
    assert gallery.counts.sum() == (chart.labels > 0).sum()
