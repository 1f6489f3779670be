"""Modes, backbones and labels: by hand, and against plain loops over all distances."""

import numpy as np
import pytest

from hsicli.algorithms.backbones import classes_by_modes, majority


def by_loops(places, density, superpixels, classes, backbone):
    """The same from the definitions, with a matrix of distances and sets."""
    m = len(density)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    order = sorted(range(m), key=lambda r: (-density[r], r))
    rank = {r: i for i, r in enumerate(order)}
    denser = {r: [s for s in range(m) if rank[s] < rank[r]] for r in range(m)}
    rho = np.array([min((distance[r, s] for s in denser[r]), default=distance[r].max()) for r in range(m)])
    modes, used = [], set()
    for r in sorted(range(m), key=lambda r: (-density[r] * rho[r], r)):
        if superpixels[r] not in used and len(modes) < classes:
            modes.append(r)
            used.add(superpixels[r])
    labels = np.zeros(m, dtype=int)
    for number, mode in enumerate(modes, 1):
        labels[mode] = number
    near = [
        sorted((s for s in range(m) if s != mode), key=lambda s: (distance[mode, s], s)) for mode in modes
    ]
    for step in range(backbone - 1):
        for number, line in enumerate(near, 1):
            if step < len(line) and labels[line[step]] == 0:
                labels[line[step]] = number
    for r in order:
        if labels[r] == 0:
            labels[r] = labels[min(denser[r], key=lambda s: (distance[r, s], rank[s]))]
    return labels, np.array(modes)


@pytest.mark.parametrize("seed", range(6))
def test_against_plain_loops(seed):
    rng = np.random.default_rng(seed)
    places, superpixels = rng.standard_normal((80, 3)), rng.integers(0, 25, 80)
    density = rng.integers(1, 15, 80) / 100  # with ties
    labels, modes = by_loops(places, density, superpixels, 5, 6)
    found = classes_by_modes(places, density, superpixels, 5, 6)
    assert np.array_equal(found.modes, modes)
    assert np.array_equal(found.labels, labels)


def test_three_heaps_are_three_classes_and_their_number_is_found(rng):
    truth = np.repeat([0, 1, 2], 40)
    places = np.array([[0.0, 0], [10, 0], [0, 10]])[truth] + 0.3 * rng.standard_normal((120, 2))
    centre = np.stack([places[truth == k].mean(axis=0) for k in range(3)])[truth]
    density = np.exp(-((places - centre) ** 2).sum(axis=1))
    for classes in (3, None):
        found = classes_by_modes(places, density, np.arange(120), classes, 5)
        assert len(found.modes) == 3
        assert len({(t, label) for t, label in zip(truth, found.labels, strict=True)}) == 3


def test_a_superpixel_has_one_mode_at_most():
    places, density = np.array([[0.0], [50.0], [100.0]]), np.array([3.0, 2.0, 1.0])
    assert classes_by_modes(places, density, np.array([0, 0, 1]), 2, 1).modes.tolist() == [0, 2]
    assert len(classes_by_modes(places, density, np.array([0, 0, 1]), 3, 1).modes) == 2


def test_a_backbone_holds_against_density():
    # The last point would follow the third and so the second mode, but is nearest to the first mode.
    places, density = np.array([[0.0], [10.0], [6.0], [4.5]]), np.array([4.0, 3.0, 2.0, 1.0])
    ids = np.arange(4)
    assert classes_by_modes(places, density, ids, 2, 1).labels.tolist() == [1, 2, 2, 2]
    assert classes_by_modes(places, density, ids, 2, 2).labels.tolist() == [1, 2, 2, 1]


def test_equal_points_do_no_harm():
    found = classes_by_modes(np.zeros((6, 2)), np.ones(6), np.arange(6), 3, 2)
    assert found.modes.tolist() == [0, 1, 2]
    assert (found.labels > 0).all()


def test_a_majority_breaks_ties_by_the_lower_class():
    labels, superpixels = np.array([2, 2, 1, 3, 1, 3]), np.array([0, 0, 0, 1, 1, 2])
    assert majority(labels, superpixels, 3).tolist() == [2, 1, 3]
