"""The contest teaches, and can be put aside bit for bit."""

import io
import math

import pytest
import torch

from hsicli.models.adversarial import AdversarialConfig, Contest, contend, draw_codes
from hsicli.models.gan import Discriminator, GanConfig, Generator, start_networks

SMALL = GanConfig(layers=2, generator_filters=8, discriminator_filters=4, latent=6, dropout=0.2)
BANDS = 32


def begin(config, seed=0, network=SMALL):
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    networks = Discriminator(BANDS, network), Generator(BANDS, network)
    for model in networks:
        start_networks(model, rng)
    return Contest(*networks, config, rng)


def one_band(contest):
    """Draws spectra with an absorption of any depth at band 20."""
    shape = torch.exp(-(((torch.arange(BANDS) - 20) / 3.0) ** 2))

    def draw(count):
        return 1 - shape * (0.1 + 0.3 * torch.rand(count, 1, generator=contest.rng))

    return draw


def weights(contest):
    networks = (contest.discriminator, contest.generator)
    return [value.clone() for model in networks for value in model.state_dict().values()]


def test_a_contest_put_aside_ends_in_the_same_weights_bit_for_bit():
    config = AdversarialConfig(iterations=12, batch_size=8, generator_batch=8)
    straight = begin(config)
    for _ in contend(straight, one_band(straight)):
        pass
    broken, file = begin(config), io.BytesIO()
    for step in contend(broken, one_band(broken)):
        if step.iteration == 5:
            torch.save(broken.state(), file)
            break
    file.seek(0)
    torch.manual_seed(99)
    again = begin(config, seed=7)
    again.restore(torch.load(file, weights_only=True))
    assert [step.iteration for step in contend(again, one_band(again))] == list(range(6, 13))
    assert all(torch.equal(a, b) for a, b in zip(weights(straight), weights(again), strict=True))


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    config = AdversarialConfig(iterations=3, batch_size=8, generator_batch=8)
    found = []
    for seed in (1, 1, 2):
        contest = begin(config, seed=seed)
        list(contend(contest, one_band(contest)))
        found.append(contest.discriminator.verdict.weight)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_what_is_generated_comes_to_look_like_what_is_real():
    config = AdversarialConfig(
        iterations=300, discriminator_rate=2e-3, generator_rate=2e-3, rate_left=1.0, penalty=1.0
    )
    contest = begin(config)
    draw = one_band(contest)
    real = draw(500).mean(dim=0)

    def error():
        contest.generator.eval()
        with torch.no_grad():
            made = contest.generator(draw_codes(contest.generator, 500, contest.rng))
        return float((made.mean(dim=0) - real).abs().mean())

    before = error()
    list(contend(contest, draw))
    assert error() < 0.2 * before


def test_a_step_of_the_generator_leaves_the_discriminator_alone():
    config = AdversarialConfig(iterations=1, batch_size=8, generator_batch=8, discriminator_rate=0.0)
    contest = begin(config)
    before = [value.clone() for value in contest.discriminator.parameters()]
    list(contend(contest, one_band(contest)))
    assert all(torch.equal(a, b) for a, b in zip(before, contest.discriminator.parameters(), strict=True))
    assert all(value.requires_grad for value in contest.discriminator.parameters())


def test_rates_fall_by_half_a_cosine_to_what_is_left():
    contest = begin(AdversarialConfig(iterations=4, batch_size=8, generator_batch=8, rate_left=0.2))
    seen = [contest.optimizers[1].param_groups[0]["lr"] for _ in contend(contest, one_band(contest))]
    expected = [1e-3 * (0.2 + 0.8 * (1 + math.cos(math.pi * k / 4)) / 2) for k in range(4)]
    assert seen == pytest.approx(expected)


def test_losses_of_a_discriminator_that_knows_nothing_are_the_logarithm_of_two():
    contest = begin(AdversarialConfig(iterations=1, batch_size=8, generator_batch=8, sure=1.0))
    with torch.no_grad():
        contest.discriminator.verdict.weight.zero_()
        contest.discriminator.verdict.bias.zero_()
    (step,) = contend(contest, one_band(contest))
    assert step.discriminator.item() == pytest.approx(0.6931, abs=1e-4)
    assert step.note.startswith("losses 0.693 and ")


@pytest.mark.parametrize(
    "wrong", [{"iterations": 0}, {"batch_size": 1}, {"sure": 0.4}, {"penalty": -1.0}, {"rate_left": 2.0}]
)
def test_a_contest_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AdversarialConfig(**wrong)
