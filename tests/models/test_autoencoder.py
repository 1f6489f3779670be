"""The autoencoder: shapes, its two starts, and that it learns what a line cannot say."""

import numpy as np
import pytest
import torch

from hsicli.models.autoencoder import Autoencoder, start_as_pca, start_at_random
from hsicli.models.losses import spectral_angle
from hsicli.models.training import TrainingConfig, evaluate, fit, start_training


@pytest.fixture
def spectra():
    """A curved sheet in 24 bands: two numbers a spectrum, and the product of them."""
    rng = np.random.default_rng(5)
    u = rng.uniform(-1, 1, size=(3000, 2))
    bands = np.linspace(0, 3, 24)
    base = np.stack([np.sin(bands), np.cos(2 * bands), np.sin(3 * bands + 1)])
    values = 1 + 0.2 * np.column_stack([u, u[:, 0] * u[:, 1]]) @ base
    return torch.from_numpy(values).float()


def pca(spectra, d):
    mean = spectra.mean(0)
    _, values, vectors = torch.linalg.svd(spectra - mean, full_matrices=False)
    return mean, vectors[:d], (values.square().sum() / spectra.numel()).sqrt().item()


def started(spectra, d, hidden=(32, 16)):
    model, generator = Autoencoder(spectra.shape[1], d, hidden), torch.Generator().manual_seed(0)
    start_as_pca(model, *pca(spectra, d), generator)
    return model


def test_shapes_and_a_loss_that_is_the_mean_angle(spectra):
    model = Autoencoder(24, 3)
    start_at_random(model, torch.Generator().manual_seed(0))
    codes = model.encode(spectra[:7])
    assert codes.shape == (7, 3)
    assert model.decode(codes).shape == (7, 24)
    expected = spectral_angle(spectra[:7], model(spectra[:7])).mean()
    assert model.loss(spectra[:7]).item() == expected.item()


def test_the_pca_start_is_pca(spectra):
    mean, directions, scale = pca(spectra, 2)
    model = started(spectra, 2)
    codes = (spectra - mean) @ directions.T
    torch.testing.assert_close(model.encode(spectra) * scale, codes, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model(spectra), mean + codes @ directions, rtol=1e-4, atol=1e-5)


def test_the_pca_start_needs_two_units_a_code(spectra):
    with pytest.raises(ValueError, match="9 codes need hidden layers of 18 units"):
        started(spectra, 9, hidden=(32, 16))


def test_training_from_pca_learns_what_a_line_cannot_say(spectra):
    model = started(spectra, 2)
    before = evaluate(model, spectra)
    config = TrainingConfig(epochs=8, batch_size=64)
    list(fit(start_training(model, config, torch.Generator().manual_seed(0)), spectra, spectra[:100]))
    assert evaluate(model, spectra) < 0.7 * before


def test_gradients_reach_every_parameter_of_a_random_start(spectra):
    model = Autoencoder(24, 3)
    start_at_random(model, torch.Generator().manual_seed(0))
    model.loss(spectra).backward()
    assert all(value.grad.abs().sum() > 0 for value in model.parameters())


def test_units_that_no_one_listens_to_are_heard_after_a_step(spectra):
    model = started(spectra, 2)
    config = TrainingConfig(epochs=1, batch_size=500)
    list(fit(start_training(model, config, torch.Generator().manual_seed(0)), spectra, spectra[:100]))
    assert model.decoder[4].weight[:, 4:].abs().sum() > 0


def test_a_random_start_is_the_same_for_the_same_seed(spectra):
    models = [Autoencoder(24, 3), Autoencoder(24, 3)]
    for model in models:
        start_at_random(model, torch.Generator().manual_seed(3))
    assert torch.equal(models[0](spectra), models[1](spectra))
