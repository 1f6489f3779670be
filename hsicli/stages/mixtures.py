"""A mixture of Gaussians for the codes of an image: most iterations on a part of them, the last on all."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.gaussians import Mixture
from hsicli.algorithms.mixture import MixtureStep, fit_mixture, start_mixture
from hsicli.runtime import Track


@dataclass(frozen=True)
class MixtureConfig:
    """The mixture of Gaussians, on codes of unit variance in every direction."""

    shrinkage: float = 20.0  # ν/d: codes, for each number of a code, that the pooled covariance counts for
    floor: float = 0.1  # variance added in every direction of a covariance; the codes' own is 1
    max_pixels: int = 100_000  # codes drawn for all iterations but the last
    max_iterations: int = 100  # on these
    tolerance: float = 1e-3  # change of the mean log-density, nats, that ends them
    final_iterations: int = 3  # on all codes


def fit_codes(
    codes: Tensor,
    components: int,
    config: MixtureConfig,
    *,
    rng: np.random.Generator,
    track: Track,
    saved: dict[str, Any],
    offer: Callable[[Callable[[], dict[str, Any]]], None],
) -> Mixture:
    """Fit a mixture to the codes of an image.

    Parameters
    ----------
    codes : (n, d) float32
        Of unit variance.
    components : int
        k.
    config : MixtureConfig
    rng : Generator
        Draws the part of the codes and the first centres.
    track : Track
    saved : dict
        What a checkpoint had kept of this fit, or nothing.
    offer : callable
        Gets, after every iteration, what gives the state to keep.
    """
    n, d = codes.shape
    shrinkage, floor = config.shrinkage * d, config.floor
    drawn = torch.from_numpy(np.sort(rng.permutation(n)[: config.max_pixels])).to(codes.device)
    rounds = [(codes[drawn], config.max_iterations)]
    if n > len(drawn):
        rounds.append((codes, config.final_iterations))
    stood = saved.get("round", 0)
    step = _step_of(saved, codes.device) if saved else None
    mixture = (
        step.mixture
        if step
        else start_mixture(rounds[0][0], components, rng=rng, shrinkage=shrinkage, floor=floor)
    )
    for number, (seen, iterations) in enumerate(rounds):
        if number < stood or (number == stood and saved.get("settled")):
            continue
        steps = fit_mixture(
            seen,
            mixture,
            max_iterations=iterations,
            tolerance=config.tolerance,
            after=step if number == stood else None,
            shrinkage=shrinkage,
            floor=floor,
        )
        previous = step.log_likelihood if step and number == stood else -math.inf
        for step in track(steps, f"mixture {number + 1}", iterations):
            settled = abs(step.log_likelihood - previous) < config.tolerance and not step.reseeded
            previous, mixture = step.log_likelihood, step.mixture
            offer(partial(_state_of, step, number, settled=settled))
    return mixture


def _state_of(step: MixtureStep, number: int, *, settled: bool) -> dict[str, Any]:
    mixture = step.mixture
    return {
        "round": number,
        "settled": settled,
        "iteration": step.iteration,
        "log_likelihood": step.log_likelihood,
        "weights": mixture.weights,
        "means": mixture.means,
        "covariances": mixture.covariances,
    }


def _step_of(state: dict[str, Any], device: torch.device) -> MixtureStep:
    weights, means, covariances = (state[name].to(device) for name in ("weights", "means", "covariances"))
    return MixtureStep(state["iteration"], state["log_likelihood"], Mixture(weights, means, covariances), 0)
