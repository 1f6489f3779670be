"""Fits of one run that follow each other, each put aside and taken up again where a stop found it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from hsicli.models.training import Training, TrainingConfig, fit
from hsicli.runtime import Checkpoint, Track, seeded

log = logging.getLogger(__name__)

Network = TypeVar("Network", bound=nn.Module)

LARGEST_STEP = 10.0
"""A longer gradient is shortened to this."""

HISTORY = ("epoch", "loss", "held-out loss")


@dataclass(frozen=True, eq=False)
class Run:
    """What every fit of one run shares.

    Attributes
    ----------
    seed, device, track, checkpoint
        As of any stage.
    kept : dict
        State and history of each fit by its label: what the checkpoint had kept, and what it is to keep.
    """

    seed: int
    device: torch.device
    track: Track
    checkpoint: Checkpoint
    kept: dict[str, Any]

    def history(self, *labels: str) -> np.ndarray:
        """(looks, 3): epoch, loss and held-out loss of fits that followed each other."""
        rows = [row for label in labels for row in self.kept[label]["history"]]
        found = np.array(rows, dtype=np.float64).reshape(-1, len(HISTORY))
        found[:, 0] = np.arange(1, len(found) + 1)
        return found


def learnt(
    build: Callable[[], Network], pairs: Tensor, held: Tensor, training: TrainingConfig, *,
    label: str, run: Run, weight_decay: float = 0.0,
) -> Network:  # fmt: skip
    """A network at its lowest loss on held-out pairs, at rest.

    Parameters
    ----------
    build : callable
        Makes the network to begin with; torch's global state, seeded by the run and the label, draws.
    pairs, held : (n, m + b) and (h, m + b) float Tensor
        What `loss` takes, on the device.
    training : TrainingConfig
    label : str
        Of the progress, and of the state in the checkpoint.
    run : Run
    weight_decay : float
        Of AdamW.
    """
    with seeded(_seed(run.seed, label), run.device) as generator:
        network = build().to(run.device)
        weights = [value for value in network.parameters() if value.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=training.learning_rate, weight_decay=weight_decay)
        optimizer.register_step_pre_hook(lambda *_: _shorten(weights))
        state = Training(network, training, optimizer, generator)
        history: list[list[float]] = []
        if label in run.kept:
            state.restore(run.kept[label]["state"])
            history = run.kept[label]["history"]
        for step in run.track(fit(state, pairs, held), label, training.epochs):
            history.append([float(step.epoch), step.loss, step.held_out])
            log.debug("%s, epoch %d: loss %.4f, held out %.4f", label, *history[-1])
            run.checkpoint.offer(lambda: run.kept | {label: {"state": state.state(), "history": history}})
        run.kept[label] = {"state": _detached(state), "history": history}
        network.load_state_dict(state.best)
    return network.eval()


def _seed(seed: int, label: str) -> int:
    """Of one fit: no other fit of this run, or of one with a seed nearby, has it."""
    return (1_000_003 * seed + sum(label.encode())) % 2**63


def _shorten(weights: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_norm_(weights, LARGEST_STEP)


def _detached(training: Training) -> dict[str, Any]:
    """A state that further use of the network leaves alone."""
    return {name: _copied(value) for name, value in training.state().items()}


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return value
