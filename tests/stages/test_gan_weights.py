"""A GAN is the same after it was weights."""

import numpy as np
import pytest
import torch

from hsicli.errors import InputError
from hsicli.models.gan import Discriminator, GanConfig, Generator, start_networks
from hsicli.products.weights import Weights
from hsicli.stages.gan_weights import Gan, Preparation, discriminator_of, gan_of, gan_weights

CPU = torch.device("cpu")
WAVES = np.linspace(1000.0, 2600.0, 48)
BOTH = GanConfig(layers=2, generator_filters=8, discriminator_filters=4, normalisation="both")


def test_networks_and_preparation_come_back_bit_for_bit():
    networks = Discriminator(48, BOTH), Generator(48, BOTH)
    for model in networks:
        start_networks(model, torch.Generator().manual_seed(0))
        model(torch.rand(9, 48 if model is networks[0] else 50))  # running statistics that are not the first
        model.eval()
    kept = gan_weights(Gan(*networks, WAVES, Preparation(smoothing=7, depths=())), fwhm=np.full(48, 33.0))
    found = gan_of(kept, CPU)
    spectra, codes = torch.rand(5, 48), torch.rand(5, 50)
    assert torch.equal(found.discriminator.features(spectra), networks[0].features(spectra))
    assert torch.equal(found.generator(codes), networks[1](codes))
    assert torch.equal(discriminator_of(kept, CPU)(spectra), networks[0](spectra))
    assert found.preparation == Preparation(smoothing=7, depths=())
    np.testing.assert_array_equal(found.wavelengths, WAVES)


def test_weights_of_another_model_are_refused():
    with pytest.raises(InputError, match="weights of ridge, not of a GAN"):
        gan_of(Weights("ridge", "{}", WAVES, (), np.zeros(0)), CPU)


@pytest.mark.parametrize(
    "wrong", [{"smoothing": 4}, {"smoothing": 3}, {"flat": 1.0}, {"depths": (0.1,)}, {"depths": (0.4, 0.1)}]
)
def test_a_preparation_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Preparation(**wrong)
