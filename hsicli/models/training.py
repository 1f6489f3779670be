"""Fitting a network that has `loss(batch)`: a loop that yields its steps, and a state to put aside."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast a network learns."""

    epochs: int = 20
    """Passes over the training spectra, at most."""
    batch_size: int = 256
    """Spectra a step."""
    learning_rate: float = 1e-3
    """Adam's, at the first step."""
    final_learning_rate: float = 1e-5
    """Adam's, at the last step; half a cosine between."""
    patience: int = 5
    """Epochs without gain on the held-out spectra that end the fit."""
    min_gain: float = 0.0
    """Share of the lowest loss by which an epoch must undercut it to count as a gain."""


class Step(NamedTuple):
    """What one epoch came to."""

    epoch: int
    """Counted from 1."""
    loss: float
    """Mean over the training spectra, while the weights were moving."""
    held_out: float
    """Mean over the held-out spectra, after the epoch."""
    best: bool
    """The held-out loss is the lowest so far."""

    @property
    def note(self) -> str:
        """For the screen."""
        return f"loss {self.loss:.4g}, held out {self.held_out:.4g}"


class Learner(Protocol):
    """A module that knows what it minimises."""

    def loss(self, batch: Tensor) -> Tensor:
        """Mean over the batch, a scalar."""


@dataclass
class Training:
    """A fit that may be put aside and taken up again, bit for bit on a CPU.

    Attributes
    ----------
    model : nn.Module
        Has `loss(batch)`, a mean over the batch.
    config : TrainingConfig
    optimizer : torch.optim.Optimizer
    generator : torch.Generator
        Orders the spectra; of the device of the spectra.
    epoch : int
        Epochs done.
    lowest : float
        Lowest held-out loss so far.
    stale : int
        Epochs since the last gain.
    best : dict of str to Tensor
        The weights that reached `lowest`.
    """

    model: nn.Module
    config: TrainingConfig
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    epoch: int = 0
    lowest: float = math.inf
    stale: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """All that the rest of the fit depends on, as numbers, dicts and tensors."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "torch_rng": torch.get_rng_state(),  # for models that draw while they learn
            "cuda_rng": torch.cuda.get_rng_state() if self.generator.device.type == "cuda" else None,
            "epoch": self.epoch,
            "lowest": self.lowest,
            "stale": self.stale,
            "best": self.best,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state()`; the global random state of torch goes back with it."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        torch.set_rng_state(state["torch_rng"].cpu())
        if state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"].cpu())
        self.epoch, self.lowest, self.stale = state["epoch"], state["lowest"], state["stale"]
        self.best = state["best"]


def start_training(model: nn.Module, config: TrainingConfig, generator: torch.Generator) -> Training:
    """A fit by Adam that has not begun."""
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    return Training(model, config, optimizer, generator)


def fit(training: Training, spectra: Tensor, held_out: Tensor) -> Iterator[Step]:
    """Minimise `model.loss(batch)`, a mean over the batch; one Step an epoch.

    The caller looks at each Step and does with it what it likes: show it, save `training`, or stop.
    `training.best` holds the weights of the lowest held-out loss.

    Parameters
    ----------
    training : Training
        Moves on with every Step; a fit that was put aside goes on where it stopped.
    spectra : (n, ...) float Tensor
        What is learnt from, on the model's device.
    held_out : (m, ...) float Tensor
        What is only looked at.

    Yields
    ------
    Step
    """
    model, config = training.model, training.config
    while training.epoch < config.epochs and training.stale < config.patience:
        loss = _epoch(training, spectra)
        held = evaluate(model, held_out)
        best = held < training.lowest
        gain = held < training.lowest * (1 - config.min_gain)
        if best:
            training.lowest = held
            training.best = {name: value.detach().clone() for name, value in model.state_dict().items()}
        training.stale = 0 if gain else training.stale + 1
        training.epoch += 1
        yield Step(training.epoch, loss, held, best)


def evaluate(model: nn.Module, spectra: Tensor, batch_size: int = 8192) -> float:
    """Mean loss over spectra, the weights at rest."""
    model.eval()
    with torch.no_grad():
        batches = torch.split(spectra, batch_size)
        parts = [cast(Learner, model).loss(batch).item() * len(batch) for batch in batches]
    return math.fsum(parts) / len(spectra)


def _epoch(training: Training, spectra: Tensor) -> float:
    """One pass over the spectra in random order; the mean loss on the way."""
    model, config, optimizer = training.model, training.config, training.optimizer
    learner = cast(Learner, model)
    model.train()
    device = training.generator.device
    order = torch.randperm(len(spectra), generator=training.generator, device=device)
    batches = torch.split(order, config.batch_size)
    total = torch.zeros((), dtype=torch.float64, device=device)
    for step, rows in enumerate(batches):
        rate = _learning_rate(config, training.epoch + step / len(batches))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = learner.loss(spectra[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += loss.detach() * len(rows)
    return total.item() / len(spectra)


def _learning_rate(config: TrainingConfig, epoch: float) -> float:
    """Half a cosine from the first rate to the last, of the epoch alone: there is no state to keep."""
    share = (1 + math.cos(math.pi * epoch / config.epochs)) / 2
    return config.final_learning_rate + (config.learning_rate - config.final_learning_rate) * share
