"""Entropy-rate superpixels: an image cut into compact, even pieces that follow its edges.

Pixels are vertices of a graph, neighbours are joined by edges, and edges are chosen greedily so that a
random walk on the chosen ones has a high entropy rate (pieces are homogeneous) and pieces are of like size.
What ties are broken by is part of the method here, as images of 256 grey values are full of ties: the
segmentations of the public program come out pixel for pixel.
"""

import math

import numba
import numpy as np

DIAGONAL = math.sqrt(2)
STEPS = ((0, 1), (1, 0), (1, 1), (-1, 1))
"""Rows and cols from a pixel to the neighbours that its edges lead to: right, down, down-right, up-right."""


def to_bytes(components: np.ndarray, valid: np.ndarray, clip: float = 0.0) -> np.ndarray:
    """Each component stretched to the whole numbers 0…255, as superpixels take them.

    Parameters
    ----------
    components : (rows, cols, d) float
    valid : (rows, cols) bool
        Only these pixels count; the others become 0.
    clip : float
        Share of the valid pixels, at either end, that is cut off: a few outliers else take the whole range
        and leave one grey for all the rest. 0 stretches from minimum to maximum.

    Returns
    -------
    (rows, cols, d) uint8
        Halves are rounded up.

    Raises
    ------
    ValueError
        If `clip` is not within 0…0.5.
    """
    if not 0 <= clip < 0.5:
        raise ValueError(f"a share of {clip} cannot be cut off at both ends")
    out = np.zeros(components.shape, dtype=np.uint8)
    for layer in range(components.shape[2]):
        values = components[..., layer][valid].astype(np.float64)
        if not len(values):
            continue
        low, high = np.quantile(values, (clip, 1 - clip)) if clip else (values.min(), values.max())
        if high > low:
            scaled = np.clip((values - low) / (high - low), 0, 1)
            out[..., layer][valid] = np.floor(255 * scaled + 0.5)
    return out


def entropy_rate_superpixels(
    image: np.ndarray,
    count: int,
    *,
    valid: np.ndarray | None = None,
    balance: float = 0.5,
    sigma: float = 5.0,
) -> np.ndarray:
    """Cut an image into `count` superpixels.

    Maximises H(A) + λ B(A) over sets A of edges without cycle that leave `count` pieces; H is the entropy
    rate of the random walk on A, B rewards few pieces of even size. The weight of an edge is
    exp(−δ²/2(dσ)²), δ the sum of the absolute differences of the d components, times √2 on a diagonal.
    Segmentations of different `count` are not nested, as λ depends on it.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, d) uint8
        Grey values, or d components (see `to_bytes`).
    count : int
        Superpixels, at least 1. Islands of valid pixels cannot be joined: there may be more.
    valid : (rows, cols) bool, optional
        Pixels that belong to a superpixel; all unless given.
    balance : float
        λ′, what even sizes count for; λ = λ′ · `count` · (largest gain of H) / (largest gain of B).
    sigma : float
        σ, the difference of a component that counts as an edge, grey values.

    Returns
    -------
    (rows, cols) int32
        0 = not valid, superpixels from 1 in the order of a pixel that stands for each.

    Raises
    ------
    ValueError
        If the image is not of bytes, shapes differ, or there are fewer pixels than superpixels.

    References
    ----------
    Liu, Tuzel, Ramalingam and Chellappa, "Entropy rate superpixel segmentation", CVPR 2011.
    """
    layers = image[..., None] if image.ndim == 2 else image
    if layers.ndim != 3 or image.dtype != np.uint8:
        raise ValueError(f"an image of bytes is needed, this is {image.dtype} of shape {image.shape}")
    valid = np.ones(layers.shape[:2], dtype=bool) if valid is None else valid
    if valid.shape != layers.shape[:2]:
        raise ValueError(f"a mask of shape {valid.shape} for an image of {layers.shape[:2]}")
    pixels = int(valid.sum())
    if not 1 <= count <= max(pixels, 1):
        raise ValueError(f"{count} superpixels of {pixels} valid pixels")
    vertex = np.full(valid.shape, -1, dtype=np.int32)
    vertex[valid] = np.arange(pixels, dtype=np.int32)
    ends, kinds = _edges(np.ascontiguousarray(layers), vertex)
    roots = _join(ends, kinds, _weights(layers.shape[2], sigma), (pixels, count, balance))
    out = np.zeros(valid.shape, dtype=np.int32)
    out[valid] = np.cumsum(roots == np.arange(pixels))[roots]
    return out


def _weights(layers: int, sigma: float) -> np.ndarray:
    """(2, 255 d + 1): the weight of an edge by its direction, straight or diagonal, and its difference.

    `math.exp`, as the last digit decides between edges and numpy's differs in it from the C library's.
    """
    scale = 2 * (sigma * layers) ** 2
    lengths = [[step * difference for difference in range(255 * layers + 1)] for step in (1.0, DIAGONAL)]
    return np.array([[math.exp(-(length * length) / scale) for length in row] for row in lengths])


@numba.njit(cache=True, nogil=True)
def _edges(image: np.ndarray, vertex: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends (m, 2) of every edge, pixel by pixel in row order, and its place (m,) among the weights."""
    rows, cols, layers = image.shape
    ends = np.empty((4 * rows * cols, 2), np.int32)
    kinds = np.empty(4 * rows * cols, np.int32)
    m = 0
    for row in range(rows):
        for col in range(cols):
            if vertex[row, col] < 0:
                continue
            for down, right in STEPS:
                y, x = row + down, col + right
                if y < 0 or y >= rows or x >= cols or vertex[y, x] < 0:
                    continue
                total = 0
                for layer in range(layers):
                    one, other = image[row, col, layer], image[y, x, layer]
                    total += one - other if one > other else other - one  # bytes: no difference below 0
                ends[m, 0], ends[m, 1] = vertex[row, col], vertex[y, x]
                kinds[m] = total + (255 * layers + 1) * abs(down * right)
                m += 1
    return ends[:m].copy(), kinds[:m].copy()


@numba.njit(cache=True, nogil=True)
def _xlogx(x: float) -> float:
    return x * math.log(x) if x > 0 else math.nan  # 0 log 0 is undefined here: the whole gain then is 0


@numba.njit(cache=True, nogil=True)
def _entropy_gain(w: float, own: float, first: float, second: float) -> float:
    """What choosing an edge of weight w adds to H, in bits; `first`, `second`: the loops at its ends.

    f(w + c) + f(w + c′) − f(c) − f(c′) − 2 f(w), f(x) = x log₂ x, c = loop − w; `own` = w ln w
    """
    one, other = first - w, second - w
    total = _xlogx(w + one) + _xlogx(w + other) - _xlogx(one) - _xlogx(other) - 2 * own
    gain = total / math.log(2.0)
    return 0.0 if math.isnan(gain) else gain


@numba.njit(cache=True, nogil=True)
def _find(parent: np.ndarray, vertex: int) -> int:
    while parent[vertex] != vertex:
        parent[vertex] = parent[parent[vertex]]
        vertex = parent[vertex]
    return vertex


@numba.njit(cache=True, nogil=True)
def _sift_down(heap: np.ndarray, size: int, place: int) -> None:
    """Let an entry of the heap sink; of equal children the left one rises, and an equal entry stays."""
    gain, edge = heap[place, 0], heap[place, 1]
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1, 0] > heap[child, 0]:
            child += 1
        if not heap[child, 0] > gain:
            break
        heap[place, 0], heap[place, 1] = heap[child, 0], heap[child, 1]
        place = child
    heap[place, 0], heap[place, 1] = gain, edge


@numba.njit(cache=True, nogil=True)
def _normalised(
    ends: np.ndarray, kinds: np.ndarray, table: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """The weights of the table, and those of the loops (n,) while no edge is chosen, over their sum."""
    weights, loops = table.ravel().copy(), np.zeros(n)
    for e in range(len(kinds)):
        loops[ends[e, 0]] += weights[kinds[e]]
        loops[ends[e, 1]] += weights[kinds[e]]
    total = max(loops.sum(), 1e-300)
    return weights / total, loops / total


@numba.njit(cache=True, nogil=True)
def _join(ends: np.ndarray, kinds: np.ndarray, table: np.ndarray, goal: tuple[int, int, float]) -> np.ndarray:
    """(n,) int32: the vertex that stands for each vertex's superpixel; `goal`: n, pieces, λ′.

    Gains only fall as edges are chosen, so the largest in the heap holds as soon as it is found unchanged.
    """
    n, count, balance = goal
    m = len(kinds)
    weights, loops = _normalised(ends, kinds, table, n)
    own = np.array([_xlogx(w) for w in weights])
    parts = np.array([_xlogx(size / n) for size in range(n + 1)])  # of every size a superpixel can have
    log2 = math.log(2.0)

    heap = np.empty((m, 2))  # gain and edge, side by side: one look in memory a level
    for e in range(m):
        kind = kinds[e]
        heap[e, 0] = _entropy_gain(weights[kind], own[kind], loops[ends[e, 0]], loops[ends[e, 1]])
        heap[e, 1] = e
    even = (2 * parts[1] - parts[min(2, n)]) / log2 + 1
    factor = balance * count * (heap[:, 0].max() if m else 0.0) / max(even, 1e-20)
    heap[:, 0] += factor * even
    for place in range(m // 2 - 1, -1, -1):
        _sift_down(heap, m, place)

    parent, sizes, pieces, left = np.arange(n).astype(np.int32), np.ones(n, np.int32), n, m
    while pieces > count and left > 0:
        e = int(heap[0, 1])
        left -= 1
        heap[0, 0], heap[0, 1] = heap[left, 0], heap[left, 1]
        _sift_down(heap, left, 0)
        first, second = _find(parent, ends[e, 0]), _find(parent, ends[e, 1])
        if first != second:
            pieces -= 1
            loops[ends[e, 0]] -= weights[kinds[e]]
            loops[ends[e, 1]] -= weights[kinds[e]]
            if sizes[second] < sizes[first]:
                first, second = second, first
            parent[first] = second
            sizes[second] += sizes[first]
        while left > 0:
            e = int(heap[0, 1])
            first, second = _find(parent, ends[e, 0]), _find(parent, ends[e, 1])
            gain = 0.0
            if first != second:
                one, other, kind = sizes[first], sizes[second], kinds[e]
                evenness = (parts[one] + parts[other] - parts[one + other]) / log2 + 1
                change = _entropy_gain(weights[kind], own[kind], loops[ends[e, 0]], loops[ends[e, 1]])
                gain = change + factor * evenness
            if gain == heap[0, 0]:
                break
            heap[0, 0] = gain
            if gain == 0:
                left -= 1
                heap[0, 0], heap[0, 1] = heap[left, 0], heap[left, 1]
            _sift_down(heap, left, 0)
    for vertex in range(n):
        parent[vertex] = _find(parent, vertex)
    return parent
