"""Exemplars: variants of a mineral, gaps, and spectra that cannot serve."""

import numpy as np
import pytest

from hsicli.errors import InputError
from hsicli.library import Library
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from hsicli.stages.mapping.references import exemplars_of, mineral_name
from tests.stages.mapping.conftest import AXIS, spectrum


@pytest.fixture
def preparing(scene):
    return preparing_for(scene, None, 0, PrepareConfig())


@pytest.mark.parametrize(
    ("name", "mineral"),
    [
        ("KAOLINITE", "kaolinite"),
        ("KAOLINITE_2", "kaolinite"),
        ("MG_CARBONATE", "mg carbonate"),
        ("Mg-Carbonate (93BE: 49; 32) [5x5 AVG]", "Mg-Carbonate"),
        ("kaolinite (2)", "kaolinite"),
        ("like 3,4", "like 3,4"),
        ("12", "12"),
    ],
)
def test_a_name_says_what_it_is_of(name, mineral):
    assert mineral_name(name) == mineral


def test_variants_of_a_mineral_are_one_mineral_or_separate(library, preparing):
    names = ("MG_CARBONATE", "clay", "Mg-Carbonate (93BE)")
    spectra = library.spectra[[1, 0, 1]] * np.array([[1], [1], [0.8]])
    three = Library(names, spectra, AXIS)
    joined = exemplars_of([three], preparing, None, "joined")
    assert joined.minerals == ("mg carbonate", "clay")
    np.testing.assert_array_equal(joined.mineral_of, [0, 1, 0])
    np.testing.assert_array_equal(joined.first(), [0, 1])
    assert exemplars_of([three], preparing, None, "separate").minerals == names


def test_a_gap_inside_is_bridged_and_a_missing_end_costs_the_exemplar(library, preparing, caplog):
    spectra = library.spectra.copy()
    spectra[0, 20:24] = np.nan
    spectra[1, -1] = np.nan
    found = exemplars_of([Library(library.names, spectra, AXIS)], preparing, None, "joined")
    assert found.names == ("clay", "pyroxene")
    assert np.isfinite(found.reflectance).all()
    assert "1 exemplars are left out, as they lack bands: carbonate" in caplog.text


def test_two_minerals_of_one_spectrum_are_warned_of(library, preparing, caplog):
    twice = Library(("talc", "hydrox fe sulf"), library.spectra[[0, 0]], AXIS)
    exemplars_of([twice], preparing, None, "joined")
    assert "hydrox fe sulf and talc have the same spectrum" in caplog.text


def test_a_library_elsewhere_or_of_flat_spectra_is_refused(preparing):
    for spectra, axis in ((spectrum()[None], AXIS), (np.ones((1, 40)), np.linspace(300, 900, 40))):
        with pytest.raises(InputError, match="no spectrum of the library covers"):
            exemplars_of([Library(("flat",), spectra, axis)], preparing, None, "joined")
