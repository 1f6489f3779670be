"""Diffusion maps: a graph between the pixels that stand for an image, and a random walk on it."""

from typing import Literal

import numba
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

DENSE = 400
"""Representatives up to which all eigenpairs are found at once."""

RESTARTS = 60
"""Of the Lanczos iteration, before another way to the eigenpairs is taken."""

LONGEST = 2**20
"""Steps: a walk between pieces that a faint link joins would else be followed for ever."""

FAINTEST = 1e-6
"""Weight that a link between pieces of the graph has at least."""


def window_graph(
    points: np.ndarray,
    places: np.ndarray,
    *,
    radius: int,
    neighbours: int,
    weights: Literal["one", "gaussian"],
    scale: float,
) -> tuple[sparse.csr_array, int]:
    """Each point joined to its nearest others within a window of the image.

    A window with no more points than `neighbours` joins all of them: then the graph is one of places alone,
    and `points` do not enter it. An edge that one side chose holds for both, and each point has a loop of
    weight 1. Pieces without a path between them are linked, each to the nearest point of another.

    Parameters
    ----------
    points : (m, d) float
        Features.
    places : (m, 2) int
        Row and col.
    radius : int
        R, rows and cols to either side.
    neighbours : int
        N, itself among them.
    weights : str
        "one", or "gaussian": exp(−‖x − y‖²/σ₀²).
    scale : float
        σ₀.

    Returns
    -------
    graph : (m, m) sparse
        Symmetric.
    pieces : int
        That there were before they were linked.
    """
    points = np.ascontiguousarray(points, dtype=np.float64)
    order = np.lexsort((places[:, 1], places[:, 0]))
    rows, cols = places[order].T
    starts = np.searchsorted(rows, np.arange(rows.max() + 2))
    m, kept = len(points), min(neighbours, len(points))
    found, squares = _nearest_in_window(points[order], (rows, cols, order), starts, radius, kept)
    one, column = np.nonzero(found >= 0)
    values = np.ones(len(one)) if weights == "one" else np.exp(-squares[one, column] / scale**2)
    # An edge of weight 0 would be none: the walk must be able to go wherever the window lets it.
    edges = np.maximum(values, FAINTEST), (order[one], found[one, column])
    graph = sparse.csr_array(edges, shape=(m, m))
    graph = graph.maximum(graph.T).tocsr()
    graph.setdiag(1.0)
    return _linked(graph, points, weights, scale)


@numba.njit(cache=True, parallel=True)
def _nearest_in_window(
    points: np.ndarray,
    places: tuple[np.ndarray, np.ndarray, np.ndarray],
    starts: np.ndarray,
    radius: int,
    kept: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Names (m, kept), −1 for none, and squared distances; of equal distances the lower name is nearer."""
    rows, cols, names = places
    m = len(points)
    found, squares = np.full((m, kept), -1), np.full((m, kept), np.inf)
    for i in numba.prange(m):
        for row in range(max(0, rows[i] - radius), min(len(starts) - 2, rows[i] + radius) + 1):
            begin = starts[row] + np.searchsorted(cols[starts[row] : starts[row + 1]], cols[i] - radius)
            for j in range(begin, starts[row + 1]):
                if cols[j] > cols[i] + radius:
                    break
                total = 0.0
                for axis in range(points.shape[1]):
                    total += (points[i, axis] - points[j, axis]) ** 2
                place = kept
                while place > 0 and (
                    total < squares[i, place - 1]
                    or (total == squares[i, place - 1] and names[j] < found[i, place - 1])
                ):
                    place -= 1
                if place < kept:
                    found[i, place + 1 :] = found[i, place:-1].copy()
                    squares[i, place + 1 :] = squares[i, place:-1].copy()
                    found[i, place], squares[i, place] = names[j], total
    return found, squares


def _linked(
    graph: sparse.csr_array, points: np.ndarray, weights: str, scale: float
) -> tuple[sparse.csr_array, int]:
    """The graph in one piece: the closest two points of any two pieces are joined, until there is one."""
    first, pieces = 0, 2
    while True:
        pieces, piece = connected_components(graph, directed=False)
        first = first or pieces
        if pieces == 1:
            return graph, first
        nearest, squares = _nearest_of_another(points, piece)
        order = np.lexsort((squares, piece))
        ends = order[
            np.searchsorted(piece[order], np.arange(pieces))
        ]  # of each piece the point nearest to another
        value = 1.0 if weights == "one" else np.exp(-squares[ends] / scale**2)
        value = np.broadcast_to(np.maximum(value, FAINTEST), len(ends))
        links = sparse.csr_array((value, (ends, nearest[ends])), shape=graph.shape)
        links.data[:] = np.minimum(links.data, 1.0)
        graph = graph.maximum(links).maximum(links.T).tocsr()


@numba.njit(cache=True, parallel=True)
def _nearest_of_another(points: np.ndarray, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest point (m,) of another piece, and the squared distance."""
    m = len(points)
    nearest, squares = np.zeros(m, np.int64), np.full(m, np.inf)
    for i in numba.prange(m):
        for j in range(m):
            if piece[i] == piece[j]:
                continue
            total = 0.0
            for axis in range(points.shape[1]):
                total += (points[i, axis] - points[j, axis]) ** 2
            if total < squares[i]:
                nearest[i], squares[i] = j, total
    return nearest, squares


def walk_eigenpairs(graph: sparse.csr_array, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The slowest modes of the random walk P = D⁻¹W on a connected graph.

    Parameters
    ----------
    graph : (m, m) sparse
        W, symmetric.
    count : int
        Eigenpairs of largest |λ|, the trivial one (λ = 1, ψ constant) among them.

    Returns
    -------
    values : (count,) float64
        |λ|, falling; the first is 1.
    vectors : (m, count) float64
        ψ, right eigenvectors of unit length, the first constant; the largest entry of each is positive.
    rarest : float
        The smallest share of time that the walk spends at a point, min π.

    References
    ----------
    Coifman and Lafon, "Diffusion maps", Applied and Computational Harmonic Analysis, 2006.
    """
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    root = 1 / np.sqrt(degrees)
    symmetric = sparse.diags_array(root) @ graph @ sparse.diags_array(root)
    m = graph.shape[0]
    count = min(count, m)
    if m <= max(DENSE, 2 * count):
        values, vectors = np.linalg.eigh(symmetric.toarray())
    else:
        start = np.random.default_rng(0).standard_normal(m)  # fixed: the same graph, the same digits
        try:
            values, vectors = eigsh(symmetric, k=count, v0=start, ncv=4 * count + 20, maxiter=RESTARTS)
        except (
            ArpackNoConvergence
        ):  # many slow modes: those nearest to 1 are found by solving, not by walking
            values, vectors = eigsh(symmetric.tocsc(), k=count, v0=start, sigma=1 + 1e-6)
    strongest = np.argsort(-np.abs(values), kind="stable")[:count]
    values, vectors = np.abs(values[strongest]), root[:, None] * vectors[:, strongest]
    vectors /= np.linalg.norm(vectors, axis=0)
    vectors *= np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(count)])
    values[0], vectors[:, 0] = 1.0, 1 / np.sqrt(m)
    return values, vectors, float(degrees.min() / degrees.sum())


def diffusion_times(second: float, rarest: float, tolerance: float = 1e-5) -> np.ndarray:
    """Times 0, 1, 2, 4, … until the walk has forgotten where it began.

    2ᵀ is the first power of two with λ₂ᵗ ≤ τ min π / 2, but no more than `LONGEST`.

    Parameters
    ----------
    second : float
        λ₂, below 1.
    rarest : float
        min π.
    tolerance : float
        τ.

    Returns
    -------
    (T + 2,) int64
    """
    if second <= 0:
        return np.array([0, 1])
    forgotten = np.log(tolerance * rarest / 2) / min(np.log(second), -1e-15)
    powers = int(np.clip(np.ceil(np.log2(min(forgotten, LONGEST))), 0, None))
    return np.concatenate([[0], 2 ** np.arange(powers + 1, dtype=np.int64)])


def coordinates(values: np.ndarray, vectors: np.ndarray, time: int) -> np.ndarray:
    """The diffusion map at a time, without its constant coordinate, over λ₂ᵗ, which leaves orders alone.

    Parameters
    ----------
    values : (count,) float
        From `walk_eigenpairs`.
    vectors : (m, count) float
    time : int
        t.

    Returns
    -------
    (m, count − 1) float64
        (λₗ/λ₂)ᵗ ψₗ. Its Euclidean distances are diffusion distances.
    """
    slowest = max(values[1], 1e-300) if len(values) > 1 else 1.0
    return vectors[:, 1:] * (values[1:] / slowest) ** float(time)
