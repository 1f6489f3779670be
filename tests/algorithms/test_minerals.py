"""Minerals: their spectra have the absorptions that the table states, and real minerals have them too."""

import numpy as np
import pytest

from hsicli.algorithms.minerals import MINERALS, Absorption, reflectance, spectra
from hsicli.errors import ConfigError
from hsicli.io.speclib import read_library

FLAT = ((400.0, 0.5), (4000.0, 0.5))


def test_an_absorption_has_its_depth_at_its_centre_and_half_of_it_at_half_its_width() -> None:
    at = np.array([2200.0, 2175.0, 2225.0, 3000.0])
    values = reflectance(at, FLAT, (Absorption(2200, 50, 0.4),))
    np.testing.assert_allclose(values, [0.3, 0.4, 0.4, 0.5], atol=1e-9)


def test_without_absorptions_the_continuum_passes_its_nodes_and_is_constant_beyond() -> None:
    nodes = ((1000.0, 0.2), (1500.0, 0.4), (2000.0, 0.3))
    np.testing.assert_allclose(
        reflectance(np.array([500, 1000, 1500, 2000, 2600]), nodes, ()), [0.2, 0.2, 0.4, 0.3, 0.3]
    )


@pytest.mark.parametrize("name", MINERALS)
def test_minima_lie_at_the_stated_centres(name: str) -> None:
    """To 1 nm where no other absorption reaches; overlapping ones pull the minimum of the deepest."""
    mineral = MINERALS[name]
    wavelengths = np.arange(400.0, 3900.0, 1.0)
    removed = reflectance(wavelengths, *mineral) / reflectance(wavelengths, mineral.continuum, ())
    minima = wavelengths[1:-1][(np.diff(removed[:-1]) <= 0) & (np.diff(removed[1:]) > 0)]
    for band in mineral.absorptions:
        others = [
            other
            for other in mineral.absorptions
            if other is not band and abs(other.centre - band.centre) < 1.3 * (band.width + other.width)
        ]
        nearest = np.abs(minima - band.centre).min()
        if not others:
            assert nearest <= 1, band
        elif all(band.depth > other.depth for other in others):
            assert nearest <= 0.15 * band.width, band


@pytest.mark.parametrize("name", MINERALS)
def test_reflectances_are_possible(name: str) -> None:
    values = spectra((name,), np.arange(350.0, 4000.0, 5.0))
    assert (values > 0).all()
    assert (values < 1).all()


def test_minerals_differ_from_each_other() -> None:
    values = spectra(tuple(MINERALS), np.arange(450.0, 2600.0, 10.0))
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    closeness = unit @ unit.T - 2 * np.eye(len(unit))
    assert np.arccos(closeness.max()) > 0.015  # radians: the two jarosites


def test_an_unknown_mineral_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unobtainium") as caught:
        spectra(("unobtainium",), np.array([1000.0]))
    assert "kaolinite" in caught.value.hint


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "measured", "centres"),
    [
        ("kaolinite", "Kaolinite", (1395, 1415, 2165, 2207)),
        ("montmorillonite", "Montmorillonite", (1412, 1910, 2208)),
        ("nontronite", "Nontronite", (1430, 1910, 2287)),
        ("saponite", "Saponite", (1392, 1912, 2312)),
        ("calcite", "Calcite", (2340,)),
        ("magnesite", "Magnesite", (2305,)),
        ("alunite", "Alunite", (1762, 2168, 2320)),
        ("jarosite", "Jarosite", (1852, 2268)),
        ("hematite", "Hematite", (865,)),
    ],
)
def test_measured_minerals_have_these_absorptions(name: str, measured: str, centres, data_dir) -> None:
    """Minima of USGS laboratory spectra, after a line between ±60 nm, within 12 nm of the table."""
    stated = {band.centre for band in MINERALS[name].absorptions}
    assert set(centres) <= stated
    library = read_library(data_dir / "libraries" / "splib07a_native_beckman" / "spectra.csv")
    found = [row for row, known in enumerate(library.names) if known.startswith(measured)]
    assert found
    for centre in centres:
        distances = []
        for row in found:
            near = np.abs(library.wavelengths - centre) <= 60
            w, r = library.wavelengths[near], library.spectra[row, near]
            flat = r / np.interp(w, w[[0, -1]], r[[0, -1]])
            inner = np.flatnonzero((flat[1:-1] < flat[:-2]) & (flat[1:-1] < flat[2:])) + 1
            distances.append(np.abs(w[inner] - centre).min() if len(inner) else np.inf)
        assert min(distances) <= 12, (centre, distances)
