import numpy as np
import pytest

from hsicli.figures.history import draw_history
from hsicli.products.weights import Weights

WAVES = np.array([2100.0, 2200.0])


def test_every_column_has_a_panel_over_the_first():
    history = np.array([[1, 5.0, 6.0], [2, 4.0, 5.5], [3, 3.0, 5.7]])
    product = Weights(
        "dcgm", "{}", WAVES, (), np.zeros(0), history_names=("epoch", "loss", "held out"), history=history
    )
    first, second = draw_history(product).axes
    assert (first.get_ylabel(), second.get_ylabel(), second.get_xlabel()) == ("loss", "held out", "epoch")
    np.testing.assert_array_equal(second.lines[0].get_xydata(), history[:, [0, 2]])


def test_weights_that_were_solved_for_have_no_picture():
    with pytest.raises(ValueError, match="no history"):
        draw_history(Weights("ridge", "{}", WAVES, (), np.zeros(0)))
