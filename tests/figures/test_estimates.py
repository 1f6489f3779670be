"""Estimate pictures: what they show is what the product holds."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.figures.estimates import draw_certainty, draw_pixels
from hsicli.products.estimates import Estimate


@pytest.fixture
def estimate(rng) -> Estimate:
    """Two chosen pixels of a small scene, and one that has no data."""
    rows, cols, b, m = 12, 20, 8, 3
    root = rng.normal(size=(3, b, b)) * 0.02
    covariances = root @ root.transpose(0, 2, 1)
    covariances[2] = np.nan
    spread = np.full((rows, cols), 0.01, dtype=np.float32)
    spread[0, :4] = np.nan
    return Estimate(
        mean=rng.uniform(0.2, 0.4, (rows, cols, b)).astype(np.float32),
        deviation=np.full((rows, cols, b), 0.01, dtype=np.float32),
        inputs=rng.uniform(0.2, 0.4, (rows, cols, m)).astype(np.float32),
        spread=spread,
        strangeness=spread * 40,
        strangeness_usual=np.array([0.1, 0.3, 0.4, 0.6, 0.9]),
        strangeness_shares=np.array([0.5, 0.9, 0.95, 0.99, 1.0]),
        levels=np.array([0.5, 0.9, 0.95]),
        interval_factors=np.repeat([[0.7], [1.6], [2.0]], b, axis=1),
        wavelengths=np.linspace(2000, 2400, b),
        input_wavelengths=np.array([2050.0, 2200, 2350]),
        method="ridge",
        settings="{}",
        array_names=(),
        numbers=np.zeros(0),
        pixels=np.array([[3, 4], [11, 19], [0, 1]]),
        covariances=covariances,
    )


def test_a_column_a_chosen_pixel_with_data(estimate):
    figure = draw_pixels(estimate)
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert len(panels) == 6
    titles = [axes.get_title() for axes in panels[:2]]
    assert titles == ["1: row 3, col 4", "2: row 11, col 19"]
    drawn = panels[2].get_lines()[0].get_ydata()
    np.testing.assert_array_equal(drawn, estimate.mean[3, 4])
    band = panels[2].collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx((estimate.mean[3, 4] + 1.6 * 0.01).max())
    image = panels[4].collections[0].get_array()
    np.testing.assert_allclose(np.asarray(image).reshape(8, 8), estimate.covariances[0])


def test_truth_and_samples_are_drawn_where_they_are(estimate, rng):
    more = replace(estimate, truth=rng.uniform(0.2, 0.4, (3, 8)), samples=rng.uniform(0.2, 0.4, (3, 5, 8)))
    lines = draw_pixels(more).axes[2].get_lines()
    assert len(lines) == 5 + 2
    np.testing.assert_array_equal(lines[-1].get_ydata(), more.truth[0])


def test_no_pixel_is_said_in_words(estimate):
    figure = draw_pixels(replace(estimate, pixels=None, covariances=None))
    assert "no pixel" in figure.texts[0].get_text()


def test_maps_mark_the_chosen_pixels(estimate):
    figure = draw_certainty(estimate)
    maps = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert len(maps) == 2
    assert "99 %" in maps[1].get_title(loc="left")
    assert [text.get_text() for text in maps[0].texts[:2]] == ["1", "2"]
    shown = maps[0].get_images()[1].get_array()
    assert np.ma.getmaskarray(shown)[0, :4].all()
