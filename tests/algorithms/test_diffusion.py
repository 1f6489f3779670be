"""Diffusion: graphs from their definition, eigenpairs and distances against dense matrices."""

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import eig

from hsicli.algorithms.diffusion import coordinates, diffusion_times, walk_eigenpairs, window_graph


def dense_graph(points, places, radius, neighbours, scale=None):
    """The graph from its definition, as a full matrix."""
    m = len(points)
    out = np.zeros((m, m))
    for r in range(m):
        near = [s for s in range(m) if (np.abs(places[r] - places[s]) <= radius).all()]
        near.sort(key=lambda s: (((points[r] - points[s]) ** 2).sum(), s))
        for s in near[:neighbours]:
            square = ((points[r] - points[s]) ** 2).sum()
            out[r, s] = out[s, r] = 1 if scale is None else max(np.exp(-square / scale**2), 1e-6)
    np.fill_diagonal(out, 1)
    return out


@pytest.mark.parametrize("weights", ["one", "gaussian"])
@pytest.mark.parametrize(("radius", "neighbours"), [(4, 5), (30, 6), (3, 50)])
def test_the_graph_is_that_of_the_definition(radius, neighbours, weights, rng):
    points = rng.integers(0, 9, (120, 2)).astype(float)  # with ties
    places = np.stack(np.divmod(rng.permutation(400)[:120], 20), axis=1)
    graph, pieces = window_graph(
        points, places, radius=radius, neighbours=neighbours, weights=weights, scale=2.0
    )
    assert pieces == 1
    expected = dense_graph(points, places, radius, neighbours, None if weights == "one" else 2.0)
    np.testing.assert_allclose(graph.toarray(), expected)


def test_pieces_are_linked_by_their_most_alike_points():
    places = np.array([[0, 0], [0, 1], [0, 50], [0, 51], [50, 0]])
    points = np.array([[0.0], [3.0], [3.5], [9.0], [0.2]])
    graph, pieces = window_graph(points, places, radius=2, neighbours=5, weights="one", scale=1.0)
    assert pieces == 3
    linked = {(i, j) for i, j in zip(*graph.nonzero(), strict=True) if i < j}
    assert linked == {(0, 1), (2, 3), (1, 2), (0, 4)}
    assert (graph.toarray() == graph.toarray().T).all()


def random_walk(m: int, rng) -> tuple[sparse.csr_array, np.ndarray]:
    places = np.stack([np.zeros(m, int), np.arange(m)], axis=1)
    points = np.cumsum(rng.random((m, 1)), axis=0)
    graph, _ = window_graph(points, places, radius=m, neighbours=6, weights="one", scale=1.0)
    dense = graph.toarray()
    return graph, dense / dense.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("m", [60, 600])
def test_eigenpairs_are_those_of_the_dense_walk(m, rng):
    graph, walk = random_walk(m, rng)
    values, vectors, rarest = walk_eigenpairs(graph, 6)
    expected = np.sort(np.abs(eig(walk)[0]))[::-1][:6]
    np.testing.assert_allclose(values, expected, atol=1e-8)
    np.testing.assert_allclose(walk @ vectors, vectors * values, atol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), 1)
    assert np.ptp(vectors[:, 0]) == 0
    degrees = graph.sum(axis=1)
    assert rarest == pytest.approx(degrees.min() / degrees.sum())


def test_the_same_graph_gives_the_same_digits(rng):
    graph, _ = random_walk(700, rng)
    assert np.array_equal(walk_eigenpairs(graph, 5)[1], walk_eigenpairs(graph, 5)[1])


def test_many_slow_modes_are_found_too(rng):
    """Forty heaps that faint links join: a plain Lanczos iteration would not end."""
    m = 1000
    places = np.stack([np.zeros(m, int), np.arange(m)], axis=1)
    points = np.repeat(np.arange(40.0) * 100, 25)[:, None] + rng.random((m, 1))
    graph, _ = window_graph(points, places, radius=30, neighbours=30, weights="gaussian", scale=1.0)
    values, vectors, _ = walk_eigenpairs(graph, 10)
    dense = graph.toarray()
    walk = dense / dense.sum(axis=1, keepdims=True)
    expected = np.sort(np.abs(np.linalg.eigvals(walk)))[::-1][:10]
    np.testing.assert_allclose(values, expected, atol=1e-9)
    np.testing.assert_allclose(walk @ vectors, vectors * values, atol=1e-9)


def test_distances_are_diffusion_distances(rng):
    """With all eigenpairs, Σₗ (λₗᵗ)² (ψₗ(r) − ψₗ(s))² with each ψ of unit length, over λ₂ᵗ."""
    graph, walk = random_walk(40, rng)
    values, vectors, _ = walk_eigenpairs(graph, 40)
    places = coordinates(values, vectors, 3)
    stepped = np.linalg.matrix_power(walk, 3) @ vectors[:, 1:]
    signs = np.sign((stepped * places).sum(axis=0))
    np.testing.assert_allclose(places * signs * values[1] ** 3, stepped, atol=1e-9)


def test_coordinates_do_not_fade_into_nothing():
    values, vectors = np.array([1.0, 0.5, 0.4]), np.ones((4, 3))
    assert coordinates(values, vectors, 2**40).max() == 1


def test_times_double_until_the_walk_has_forgotten():
    times = diffusion_times(0.9995, 1e-4)
    assert times[:4].tolist() == [0, 1, 2, 4]
    assert 0.9995 ** times[-1] <= 1e-5 * 1e-4 / 2 < 0.9995 ** times[-2]
    assert diffusion_times(1 - 1e-16, 1e-4)[-1] == 2**20
    assert diffusion_times(0.0, 0.5).tolist() == [0, 1]
