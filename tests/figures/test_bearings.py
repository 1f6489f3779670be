"""Scale and north on a picture: by hand, from the affine transform."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrow

from hsicli.cube import Grid
from hsicli.figures.bearings import draw_bearings, metres_per_pixel, north_of

MARS = (
    'PROJCS["Mars",GEOGCS["Mars",DATUM["D",SPHEROID["S",3396190,0]],PRIMEM["R",0],UNIT["degree",0.0174]],'
    'PROJECTION["Equirectangular"],UNIT["metre",1]]'
)
UTM = MARS.replace("Equirectangular", "Transverse_Mercator")
POLAR = MARS.replace("Equirectangular", "Polar_Stereographic")
DEGREES = 'GEOGCS["WGS 84",UNIT["degree",0.017]]'
UPRIGHT = (18.0, 0.0, 0.0, 0.0, -18.0, 0.0)


def drawn(grid: Grid | None, width: float = 6.0):
    axes = Figure(figsize=(6, 6)).add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(width, 0))
    draw_bearings(axes, (width, width), grid, (100, 100))
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrow)]
    return [label.get_text() for label in axes.texts], list(axes.lines), arrows


def test_the_bar_is_a_round_length_in_metres():
    words, lines, arrows = drawn(Grid(UPRIGHT, UTM))
    assert words == ["500 m", "N"]
    line = lines[0].get_xdata()
    # the picture is 6 inches and 100 pixels wide
    assert (line[1] - line[0]) / 6.0 * 100 * 18 == pytest.approx(500)
    assert len(arrows) == 1


def test_without_a_grid_or_on_a_ribbon_nothing_is_drawn():
    assert drawn(None) == ([], [], [])
    assert drawn(Grid(UPRIGHT, UTM), width=0.8)[0] == []


def test_a_grid_in_degrees_has_an_arrow_but_no_bar():
    assert drawn(Grid((0.1, 0, 0, 0, -0.1, 0), DEGREES))[0] == ["N"]


def test_near_a_pole_there_is_a_bar_but_no_arrow():
    assert drawn(Grid(UPRIGHT, POLAR))[0] == ["500 m"]


def test_metres_are_those_of_a_step_to_the_next_column():
    assert metres_per_pixel(None) is None
    assert metres_per_pixel(Grid((0.1, 0, 0, 0, -0.1, 0), DEGREES)) is None
    feet = MARS.replace('"metre",1', '"US survey foot",0.3048')
    assert metres_per_pixel(Grid((1.0, 0, 0, 0, -1.0, 0), feet)) is None
    assert metres_per_pixel(Grid((3.0, -4.0, 0, 4.0, 3.0, 0), UTM)) == pytest.approx(5)


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, -135])
def test_north_of_an_image_turned_by_an_angle_lies_at_that_angle(degrees):
    turn = math.radians(degrees)  # a step to the next column goes this far north of east
    cosine, sine = math.cos(turn), math.sin(turn)
    grid = Grid((20 * cosine, 20 * sine, 5.0, 20 * sine, -20 * cosine, 7.0), MARS)
    assert north_of(grid) == pytest.approx((sine, -cosine), abs=1e-12)


def test_north_of_a_mirrored_image_and_of_one_without_extent():
    assert north_of(Grid((18.0, 0, 0, 0, 18.0, 0), MARS)) == pytest.approx((0, 1))
    assert north_of(Grid((0.0, 0, 0, 0, 0.0, 0), MARS)) is None
    assert north_of(Grid(UPRIGHT, None)) is None
    assert np.isfinite(north_of(Grid(UPRIGHT, 'GEOGCRS["Mars",UNIT["degree",1]]'))).all()
