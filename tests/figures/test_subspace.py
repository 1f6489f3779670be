from dataclasses import replace

import numpy as np
import pytest

from hsicli.figures.subspace import draw_subspace
from hsicli.products.subspace import Subspace


@pytest.fixture
def product():
    bands = 50
    power = 10.0 ** -np.arange(bands)
    noise = np.full(bands, 1e-3)
    return Subspace(
        dimension=4,
        dimension_regression=6,
        dimension_difference=4,
        pixels=1200,
        wavelengths=np.linspace(1000, 2500, bands),
        mean=np.full(bands, 0.3),
        noise=noise,
        noise_difference=2 * noise,
        eigenvectors=np.eye(bands),
        power=power,
        noise_power=np.full(bands, 1e-5),
    )


def test_both_estimates_and_the_dimension_are_said(product):
    left, right = draw_subspace(product).axes
    assert left.get_title(loc="left") == "noise of each band; 1,200 pixels"
    assert right.get_title(loc="left") == "dimension 4 (by regression 6, by differences 4)"
    assert [line.get_label() for line in left.lines][1:] == ["noise, by regression", "noise, by differences"]


def test_the_mark_stands_behind_the_last_direction_that_counts(product):
    right = draw_subspace(product).axes[1]
    assert right.lines[2].get_xdata()[0] == 4.5
    np.testing.assert_allclose(right.lines[1].get_ydata(), 2e-5)


def test_noise_of_zero_and_no_wavelengths_are_drawn(product):
    silent = replace(product, noise=np.zeros(50), noise_power=np.zeros(50), wavelengths=None)
    figure = draw_subspace(silent)
    figure.canvas.draw()
    assert figure.axes[0].get_xlabel() == "band"
