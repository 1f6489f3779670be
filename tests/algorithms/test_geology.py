"""Rock units: shares as asked, abundances on the simplex, later units over earlier ones."""

import numpy as np
import pytest

from hsicli.algorithms.geology import Geology, Unit, abundances, calibrated
from hsicli.algorithms.synthesis import Sheet

SHEET = Sheet(slice(0, 200), 150)


def geology(*units: Unit, seed: int = 0) -> Geology:
    members = tuple(range(1, len(units) + 1))
    return calibrated(Geology(units, members, len(units) + 1, 0, seed, 0.3, 0), [SHEET])


@pytest.mark.parametrize("seed", range(5))
def test_layers_share_the_area_as_asked(seed: int) -> None:
    units = [
        Unit(name, "layer", share, 30.0, abundance=1.0) for name, share in zip("abc", (5, 3, 2), strict=True)
    ]
    mixture = abundances(geology(*units, seed=seed), SHEET)
    np.testing.assert_allclose(mixture.sum(axis=-1), 1, atol=1e-12)
    assert (mixture >= 0).all()
    shares = np.bincount(mixture[..., 1:].argmax(axis=-1).ravel(), minlength=3) / mixture[..., 0].size
    np.testing.assert_allclose(shares, [0.5, 0.3, 0.2], atol=0.01)


@pytest.mark.parametrize("form", ["patch", "vein"])
def test_patches_and_veins_have_their_share(form) -> None:
    mixture = abundances(geology(Unit("a", form, 0.1, 30.0, abundance=1.0)), SHEET)
    assert (mixture[..., 1] > 0.4).mean() == pytest.approx(0.1, abs=0.02)


def test_a_later_unit_lies_over_an_earlier_one() -> None:
    below, above = Unit("a", "patch", 0.9, 30.0, abundance=1.0), Unit("b", "patch", 0.9, 40.0, abundance=1.0)
    mixture = abundances(geology(below, above), SHEET)
    assert (mixture[..., 2] > 0.5).mean() == pytest.approx(0.9, abs=0.02)
    assert (mixture[..., 1] > 0.5).mean() < 0.12


def test_without_units_all_is_background() -> None:
    np.testing.assert_array_equal(abundances(geology(), SHEET), 1)
