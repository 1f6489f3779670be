"""Both networks have the published shapes, and padding is where the authors' framework puts it."""

import numpy as np
import pytest
import torch

from hsicli.models.gan import Discriminator, GanConfig, Generator, in_batches, lengths, start_networks

CODE = GanConfig(generator_filters=250)
TEXT = GanConfig(
    stride=7, layers=3, generator_filters=370, discriminator_filters=96, normalisation="both", dropout=0.3
)


def started(model, seed=0):
    start_networks(model, torch.Generator().manual_seed(seed))
    return model.eval()


def weights_of(model):
    return sum(value.numel() for name, value in model.state_dict().items() if not name.endswith("tracked"))


def test_240_bands_become_15_positions_and_2400_features():
    model = started(Discriminator(240, CODE))
    assert lengths(240, CODE) == [240, 120, 60, 30, 15]
    assert model.features(torch.rand(3, 240)).shape == (3, 2400)
    assert model.feature_count == 2400


def test_the_networks_of_the_authors_code_have_the_weights_of_their_files():
    assert weights_of(Discriminator(240, CODE)) == 187_721
    assert weights_of(Generator(240, CODE)) == 662_838


def test_the_networks_of_the_papers_text_have_about_a_million_weights_each():
    assert lengths(240, TEXT) == [240, 35, 5, 1]
    for network in (Discriminator(240, TEXT), Generator(240, TEXT)):
        assert weights_of(network) == pytest.approx(1e6, rel=0.05)


@pytest.mark.parametrize("bands", [237, 240, 97])
def test_any_number_of_bands_goes_down_and_comes_up_again(bands):
    config = GanConfig()
    made = started(Generator(bands, config))(torch.rand(4, 50))
    assert made.shape == (4, bands)
    assert made.min() >= 0
    assert made.max() <= 1
    assert started(Discriminator(bands, config))(made).shape == (4,)


def test_features_are_those_of_loops_over_positions_and_taps():
    """Zeros, four to the left and five to the right, as the authors' framework pads; position by position."""
    config = GanConfig(layers=1, discriminator_filters=3, generator_filters=2)
    model = started(Discriminator(10, config))
    spectrum = torch.rand(10)
    kernel, bias = model.convolutions[0].weight[:, 0, 0].detach().numpy(), 0.1
    padded = np.concatenate([np.zeros(4), spectrum.numpy(), np.zeros(5)])
    by_hand = [
        max(0.0, float(kernel[channel] @ padded[2 * place : 2 * place + 11]) + bias)
        for place in range(5)
        for channel in range(3)
    ]
    found = model.features(spectrum[None])[0].detach().numpy()
    np.testing.assert_allclose(found, by_hand, atol=1e-6)


def test_the_verdict_is_a_line_over_the_features():
    model = started(Discriminator(64, GanConfig()))
    spectra = torch.rand(5, 64)
    expected = model.features(spectra) @ model.verdict.weight[0] + model.verdict.bias
    torch.testing.assert_close(model(spectra), expected)


def test_batches_make_no_difference():
    model = started(Discriminator(64, GanConfig()))
    spectra = torch.rand(23, 64)
    torch.testing.assert_close(in_batches(model.features, spectra, 7), model.features(spectra).detach())


def test_the_same_seed_starts_the_same_networks():
    first, second = (started(Generator(64, GanConfig()), seed=3) for _ in range(2))
    codes = torch.rand(2, 50)
    assert torch.equal(first(codes), second(codes))


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"generator_filters": 8}, {"dropout": 1.0}])
def test_a_network_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        GanConfig(**wrong)
