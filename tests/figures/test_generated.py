import numpy as np
import pytest

from hsicli.figures.companions import draw
from hsicli.figures.generated import draw_generated
from hsicli.products.weights import Weights, packed

WAVES = np.linspace(1000.0, 2600.0, 30)
NAMES = (
    "iterations", "distance", "real against real", "coverage", "discriminator loss", "generator loss",
)  # fmt: skip
HISTORY = np.array(
    [[10, 9.0, 0.1, 0.2, 0.7, 0.7], [20, 3.0, 0.1, 0.6, 0.6, 0.9], [30, 4.0, 0.1, 0.5, 0.5, 1.1]]
)


def weights(**changes):
    rng = np.random.default_rng(0)
    panel = {
        "panel/real": rng.random((6, 30)),
        "panel/at": np.array([10, 20]),
        "panel/generated": rng.random((2, 6, 30)),
    }
    names, numbers = packed(panel)
    given = {"history_names": NAMES, "history": HISTORY} | changes
    return Weights("gan", "{}", WAVES, names, numbers, **given)


def test_the_distance_is_drawn_with_its_floor_and_the_look_that_is_kept():
    axes = draw_generated(weights()).axes[0]
    made, real, kept = axes.lines
    np.testing.assert_array_equal(made.get_xydata(), HISTORY[:, [0, 1]])
    np.testing.assert_array_equal(real.get_ydata(), HISTORY[:, 2])
    assert list(kept.get_xdata()) == [20, 20]
    assert axes.get_yscale() == "log"


def test_every_panel_has_the_generated_spectrum_over_the_real_one():
    product = weights()
    figure, arrays = draw_generated(product), product.arrays()
    shown = [axes for axes in figure.axes if axes.lines and len(axes.lines[-1].get_xdata()) == 30]
    assert len(shown) == 6
    for number, axes in enumerate(shown):
        np.testing.assert_array_equal(axes.lines[-1].get_ydata(), arrays["panel/generated"][-1, number])
        np.testing.assert_array_equal(axes.lines[-2].get_ydata(), arrays["panel/real"][number])


def test_a_gan_is_drawn_so_and_no_other_weights():
    assert len(draw(weights())[".png"].axes) == 9
    with pytest.raises(ValueError, match="no history of a GAN"):
        draw_generated(Weights("gan", "{}", WAVES, (), np.zeros(0)))
