import contextlib
import io

import numpy as np
import pytest
import spectral

from hsicli.algorithms.angles import spectral_angle
from hsicli.algorithms.purity import extreme_counts, ppi, smacc
from hsicli.errors import InputError


def scene(rng, p=5, bands=40, n=800, noise=0.0):
    endmembers = rng.random((p, bands))
    abundances = rng.dirichlet(np.full(p, 0.5), n)
    rows = rng.choice(n, p, replace=False)
    abundances[rows] = np.eye(p)
    return abundances @ endmembers + rng.normal(0, noise, (n, bands)), endmembers, rows


def test_counts_by_hand():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert extreme_counts(points, np.array([[1.0, 0.1], [0.1, 1.0], [1.0, 1.1]])).tolist() == [3, 1, 2]


def test_counts_are_those_of_spy(rng):
    spectra, _, _ = scene(rng, noise=0.01)
    np.random.seed(0)  # noqa: NPY002  (what SPy draws from)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = spectral.ppi(spectra[:, None], 200, display=0).ravel()
    np.random.seed(0)  # noqa: NPY002
    skewers = np.array([np.random.rand(40) - 0.5 for _ in range(200)])  # noqa: NPY002
    assert (extreme_counts(spectra, skewers) == theirs).all()


def test_the_purest_pixels_are_the_corners(rng):
    spectra, _, rows = scene(rng)
    assert set(ppi(spectra, 5, rng=rng).tolist()) == set(rows.tolist())


def test_copies_of_the_purest_pixel_are_not_taken_again(rng):
    spectra, endmembers, _ = scene(rng)
    crowd = np.vstack([spectra, endmembers[0] + rng.normal(0, 1e-4, (50, 40))])
    found = ppi(crowd, 5, rng=rng)
    assert sorted(spectral_angle(crowd[found], endmembers).argmin(axis=1).tolist()) == [0, 1, 2, 3, 4]


def test_smacc_is_that_of_spy(rng):
    spectra, _, _ = scene(rng, noise=0.005)
    spectra *= rng.uniform(0.5, 1, (len(spectra), 1))
    with contextlib.redirect_stdout(io.StringIO()):
        endmembers, coefficients, residual = spectral.smacc(spectra, 5)
    found = smacc(spectra, 5)
    np.testing.assert_allclose(spectra[found.rows], endmembers)
    # Where a share is zero, SPy lets a new endmember in nowhere, even one that has none of that share.
    mixed = (coefficients > 1e-6).all(axis=1) | np.isin(np.arange(len(spectra)), found.rows)
    assert mixed.sum() > 100
    np.testing.assert_allclose(found.coefficients[mixed], coefficients[mixed], atol=1e-10)
    np.testing.assert_allclose(found.residuals[mixed], np.linalg.norm(residual, axis=1)[mixed], atol=1e-10)


def test_what_smacc_says_a_pixel_is_made_of_it_is(rng):
    spectra, _, _ = scene(rng, noise=0.005)
    found = smacc(spectra, 5)
    assert found.coefficients.min() >= 0
    others = np.setdiff1d(np.arange(len(spectra)), found.rows)
    gap = spectra - found.coefficients @ spectra[found.rows]
    np.testing.assert_allclose(np.linalg.norm(gap[others], axis=1), found.residuals[others], atol=1e-10)
    np.testing.assert_allclose(found.coefficients[found.rows], np.eye(5))


def test_smacc_begins_with_the_brightest_pixel(rng):
    spectra, _, _ = scene(rng)
    spectra[17] *= 5
    assert smacc(spectra, 3).rows[0] == 17


def test_too_many_endmembers_are_refused(rng):
    spectra, _, _ = scene(rng, p=4)
    with pytest.raises(InputError, match="mixtures of 4"):
        smacc(spectra, 5)
    with pytest.raises(InputError, match="differ in 4 directions"):
        ppi(spectra, 5, rng=rng)
    with pytest.raises(InputError, match="any of 1 directions"):
        ppi(spectra, 4, rng=rng, skewers=1)
