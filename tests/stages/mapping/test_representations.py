"""Representations: what each is blind to, and what it is."""

import numpy as np
import pytest
import torch

from hsicli.errors import InputError
from hsicli.models.gan import Discriminator, GanConfig, start_networks
from hsicli.stages.mapping import representations as of
from tests.stages.mapping.conftest import AXIS, spectrum

CLAY = spectrum((1410, 40, 0.15), (2205, 50, 0.3)).astype(np.float32)[None] / 0.3
CARBONATE = spectrum((2310, 60, 0.25), (2510, 60, 0.3)).astype(np.float32)[None] / 0.3


def shallower(spectra: np.ndarray, share: float) -> np.ndarray:
    return 1 - share * (1 - spectra)


def cosine(encode, first, second) -> float:
    return float((encode(first, first) @ encode(second, second).T)[0, 0])


@pytest.mark.parametrize("encode", [of.band_depths, of.derivatives(AXIS), of.correlations])
def test_band_depths_derivatives_and_correlations_do_not_see_how_deep(encode):
    assert cosine(encode, CLAY, shallower(CLAY, 0.2)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "encode", [of.continuum_removed, of.random_features(len(AXIS), 0, torch.device("cpu"), "float32")]
)
def test_continuum_removed_spectra_and_random_features_hold_everything_alike(encode):
    assert cosine(encode, CLAY, CARBONATE) > 0.99
    assert cosine(of.band_depths, CLAY, CARBONATE) < 0.2


def test_the_blend_is_the_mean_of_its_parts():
    parts = (of.band_depths, of.derivatives(AXIS), of.correlations)
    mean = np.mean([cosine(part, CLAY, CARBONATE) for part in parts])
    assert cosine(of.blended(*parts), CLAY, CARBONATE) == pytest.approx(mean, abs=1e-6)


def test_features_are_those_of_the_network_whatever_the_batches(rng, monkeypatch):
    network = Discriminator(len(AXIS), GanConfig(discriminator_filters=3)).eval()
    spectra = rng.random((10, len(AXIS))).astype(np.float32)
    whole = of.features_of(network, torch.device("cpu"), "float32")(spectra, spectra)
    with torch.no_grad():
        wanted = torch.nn.functional.normalize(network.features(torch.from_numpy(spectra)))
    np.testing.assert_allclose(whole, wanted.numpy(), atol=1e-6)
    monkeypatch.setattr(of, "BATCH", 3)
    np.testing.assert_allclose(
        of.features_of(network, torch.device("cpu"), "float32")(spectra, spectra), whole, atol=1e-6
    )


def test_summary_parameters_tell_a_clay_from_a_carbonate_and_need_bands():
    encode = of.parameters_on(AXIS)
    assert cosine(encode, CLAY, CLAY) == pytest.approx(1)
    assert cosine(encode, CLAY, CARBONATE) < 0.5
    with pytest.raises(InputError, match="too few"):
        of.parameters_on(np.array([1000.0, 1010.0, 1020.0]))


def test_short_numbers_change_a_score_by_less_than_a_thousandth():
    network = Discriminator(len(AXIS), GanConfig())
    start_networks(network, torch.Generator().manual_seed(0))
    spectra = np.concatenate([CLAY, CARBONATE, shallower(CLAY, 0.3)])
    short, whole = (
        of.features_of(network, torch.device("cpu"), each)(spectra, spectra)
        for each in ("bfloat16", "float32")
    )
    np.testing.assert_allclose(short @ short.T, whole @ whole.T, atol=1e-3)
