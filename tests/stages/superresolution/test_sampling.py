"""Samples of pixels: none beside another, none commoner than another."""

import numpy as np

from hsicli.stages.superresolution.sampling import balanced, spectral_clusters, thinned, thinning_step


def test_every_square_gives_one_valid_pixel(rng):
    valid = rng.random((20, 31)) < 0.4
    index = thinned(valid, 4, rng)
    row, col = np.divmod(index, 31)
    assert valid.flat[index].all()
    cells = set(zip(row // 4, col // 4, strict=True))
    assert len(cells) == len(index)
    assert len(cells) == sum(
        valid[r : r + 4, c : c + 4].any() for r in range(0, 20, 4) for c in range(0, 31, 4)
    )
    np.testing.assert_array_equal(thinned(valid, 1, rng), np.flatnonzero(valid))


def test_a_step_leaves_as_many_as_are_wanted():
    assert thinning_step(4500, 10_000) == 1
    assert thinning_step(1_100_000, 40_000) == 5


def test_small_groups_are_taken_whole_and_large_ones_equally(rng):
    labels = np.repeat([0, 1, 2], [5, 100, 200])
    found = balanced(labels, 65, rng)
    assert np.bincount(labels[found]).tolist() == [5, 30, 30]
    assert len(set(found.tolist())) == 65
    assert len(balanced(labels, 305, rng)) == 305


def test_clusters_are_of_shapes_whatever_their_brightness(rng):
    shapes = np.array([[1, 2, 3, 2, 1], [3, 1, 2, 1, 3]], dtype=np.float32)
    kind = rng.integers(0, 2, 200)
    spectra = shapes[kind] * rng.uniform(0.1, 5, (200, 1)).astype(np.float32) + 0.3
    found = spectral_clusters(spectra, 2, seed=0)
    assert len(set(zip(kind.tolist(), found.tolist(), strict=True))) == 2
