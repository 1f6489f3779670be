"""Scoring: every method scores an exemplar's own spectrum highest for its mineral."""

from typing import get_args

import numpy as np
import pytest
import torch

from hsicli.models.gan import Discriminator, GanConfig, Generator
from hsicli.runtime import quiet
from hsicli.stages.gan_weights import Gan, Preparation
from hsicli.stages.mapping.preparing import PrepareConfig, preparing_for
from hsicli.stages.mapping.references import exemplars_of
from hsicli.stages.mapping.representations import Pointwise
from hsicli.stages.mapping.scoring import scorer_of
from tests.stages.mapping.conftest import AXIS

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def preparing(scene):
    return preparing_for(scene, None, 5, PrepareConfig())


@pytest.fixture(scope="module")
def exemplars(library, preparing):
    return exemplars_of([library], preparing, None, "joined")


@pytest.fixture(scope="module")
def gan() -> Gan:
    config = GanConfig(discriminator_filters=4, generator_filters=16)
    return Gan(Discriminator(len(AXIS), config).eval(), Generator(len(AXIS), config), AXIS, Preparation())


@pytest.mark.parametrize("method", [*get_args(Pointwise), "demud"])
def test_an_exemplar_is_most_like_itself(method, gan, preparing, exemplars):
    scorer = scorer_of(
        method, gan, preparing, exemplars, precision="float32", seed=0, device=CPU, track=quiet
    )
    scores = scorer.score_spectra(exemplars.reflectance, preparing.scaled(exemplars.removed))
    np.testing.assert_array_equal(scores.argmax(axis=1), [0, 1, 2])
    if method != "demud":
        np.testing.assert_allclose(np.diag(scores), 1, atol=1e-5)


@pytest.mark.parametrize("method", ["fatt", "dafatt"])
def test_windows_are_scored_by_place(method, preparing, exemplars, truth):
    scorer = scorer_of(
        method, None, preparing, exemplars, precision="float32", seed=0, device=CPU, track=quiet
    )
    assert scorer.score_spectra is None
    places = np.flatnonzero(truth.ravel() == 2)
    scores = scorer.score(np.empty((len(places), 0)), np.empty((len(places), 0)), places)
    assert scores.shape == (len(places), 3)


def test_gan_features_need_weights(preparing, exemplars):
    with pytest.raises(ValueError, match="needs networks"):
        scorer_of("gan", None, preparing, exemplars, precision="float32", seed=0, device=CPU, track=quiet)
