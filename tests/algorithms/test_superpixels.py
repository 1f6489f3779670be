"""Entropy-rate superpixels: the public segmentations, greedy search by brute force, and what must hold."""

import numpy as np
import pytest
import scipy.io
from scipy.ndimage import gaussian_filter, label

from hsicli.algorithms.superpixels import entropy_rate_superpixels, to_bytes


def smooth_image(shape: tuple[int, int], layers: int, rng: np.random.Generator) -> np.ndarray:
    fields = np.stack([gaussian_filter(rng.standard_normal(shape), 3) for _ in range(layers)], axis=-1)
    return to_bytes(fields, np.ones(shape, dtype=bool))


def objective_gains(image: np.ndarray, count: int, balance: float, sigma: float):
    """Edges and a function that gives F(A) = H(A) + λ B(A), from the definitions alone."""
    rows, cols, layers = image.shape
    n, scale = rows * cols, sigma * layers
    edges = []
    for row in range(rows):
        for col in range(cols):
            for down, right in ((0, 1), (1, 0), (1, 1), (-1, 1)):
                y, x = row + down, col + right
                if 0 <= y < rows and x < cols:
                    step = np.sqrt(2) if down and right else 1.0
                    delta = step * np.abs(image[row, col].astype(int) - image[y, x]).sum()
                    edges.append((row * cols + col, y * cols + x, np.exp(-(delta**2) / (2 * scale**2))))
    total = 2 * sum(w for _, _, w in edges)
    edges = [(i, j, w / total) for i, j, w in edges]
    mu = np.zeros(n)
    for i, j, w in edges:
        mu[i] += w
        mu[j] += w

    def f(x: np.ndarray) -> float:
        x = x[x > 1e-15]
        return float((x * np.log2(x)).sum())

    def parts(chosen) -> tuple[float, float]:
        loops, group = mu.copy(), np.arange(n)
        for e in chosen:
            i, j, w = edges[e]
            loops[i] -= w
            loops[j] -= w
            group[group == group[j]] = group[i]
        walk = np.array([edges[e][2] for e in chosen for _ in range(2)])
        sizes = np.unique(group, return_counts=True)[1]
        entropy_rate = f(mu) - f(loops) - f(walk)  # −Σ μᵢ pᵢⱼ log₂ pᵢⱼ, written out
        return entropy_rate, -f(sizes / n) - len(sizes)

    empty = parts(())
    first = [parts((e,)) for e in range(len(edges))]
    factor = balance * count * max(h - empty[0] for h, _ in first) / max(b - empty[1] for _, b in first)
    return edges, lambda chosen: parts(chosen)[0] + factor * parts(chosen)[1]


def same_partition(one: np.ndarray, other: np.ndarray) -> bool:
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return pairs.shape[1] == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.real
@pytest.mark.parametrize(
    ("image", "segments", "count"), [("IP_pca", "IP_sp_map_275", 275), ("TR_pca", "TR_sp_map_4400", 4400)]
)
def test_public_segmentations_come_out_pixel_for_pixel(data_dir, image, segments, count):
    folder = data_dir / "superpixels"
    expected = scipy.io.loadmat(folder / f"{segments}.mat")["seg_res"].astype(int) + 1
    found = entropy_rate_superpixels(scipy.io.loadmat(folder / f"{image}.mat")["img"], count)
    assert (found != expected).sum() == 0


@pytest.mark.parametrize("layers", [1, 3])
def test_they_are_what_greedy_search_of_the_definition_finds(layers, rng):
    image = rng.integers(0, 60, (6, 5, layers), dtype=np.uint8)
    count = 4
    edges, objective = objective_gains(image, count, 0.5, 5.0)
    chosen, group = [], np.arange(30)
    while len(np.unique(group)) > count:
        open_ = [e for e, (i, j, _) in enumerate(edges) if group[i] != group[j]]
        best = max(open_, key=lambda e: objective([*chosen, e]))
        chosen.append(best)
        i, j, _ = edges[best]
        group[group == group[j]] = group[i]
    assert same_partition(entropy_rate_superpixels(image, count), group.reshape(6, 5))


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_every_superpixel_is_one_connected_piece(layers, rng):
    found = entropy_rate_superpixels(smooth_image((40, 30), layers, rng), 25)
    assert np.array_equal(np.unique(found), np.arange(1, 26))
    for number in range(1, 26):
        assert label(found == number, structure=np.ones((3, 3)))[1] == 1


def test_a_grey_image_is_an_image_of_one_component(rng):
    image = smooth_image((20, 30), 1, rng)
    assert np.array_equal(entropy_rate_superpixels(image[..., 0], 9), entropy_rate_superpixels(image, 9))


def test_one_and_all_are_the_extremes(rng):
    image = smooth_image((8, 7), 3, rng)
    assert (entropy_rate_superpixels(image, 1) == 1).all()
    assert len(np.unique(entropy_rate_superpixels(image, 56))) == 56


def test_an_image_without_edges_gives_pieces_of_like_size():
    found = entropy_rate_superpixels(np.zeros((40, 40), dtype=np.uint8), 16)
    assert np.bincount(found.ravel())[1:].min() > 40


def test_an_edge_of_the_image_is_an_edge_of_superpixels(rng):
    image = np.full((30, 30), 40, dtype=np.uint8)
    image[:, 13:] = 200
    found = entropy_rate_superpixels(image, 20)
    assert not set(found[:, :13].ravel()) & set(found[:, 13:].ravel())


def test_pixels_that_are_not_valid_belong_to_none_and_islands_stay_apart(rng):
    valid = np.ones((20, 21), dtype=bool)
    valid[:, 10] = False
    image = smooth_image((20, 21), 3, rng)
    found = entropy_rate_superpixels(image, 6, valid=valid)
    assert (found[~valid] == 0).all()
    assert (found[valid] > 0).all()
    assert not set(found[:, :10].ravel()) & set(found[:, 11:].ravel())
    assert len(np.unique(found[valid])) == 6
    assert found.max() == 6
    assert len(np.unique(entropy_rate_superpixels(image, 1, valid=valid)[valid])) == 2


def test_a_lonely_pixel_is_a_superpixel():
    valid = np.zeros((5, 5), dtype=bool)
    valid[0, 0] = valid[4, 4] = True
    found = entropy_rate_superpixels(np.zeros((5, 5), dtype=np.uint8), 1, valid=valid)
    assert found[0, 0] == 1
    assert found[4, 4] == 2


def test_extreme_contrast_everywhere_is_survived():
    image = (255 * (np.indices((12, 12)).sum(axis=0) % 2)).astype(np.uint8)
    found = entropy_rate_superpixels(image, 10, sigma=0.1)
    assert len(np.unique(found)) == 10


def test_bytes_round_halves_up_and_clip_outliers():
    values = np.array([[0.0, 0.5 / 255, 1.49 / 255, 1.0]])[..., None]
    assert to_bytes(values, np.ones((1, 4), dtype=bool)).ravel().tolist() == [0, 1, 1, 255]
    ramp = np.append(np.arange(99.0), 1e6).reshape(10, 10, 1)
    assert to_bytes(ramp, np.ones((10, 10), dtype=bool)).ravel()[98] == 0
    assert to_bytes(ramp, np.ones((10, 10), dtype=bool), clip=0.02).ravel()[[0, 50, 99]].tolist() == [
        0,
        129,
        255,
    ]


def test_bytes_leave_fill_out_and_survive_a_constant():
    values = np.array([[1.0, 2.0, np.nan, 3.0]])[..., None]
    assert to_bytes(values, np.isfinite(values[..., 0])).ravel().tolist() == [0, 128, 0, 255]
    assert not to_bytes(np.full((2, 2, 1), 7.0), np.ones((2, 2), dtype=bool)).any()


def test_wrong_calls_are_refused():
    with pytest.raises(ValueError, match="image of bytes"):
        entropy_rate_superpixels(np.zeros((3, 3)), 2)
    with pytest.raises(ValueError, match="10 superpixels of 9"):
        entropy_rate_superpixels(np.zeros((3, 3), dtype=np.uint8), 10)
    with pytest.raises(ValueError, match=r"mask of shape \(2, 2\)"):
        entropy_rate_superpixels(np.zeros((3, 3), dtype=np.uint8), 2, valid=np.ones((2, 2), dtype=bool))
    with pytest.raises(ValueError, match="cut off"):
        to_bytes(np.zeros((2, 2, 1)), np.ones((2, 2), dtype=bool), clip=0.5)
