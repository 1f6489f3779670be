"""Representations from the image: codes, DEMUD, target transformation."""

import numpy as np
import torch

from hsicli.runtime import quiet
from hsicli.stages.mapping import learnt
from hsicli.stages.mapping.representations import band_depths, unit
from tests.stages.mapping.conftest import AXIS, spectrum

CPU = torch.device("cpu")


def mixtures(rng, n: int = 400) -> np.ndarray:
    """Scaled spectra of three minerals, one each, with noise."""
    kinds = np.stack([spectrum((at, 60, 0.1)) / 0.3 for at in (1400, 1900, 2300)])
    return (kinds[rng.integers(3, size=n)] + 0.002 * rng.standard_normal((n, len(AXIS)))).astype(np.float32)


def test_codes_of_one_mineral_are_alike_and_of_two_are_not(rng):
    sample = mixtures(rng)
    encode = learnt.autoencoder_codes(sample, 0, CPU, quiet)
    kinds = np.stack([spectrum((at, 60, 0.1)) / 0.3 for at in (1400, 1900)]).astype(np.float32)
    codes = encode(kinds, kinds)
    near = encode(sample, sample) @ codes.T
    truth = np.abs(sample[:, None] - kinds).sum(axis=2).argmin(axis=1)
    sure = np.abs(sample[:, None] - kinds).sum(axis=2).min(axis=1) < 1
    assert (near.argmax(axis=1) == truth)[sure].mean() > 0.99
    assert float(codes[0] @ codes[1]) < 0.5


def test_demud_takes_what_is_unlike_all_before(rng):
    common = np.tile([1.0, 0, 0, 0], (200, 1)) + 0.01 * rng.standard_normal((200, 4))
    common[17], common[90] = (0, 1, 0, 0), (0, 0, 1, 0)
    assert {17, 90} <= set(learnt.demud_picks(unit(common))[:4].tolist())


def test_by_way_of_a_pick_a_score_is_no_higher_than_either_step():
    picks = np.eye(3, dtype=np.float32)[:2]
    score = learnt.nearest_by_picks(
        lambda _, scaled: scaled, picks, np.array([[0.6, 0.8, 0]], dtype=np.float32)
    )
    pixels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)
    np.testing.assert_allclose(score(pixels, pixels)[:, 0], [0.6, 0.8, 0], atol=1e-6)


def test_a_target_in_the_span_of_a_window_scores_one_and_another_less(rng):
    ends = np.stack([spectrum(), spectrum((2300, 60, 0.3)), spectrum((1400, 60, 0.3))])
    shares = rng.dirichlet([1, 1], (14, 14))
    image = ((shares @ ends[:2]) * (0.5 + rng.random((14, 14, 1)))).astype(np.float32)
    valid = np.ones((14, 14), dtype=bool)
    valid[0, 0] = False
    scores = learnt.factor_scores(image, valid, ends[1:], learnt.TILES, track=quiet)
    assert np.isnan(scores[0, 0]).all()
    assert scores[valid][:, 0].min() > 0.999
    assert scores[valid][:, 1].max() < 0.9
    lowest = learnt.factor_scores(image, valid, ends[1:], learnt.APERTURES, track=quiet)
    assert (lowest[valid] <= scores[valid] + 1e-6).all(), "all apertures must agree"


def test_band_depths_are_what_demud_compares():
    assert band_depths(np.zeros((1, 3)), np.array([[1, 0.9, 1]], dtype=np.float32))[0, 1] == 1
