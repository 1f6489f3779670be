"""A library ranked by angle: the same spectrum first, gaps and brightness without effect."""

import numpy as np
import pytest

from hsicli.library import Library
from hsicli.stages.identify import rank_library

AXIS = np.linspace(1000.0, 2500.0, 60)


def dip(centre: float) -> np.ndarray:
    return 1 - 0.3 * np.exp(-0.5 * ((AXIS - centre) / 60) ** 2)


LIBRARY = Library(("1400", "1900", "2200"), np.stack([dip(1400), dip(1900), dip(2200)]), AXIS)


@pytest.mark.parametrize("compare", ["spectrum", "continuum-removed", "band-depth"])
def test_a_spectrum_is_nearest_to_itself_whatever_its_brightness(compare) -> None:
    found, angles = rank_library(
        7.5 * LIBRARY.spectra, AXIS, LIBRARY, compare=compare, ranks=2, least_overlap=0.5
    )
    assert found[:, 0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(angles[:, 0], 0, atol=1e-3)
    assert (angles[:, 1] > angles[:, 0]).all()


def test_the_continuum_does_not_count_once_it_is_removed() -> None:
    sloped = dip(1900) * np.linspace(1, 2, 60)
    found, angles = rank_library(
        sloped[None], AXIS, LIBRARY, compare="continuum-removed", ranks=1, least_overlap=0.5
    )
    assert found.tolist() == [[1]]
    assert angles[0, 0] < np.radians(1.5)


def test_a_gap_in_one_spectrum_takes_nothing_from_another() -> None:
    spectra = LIBRARY.spectra.copy()
    spectra[0, 30:] = np.nan
    _, alone = rank_library(
        LIBRARY.spectra[1:2], AXIS, LIBRARY, compare="spectrum", ranks=3, least_overlap=0.5
    )
    _, together = rank_library(spectra, AXIS, LIBRARY, compare="spectrum", ranks=3, least_overlap=0.5)
    np.testing.assert_allclose(together[1], alone[0], rtol=1e-12, atol=1e-12)


def test_spectra_without_enough_shared_bands_are_not_ranked() -> None:
    short = Library(("short",), np.where(AXIS < 1500, 1.0, np.nan)[None], AXIS)
    found, angles = rank_library(
        LIBRARY.spectra[:1], AXIS, short, compare="spectrum", ranks=5, least_overlap=0.5
    )
    assert found.tolist() == [[-1]]
    assert np.isnan(angles).all()


@pytest.mark.real
def test_real_exemplars_find_their_mineral_in_the_type_spectra(data_dir) -> None:
    from hsicli.io.speclib import read_library

    library = read_library(data_dir / "libraries/mica/spectra.csv")
    numerators = read_library(data_dir / "crism/openset/exemplars_r1.sli")
    names = [name.casefold() for name in numerators.names]
    known = [row for row, name in enumerate(names) if name in library.names]
    assert len(known) >= 10
    found, _ = rank_library(
        numerators.spectra[known], numerators.wavelengths, library,
        compare="continuum-removed", ranks=1, least_overlap=0.5,
    )  # fmt: skip
    wrong = {names[row] for k, row in enumerate(known) if library.names[found[k, 0]] != names[row]}
    # Without a ratio their bands are weak: nearest are Mg smectite, hematite and chlorite.
    assert wrong <= {"fe_smectite", "poly_hyd_sulf", "epidote"}
