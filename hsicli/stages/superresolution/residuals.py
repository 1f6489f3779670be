"""The default of superres: a mean by squared error, and a mixture of what it leaves.

Members learn the mean, each without its share of the pairs, so that every pair has a residual of a network
that did not know it: the mixture learns how far the mean errs on spectra it has not seen.
"""

from functools import partial

import numpy as np
import torch
from torch import Tensor

from hsicli.algorithms.conditional import precision_factor
from hsicli.algorithms.mixture import fit_mixture, start_mixture
from hsicli.models.expectation import Expectation
from hsicli.models.residual_mixture import ResidualMixture
from hsicli.stages.superresolution.deep import (
    Say,
    expected,
    inputs,
    joined,
    load_arrays,
    standardised,
    state_arrays,
)
from hsicli.stages.superresolution.density import Density
from hsicli.stages.superresolution.fitting import Run, learnt
from hsicli.stages.superresolution.linear import Arrays
from hsicli.stages.superresolution.settings import ModelConfig

COMPONENTS = 8
"""K unless given: on library mixtures more gain nothing."""

CORRELATED = 16
"""q: coordinates whose displacements and correlations are learnt; the others are noise."""

SHRINKAGE, ITERATIONS = 50.0, 30
"""Of the mixture that the network begins as: towards the pooled covariance, in spectra; and of EM."""


def fit_deep_mixture(
    low: np.ndarray, high: np.ndarray, held_low: np.ndarray, held_high: np.ndarray, *, config: ModelConfig,
    run: Run,
) -> Arrays:  # fmt: skip
    """The mean by members, the coordinates of their residuals, and the mixture in these.

    Parameters
    ----------
    low, high, held_low, held_high
        Pairs and held-out pairs, scaled.
    config : ModelConfig
    run : Run
    """
    arrays = standardised(low, high)
    members = config.network.members
    fold = np.random.default_rng([run.seed, 0]).permutation(len(low)) % members
    pairs = joined(arrays, low, high, run.device)
    kept = np.empty_like(high)
    for number in range(members):
        own = torch.from_numpy(fold == number).to(run.device)
        network = learnt(
            partial(_started_mean, pairs[~own], low.shape[1], config), pairs[~own], pairs[own],
            config.network.training, label=f"mean {number + 1}", run=run,
            weight_decay=config.network.weight_decay,
        )  # fmt: skip
        kept[fold == number] = expected(arrays, network, low[fold == number], run.device)
        arrays |= state_arrays(network, f"mean{number}")
    residuals = high - kept
    basis = coordinates(residuals)
    held = (held_high - _member_mean(arrays, config, held_low, high.shape[1], run.device)) @ basis
    widths = np.sqrt(((residuals @ basis) ** 2).mean(axis=0))
    unit = float(arrays["y.spread"])

    def fresh() -> ResidualMixture:
        network = _mixture(low.shape[1], high.shape[1], config, unit)
        network.widths.copy_(torch.from_numpy(np.maximum(widths, config.noise_floor) / unit))
        _start(network, residuals @ basis / unit, np.random.default_rng([run.seed, 1]))
        return network

    learning, looking = (
        torch.cat(
            [inputs(arrays, x, run.device), torch.from_numpy(r.astype(np.float32)).to(run.device)], dim=1
        )
        for x, r in ((low, residuals @ basis / unit), (held_low, held / unit))
    )
    mixture = learnt(fresh, learning, looking, config.network.training, label="mixture", run=run)
    return arrays | state_arrays(mixture, "mixture") | {"basis": basis}


def deep_mixture_says(arrays: Arrays, config: ModelConfig, m: int, b: int, device: torch.device) -> Say:
    """The mixture in use.

    Parameters
    ----------
    arrays : dict
        From `fit_deep_mixture`.
    config : ModelConfig
    m, b : int
        Bands of x and y.
    device : torch.device
    """
    unit, basis = float(arrays["y.spread"]), arrays["basis"]
    network = _mixture(m, b, config, unit)
    load_arrays(network, arrays, "mixture", device)
    q = network.correlated
    with torch.no_grad():
        factors = network.factors().double().cpu().numpy()
    means = _members(arrays, config, m, b, device)

    def say(low: np.ndarray) -> Density:
        with torch.no_grad():
            found = network(inputs(arrays, low, device))
        log_weights, apart, log_scales = (part.double().cpu().numpy() for part in found)
        centre = np.mean([expected(arrays, member, low, device) for member in means], axis=0)
        return Density(
            log_weights,
            centre[:, None] + unit * apart @ basis[:, :q].T,
            np.exp(log_scales) / unit,
            factors,
            basis,
        )

    return say


def coordinates(residuals: np.ndarray) -> np.ndarray:
    """(b, b): directions in which (n, b) residuals are uncorrelated, the strongest first.

    The sign of each is such that its largest entry is positive, so that machines agree.
    """
    _, vectors = np.linalg.eigh(residuals.T @ residuals / len(residuals))
    vectors = vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    basis: np.ndarray = vectors * np.sign(vectors[largest, np.arange(len(largest))])
    return basis


def _mean(m: int, b: int, config: ModelConfig) -> Expectation:
    return Expectation(m, b, config.network.hidden, config.network.dropout)


def _started_mean(pairs: Tensor, m: int, config: ModelConfig) -> Expectation:
    network = _mean(m, pairs.shape[1] - m, config).to(pairs.device)
    network.start_at_line(pairs[:, :m], pairs[:, m:])
    return network


def _members(arrays: Arrays, config: ModelConfig, m: int, b: int, device: torch.device) -> list[Expectation]:
    """The networks of the mean."""
    members = [_mean(m, b, config) for _ in range(config.network.members)]
    for number, member in enumerate(members):
        load_arrays(member, arrays, f"mean{number}", device)
    return members


def _member_mean(
    arrays: Arrays, config: ModelConfig, low: np.ndarray, b: int, device: torch.device
) -> np.ndarray:
    """(n, b): the mean of the members' means."""
    members = _members(arrays, config, low.shape[1], b, device)
    return np.asarray(np.mean([expected(arrays, member, low, device) for member in members], axis=0))


def _start(network: ResidualMixture, coded: np.ndarray, rng: np.random.Generator) -> None:
    """Begin as the mixture of Gaussians of all residuals, whatever x."""
    codes = torch.from_numpy(np.ascontiguousarray(coded[:, : network.correlated]))
    floor = network.noise_floor**2
    mixture = start_mixture(codes, network.components, rng=rng, shrinkage=SHRINKAGE, floor=floor)
    steps = fit_mixture(codes, mixture, shrinkage=SHRINKAGE, floor=floor, max_iterations=ITERATIONS)
    for step in steps:
        mixture = step.mixture
    parts = [precision_factor(covariance) for covariance in mixture.covariances.numpy()]
    scales, factors = (torch.from_numpy(np.stack(part)) for part in zip(*parts, strict=True))
    network.start_at(mixture.weights.clamp_min(1e-6), mixture.means, scales, factors)


def _mixture(m: int, b: int, config: ModelConfig, unit: float) -> ResidualMixture:
    return ResidualMixture(
        m, b, config.components or COMPONENTS, min(CORRELATED, b), hidden=config.network.hidden,
        dropout=config.network.dropout, noise_floor=config.noise_floor / unit,
    )  # fmt: skip
