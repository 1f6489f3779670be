"""The losses: by hand, by law, and beside numpy."""

import math

import numpy as np
import pytest
import torch

from hsicli.models.losses import spectral_angle


def test_angles_that_can_be_checked_on_paper():
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 2.0]])
    y = torch.tensor([[1.0, 1.0], [0.0, 3.0], [-2.0, 0.0], [5.0, 5.0]])
    assert spectral_angle(x, y).tolist() == pytest.approx([math.pi / 4, math.pi / 2, math.pi, 0.0], abs=1e-6)


def test_the_angle_is_the_arc_cosine_of_the_paper(rng):
    x, y = rng.normal(size=(50, 30)), rng.normal(size=(50, 30))
    cosine = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    angle = spectral_angle(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    np.testing.assert_allclose(angle, np.arccos(cosine), rtol=1e-12)


def test_brightness_does_not_matter(rng):
    x, y = torch.from_numpy(rng.random((2, 9, 20)))
    torch.testing.assert_close(spectral_angle(1e-3 * x, 7.0 * y), spectral_angle(x, y), rtol=1e-9, atol=0)


def test_a_small_angle_keeps_its_digits_in_single_precision():
    angle = spectral_angle(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1e-5]))
    assert angle.item() == pytest.approx(1e-5, rel=1e-3), "arccos of a float32 gives 0 here"


def test_the_gradient_is_finite_where_the_angle_is_zero_and_where_a_guess_is_zero():
    x = torch.tensor([[0.2, 0.3, 0.4], [0.2, 0.3, 0.4]])
    guess = torch.stack([x[0], torch.zeros(3)]).requires_grad_()
    spectral_angle(x, guess).sum().backward()
    assert torch.isfinite(guess.grad).all()


def test_a_zero_guess_is_at_a_right_angle():
    assert spectral_angle(torch.ones(4), torch.zeros(4)).item() == pytest.approx(math.pi / 2)
