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
from hsicli.algorithms.rare import add_components
from hsicli.runtime import Track, numpy_rng


@dataclass(frozen=True)
class MixtureConfig:
    """The mixture of Gaussians, on codes of unit variance in every direction."""

    shrinkage: float = 20.0  # ν/d: codes, for each number of a code, that the pooled covariance counts for
    floor: float = 0.1  # variance added in every direction of a covariance; the codes' own is 1
    max_pixels: int = 100_000  # codes drawn for the first round
    max_iterations: int = 100  # of EM, first round
    tolerance: float = 1e-3  # change of the mean log-density, nats, that ends a round
    rare_components: int = 16  # put, after the first round, on the codes that are least likely; 0: none
    rare_share: float = 0.02  # of all codes, those looked at for that
    final_iterations: int = 10  # of EM, second round, on all codes


def fit_codes(
    codes: Tensor,
    components: int,
    config: MixtureConfig,
    *,
    seed: int,
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
    seed : int
    track : Track
    saved : dict
        What a checkpoint had kept of this fit, or nothing.
    offer : callable
        Gets, after every iteration, what gives the state to keep.
    """
    n, d = codes.shape
    shrinkage, floor = config.shrinkage * d, config.floor
    rng = numpy_rng(seed)
    drawn = torch.from_numpy(np.sort(rng.permutation(n)[: config.max_pixels])).to(codes.device)
    rounds = ((codes[drawn], config.max_iterations), (codes, config.final_iterations))
    stood = saved.get("round", 0)
    step = _step_of(saved, codes.device) if saved else None
    mixture = step.mixture if step else _start(rounds[0][0], components, config, rng)
    for number in range(stood, len(rounds)):
        seen, iterations = rounds[number]
        after = step if number == stood else None
        if number == 1 and after is None:
            extra, share = config.rare_components, config.rare_share
            mixture = add_components(codes, mixture, extra, share=share, seed=seed)
        if after is not None and saved["settled"]:
            continue
        steps = fit_mixture(
            seen, mixture, after=after, max_iterations=iterations, tolerance=config.tolerance,
            shrinkage=shrinkage, floor=floor,
        )  # fmt: skip
        previous = after.log_likelihood if after else -math.inf
        for step in track(steps, f"mixture, round {number + 1}", iterations):
            settled = abs(step.log_likelihood - previous) < config.tolerance and not step.reseeded
            previous, mixture = step.log_likelihood, step.mixture
            offer(partial(_state_of, step, number, settled=settled))
    return mixture


def _start(codes: Tensor, components: int, config: MixtureConfig, rng: np.random.Generator) -> Mixture:
    shrinkage = config.shrinkage * codes.shape[1]
    return start_mixture(codes, components, rng=rng, shrinkage=shrinkage, floor=config.floor)


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
