import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hsicli.algorithms.colours import distinct_colours
from hsicli.figures.maps import UNLABELED, class_image, draw_map, draw_two_maps
from hsicli.products.rasters import Raster

PROJECTED = (
    'PROJCRS["Mars", BASEGEOGCRS["Mars", ANGLEUNIT["degree",0.0174532925]], CS[Cartesian,2], '
    'LENGTHUNIT["metre",1]]'
)


def planted(rows, cols, k, names=None, grid=None):
    labels = (np.arange(rows * cols).reshape(rows, cols) * k // (rows * cols) + 1).astype(np.uint8)
    labels[0, 0] = 0
    names = names or tuple(f"class {number}" for number in range(1, k + 1))
    return Raster(labels[None], ("class",), 0, names, distinct_colours(k), None, grid)


def texts(figure):
    return [label for axes in figure.axes for label in axes.texts]


def boxes(figure):
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [label.get_window_extent(renderer) for label in texts(figure)]


@pytest.mark.parametrize(
    ("rows", "cols", "k"),
    [(30, 40, 1), (24, 20, 7), (50, 20, 25), (40, 60, 60), (2000, 100, 25), (100, 2000, 25), (9000, 90, 3)],
)
def test_nothing_is_cut_and_no_words_overlap(rows, cols, k):
    long_names = tuple(f"{number} Fe/Mg smectite, poorly crystalline, wet" for number in range(k))
    for names in (None, long_names):
        figure = draw_map(planted(rows, cols, k, names))
        width, height = figure.get_size_inches() * figure.dpi
        found = boxes(figure)
        for box in found:
            assert box.x0 >= 0
            assert box.y0 >= 0
            assert box.x1 <= width
            assert box.y1 <= height
        for first in range(len(found)):
            for second in range(first):
                assert not found[first].overlaps(found[second])


def test_pixels_stay_square():
    figure = draw_map(planted(30, 50, 3))
    box = figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(50 / 30)


def test_the_legend_says_every_class_and_its_share_of_the_labeled_pixels():
    labels = np.array([[1, 1, 1, 2], [1, 1, 1, 2], [0, 0, 0, 0]], dtype=np.uint8)
    raster = Raster(labels[None], ("class",), 0, ("opal", "gypsum", "jarosite"), distinct_colours(3))
    words = [label.get_text() for label in texts(draw_map(raster))]
    assert words == [
        "3 classes",
        "8 px",
        "opal",
        "75 %",
        "gypsum",
        "25 %",
        "jarosite",
        "0",
        "unlabeled",
        "4 px",
    ]


def test_classes_have_their_colours_and_the_unlabeled_are_grey():
    raster = planted(4, 4, 2)
    image = class_image(raster)
    assert tuple(image[0, 0]) == UNLABELED
    np.testing.assert_array_equal(image[3, 3], raster.colours[1])


def test_two_maps_stand_side_by_side_with_their_titles():
    figure = draw_two_maps(planted(30, 40, 3), planted(30, 40, 5), ("before", "after"))
    assert [label.get_text() for label in figure.texts] == ["before", "after"]
    first, _, second, _ = (axes.get_position() for axes in figure.axes)
    assert first.x1 < second.x0
    assert first.y0 == pytest.approx(second.y0)


def test_a_raster_of_numbers_is_refused():
    with pytest.raises(ValueError, match="draws classes"):
        draw_map(Raster(np.zeros((2, 3, 3)), ("a", "b"), 0))


def test_a_legend_of_very_many_classes_is_cut_short():
    many = 1000
    raster = Raster(
        data=(np.arange(40 * 30) % (many + 1)).reshape(1, 40, 30).astype(np.uint16),
        layer_names=("class",),
        nodata=0,
        class_names=tuple(f"superpixel {number}" for number in range(1, many + 1)),
        colours=np.zeros((many, 3), np.uint8),
    )
    texts = [text.get_text() for axes in draw_map(raster).axes for text in axes.texts]
    assert "and 900 more" in texts
    assert "superpixel 101" not in texts
