"""The page of products: every kind has its section."""

import numpy as np
import pytest

from hsicli.figures.companions import draw
from hsicli.figures.report import ABUNDANCE_CAPTIONS, TITLES, Entry, report_page
from hsicli.products.abundances import Abundances
from hsicli.products.kinds import KINDS


@pytest.fixture
def abundances(rng) -> Abundances:
    shares = rng.dirichlet(np.ones(2), (5, 6)).astype(np.float32)
    shares[0, 0] = np.nan
    zeros = np.zeros((5, 6), dtype=np.float32)
    return Abundances(
        shares, ("clay", "lava"), rng.random((2, 9)), "raw", "blind", "linear", zeros, zeros,
        wavelengths=np.linspace(1000, 2000, 9), library_names=("kaolinite", "basalt"),
        matches=np.array([[1, 2], [2, 0]]), match_angles=np.radians([[1.5, 9.0], [3.0, np.nan]]),
    )  # fmt: skip


def test_every_kind_of_product_has_a_section():
    assert TITLES.keys() == {kind.KIND for kind in KINDS}


def test_abundances_are_shown_with_their_means_and_what_they_resemble(abundances):
    assert draw(abundances).keys() == ABUNDANCE_CAPTIONS.keys()
    text = report_page("page", [Entry("a.h5", abundances, None)], None)
    mean = float(np.nanmean(abundances.abundances[..., 0]))
    assert f"<td>{mean:.2%}</td>" in text
    assert "kaolinite (1.5°)" in text
    assert "basalt (9.0°)" in text
    assert text.count("<img") == 2
