"""latent: networks survive their product, and their deviations say what they should."""

import numpy as np
import pytest
import torch
from torch.distributions import Dirichlet

from hsicli.cube import Cube, pixels
from hsicli.errors import InputError
from hsicli.models.ldvae import LdvaeConfig
from hsicli.models.training import TrainingConfig
from hsicli.stages.unmix import UnmixConfig, unmix_cube
from hsicli.stages.unmixing.generation import generate_spectra
from hsicli.stages.unmixing.latent import new_network, packed, posterior_deviations, temperature, unpacked
from hsicli.stages.unmixing.supervision import SupervisedConfig

CPU = torch.device("cpu")


def test_deviations_are_those_of_a_dirichlet():
    means = np.array([[0.2, 0.3, 0.5]])
    totals = np.array([4000.0])
    expected = Dirichlet(torch.tensor(means * totals[:, None])).variance.sqrt().numpy()
    np.testing.assert_allclose(posterior_deviations(means, totals), expected, rtol=1e-2)


def test_the_temperature_mends_a_network_that_is_too_sure():
    rng = np.random.default_rng(0)
    means = rng.dirichlet([2.0] * 3, 5000)
    truth = np.stack([rng.dirichlet(50 * row) for row in means])
    found = temperature(means, np.full(5000, 5000.0), truth)
    assert found == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize("decoder", ["linear", "bilinear", "mlp"])
@pytest.mark.parametrize("brightness", ["free", "fixed"])
def test_the_product_keeps_the_network(decoder, brightness):
    cube, truth = scene()
    product = told(cube, truth, decoder, brightness)
    network = unpacked(product, CPU)
    again = network.inversion()(cube.data.reshape(-1, 20).astype(np.float64))
    np.testing.assert_allclose(again.abundances, product.abundances.reshape(-1, 3), atol=1e-6)
    np.testing.assert_allclose(again.deviations, product.deviations.reshape(-1, 3), atol=1e-6)
    np.testing.assert_allclose(network.vertices(), product.endmembers, rtol=1e-6)


def scene():
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, 20)
    ends = 0.6 - 0.4 * np.stack([np.exp(-(((x - at) / 0.1) ** 2)) for at in (0.2, 0.5, 0.8)])
    truth = rng.dirichlet([0.5] * 3, (20, 25))
    data = truth @ ends + 1e-3 * rng.standard_normal((20, 25, 20))
    return Cube(data.astype(np.float32), wavelengths=1000 + 1000 * x), truth


def told(cube, truth, decoder="linear", brightness="fixed", epochs=2):
    config = UnmixConfig(
        method="supervised",
        brightness=brightness,
        network=LdvaeConfig(hidden=(32, 16), decoder=decoder),
        training=TrainingConfig(epochs=epochs, batch_size=64, patience=99),
        supervised=SupervisedConfig(fraction=0.5),
    )
    return unmix_cube(cube, config, truth=truth, seed=0, device=CPU)


def made_of(product, shares):
    cube = generate_spectra(product, Cube(shares.astype(np.float32)), device=CPU)
    return np.concatenate([block for _, block in cube.data.blocks()])


def test_a_trained_decoder_makes_the_spectra_of_mixtures_it_never_saw():
    cube, truth = scene()
    product = told(cube, truth, epochs=60)
    left = (product.used == 0).reshape(truth.shape[:2])
    made = made_of(product, truth)
    wrong = np.sqrt(np.square(pixels(made, left) - pixels(cube.data, left)).mean())
    constant = np.sqrt(np.square(pixels(cube.data, left) - pixels(cube.data, left).mean(axis=0)).mean())
    assert wrong < 0.3 * constant


def test_generated_vertices_are_the_endmembers_and_fill_stays_fill():
    cube, truth = scene()
    product = told(cube, truth, "bilinear")
    shares = np.eye(3)[None].repeat(2, axis=0)
    shares[1, 2] = np.nan
    made = made_of(product, shares)
    np.testing.assert_allclose(made[0], product.endmembers, rtol=1e-5)
    assert np.isnan(made[1, 2]).all()


def test_a_method_without_a_network_generates_linear_mixtures():
    cube, truth = scene()
    product = unmix_cube(cube, UnmixConfig(method="sivm", endmembers=3, units="max"), seed=0, device=CPU)
    parts = product.endmembers / product.endmembers.max(axis=1, keepdims=True)
    made = made_of(product, truth).reshape(-1, 20)
    expected = truth.reshape(-1, 3) @ parts
    shape = np.einsum("ij,ij->i", made, expected) / np.linalg.norm(made, axis=1)
    np.testing.assert_allclose(shape, np.linalg.norm(expected, axis=1), rtol=1e-5)
    with pytest.raises(InputError, match="learns no network"):
        unpacked(product, CPU)


def test_another_number_of_bands_than_endmembers_is_refused():
    cube, truth = scene()
    with pytest.raises(InputError, match="have 2 bands, the product 3 endmembers"):
        made_of(told(cube, truth), truth[..., :2])


def test_a_new_network_starts_at_the_endmembers():
    cube, _ = scene()
    ends = np.array(cube.data[0, :3], dtype=np.float64)
    network = new_network(
        cube.data.reshape(-1, 20).astype(np.float64), 3, LdvaeConfig(), "fixed", endmembers=ends, device=CPU
    )
    np.testing.assert_allclose(network.vertices(), ends, rtol=1e-5)
    fields = packed(network)
    assert sum(np.prod([int(n) for n in line.split()[1:]]) for line in fields["weight_names"]) == len(
        fields["weights"]
    )
