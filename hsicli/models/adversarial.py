"""Two networks taught against each other: a loop that yields its steps, and a state to put aside."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from hsicli.models.gan import Discriminator, Generator


@dataclass(frozen=True)
class AdversarialConfig:
    """How long and how fast the two learn."""

    iterations: int = 10_000
    """Steps of each network, at most."""
    batch_size: int = 32
    """Real spectra a step, and generated ones."""
    generator_batch: int = 32
    """Generated spectra a step of the generator."""
    discriminator_rate: float = 1e-3
    """Adam's, of the discriminator, at the first step."""
    generator_rate: float = 1e-3
    """Adam's, of the generator, at the first step."""
    rate_left: float = 0.05
    """Share of both rates that is left at the last step, half a cosine between; 1: they stay."""
    momenta: tuple[float, float] = (0.5, 0.9)
    """Adam's β₁ and β₂, of both."""
    sure: float = 0.9
    """What the discriminator is told of a real spectrum; 1 makes it as sure as it can be."""
    penalty: float = 0.0
    """γ of R1: γ/2 · E‖∇D(x)‖² over real spectra keeps the discriminator smooth; 0 for none."""

    def __post_init__(self) -> None:
        for name, least in (("iterations", 1), ("batch_size", 2), ("generator_batch", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be {least} or more, it is {getattr(self, name)}")
        if not 0.5 < self.sure <= 1:
            raise ValueError(f"sure must be above 0.5 and at most 1, it is {self.sure}")
        if self.penalty < 0:
            raise ValueError(f"penalty must not be negative, it is {self.penalty}")
        if not 0 <= self.rate_left <= 1:
            raise ValueError(f"rate_left must be from 0 to 1, it is {self.rate_left}")


class Step(NamedTuple):
    """What one iteration came to; scalars on the device of the networks, so that a GPU need not wait."""

    iteration: int
    """Counted from 1."""
    discriminator: Tensor
    """Its loss: cross-entropy of real and generated spectra, without the penalty."""
    generator: Tensor
    """Its loss: −ln D of generated spectra."""

    @property
    def note(self) -> str:
        """For the screen."""
        return f"losses {self.discriminator.item():.3f} and {self.generator.item():.3f}"


@dataclass
class Contest:
    """A training that may be put aside and taken up again, bit for bit on a CPU.

    Attributes
    ----------
    discriminator : Discriminator
    generator : Generator
    config : AdversarialConfig
    rng : torch.Generator
        Draws the codes, of the device of the networks; `draw` may use it too.
    optimizers : tuple of Optimizer
        Of the discriminator and of the generator.
    iteration : int
        Iterations done.
    """

    discriminator: Discriminator
    generator: Generator
    config: AdversarialConfig
    rng: torch.Generator
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer] = field(init=False)
    iteration: int = 0

    def __post_init__(self) -> None:
        config = self.config
        self.optimizers = (
            torch.optim.Adam(
                self.discriminator.parameters(), lr=config.discriminator_rate, betas=config.momenta
            ),
            torch.optim.Adam(self.generator.parameters(), lr=config.generator_rate, betas=config.momenta),
        )

    def state(self) -> dict[str, Any]:
        """All that the rest of the training depends on, as numbers, dicts and tensors."""
        return {
            "discriminator": self.discriminator.state_dict(),
            "generator": self.generator.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "rng": self.rng.get_state(),
            "torch_rng": torch.get_rng_state(),  # dropout draws from the global one
            "cuda_rng": torch.cuda.get_rng_state() if self.rng.device.type == "cuda" else None,
            "iteration": self.iteration,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state()`; the global random state of torch goes back with it."""
        self.discriminator.load_state_dict(state["discriminator"])
        self.generator.load_state_dict(state["generator"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.rng.set_state(state["rng"].cpu())
        torch.set_rng_state(state["torch_rng"].cpu())
        if state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"].cpu())
        self.iteration = state["iteration"]


def contend(contest: Contest, draw: Callable[[int], Tensor]) -> Iterator[Step]:
    """Train discriminator and generator by turns, one Step an iteration.

    The discriminator minimises −E ln D(x) − E ln(1 − D(G(z))), the generator −E ln D(G(z)).

    Parameters
    ----------
    contest : Contest
        Moves on with every Step; one that was put aside goes on where it stopped.
    draw : callable
        From n to (n, bands) real spectra, on the device of the networks. What it draws at random must come
        of `contest.rng`, or a training taken up again will not be the same.

    Yields
    ------
    Step

    References
    ----------
    Goodfellow et al., "Generative adversarial nets", NeurIPS 2014: the loss that does not saturate.
    Salimans et al., "Improved techniques for training GANs", 2016: one-sided smoothing of labels.
    Mescheder et al., "Which training methods for GANs do actually converge?", ICML 2018: R1.
    """
    while contest.iteration < contest.config.iterations:
        contest.discriminator.train()
        contest.generator.train()
        _set_rates(contest)
        first = _discriminate(contest, draw(contest.config.batch_size))
        second = _generate(contest)
        contest.iteration += 1
        yield Step(contest.iteration, first, second)


def draw_codes(model: Generator, count: int, rng: torch.Generator) -> Tensor:
    """(count, latent): uniform in (0, 1), what the generator begins with."""
    return torch.rand(count, model.config.latent, generator=rng, device=rng.device)


def _discriminate(contest: Contest, real: Tensor) -> Tensor:
    """A step of the discriminator; its loss."""
    config, model, optimizer = contest.config, contest.discriminator, contest.optimizers[0]
    with torch.no_grad():
        made = contest.generator(draw_codes(contest.generator, len(real), contest.rng))
    real.requires_grad_(config.penalty > 0)
    # Together, so that batch normalisation (where there is any) sees what the authors' step shows it.
    verdicts = model(torch.cat([real, made]))
    told, untold = verdicts[: len(real)], verdicts[len(real) :]
    loss = (config.sure * softplus(-told) + (1 - config.sure) * softplus(told)).mean()
    loss = (loss + softplus(untold).mean()) / 2
    total = loss
    if config.penalty:
        (slope,) = torch.autograd.grad(told.sum(), real, create_graph=True)
        total = loss + config.penalty / 2 * slope.square().sum(-1).mean()
    optimizer.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach()


def _generate(contest: Contest) -> Tensor:
    """A step of the generator; its loss."""
    model, optimizer = contest.generator, contest.optimizers[1]
    codes = draw_codes(model, contest.config.generator_batch, contest.rng)
    _held(contest.discriminator, still=True)
    loss = softplus(-contest.discriminator(model(codes))).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    _held(contest.discriminator, still=False)
    return loss.detach()


def _set_rates(contest: Contest) -> None:
    """Both rates, of the iteration alone: there is no state to keep."""
    config = contest.config
    along = (1 + math.cos(math.pi * contest.iteration / config.iterations)) / 2
    share = config.rate_left + (1 - config.rate_left) * along
    for optimizer, rate in zip(
        contest.optimizers, (config.discriminator_rate, config.generator_rate), strict=True
    ):
        for group in optimizer.param_groups:
            group["lr"] = share * rate


def _held(model: nn.Module, *, still: bool) -> None:
    """Whether gradients for its weights are spared."""
    for weight in model.parameters():
        weight.requires_grad_(not still)
