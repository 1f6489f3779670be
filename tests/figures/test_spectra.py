from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hsicli.algorithms.colours import distinct_colours
from hsicli.figures.spectra import draw_library, draw_spectra, gaps, spread_apart, stacked
from hsicli.library import Library
from hsicli.products.labels import Labels


def planted(k, bands=60, rng=None):
    rng = rng or np.random.default_rng(0)
    wavelengths = np.linspace(1000, 2500, bands)
    means = 0.2 + 0.2 * rng.random((k, 1)) + 0.05 * np.sin(wavelengths / 150 + 6 * rng.random((k, 1)))
    labels = np.arange(1, k + 1, dtype=np.int32)[None]
    return Labels(
        labels,
        tuple(f"mineral {number}" for number in range(k)),
        distinct_colours(k),
        np.ones(k, dtype=int),
        means,
        np.full_like(means, 0.01),
        wavelengths,
    )


@pytest.mark.parametrize("k", [1, 7, 25, 60])
def test_labels_are_whole_and_do_not_overlap(k):
    figure = draw_spectra(planted(k))
    renderer = FigureCanvasAgg(figure).get_renderer()
    labels = [label for label in figure.axes[0].texts if label.get_text().startswith("mineral")]
    assert len(labels) == k
    boxes = [label.get_window_extent(renderer) for label in labels]
    width, height = figure.get_size_inches() * figure.dpi
    assert all(box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
    assert not any(boxes[i].overlaps(boxes[j]) for i in range(k) for j in range(i))


def test_stacked_curves_do_not_touch(rng):
    means = planted(12, rng=rng).means
    moved = means + stacked(means)[:, None]
    assert (moved[:-1] - moved[1:]).min() > 0
    assert stacked(means)[0] == 0


def test_flat_curves_are_parted_too():
    assert np.diff(stacked(np.full((3, 5), 0.3))).max() < 0


def test_a_missing_window_is_a_gap_and_an_even_axis_has_none():
    axis = np.concatenate([np.arange(1000, 1350, 10), np.arange(1460, 1800, 10)])
    np.testing.assert_array_equal(gaps(axis), [35])
    assert not len(gaps(np.arange(1000, 2000, 6.5)))
    assert not len(gaps(np.array([560.0, 660, 820, 1650, 2165])))  # a sensor of few bands has no usual step


def test_no_line_crosses_a_gap_or_a_missing_value():
    product = planted(2)
    keep = (product.wavelengths < 1340) | (product.wavelengths > 1460)
    product.means[1, 40] = np.nan
    product = replace(
        product,
        means=product.means[:, keep],
        deviations=product.deviations[:, keep],
        wavelengths=product.wavelengths[keep],
    )
    curves = [line.get_ydata() for line in draw_spectra(product).axes[0].lines if len(line.get_ydata()) > 2]
    assert [int(np.isnan(curve).sum()) for curve in curves] == [1, 2]


def test_classes_without_pixels_are_left_out_and_none_is_said():
    product = planted(3)
    without = replace(product, counts=np.array([1, 0, 1]))
    words = [label.get_text() for label in draw_spectra(without).axes[0].texts]
    assert "mineral 0" in words
    assert "mineral 1" not in words
    nothing = draw_spectra(replace(product, counts=np.zeros(3, dtype=int)))
    assert nothing.axes[0].texts[0].get_text() == "no class has a spectrum"


def test_without_wavelengths_the_axis_is_the_band():
    assert draw_spectra(replace(planted(2), wavelengths=None)).axes[0].get_xlabel() == "band"


@pytest.mark.parametrize("seed", range(10))
def test_places_spread_apart_keep_their_order_and_distance(seed):
    wanted = np.random.default_rng(seed).random(12)
    found = spread_apart(wanted, 0.05, 0.0, 1.0)
    order = np.argsort(wanted)
    assert np.diff(found[order]).min() >= 0.05 - 1e-9
    assert found.min() >= 0.025 - 1e-9
    assert found.max() <= 0.975 + 1e-9


def test_places_far_enough_apart_stay():
    np.testing.assert_allclose(spread_apart(np.array([0.2, 0.8, 0.5]), 0.1, 0, 1), [0.2, 0.8, 0.5])


def test_a_library_is_drawn_by_name_and_its_deleted_channels_are_left_open(rng):
    spectra = rng.random((3, 30))
    spectra[1, 5:9] = np.nan
    spectra[2] = np.nan
    axes = draw_library(Library(("clay", "lava", "void"), spectra, np.linspace(1000, 2000, 30))).axes[0]
    assert [label.get_text() for label in axes.texts[:2]] == ["clay", "lava"]
    assert axes.get_title(loc="left") == "3 spectra, 2 of them here"
    assert np.isnan(axes.lines[1].get_ydata()[5:9]).all()
    assert axes.get_xlabel() == "wavelength, µm"
