"""gan-train: learn what spectra look like from many cubes, without labels."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from hsicli.cube import Cube
from hsicli.models.adversarial import AdversarialConfig, Contest, contend, draw_codes
from hsicli.models.gan import Discriminator, GanConfig, Generator, start_networks
from hsicli.products.weights import Weights
from hsicli.runtime import Checkpoint, Track, nowhere, numpy_rng, quiet, seeded
from hsicli.stages.gan_looking import FLOORS, PANEL, LookConfig, Looks, Yardstick, enough, look, yardstick
from hsicli.stages.gan_spectra import Gathered, axis_within, gather, shares
from hsicli.stages.gan_weights import Gan, Preparation, gan_weights

log = logging.getLogger(__name__)

HELD_OUT = 20
"""One spectrum in so many is not learnt from."""

LOOKED_THROUGH = 65536
"""Spectra compared at a time."""


@dataclass(frozen=True)
class GanTrainConfig:
    """What is learnt from, and how."""

    VERSION: ClassVar[int] = 1

    window: tuple[float, float] = (1045.0, 2605.0)  # nm; 237 bands of CRISM, all of them in an MTRDR
    spacing: float | None = None  # nm between bands; those of CRISM's detector unless given
    preparation: Preparation = field(default_factory=Preparation)
    spectra: int = 1_000_000  # drawn from all cubes together, at most; the same share from each
    clusters: int = 200  # of band depths, by k-means, among which the spectra of a step are balanced
    balance: float = 1.0  # 1: each cluster is drawn as often as any other; 0: each spectrum is
    network: GanConfig = field(default_factory=GanConfig)
    training: AdversarialConfig = field(default_factory=AdversarialConfig)
    looks: LookConfig = field(default_factory=LookConfig)

    def __post_init__(self) -> None:
        if self.spectra < 2 * HELD_OUT:
            raise ValueError(f"spectra must be {2 * HELD_OUT} or more, it is {self.spectra}")
        if self.clusters < 1:
            raise ValueError(f"clusters must be 1 or more, it is {self.clusters}")
        if not 0 <= self.balance <= 1:
            raise ValueError(f"balance must be from 0 to 1, it is {self.balance}")


@dataclass(frozen=True, eq=False)
class Pool:
    """Real spectra to draw from.

    Attributes
    ----------
    spectra : (n, bands) float32 Tensor
        Continuum removed.
    ladder : (n,) float64 Tensor
        Running sum of their chances.
    depths : tuple of float
        Least and greatest depth that they are scaled to as they are drawn; none if they are not.
    """

    spectra: Tensor
    ladder: Tensor
    depths: tuple[float, ...]

    def draw(self, count: int, rng: torch.Generator) -> Tensor:
        """(count, bands): some of them, each scaled to a depth of its own if depths are given."""
        place = torch.rand(count, generator=rng, device=rng.device, dtype=torch.float64)
        rows = torch.searchsorted(self.ladder, place * self.ladder[-1], right=True)
        drawn = self.spectra[rows.clamp_max(len(self.spectra) - 1)]
        if not self.depths:
            return drawn.clone()
        low, high = self.depths
        depth = low + (high - low) * torch.rand(count, 1, generator=rng, device=rng.device)
        absorbed = 1 - drawn
        return 1 - absorbed * (depth / absorbed.amax(dim=1, keepdim=True).clamp_min(1e-6))


def train_gan(
    cubes: Iterable[tuple[str, Cube]],
    count: int,
    config: GanTrainConfig,
    *,
    seed: int,
    device: torch.device,
    track: Track = quiet,
    checkpoint: Checkpoint = nowhere,
) -> Weights:
    """Teach a generator and a discriminator the continuum-removed spectra of many cubes.

    Parameters
    ----------
    cubes : iterable of (name, Cube)
        Reflectance, best denoised; read one after another, once.
    count : int
        How many they are.
    config : GanTrainConfig
    seed, device, track, checkpoint
        As of any stage.

    Returns
    -------
    Weights
        Of the look at which generated spectra were nearest to real ones.

    Raises
    ------
    InputError
        If a cube does not cover the wavelengths, or all spectra are flat.

    References
    ----------
    Saranathan and Parente, "Adversarial feature learning for improved mineral mapping of CRISM data",
    Icarus 2021, Appendix A.
    """
    wavelengths, fwhm = axis_within(config.window, config.spacing)
    preparation = config.preparation
    gathered = gather(
        cubes, count, wavelengths, preparation.smoothing, preparation.flat,
        most=config.spectra, rng=numpy_rng(seed), track=track,
    )  # fmt: skip
    with seeded(seed, device) as rng:
        networks = _new_networks(len(wavelengths), config.network, device, rng)
        contest = Contest(*networks, config.training, rng)
        learnt, yard = _prepare(gathered, contest, config, seed)
        looks = Looks()
        _learn(
            contest,
            looks,
            yard,
            lambda some: learnt.draw(some, rng),
            config,
            track=track,
            checkpoint=checkpoint,
        )
    for model, part in ((contest.discriminator, "discriminator"), (contest.generator, "generator")):
        model.load_state_dict(looks.best[part])
    gan = Gan(*networks, wavelengths, preparation)
    made = yard.generated(contest.generator)[:PANEL]
    seen = looks.learning(_like(learnt, made), made)
    return gan_weights(gan, seen, _facts(gathered, looks, yard), fwhm=fwhm)


def _new_networks(
    bands: int, config: GanConfig, device: torch.device, rng: torch.Generator
) -> tuple[Discriminator, Generator]:
    """Both, with the weights before the first step."""
    networks = Discriminator(bands, config).to(device), Generator(bands, config).to(device)
    for model in networks:
        start_networks(model, rng)
    return networks


def _prepare(
    gathered: Gathered, contest: Contest, config: GanTrainConfig, seed: int
) -> tuple[Pool, Yardstick]:
    """The spectra to learn from, and what generated ones are compared with.

    All of it is drawn from `contest.rng` before the first step, and so the same when taken up again.
    """
    rng, depths, size = contest.rng, config.preparation.depths, config.looks.spectra
    chances, labels = shares(gathered.spectra, config.clusters, config.balance, seed=seed)
    spectra = torch.from_numpy(gathered.spectra).to(rng.device)
    held = np.zeros(len(spectra), dtype=bool)
    held[numpy_rng(seed).permutation(len(spectra))[: max(1, len(spectra) // HELD_OUT)]] = True
    pools = [
        Pool(spectra, torch.from_numpy(np.cumsum(np.where(part, chances, 0))).to(rng.device), depths)
        for part in (held, ~held)
    ]
    held_out, *others = (pool.draw(size, rng).cpu().numpy() for pool in [pools[0], *[pools[1]] * FLOORS])
    masses = np.bincount(labels, weights=chances)
    centres = np.stack([1 - gathered.spectra[labels == k].mean(axis=0) for k in range(len(masses))])
    codes = draw_codes(contest.generator, size, rng)
    return pools[1], yardstick(held_out, others, centres, masses, codes, dimension=config.looks.dimension)


def _learn(
    contest: Contest, looks: Looks, yard: Yardstick, draw: Callable[[int], Tensor], config: GanTrainConfig,
    *, track: Track, checkpoint: Checkpoint,
) -> None:  # fmt: skip
    """Train until the looks say that it is enough."""
    saved = checkpoint.load()
    if saved:
        contest.restore(saved["contest"])
        looks.restore(saved["looks"])
    if looks.rows and enough(looks, yard, config.looks):
        return
    steps = contend(contest, draw)
    for step in track(steps, "iterations", config.training.iterations - contest.iteration):
        look(looks, contest, yard, config.looks, step)
        checkpoint.offer(lambda: {"contest": contest.state(), "looks": looks.state()})
        if enough(looks, yard, config.looks):
            return


def _like(pool: Pool, made: np.ndarray) -> np.ndarray:
    """(n, bands): for each generated spectrum the real one nearest to it, at its depth if depths are free."""
    depth = 1 - made.min(axis=1)
    best, nearest = np.full(len(made), np.inf), np.empty_like(made)
    for some in torch.split(pool.spectra, LOOKED_THROUGH):
        absorbed = 1 - some.cpu().numpy()
        for k, spectrum in enumerate(made):
            scaled = absorbed * (depth[k] / absorbed.max(axis=1))[:, None] if pool.depths else absorbed
            apart = np.square(1 - scaled - spectrum).sum(axis=1)
            row = int(apart.argmin())
            if apart[row] < best[k]:
                best[k], nearest[k] = apart[row], 1 - scaled[row]
    return nearest


def _facts(gathered: Gathered, looks: Looks, yard: Yardstick) -> dict[str, Any]:
    """What the networks were taught with, and how it ended."""
    last, distance = looks.rows[-1], looks.lowest
    why = "at the floor" if distance <= yard.floor else f"nearest {looks.stale} looks ago"
    log.info(
        "distance to real spectra %.4f after %d iterations (real against real %.4f); %d done: %s",
        distance, looks.best_at, yard.floor, last[0], why,
    )  # fmt: skip
    return {
        "cubes": gathered.cubes, "valid": gathered.valid, "flat": gathered.flat,
        "spectra": len(gathered.spectra), "iterations": int(last[0]), "best": looks.best_at,
    }  # fmt: skip
