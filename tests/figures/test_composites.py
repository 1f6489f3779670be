"""A composite as a picture: its colours, its fill, and what stands below it."""

import itertools

import numpy as np

from hsicli.cube import Grid
from hsicli.figures.composites import EMPTY, draw_composite

SCALES = [("D2300", 0.0, 0.034), ("D2200", 0.0025, 0.02), ("BD1900R2", 0.0, 0.05)]


def test_full_is_full_and_fill_is_light_grey():
    picture = np.zeros((3, 40, 60), dtype=np.uint8)
    picture[0, :, 30:] = 254
    picture[:, :5] = 255
    figure = draw_composite(picture, "PHY", SCALES, nodata=255, grid=None)
    shown = figure.axes[0].images[0].get_array()
    assert tuple(shown[20, 45]) == (255, 0, 0)
    assert tuple(shown[20, 5]) == (0, 0, 0)
    assert tuple(shown[2, 45]) == EMPTY


def test_each_colour_says_what_it_is_and_what_it_spans():
    figure = draw_composite(np.zeros((3, 40, 60), np.uint8), "PHY", SCALES, nodata=255, grid=None)
    words = [text.get_text() for text in figure.texts]
    assert words[0] == "PHY"
    for name, low, high in SCALES:
        assert {name, f"{low:.3g}", f"{high:.3g}"} <= set(words)


def test_nothing_runs_off_the_page_whatever_the_shape_of_the_scene():
    metres = (
        'PROJCS["x",GEOGCS["g",DATUM["d",SPHEROID["s",1,0]],PRIMEM["p",0],UNIT["Degree",1]],UNIT["metre",1]]'
    )
    grid = Grid((18.0, 0, 0, 0, -18.0, 0), metres)
    for shape in ((40, 60), (900, 30), (30, 900), (3, 3)):
        figure = draw_composite(np.zeros((3, *shape), np.uint8), "PHY: clays", SCALES, nodata=255, grid=grid)
        renderer = figure.canvas.get_renderer()
        page = figure.bbox
        for text in figure.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= page.x0, (shape, text)
            assert box.x1 <= page.x1, (shape, text)
            assert box.y0 >= page.y0, (shape, text)
        boxes = sorted(
            (text.get_window_extent(renderer) for text in figure.texts[1:]), key=lambda box: box.x0
        )
        for left, right in itertools.pairwise(boxes):
            assert left.x1 <= right.x0, shape
