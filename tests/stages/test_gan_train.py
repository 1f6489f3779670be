"""gan-train: spectra in, weights out; stopped or not, the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hsicli.cube import Cube
from hsicli.errors import HsiError, InputError
from hsicli.models.adversarial import AdversarialConfig
from hsicli.models.gan import GanConfig
from hsicli.runtime import nowhere
from hsicli.stages.gan_looking import LookConfig
from hsicli.stages.gan_train import GanTrainConfig, Pool, train_gan
from hsicli.stages.gan_weights import Preparation, gan_of
from tests.disturbances import Memory, Stop

CPU = torch.device("cpu")
AXIS = np.arange(1000.0, 1400.0, 10.0)
QUICK = GanTrainConfig(
    window=(1000.0, 1390.0),
    spacing=10.0,
    preparation=Preparation(smoothing=5),
    spectra=400,
    clusters=4,
    network=GanConfig(latent=6, layers=2, generator_filters=8, discriminator_filters=4, dropout=0.1),
    training=AdversarialConfig(iterations=12, batch_size=8, generator_batch=8, rate_left=1.0),
    looks=LookConfig(every=3, spectra=64, dimension=3),
)


def scene(seed: int = 0) -> Cube:
    """Two kinds of absorptions of all depths, and noise."""
    rng = np.random.default_rng(seed)
    at = np.where(np.arange(200) % 10, 1120.0, 1290.0)[:, None]
    depth = rng.uniform(0.1, 0.3, (200, 1))
    spectra = 0.3 * (1 - depth * np.exp(-(((AXIS - at) / 30) ** 2))) + rng.normal(0, 5e-4, (200, len(AXIS)))
    return Cube(spectra.reshape(10, 20, -1).astype(np.float32), wavelengths=AXIS)


def trained(config=QUICK, seed=0, checkpoint=nowhere, device=CPU):
    cubes = [("a.hdr", scene(0)), ("b.hdr", scene(1))]
    return train_gan(iter(cubes), 2, config, seed=seed, device=device, checkpoint=checkpoint)


def test_weights_come_with_axis_preparation_history_and_panel():
    weights = trained()
    gan, arrays = gan_of(weights, CPU), weights.arrays()
    np.testing.assert_array_equal(weights.wavelengths, AXIS)
    assert gan.preparation == QUICK.preparation
    assert gan.discriminator.config == QUICK.network
    assert gan.discriminator.features(torch.rand(2, 40)).shape == (2, 8 * 10)
    np.testing.assert_array_equal(weights.history[:, 0], [3, 6, 9, 12])
    assert arrays["panel/real"].shape == (6, 40)
    best = weights.history[weights.history[:, 1].argmin(), 0]
    assert arrays["panel/at"][-1] == best == json.loads(weights.settings)["training"]["best"]


def test_the_weights_kept_are_those_of_the_least_distance():
    weights = trained()
    short = trained(
        replace(QUICK, training=replace(QUICK.training, iterations=int(weights.arrays()["panel/at"][-1])))
    )
    count = sum(value.numel() for value in gan_of(weights, CPU).discriminator.parameters())
    np.testing.assert_array_equal(short.numbers[:count], weights.numbers[:count])


@pytest.mark.parametrize("after", [1, 3, 7, 12])
def test_a_training_that_is_stopped_ends_in_the_same_weights_bit_for_bit(after):
    memory = Memory(stop_at=after)
    with pytest.raises(Stop):
        trained(checkpoint=memory)
    memory.stop_at = None
    whole, resumed = trained(), trained(checkpoint=memory)
    assert whole.array_names == resumed.array_names
    np.testing.assert_array_equal(whole.numbers, resumed.numbers)
    np.testing.assert_array_equal(whole.history, resumed.history)


def test_another_seed_gives_other_weights():
    assert not np.array_equal(trained(seed=0).numbers, trained(seed=1).numbers)


def test_looks_without_gain_end_the_training():
    still = replace(
        QUICK,
        training=AdversarialConfig(
            iterations=90, batch_size=8, generator_batch=8, discriminator_rate=0.0, generator_rate=0.0
        ),
        looks=replace(QUICK.looks, patience=2),
    )
    assert trained(still).history[-1, 0] < 90


LONGER = replace(
    QUICK,
    training=AdversarialConfig(
        iterations=240, discriminator_rate=2e-3, generator_rate=2e-3, rate_left=1.0, penalty=1.0
    ),
    looks=replace(QUICK.looks, every=40),
)


def test_what_is_generated_comes_nearer_to_what_is_real():
    history = trained(LONGER).history
    assert history[:, 1].min() < 0.3 * history[0, 1]


def test_networks_that_diverge_end_in_a_line():
    wild = replace(QUICK.training, discriminator_rate=1e30, generator_rate=1e30)
    with pytest.raises(HsiError, match="diverged before iteration 3"):
        trained(replace(QUICK, training=wild))


@pytest.mark.gpu
def test_a_gpu_learns_too_and_its_features_are_those_of_a_processor():
    weights = trained(LONGER, device=torch.device("cuda"))
    assert weights.history[:, 1].min() < 0.3 * weights.history[0, 1]
    spectra = torch.rand(50, 40)
    cpu, gpu = (gan_of(weights, torch.device(name)).discriminator for name in ("cpu", "cuda"))
    with torch.no_grad():
        torch.testing.assert_close(
            gpu.features(spectra.cuda()).cpu(), cpu.features(spectra), atol=1e-3, rtol=1e-2
        )


def test_drawn_spectra_have_depths_between_the_limits_and_follow_their_chances():
    spectra = torch.stack([1 - 0.01 * torch.eye(8)[k % 4] for k in range(8)])
    ladder = torch.tensor([0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0], dtype=torch.float64)
    drawn = Pool(spectra, ladder, (0.1, 0.3)).draw(500, torch.Generator().manual_seed(0))
    depths, places = (1 - drawn).max(dim=1)
    assert depths.min() >= 0.1 - 1e-6
    assert depths.max() <= 0.3 + 1e-6
    assert depths.std() > 0.04
    assert set(places.tolist()) == {2, 3}


def test_without_depths_spectra_are_drawn_as_they_are():
    spectra = torch.rand(5, 8)
    drawn = Pool(spectra, torch.arange(1.0, 6.0, dtype=torch.float64), ()).draw(
        20, torch.Generator().manual_seed(0)
    )
    assert all(any(torch.equal(row, one) for one in spectra) for row in drawn)


def test_flat_cubes_are_refused():
    flat = Cube(np.full((4, 4, 40), 0.3, dtype=np.float32), wavelengths=AXIS)
    with pytest.raises(InputError, match="all are flat"):
        train_gan([("a.hdr", flat)], 1, QUICK, seed=0, device=CPU)


@pytest.mark.parametrize("wrong", [{"spectra": 3}, {"clusters": 0}, {"balance": 2.0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        GanTrainConfig(**wrong)
