import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls as scipy_nnls

from hsicli.algorithms.leastsquares import (
    converted,
    fcls,
    fractions,
    nnls,
    optimality,
    optimality_on_simplex,
)
from hsicli.io.reading import read_cube

SIZES = [(3, 50), (12, 228), (5, 3), (40, 20), (4, 3), (1, 7), (33, 60)]


def mixtures(p, bands, rng, n=200, noise=0.05):
    endmembers = rng.random((p, bands))
    spectra = rng.dirichlet(np.full(p, 0.4), n) @ endmembers + rng.normal(0, noise, (n, bands))
    return spectra.astype(np.float32), endmembers


def error(spectra, endmembers, abundances):
    return np.linalg.norm(spectra - abundances @ endmembers, axis=1)


def test_two_endmembers_by_hand():
    endmembers = np.array([[1.0, 0.0], [0.0, 1.0]])
    spectra = np.array([[0.25, 0.75], [2.0, -1.0], [1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(nnls(spectra, endmembers), [[0.25, 0.75], [2, 0], [1, 1], [0, 0]], atol=1e-15)
    np.testing.assert_allclose(
        fcls(spectra, endmembers), [[0.25, 0.75], [1, 0], [0.5, 0.5], [0.5, 0.5]], atol=1e-15
    )


@pytest.mark.parametrize(("p", "bands"), SIZES)
def test_nnls_is_optimal_and_no_worse_than_scipy(p, bands, rng):
    spectra, endmembers = mixtures(p, bands, rng)
    found = nnls(spectra, endmembers)
    assert found.min() >= 0
    assert optimality(spectra, endmembers, found).max() < 1e-12
    theirs = np.array([scipy_nnls(endmembers.T, x)[0] for x in spectra.astype(float)])
    np.testing.assert_allclose(
        error(spectra, endmembers, found), error(spectra, endmembers, theirs), atol=1e-12
    )
    if p <= bands:
        np.testing.assert_allclose(found, theirs, atol=1e-10)


@pytest.mark.parametrize(("p", "bands"), SIZES)
def test_fcls_is_optimal_and_on_the_simplex(p, bands, rng):
    spectra, endmembers = mixtures(p, bands, rng)
    found = fcls(spectra, endmembers)
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    assert optimality_on_simplex(spectra, endmembers, found).max() < 1e-12


def test_fcls_is_what_scipy_approaches_as_its_row_of_ones_grows_heavy(rng):
    spectra, endmembers = mixtures(12, 60, rng)
    weight = 1e4
    heavy = np.vstack([endmembers.T, np.full(12, weight)])
    theirs = np.array([scipy_nnls(heavy, np.append(x, weight))[0] for x in spectra.astype(float)])
    np.testing.assert_allclose(fcls(spectra, endmembers), theirs, atol=1e-6)


def test_a_triangle_in_two_bands_needs_no_third():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]) + 3
    inside = np.array([[3.2, 3.3]])
    np.testing.assert_allclose(fcls(inside, corners), [[0.5, 0.2, 0.3]], atol=1e-12)


@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(2, 12), st.sampled_from([1e-6, 1.0, 1e4]))
@settings(max_examples=60, deadline=None)
def test_no_other_point_of_the_simplex_is_nearer(seed, p, bands, scale):
    rng = np.random.default_rng(seed)
    endmembers = scale * rng.random((p, bands))
    spectra = scale * rng.normal(0.5, 0.6, (5, bands))
    found = fcls(spectra, endmembers)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-10)
    for _ in range(20):
        other = rng.dirichlet(np.full(p, 0.3), 5)
        assert (
            error(spectra, endmembers, found)
            <= error(spectra, endmembers, other) * (1 + 1e-9) + 1e-12 * scale
        ).all()


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_two_equal_endmembers_change_nothing_but_who_of_them_is_taken(seed):
    rng = np.random.default_rng(seed)
    endmembers = rng.random((4, 9))
    twice = np.vstack([endmembers, endmembers[1]])
    spectra = rng.dirichlet(np.ones(4), 20) @ endmembers + rng.normal(0, 0.1, (20, 9))
    for solve in (nnls, fcls):
        one, two = solve(spectra, endmembers), solve(spectra, twice)
        two[:, 1] += two[:, 4]
        np.testing.assert_allclose(two[:, :4], one, atol=1e-7)


def test_similar_endmembers_are_told_apart_to_1e_6(rng):
    base = rng.random(100)
    endmembers = base + 1e-3 * rng.normal(size=(6, 100))
    abundances = rng.dirichlet(np.full(6, 0.5), 300)
    np.testing.assert_allclose(fcls(abundances @ endmembers, endmembers), abundances, atol=1e-9)


def test_the_order_of_endmembers_and_of_pixels_does_not_matter(rng):
    spectra, endmembers = mixtures(7, 30, rng)
    order, turn = rng.permutation(7), rng.permutation(len(spectra))
    np.testing.assert_allclose(
        fcls(spectra[turn], endmembers[order]), fcls(spectra, endmembers)[turn][:, order], atol=1e-12
    )


def test_blocks_make_no_difference(rng, monkeypatch):
    spectra, endmembers = mixtures(5, 30, rng, n=100)
    whole = fcls(spectra, endmembers)
    monkeypatch.setattr("hsicli.algorithms.leastsquares.ROWS", 7)
    monkeypatch.setattr("hsicli.algorithms.leastsquares.CACHED", 30 * 3)
    np.testing.assert_allclose(fcls(spectra, endmembers), whole, atol=1e-13)


def test_a_penalty_leaves_out_what_gains_less_than_it(rng):
    endmembers = np.eye(3)
    found = nnls(np.array([[1.0, 0.3, 0.05]]), endmembers, sparsity=0.1)
    np.testing.assert_allclose(found, [[0.9, 0.2, 0.0]], atol=1e-15)
    spectra, endmembers = mixtures(40, 20, rng)
    found = nnls(spectra, endmembers, sparsity=0.05)
    assert optimality(spectra, endmembers, found, sparsity=0.05).max() < 1e-12


def test_the_measure_of_optimality_sees_what_is_not_optimal(rng):
    spectra, endmembers = mixtures(5, 30, rng)
    for solve, measure in ((nnls, optimality), (fcls, optimality_on_simplex)):
        found = solve(spectra, endmembers)
        moved = converted(found, np.array([1, 1, 1.05, 1, 1]))
        assert np.median(measure(spectra, endmembers, moved)) > 1e-4


def test_a_spectrum_that_is_not_finite_gives_nan_and_disturbs_no_other(rng):
    spectra, endmembers = mixtures(4, 20, rng)
    hurt = spectra.copy()
    hurt[3, 7] = np.nan
    for solve in (nnls, fcls):
        found = solve(hurt, endmembers)
        assert np.isnan(found[3]).all()
        np.testing.assert_allclose(np.delete(found, 3, 0), np.delete(solve(spectra, endmembers), 3, 0))


def test_wrong_calls_name_the_shapes():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 4\)"):
        nnls(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="finite"):
        fcls(np.ones((2, 3)), np.full((2, 3), np.nan))


def test_fractions_are_parts_of_one():
    np.testing.assert_allclose(fractions(np.array([[1.0, 3.0], [0.0, 0.0]])), [[0.25, 0.75], [0.5, 0.5]])


@given(st.integers(0, 10_000))
def test_conversion_there_and_back_is_nothing(seed):
    rng = np.random.default_rng(seed)
    a, scales = rng.dirichlet(np.ones(4), 6), rng.uniform(0.1, 5, 4)
    np.testing.assert_allclose(converted(converted(a, scales), 1 / scales), a, atol=1e-12)


def test_converted_abundances_make_the_same_spectrum_direction(rng):
    endmembers = rng.random((3, 8)) * [[1], [4], [0.3]]
    a, scales = rng.dirichlet(np.ones(3), 5), endmembers.max(axis=1)
    before, after = a @ endmembers, converted(a, scales) @ (endmembers / scales[:, None])
    np.testing.assert_allclose(
        before / np.linalg.norm(before, axis=1, keepdims=True),
        after / np.linalg.norm(after, axis=1, keepdims=True),
    )


@pytest.mark.real
def test_samson_s_reference_is_nnls_on_endmembers_one_high(data_dir):
    folder = data_dir / "benchmarks" / "samson"
    spectra = np.concatenate([b.data.reshape(-1, 156) for b in read_cube(folder / "samson.hdr").blocks()])
    truth = read_cube(folder / "samson_abundance.hdr").data.reshape(-1, 3)
    endmembers = np.loadtxt(folder / "samson_endmembers.csv", delimiter=",", skiprows=1)[:, 1:].T
    found = fractions(nnls(spectra, endmembers))
    assert np.sqrt(np.mean((found - truth) ** 2)) < 0.003
    assert np.sqrt(np.mean((fcls(spectra, endmembers) - truth) ** 2)) > 0.2  # the units decide
