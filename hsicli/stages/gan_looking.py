"""Looks at a GAN while it learns: how far what it generates is from real spectra, and whether to go on."""

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.twosample import Room, energy_distance, room_of
from hsicli.errors import HsiError
from hsicli.models.adversarial import Contest, Step
from hsicli.models.gan import Generator, in_batches
from hsicli.stages.gan_weights import Learning

log = logging.getLogger(__name__)

COLUMNS = (
    "iterations", "distance", "real against real", "coverage", "discriminator loss", "generator loss",
)  # fmt: skip

FLOORS = 8
"""Samples of real spectra whose distance to those held out is the floor."""

PANEL = 6
"""Spectra drawn."""


@dataclass(frozen=True)
class LookConfig:
    """When to look, at how many, and when to stop."""

    every: int = 250
    """Iterations from one look to the next."""
    spectra: int = 1000
    """Generated spectra that are compared with as many held out."""
    dimension: int = 20
    """Principal directions of real spectra in which they are compared; what is left is one more."""
    patience: int = 12
    """Looks without a smaller distance that end the training."""

    def __post_init__(self) -> None:
        for name, least in (("every", 1), ("spectra", 16), ("dimension", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be {least} or more, it is {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What generated spectra are held against; fixed before the first step.

    Attributes
    ----------
    room : Room
    reference : (n, d + 1) float64
        Real spectra held out, in the room.
    floor : float
        Mean distance of other real spectra to these, plus two standard deviations.
    centres : (k, bands) float64
        Band depths of the clusters of real spectra, of unit length.
    masses : (k,) float64
        How often they are drawn; sum 1.
    codes : (n, latent) Tensor
        Of the spectra to generate.
    """

    room: Room
    reference: np.ndarray
    floor: float
    centres: np.ndarray
    masses: np.ndarray
    codes: Tensor

    def generated(self, model: Generator) -> np.ndarray:
        """(n, bands) float32: what the generator makes of the codes, at rest."""
        model.eval()
        made: np.ndarray = in_batches(model, self.codes).cpu().numpy()
        return made

    def distance(self, spectra: np.ndarray) -> float:
        """Energy distance of (n, bands) spectra to the reference."""
        return energy_distance(self.room.coordinates(spectra), self.reference)

    def coverage(self, spectra: np.ndarray) -> float:
        """Share of real spectra in clusters to which some of these are nearest, by angle of band depths."""
        reached = np.unique(((1 - spectra) @ self.centres.T).argmax(axis=1))
        return float(self.masses[reached].sum())


def yardstick(
    held_out: np.ndarray, others: list[np.ndarray], centres: np.ndarray, masses: np.ndarray, codes: Tensor,
    *, dimension: int,
) -> Yardstick:  # fmt: skip
    """Prepare the comparison.

    Parameters
    ----------
    held_out : (n, bands) float
        Real spectra that are not learnt from.
    others : list of (n, bands) float
        Real spectra, in samples, for the floor.
    centres, masses : (k, bands), (k,) float
        Mean band depths of clusters of real spectra, and how often each is drawn.
    codes : (n, latent) Tensor
    dimension : int
    """
    room = room_of(others[0], dimension)
    reference = room.coordinates(held_out)
    apart = np.array([energy_distance(room.coordinates(spectra), reference) for spectra in others])
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    return Yardstick(
        room,
        reference,
        float(apart.mean() + 2 * apart.std()),
        centres / np.maximum(lengths, 1e-12),
        masses,
        codes,
    )


@dataclass
class Looks:
    """What has been seen so far, and the best of it; put aside and taken up with the contest.

    Attributes
    ----------
    rows : list of list of float
        A row a look, see `COLUMNS`.
    at : list of int
        Iterations at which the panel was kept.
    panels : list of (PANEL, bands) Tensor
    lowest : float
        Least distance so far.
    stale : int
        Looks since then.
    best : dict
        State of both networks at that look.
    losses : (2,) float64 Tensor
        Sums since the last look.
    """

    rows: list[list[float]] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    panels: list[Tensor] = field(default_factory=list)
    lowest: float = float("inf")
    stale: int = 0
    best: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    losses: Tensor = field(default_factory=lambda: torch.zeros(2, dtype=torch.float64))

    def state(self) -> dict[str, Any]:
        """As numbers, lists, dicts and tensors."""
        return dict(vars(self))

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state()`."""
        for name, value in state.items():
            setattr(self, name, value)

    def learning(self, real: np.ndarray, made: np.ndarray) -> Learning:
        """For the product.

        Parameters
        ----------
        real : (PANEL, bands) float
            Spectra beside the generated ones.
        made : (PANEL, bands) float
            What the weights that are kept generate.
        """
        best = self.best_at
        early = [place for place, at in enumerate(self.at) if at < best]
        panel = {
            "real": real,
            "at": np.array([*(self.at[place] for place in early), best]),
            "generated": np.stack([*(self.panels[place].numpy() for place in early), made]),
        }
        return Learning(COLUMNS, np.array(self.rows), panel)

    @property
    def best_at(self) -> int:
        """The iteration of the least distance."""
        return int(min(self.rows, key=lambda row: row[1])[0])


def enough(looks: Looks, yard: Yardstick, config: LookConfig) -> bool:
    """Whether the training may end: the distance is at the floor, or has not shrunk for long."""
    return looks.lowest <= yard.floor or looks.stale >= config.patience


def look(looks: Looks, contest: Contest, yard: Yardstick, config: LookConfig, step: Step) -> None:
    """Note a step; look, if it is time.

    Raises
    ------
    HsiError
        If what is generated is not finite.
    """
    looks.losses += torch.stack([step.discriminator, step.generator]).double().cpu()
    if step.iteration % config.every and step.iteration < contest.config.iterations:
        return
    made = yard.generated(contest.generator)
    distance = yard.distance(made)
    if not np.isfinite(distance):
        raise HsiError(
            f"the networks diverged before iteration {step.iteration}",
            hint="lower training.discriminator_rate and training.generator_rate",
        )
    since = step.iteration - (int(looks.rows[-1][0]) if looks.rows else 0)
    row = [step.iteration, distance, yard.floor, yard.coverage(made), *(looks.losses / since).tolist()]
    looks.rows.append(row)
    log.debug("iteration %d: distance %.4f, coverage %.2f", step.iteration, distance, row[3])
    looks.losses = torch.zeros(2, dtype=torch.float64)
    better = distance < looks.lowest
    looks.stale = 0 if better else looks.stale + 1
    if better:
        looks.lowest, looks.best = distance, _copied(contest)
    if len(looks.rows).bit_count() == 1:  # looks 1, 2, 4, 8, …
        looks.at.append(step.iteration)
        looks.panels.append(torch.from_numpy(made[:PANEL].copy()))


def _copied(contest: Contest) -> dict[str, dict[str, Tensor]]:
    """Both networks as they are now."""
    networks = {"discriminator": contest.discriminator, "generator": contest.generator}
    return {
        part: {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        for part, model in networks.items()
    }
