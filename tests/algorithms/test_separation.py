import numpy as np
import pytest
from sklearn import metrics as sk

from hsicli.algorithms.scores import METRICS
from hsicli.algorithms.separation import blind_agreement, separation


def walk(labels, values, size=37):
    """Blocks of the labelled pixels, as the stage makes them."""

    def blocks():
        for first in range(0, len(labels), size):
            part = labels[first : first + size]
            yield part[part > 0], values[first : first + size][part > 0]

    return blocks


@pytest.mark.parametrize("seed", range(5))
def test_both_indices_equal_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 6, 500)
    values = 1e3 + rng.normal(size=(5, 12))[labels - 1] + rng.normal(size=(500, 12))
    calinski, davies, pixels = separation(walk(labels, values), 5)
    assert pixels == 500
    assert calinski == pytest.approx(sk.calinski_harabasz_score(values, labels), rel=1e-9)
    assert davies == pytest.approx(sk.davies_bouldin_score(values, labels), rel=1e-9)


def test_unlabelled_pixels_and_empty_classes_take_no_part(rng):
    labels = rng.choice([0, 1, 2, 4], 300)
    values = rng.normal(size=(300, 3)) + labels[:, None]
    values[labels == 0] = np.nan
    calinski, davies, pixels = separation(walk(labels, values), 6)
    known = labels > 0
    assert pixels == known.sum()
    assert calinski == pytest.approx(sk.calinski_harabasz_score(values[known], labels[known]))
    assert davies == pytest.approx(sk.davies_bouldin_score(values[known], labels[known]))


def test_one_class_has_nothing_to_be_separate_from(rng):
    assert np.isnan(separation(walk(np.ones(20, int), rng.normal(size=(20, 2))), 3)[:2]).all()


def test_location_alone_finds_compact_patches_and_not_scattered_ones(rng):
    truth = np.zeros((40, 40), dtype=np.int32)
    truth[:8, :8], truth[30:38, 4:12], truth[15:23, 30:38] = 1, 2, 3
    patches = dict(zip(METRICS, blind_agreement(truth, truth > 0, 3, 3, seed=0), strict=True))
    assert patches["overall_accuracy"] == 1
    scattered = rng.integers(1, 4, (40, 40))
    assert blind_agreement(scattered, scattered > 0, 3, 3, seed=0)[METRICS.index("nmi")] < 0.05


def test_the_blind_map_sees_only_what_the_map_saw():
    truth = np.ones((4, 4), dtype=np.int32)
    seen = np.zeros((4, 4), dtype=bool)
    seen[:2] = True
    assert blind_agreement(truth, seen, 1, 1, seed=0)[0] == pytest.approx(0.5)


def test_a_large_scene_is_scored_on_a_part_that_says_the_same(monkeypatch, rng):
    truth = (np.add.outer(np.arange(60) // 15, np.arange(80) // 20) % 5 + 1) * (rng.random((60, 80)) < 0.9)
    whole = blind_agreement(truth, truth > 0, 6, 5, seed=0)
    monkeypatch.setattr("hsicli.algorithms.separation.SCORED", 2000)
    np.testing.assert_allclose(blind_agreement(truth, truth > 0, 6, 5, seed=0)[:9], whole[:9], atol=0.03)


def test_more_classes_than_pixels_are_no_error():
    truth = np.array([[1, 2]])
    assert blind_agreement(truth, truth > 0, 9, 2, seed=3)[0] == 1


@pytest.mark.real
def test_location_alone_scores_high_on_ksc(data_dir):
    # Means of 40 seeds by an independent script of k-means on (row, col) of the 5211 labeled pixels, k = 13:
    # OA .539, AA .511, kappa .497, purity .657, NMI .728; one seed varies by .02 to .04.
    file = data_dir / "benchmarks" / "label-maps-only" / "ksc_labels.img"
    truth = np.fromfile(file, np.uint8).reshape(512, 614).astype(np.int32)
    assert (truth > 0).sum() == 5211
    found = np.mean([blind_agreement(truth, truth > 0, 13, 13, seed) for seed in range(8)], axis=0)
    names = ("overall_accuracy", "average_accuracy", "kappa", "purity", "nmi")
    scores = [found[METRICS.index(name)] for name in names]
    np.testing.assert_allclose(scores, [0.539, 0.511, 0.497, 0.657, 0.728], atol=0.03)
