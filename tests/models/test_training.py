"""The loop of all fits: it learns, it stops, and it can be put aside bit for bit."""

import io

import pytest
import torch
from torch import nn

from hsicli.models.training import TrainingConfig, evaluate, fit, start_training


class Line(nn.Module):
    """y = wx with noise on the input, so that the global random state matters too."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Linear(3, 1)

    def loss(self, batch):
        x = batch[:, :3] + 0.01 * torch.randn(len(batch), 3) * self.training
        return (self.weight(x)[:, 0] - batch[:, 3]).square().mean()


@pytest.fixture
def table():
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(230, 3, generator=generator)
    return torch.cat([x, x @ torch.tensor([[1.0], [-2.0], [0.5]])], dim=1)


def begin(config, seed=0):
    torch.manual_seed(seed)
    return start_training(Line(), config, torch.Generator().manual_seed(seed))


def test_the_loss_falls(table):
    training = begin(TrainingConfig(epochs=40, batch_size=32, learning_rate=0.03))
    steps = list(fit(training, table[:200], table[200:]))
    assert [step.epoch for step in steps] == list(range(1, 41))
    assert steps[-1].held_out < 0.1 * steps[0].held_out


def test_the_best_weights_are_those_of_the_lowest_held_out_loss(table):
    training = begin(TrainingConfig(epochs=12, batch_size=32, learning_rate=1.0, final_learning_rate=1.0))
    steps = list(fit(training, table[:200], table[200:]))
    lowest = min(step.held_out for step in steps)
    training.model.load_state_dict(training.best)
    assert evaluate(training.model, table[200:]) == lowest == training.lowest
    assert sum(step.best for step in steps) < len(steps)


def test_epochs_without_gain_end_the_fit(table):
    config = TrainingConfig(epochs=50, batch_size=32, learning_rate=0.0, final_learning_rate=0.0, patience=3)
    assert len(list(fit(begin(config), table[:200], table[200:]))) == 4


def test_a_gain_too_small_counts_as_none(table):
    config = TrainingConfig(epochs=50, batch_size=32, patience=2, min_gain=0.999)
    assert len(list(fit(begin(config), table[:200], table[200:]))) == 3


def test_a_held_out_mean_does_not_depend_on_the_batches(table):
    model = Line().eval()
    assert evaluate(model, table, batch_size=7) == pytest.approx(model.loss(table).item(), rel=1e-6)


def test_a_fit_that_was_saved_and_reloaded_goes_on_bit_for_bit(table):
    config = TrainingConfig(epochs=7, batch_size=32)
    whole = begin(config)
    expected = list(fit(whole, table[:200], table[200:]))

    first, file = begin(config), io.BytesIO()
    steps = []
    for step in fit(first, table[:200], table[200:]):
        steps.append(step)
        if step.epoch == 3:
            break
    torch.save(first.state(), file)
    file.seek(0)
    second = begin(config, seed=99)
    second.restore(torch.load(file, weights_only=True))
    steps += list(fit(second, table[:200], table[200:]))

    assert steps == expected
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name])
        assert torch.equal(whole.best[name], second.best[name])


def test_the_rate_falls_along_half_a_cosine(table):
    config = TrainingConfig(epochs=2, batch_size=100, learning_rate=1.0, final_learning_rate=0.0)
    training = begin(config)
    rates = []
    training.optimizer.register_step_pre_hook(
        lambda *_: rates.append(training.optimizer.param_groups[0]["lr"])
    )
    list(fit(training, table[:200], table[200:]))
    assert rates == pytest.approx([1.0, 0.853553, 0.5, 0.146447], abs=1e-6)
