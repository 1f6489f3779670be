"""The picture of times: what it says, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from hsicli.figures.diffusion import draw_times
from hsicli.products.labels import Labels


def product() -> Labels:
    return Labels(
        np.ones((2, 2), np.int32), ("a", "b", "c"), np.zeros((3, 3), np.uint8),
        np.ones(3), np.zeros((3, 1)), np.zeros((3, 1)),
        eigenvalues=np.array([1.0, 0.999, 0.99]), times=np.array([0, 1, 2, 4, 8]),
        time_distances=np.array([0.5, 0.4, 0.2, 0.3, 0.6]), time_chosen=2,
    )  # fmt: skip


def test_it_says_the_time_that_was_chosen_and_the_second_eigenvalue():
    left, right = draw_times(product()).axes
    assert "0.999000" in left.get_title(loc="left")
    assert right.get_title(loc="left") == "time 2, 3 classes"
    assert [label.get_text() for label in right.get_xticklabels()] == ["0", "1", "2", "2²", "2³"]
    steps = left.lines[0].get_ydata()
    np.testing.assert_allclose(steps, [-1 / np.log(0.999), -1 / np.log(0.99)])


def test_other_labels_have_no_times():
    with pytest.raises(ValueError, match="not made by diffusion"):
        draw_times(replace(product(), times=None))


def test_of_a_grid_each_setting_is_a_line_and_the_chosen_one_is_named():
    times = np.array([0, 1, 2, 0, 1, 2, 4])
    settings = ("neighbours 20",) * 3 + ("neighbours 40",) * 4
    grid = replace(
        product(), times=times, time_distances=np.linspace(0.7, 0.1, 7), time_chosen=6, time_settings=settings
    )
    _, right = draw_times(grid).axes
    assert right.get_title(loc="left") == "time 4, 3 classes\nneighbours 40"
    first, second, mark = right.lines
    assert (len(first.get_xdata()), len(second.get_xdata())) == (3, 4)
    assert mark.get_xdata()[0] == 3
    assert [label.get_text() for label in right.get_xticklabels()] == ["0", "1", "2", "2²"]
